"""What the organizations keep for how long, what holds them, and what could not be removed, for the operator."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from lib import clock
from lib.retention.counting import KINDS, say_broken
from lib.retention.views import KindState, OrganizationState
from lib.ui import words
from lib.ui.components.card import card
from lib.ui.components.paged_table import show_paged_table

#: As many as anybody reads: those of which something is to be told come first.
_MOST: Final = 15
_COLUMNS: Final = {"Organization": 230, **dict.fromkeys(KINDS.values(), 110), "Legal holds": 100, "Last done": 120}


def show_retention_states(states: Sequence[OrganizationState]) -> None:
    """Draw a row for each organization that keeps something for a time only, or holds it; and what failed."""
    told = sorted((state for state in states if _is_told(state)), key=_failures, reverse=True)
    with card("Retention", note=_note(told, of=len(states)), key="health-retention"):
        for state in told[:_MOST]:
            for kind in state.kinds:
                if kind.failed_at:
                    _show_failure(state, kind)
                if kind.broken_seal is not None:
                    _show_stop(state, kind.broken_seal)
        if not told:
            st.markdown(":gray[Every organization keeps everything for ever.]")
            return
        show_paged_table(
            [_row(state) for state in told[:_MOST]],
            key="health-retention-table",
            label="Retention",
            columns={name: st.column_config.TextColumn(name, width=width) for name, width in _COLUMNS.items()},
            summary="",
            newer=None,
            older=None,
        )
        if len(told) > _MOST:
            said = f"{_MOST} of {words.number(len(told))}; “orchestrator retention --dry-run” tells of all."
            st.markdown(f":gray[:small[{words.plain(said)}]]")


def _show_failure(state: OrganizationState, kind: KindState) -> None:
    when = words.ago(kind.failed_at, now=clock.now())
    what = f"{KINDS[kind.kind]} of {words.short(state.name, most=60)} could not be removed, {when}"
    said = f"{what}: {words.short(kind.failure or '', most=200)}. It is tried again an hour later."
    st.markdown(f":red[:material/error:] {words.plain(said)}")


def _show_stop(state: OrganizationState, seal: int) -> None:
    said = f"Audit trail of {words.short(state.name, most=60)}: {say_broken(seal)} docs/audit.md says how."
    st.markdown(f":red[:material/gpp_bad:] {words.plain(said)}")


def _row(state: OrganizationState) -> dict[str, object]:
    ended = [kind.ended_at for kind in state.kinds if kind.ended_at]
    kept = {
        KINDS[kind.kind]: "for ever" if kind.days is None else words.count(kind.days, "day") for kind in state.kinds
    }
    last = words.ago(max(ended), now=clock.now()) if ended else words.NOTHING
    return {"Organization": state.name, **kept, "Legal holds": words.number(state.holds), "Last done": last}


def _note(told: Sequence[OrganizationState], *, of: int) -> str:
    if failed := sum(map(_failures, told)):
        return f"{words.number(failed)} could not be done"
    return f"{words.number(len(told))} of {words.count(of, 'organization')}"


def _is_told(state: OrganizationState) -> bool:
    return bool(state.holds) or any(kind.days is not None or _is_stuck(kind) for kind in state.kinds)


def _failures(state: OrganizationState) -> int:
    return sum(map(_is_stuck, state.kinds))


def _is_stuck(kind: KindState) -> bool:
    return kind.failed_at is not None or kind.broken_seal is not None
