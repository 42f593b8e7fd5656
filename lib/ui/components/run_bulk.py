"""Cancelling and retrying all runs that the filters match: asked first, with how many and which; told afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.runs import bulk
from lib.runs.bulk import BulkAction, BulkOffer, BulkResult
from lib.runs.queries import RunFilter
from lib.ui import feedback, words
from lib.ui.guard import require_actor

_LONGEST_TITLE: Final = 60


@dataclass(frozen=True, slots=True)
class _Words:
    """How an action is spoken of."""

    option: str
    title: str
    #: What happens to them, after "12 runs".
    does: str
    nothing: str
    button: str
    #: After "12 runs", once it is done.
    done: str


_WORDS: Final[Mapping[BulkAction, _Words]] = {
    BulkAction.CANCEL: _Words(
        "Cancel what matches…",
        "Cancel these runs?",
        "that have not ended match and are yours to cancel. What is being written stops; finished phases are kept.",
        "No run that matches can be cancelled by you: they have ended, or are somebody else's.",
        "Cancel",
        "asked to end",
    ),
    BulkAction.RETRY: _Words(
        "Retry what matches…",
        "Retry these runs?",
        "that failed or were cancelled match and are yours to retry. Each goes on in a new run where it stopped; "
        "finished phases are reused. Those that were retried already with more success are left out.",
        "No run that matches can be retried by you: none failed or was cancelled, they were retried already, or are "
        "somebody else's.",
        "Retry",
        "launched again",
    ),
}


def show_bulk_menu(actor: Actor, chosen: RunFilter) -> None:
    """Draw the menu of what can be done to all that the filters match; nothing for who may do neither."""
    may = {
        BulkAction.CANCEL: actor.may_some(Permission.ORCHESTRATIONS_CANCEL),
        BulkAction.RETRY: actor.may_some(Permission.ORCHESTRATIONS_CANCEL) and actor.may(Permission.ORCHESTRATIONS_RUN),
    }
    options = {said.option: action for action, said in _WORDS.items() if may[action]}
    if not options:
        return
    picked = st.menu_button("More", list(options), icon=":material/more_horiz:", key="more-runs")
    if picked:
        with feedback.told():
            _ask(bulk.preview_bulk(actor, chosen, options[picked]))


def _ask(offer: BulkOffer) -> None:
    """Open the question. What is done is done to the runs that were counted, whatever matches by then."""
    said = _WORDS[offer.action]

    @st.dialog(said.title, on_dismiss="rerun")
    def ask() -> None:
        count = len(offer.run_ids)
        if not count:
            st.markdown(words.plain(said.nothing))
        else:
            st.markdown(f"**{words.count(count, 'run')}** {words.plain(said.does)}")
            st.markdown(f":gray[{words.plain(_examples(offer))}]")
            if offer.is_cut:
                st.markdown(f":orange[:material/warning:] More match; these are the newest {words.number(bulk.MOST)}.")
        told = st.container()
        with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            if st.button("Close", key="bulk-close"):
                st.rerun()
            label = f"{said.button} {words.count(count, 'run')}"
            is_confirmed = bool(count) and st.button(label, type="primary", key="bulk-confirm")
        if is_confirmed:
            with told, feedback.told():
                _show_result(_do(offer), said)

    ask()


def _examples(offer: BulkOffer) -> str:
    titles = [f"“{words.short(title, most=_LONGEST_TITLE)}”" for title in offer.examples]
    more = len(offer.run_ids) - len(titles)
    return f"{words.together([*titles, *([f'{words.number(more)} more'] if more else [])])}."


def _do(offer: BulkOffer) -> BulkResult:
    if offer.action is BulkAction.CANCEL:
        return bulk.cancel_runs(require_actor(Permission.ORCHESTRATIONS_CANCEL), offer.run_ids)
    bar, of = st.progress(0.0), len(offer.run_ids)

    def show(done: int) -> None:
        bar.progress(done / of, f"{words.number(done)} of {words.count(of, 'run')}")

    return bulk.retry_runs(require_actor(Permission.ORCHESTRATIONS_RUN), offer.run_ids, on_progress=show)


def _show_result(result: BulkResult, said: _Words) -> None:
    if result.done:
        done = f"{words.count(result.done, 'run')} {said.done}."
        st.markdown(f":green[:material/check_circle:] {words.plain(done)}")
    for why, number in result.left.items():
        left = f"{words.count(number, 'run')} not: {why}."
        st.markdown(f":orange[:material/warning:] {words.plain(left)}")
