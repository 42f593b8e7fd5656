"""Files that are too long to wait for: a worker writes them, and the menu says how they stand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

import streamlit as st

from lib import clock
from lib.audit import address as audit_address
from lib.audit.views import EntryFilter
from lib.export_jobs import service
from lib.export_jobs.views import ExportEntry, ExportList
from lib.exports import ExportFormat
from lib.models.export_job import ExportKind, ExportStatus
from lib.ui import feedback, words
from lib.ui.components.export_menu import FORMATS, LONG, NOTED, show_file_links
from lib.ui.components.no_worker import NOTE, is_nobody_working
from lib.ui.components.row_list import row_list
from lib.ui.components.status import EXPORT
from lib.ui.guard import require_actor
from lib.usage.calls import address as calls_address

#: Between two looks while one is waited for.
_LOOK_SECONDS: Final = 3.0
_BESIDE: Final = (
    ":gray[:small[A worker writes so long a file, a minute or two for a million rows. You may leave this page "
    "meanwhile: the file waits here for a week.]]"
)
_BEYOND: Final = "It has more than you see by now. Delete it, and ask for it anew."
_CUT: Final = "There were more than a file has. Narrow the range to get the others."
_NOUNS: Final = {ExportKind.AUDIT: ("entry", "entries"), ExportKind.CALLS: ("call", "calls")}
_STANDS: Final = {
    ExportStatus.ASKED: "{} is to be written",
    ExportStatus.MAKING: "{} is being written",
    ExportStatus.FAILED: "{} was not written",
}


def show_files(kind: ExportKind, query: str, *, path: Callable[[ExportFormat], str], rows: int) -> None:
    """Draw links to files of so many rows in a menu that is open, or buttons that have a worker write longer ones.

    Below are the person's files of that kind which a worker has written, or is to.
    """
    if rows > LONG:
        st.markdown(_BESIDE)
        for file_format, (label, _, purpose) in FORMATS.items():
            st.button(
                label,
                help=purpose,
                width="stretch",
                key=f"{kind}-write-{file_format}",
                on_click=_ask,
                args=(kind, query, file_format),
            )
        st.markdown(NOTED)
    else:
        show_file_links(path)
    found = service.list_exports(require_actor(), kind)
    if found.entries:
        feedback.live(_show, kind, [found], seconds=_LOOK_SECONDS if found.is_under_way else None)


@feedback.told_later()
def _ask(kind: ExportKind, query: str, file_format: ExportFormat) -> None:
    service.ask_export(require_actor(), kind, query=query, file_format=file_format)


@feedback.told_later()
def _remove(export_id: UUID) -> None:
    service.remove_export(require_actor(), export_id)


def _show(kind: ExportKind, drawn: list[ExportList]) -> None:
    """Draw the list; `drawn` is what was read a moment ago, and serves the first time."""
    actor = require_actor()
    is_first = bool(drawn)
    found = drawn.pop() if drawn else service.list_exports(actor, kind)
    if not is_first and not found.is_under_way:
        feedback.draw_anew()  # nothing is waited for any more, so nobody looks any more
    is_stuck = found.is_under_way and is_nobody_working(found.live_workers)
    st.markdown("**Written files**")
    with row_list(f"{kind}-files"):
        for entry in found.entries:
            _show_entry(entry, time_zone=actor.time_zone, is_stuck=is_stuck and entry.is_under_way)


def _show_entry(entry: ExportEntry, *, time_zone: str, is_stuck: bool) -> None:
    look = EXPORT[entry.status]
    said = [f":{look.color}[{look.icon}] **{words.plain(_title(entry))}**"]
    # no markup of ours: a menu is drawn outside of what knows that the theme has changed
    said += [f":gray[:small[{words.plain(each)}]]" for each in _tell(entry, time_zone=time_zone, is_stuck=is_stuck)]
    with st.container(gap="xsmall", key=f"written-{entry.id}"):
        st.markdown("  \n".join(said))
        with st.container(horizontal=True, gap="xsmall"):
            if entry.has_file:
                st.link_button("Download", f"/api/exports/{entry.id}/file", icon=":material/download:")
            st.button(
                "Cancel" if entry.is_under_way else "Delete",
                icon=":material/close:" if entry.is_under_way else ":material/delete:",
                key=f"remove-{entry.id}",
                on_click=_remove,
                args=(entry.id,),
            )


def _title(entry: ExportEntry) -> str:
    label = FORMATS[entry.format][0]
    if stands := _STANDS.get(entry.status):
        return stands.format(label)
    one, many = _NOUNS[entry.kind]
    return f"{label}, {words.count(entry.rows or 0, one, plural=many)}, {words.size(entry.bytes or 0)}"


def _tell(entry: ExportEntry, *, time_zone: str, is_stuck: bool) -> Iterator[str]:
    """Lines below: of what, since when, and what went wrong."""
    yield _say_what(entry, time_zone=time_zone)
    if entry.made_at is None:
        yield f"Asked for on {words.exact(entry.asked_at, zone=time_zone)}"
    elif entry.expires_at:
        until = words.day_and_minute(entry.expires_at, zone=time_zone)
        yield f"Written on {words.exact(entry.made_at, zone=time_zone)}, kept until {until}"
    if entry.is_cut:
        yield _CUT
    if entry.is_beyond:
        yield _BEYOND
    if entry.failure:
        yield entry.failure
    if is_stuck:
        yield NOTE[:1].upper() + NOTE[1:]


def _say_what(entry: ExportEntry, *, time_zone: str) -> str:
    """From when to when, and whether that is all of it."""
    said = parse_qs(entry.query)
    span, is_all = _say_calls(said) if entry.kind is ExportKind.CALLS else _say_entries(said, time_zone=time_zone)
    return span if is_all else f"{span}, filtered"


def _say_calls(said: Mapping[str, Sequence[str]]) -> tuple[str, bool]:
    chosen = calls_address.read_address(said)
    period = chosen.query.period
    narrowed = (chosen.query.chosen, chosen.all_but, chosen.is_failed, chosen.hour, chosen.since, chosen.before)
    is_all = not any(narrowed)
    return words.days_span(period.first, period.last), is_all


def _say_entries(said: Mapping[str, Sequence[str]], *, time_zone: str) -> tuple[str, bool]:
    chosen, zone = audit_address.read_address(said), clock.find_zone(time_zone)
    is_all = replace(chosen, since=None, before=None) == EntryFilter()
    first = chosen.since.astimezone(zone).date() if chosen.since else None
    last = (chosen.before - timedelta(microseconds=1)).astimezone(zone).date() if chosen.before else None
    if first and last:
        return words.days_span(first, last), is_all
    if first:
        return f"Since {words.days_span(first, first)}", is_all
    return f"Until {words.days_span(last, last)}" if last else "All days", is_all
