"""Cancelling and retrying many runs at once, those that match or are ticked: asked about first, told afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.runs import bulk
from lib.runs.bulk import BulkAction, BulkOffer, BulkResult
from lib.runs.queries import RunFilter
from lib.runs.states import FINAL_RUN_STATUSES, RETRYABLE_RUN_STATUSES
from lib.runs.views import RunSummary
from lib.ui import feedback, state, words
from lib.ui.components.confirm_dialog import is_confirmed
from lib.ui.guard import require_actor

_LONGEST_TITLE: Final = 60
#: Of runs that nobody can see any more.
_GONE: Final = "they are not there any more"
_KEY: Final = "bulk"
#: Of the button that `is_confirmed` draws.
_CONFIRM: Final = f"{_KEY}-confirm"


@dataclass(frozen=True, slots=True)
class _Words:
    """How an action is spoken of."""

    verb: str
    icon: str
    #: Those that it is for, as "all 12 … runs".
    kind: str
    #: What happens to one, and to each of several.
    does: tuple[str, str]
    #: Why it can't be done to any of those that match.
    why_not: str
    #: After "12 runs", once it is done.
    done: str


_WORDS: Final[Mapping[BulkAction, _Words]] = {
    BulkAction.CANCEL: _Words(
        "Cancel",
        ":material/close:",
        "open",
        ("What is being written stops; finished phases are kept.",) * 2,
        "they have ended, or are somebody else's",
        "asked to end",
    ),
    BulkAction.RETRY: _Words(
        "Retry",
        ":material/refresh:",
        "failed or cancelled",
        (
            "It goes on in a new run where it stopped; finished phases are reused.",
            "Each goes on in a new run where it stopped; finished phases are reused.",
        ),
        "none failed or was cancelled, they were retried already, or are somebody else's",
        "launched again",
    ),
}


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked before."""

    title: str
    text: str
    offer: BulkOffer


def show_bulk_menu(actor: Actor, chosen: RunFilter) -> None:
    """Draw the menu of what can be done to all that the filters match; nothing for who may do neither."""
    may = {
        BulkAction.CANCEL: actor.may_some(Permission.ORCHESTRATIONS_CANCEL),
        BulkAction.RETRY: actor.may_some(Permission.ORCHESTRATIONS_CANCEL) and actor.may(Permission.ORCHESTRATIONS_RUN),
    }
    options = {f"{said.verb} all that match the filters…": action for action, said in _WORDS.items() if may[action]}
    if not options:
        return
    picked = st.menu_button("More", list(options), icon=":material/more_horiz:", key="more-runs")
    if picked:
        with feedback.told():
            _ask(_about_matching(bulk.preview_bulk(actor, chosen, options[picked])))


def show_bulk_buttons(actor: Actor, ticked: Sequence[RunSummary]) -> None:
    """Draw what can be done to ticked runs: a button where it makes sense for one that is this person's to steer."""
    for action, said in _WORDS.items():
        if not any(_is_for(actor, run, action) for run in ticked):
            continue
        if st.button(f"{said.verb}…", icon=said.icon, key=f"ticked-{action}"):
            with feedback.told():
                chosen = RunFilter(ids=tuple(run.id for run in ticked))
                _ask(_about_ticked(bulk.preview_bulk(actor, chosen, action), ticked=len(ticked)))


def _is_for(actor: Actor, run: RunSummary, action: BulkAction) -> bool:
    if not actor.may(Permission.ORCHESTRATIONS_CANCEL, created_by=run.user_id):
        return False
    if action is BulkAction.CANCEL:
        return run.status not in FINAL_RUN_STATUSES
    return run.status in RETRYABLE_RUN_STATUSES and actor.may(Permission.ORCHESTRATIONS_RUN)


def _about_matching(offer: BulkOffer) -> _Question:
    said, count = _WORDS[offer.action], len(offer.run_ids)
    if not count:
        title = f"{said.verb} all that match the filters?"
        return _Question(title, f"No run that matches can be {_done_to(offer)} by you: {said.why_not}.", offer)
    runs = words.count(count, f"{said.kind} run")
    which = f"{'the newest' if offer.is_cut else 'all'} {runs} that match"
    if count == 1:
        which = f"the one {said.kind} run that matches"
    return _Question(
        f"{said.verb} {which} the filters?",
        f"{_name(offer)} {_say_what_happens(offer)} What is not yours to steer stays as it is"
        f"{', and so does what was retried already' if offer.action is BulkAction.RETRY else ''}.",
        offer,
    )


def _about_ticked(offer: BulkOffer, *, ticked: int) -> _Question:
    said, count = _WORDS[offer.action], len(offer.run_ids)
    if not count:
        text = f"None of the ticked runs can be {_done_to(offer)}: {_say_why(offer)}."
        return _Question(f"{said.verb} the ticked runs?", text, offer)
    runs = words.count(ticked, "ticked run")
    which = f"the {runs}" if count == ticked else f"{words.number(count)} of the {runs}"
    if ticked == 1:
        which = "the ticked run"
    left = f" Left out: {_say_why(offer)}." if offer.left else ""
    return _Question(f"{said.verb} {which}?", f"{_name(offer)} {_say_what_happens(offer)}{left}", offer)


def _say_what_happens(offer: BulkOffer) -> str:
    one, each = _WORDS[offer.action].does
    return one if len(offer.run_ids) == 1 else each


def _say_why(offer: BulkOffer) -> str:
    """Of those that were ticked and are not among them: "1 not ended yet and 2 retried already"."""
    return words.together([f"{words.number(count)} {why}" for why, count in offer.left.items()] or [_GONE])


def _done_to(offer: BulkOffer) -> str:
    return "cancelled" if offer.action is BulkAction.CANCEL else "retried"


def _name(offer: BulkOffer) -> str:
    """The titles, or the first of them and how many more there are."""
    titles = [f"“{words.short(title, most=_LONGEST_TITLE)}”" for title in offer.examples]
    more = len(offer.run_ids) - len(titles)
    return f"{words.together([*titles, *([f'{words.number(more)} more'] if more else [])])}."


def _ask(question: _Question) -> None:
    """Open the question. What is done is done to the runs that were counted, whatever matches by then, and once."""
    results: list[BulkResult] = []

    @st.dialog(question.title, on_dismiss="rerun")
    def ask() -> None:
        if not results and not state.peek(_CONFIRM):
            _show_question(question)
            return
        # the button is not drawn again: there is nothing to press twice
        with feedback.told():
            if not results:
                results.append(_do(question.offer))
            _show_result(results[0], _WORDS[question.offer.action])
        _show_close()

    ask()


def _show_question(question: _Question) -> None:
    offer = question.offer
    st.markdown(words.plain(question.text))
    if offer.is_cut:
        st.markdown(f":orange[:material/warning:] More match; these are the newest {words.number(bulk.MOST)}.")
    if count := len(offer.run_ids):
        is_confirmed(f"{_WORDS[offer.action].verb} {words.count(count, 'run')}", key=_KEY)  # `ask` looks for the press
    else:
        _show_close()


def _show_close() -> None:
    """Draw the way out where there is nothing to be done, or no more."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Close", key="bulk-close"):
            st.rerun()


def _do(offer: BulkOffer) -> BulkResult:
    if offer.action is BulkAction.CANCEL:
        return bulk.cancel_runs(require_actor(Permission.ORCHESTRATIONS_CANCEL), offer.run_ids)
    bar, of = st.progress(0.0), len(offer.run_ids)

    def show(done: int) -> None:
        bar.progress(done / of, f"{words.number(done)} of {words.count(of, 'run')}")

    result = bulk.retry_runs(require_actor(Permission.ORCHESTRATIONS_RUN), offer.run_ids, on_progress=show)
    bar.empty()
    return result


def _show_result(result: BulkResult, said: _Words) -> None:
    if result.done:
        done = f"{words.count(result.done, 'run')} {said.done}."
        st.markdown(f":green[:material/check_circle:] {words.plain(done)}")
    for why, number in result.left.items():
        left = f"{words.count(number, 'run')} not: {why}."
        st.markdown(f":orange[:material/warning:] {words.plain(left)}")
