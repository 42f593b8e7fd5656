"""What retention would remove, shown before it does, and asked about before anything is kept for a shorter time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.models.retention import RetentionKind
from lib.retention import service
from lib.retention.counting import KINDS, say_broken
from lib.retention.views import MOST_COUNTED, Removable
from lib.ui import words
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.guard import require_actor
from lib.ui.navigation import RUN

#: Kind -> one and many of it, and how they are from before a moment.
_NOUNS: Final[Mapping[RetentionKind, tuple[str, str, str]]] = {
    RetentionKind.RUNS: ("run", "runs", "that ended before"),
    RetentionKind.USAGE: ("call", "calls", "from before"),
    RetentionKind.AUDIT: ("entry", "entries", "of the audit trail from before"),
}
_LONGEST_TITLE: Final = 60


@st.dialog("What would be removed", width="medium")
def show_preview() -> None:
    """Draw it, as it is set. Call it in the run in which its button was pressed."""
    actor = require_actor(Permission.ORGANIZATION_EDIT)
    st.markdown(
        "Workers remove it once a day, in small steps, and not before days that were set or shortened are 24 hours "
        "old. Nothing is removed by looking."
    )
    show_removable(service.preview_retention(actor), zone=actor.time_zone)


def ask_before_shortening(
    entered: Mapping[str, Any], *, seen: Mapping[str, Any], save: Callable[[Actor], str], leave: Callable[[], None]
) -> bool:
    """Ask, and say that it was asked, where something would be kept for a shorter time than before; `save` does it.

    `leave` is called back where somebody thinks again.
    """
    shortened = service.find_shortened(entered, seen=seen)
    if not shortened:
        return False
    actor = require_actor(Permission.ORGANIZATION_EDIT)
    found = [each for each in service.preview_retention(actor, entered) if each.kind in shortened]
    show_confirm_dialog(
        "Keep this for a shorter time?",
        text="Workers remove what is older once 24 hours have gone by; until then you can set it back. What is removed "
        "can't be brought back.",
        action="Save, and have it removed" if any(each.count for each in found) else "Save",
        on_confirm=save,
        key="shorter-retention",
        instead=lambda: show_removable(found, zone=actor.time_zone),
        on_leave=leave,
    )
    return True


def show_removable(found: Sequence[Removable], *, zone: str) -> None:
    """Draw what would go of each kind, with the oldest of it, and what of that age stays."""
    for each in found:
        st.markdown(f"**{words.plain(KINDS[each.kind])}**: {words.plain(_say(each, zone))}")
        if each.broken_seal is not None:
            show_stop(each.broken_seal)
        if kept := _say_kept(each):
            st.markdown(f":gray[:material/lock: {words.plain(kept)}]")
        _show_examples(each, zone)
    kept_for_ever = [name for kind, name in KINDS.items() if kind not in {each.kind for each in found}]
    if not found:
        st.markdown(":gray[Everything is kept for ever.]")
    elif kept_for_ever and len(found) > 1:
        st.markdown(f":gray[{words.plain(words.together(kept_for_ever))}: kept for ever.]")


def show_stop(seal: int) -> None:
    """Draw which seal stops the removal of the trail."""
    st.markdown(f":red[:material/gpp_bad:] {words.plain(say_broken(seal))}")


def say_count(kind: RetentionKind, count: int) -> str:
    """As "3 runs" or "more than 10,000 calls"; entries of the trail are always counted whole."""
    one, many, _ = _NOUNS[kind]
    if kind is not RetentionKind.AUDIT and count > MOST_COUNTED:
        return f"more than {words.count(MOST_COUNTED, one, plural=many)}"
    return words.count(count, one, plural=many)


def _say(each: Removable, zone: str) -> str:
    *_, how = _NOUNS[each.kind]
    when = words.exact(each.before, zone=zone)
    if each.stopped and not each.count:
        return f"nothing {how} {when} is removed."
    if not each.count:
        return f"there is nothing {how.removeprefix('of the audit trail ')} {when}, so nothing is removed."
    oldest = f", the oldest of {words.short_day(each.oldest)}" if each.oldest else ""
    seals = f", under {words.count(each.seals, 'seal')}, which stay" if each.seals else ""
    waits = f" It goes after {words.exact(each.waits_until, zone=zone)}." if each.waits_until else ""
    return f"{say_count(each.kind, each.count)} {how} {when}{oldest}{seals}.{waits}"


def _say_kept(each: Removable) -> str:
    kept = []
    if each.held:
        kept.append(f"{say_count(each.kind, each.held)} by a legal hold")
    if each.stopped:
        kept.append(f"{say_count(each.kind, each.stopped)} from that seal on")
    if each.retried:
        kept.append(f"{say_count(each.kind, each.retried)} because a retry goes on from there and stays")
    return f"Kept: {words.together(kept)}." if kept else ""


def _show_examples(each: Removable, zone: str) -> None:
    with st.container(gap=None):
        for run in each.runs:
            title = words.plain(words.short(run.title, most=_LONGEST_TITLE))
            label = f"{title}, {words.plain(words.moment_in_table(run.ended_at, zone=zone))}"
            st.page_link(RUN.file, label=label, icon=":material/arrow_forward:", query_params={"run": str(run.id)})
        for stretch in each.ranges:
            since = words.moment_in_table(stretch.since, zone=zone) if stretch.since else "the beginning"
            until = words.moment_in_table(stretch.until, zone=zone) if stretch.until else "now"
            entries = words.count(stretch.entries, "entry", plural="entries")
            said = f"Seal {words.number(stretch.number)}, {since} to {until}: {entries}"
            st.markdown(f":gray[{words.plain(said)}]")
    shown = len(each.runs) + len(each.ranges)
    total = each.seals or each.count
    if shown and total > shown:
        st.markdown(":gray[These are the oldest.]")
