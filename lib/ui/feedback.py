"""What a person is told: of a success in passing, of an error where it happened, with what to do about it.

A page has no `try`. What its use case raises while the page is drawn is shown by `page_state`, which Home.py puts
around every page; what it raises when a button is pressed is shown by `told`, beside the button; what is raised in a
callback or a fragment that has neither ends in `on_script_error`. While the database is away, a page and those parts of
it that `live` draws say so and come back by themselves.
"""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from types import MappingProxyType
from typing import Final, NoReturn

import streamlit as st
from streamlit.errors import FragmentHandledException

from lib.access.permissions import Permission
from lib.audit.refusals import note_refusal
from lib.errors import (
    ConfigurationError,
    DatabaseBusy,
    DatabaseUnavailable,
    InvalidInput,
    NotFound,
    NotPermitted,
    NotSignedIn,
    OrchestratorError,
    SignInRefused,
)
from lib.ui import state
from lib.ui.components.empty_state import empty_state
from lib.ui.components.permission_words import refusal_in_words
from lib.ui.words import plain

logger = logging.getLogger(__name__)

#: Between two looks of a page whether the database is back.
_COME_BACK_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class _Notice:
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class _Words:
    """An error as a page of its own."""

    icon: str
    title: str
    text: str
    can_retry: bool = False


_AWAY: Final = _Words(
    ":material/cloud_off:",
    "The database does not answer",
    "The database does not answer right now. Wait a moment and try again.",
    can_retry=True,
)
#: Where nobody needs to do anything.
_COMES_BACK: Final = "The database does not answer right now. This comes back by itself."


def succeeded(message: str) -> None:
    """Say in passing that something was done; it is said in the next run, so it outlives `st.rerun` and a new page."""
    _notify(":material/check_circle:", message)


def begin_notices() -> None:
    """Make the list that callbacks write into; Home.py calls it where the page begins, for there it may be ended."""
    if state.peek(state.NOTICES) is None:
        st.session_state[state.NOTICES] = []


def show_notices() -> None:
    """Say what was left to say. Home.py calls it before and after the page."""
    notices = state.peek(state.NOTICES) or []
    while notices:
        st.toast(plain(notices[0].text), icon=notices[0].icon)  # may end the script: then it is said in the next run
        notices.pop(0)


@contextmanager
def told() -> Iterator[None]:
    """Show here what goes wrong inside the `with`, and go on: the form stays, with what was typed into it.

    What is to happen after a success stands inside as well: `succeeded`, `st.switch_page`, `st.rerun`.
    """
    try:
        yield
    except FragmentHandledException:
        raise
    except Exception as error:  # whatever it is: the person is told and the log has it
        _show_inline(error)


@contextmanager
def told_later() -> Iterator[None]:
    """For callbacks, also as a decorator: say in the page that follows what goes wrong inside."""
    try:
        yield
    except NotSignedIn:
        pass  # the page that follows is the sign-in form
    except Exception as error:  # whatever it is: the person is told and the log has it
        _notify(":material/error:", _words(error).text)


@contextmanager
def page_state(way_on: tuple[str, str], lists: Mapping[str, tuple[str, str]] = MappingProxyType({})) -> Iterator[None]:
    """Show as a state of the page what goes wrong while it is drawn.

    `way_on` is a page to go to, as (file, label); from something that is not there it is that of its list.
    """
    st.session_state[state.HAS_TITLE] = False
    try:
        yield
    except FragmentHandledException:
        raise
    except Exception as error:  # whatever it is: the person is told and the log has it
        words = _words(error)
        is_page = not st.session_state[state.HAS_TITLE]
        text = _COMES_BACK if words is _AWAY else words.text
        with empty_state("page", icon=words.icon, title=words.title, text=text, is_page=is_page):
            if words is _AWAY:
                st.fragment(_come_back, run_every=_COME_BACK_SECONDS)([words])
            if words.can_retry:  # also where the navigation, which a link needs, is not built yet
                st.button("Try again", icon=":material/refresh:", type="primary")
            else:
                file, label = lists.get(error.what, way_on) if isinstance(error, NotFound) else way_on
                st.page_link(file, label=plain(label), icon=":material/arrow_forward:")


def live(part: Callable[..., object], *arguments: object, seconds: float | None) -> None:
    """Draw a part of a page, and draw it again every so many seconds; never again where that is None.

    While the database is away the part says so, with one line in the log for each look, and comes back by itself: where
    it has no timer of its own, with the whole page.
    """

    @wraps(part)
    def draw(*arguments: object) -> None:
        try:
            part(*arguments)
        except DatabaseUnavailable as error:
            logger.warning("A part of a page could not be drawn: %s", error.message)
            st.markdown(f":red[{_AWAY.icon}] {plain(_COMES_BACK)}")
            if seconds is None:
                st.fragment(_come_back, run_every=_COME_BACK_SECONDS)([_AWAY])

    st.fragment(draw, run_every=seconds)(*arguments)


def draw_anew() -> NoReturn:
    """`st.rerun` for a part that refreshes itself: the whole page is drawn anew, which keeps no session alive."""
    st.session_state[state.REDRAWN] = True
    st.rerun()


def on_script_error(error: Exception) -> bool:
    """The last net, given to `st.App`: what a callback or a fragment raised is shown where it was drawn.

    Streamlit has written it to the log by then; True says that it need not show anything itself.
    """
    _show_inline(error)
    return True


def _come_back(drawn: list[_Words]) -> None:
    """Have the page drawn anew; not when it has just been drawn, but when this is looked at again."""
    if drawn:
        drawn.pop()
    else:
        draw_anew()


def _notify(icon: str, text: str) -> None:
    """Nothing that a browser sends meanwhile ends this: the list is there, and nothing else is written."""
    begin_notices()
    state.peek(state.NOTICES).append(_Notice(icon, text))


def _show_inline(error: Exception) -> None:
    problems = error.problems if isinstance(error, InvalidInput) else ()
    text = _words(error).text
    lines = "".join(f"\n* {plain(problem)}" for problem in problems if problem not in text)
    st.markdown(f":red[:material/error:] {plain(text)}{lines and chr(10)}{lines}")


def _words(error: Exception) -> _Words:
    """What is said of the error. Of a refusal the trail is told: whatever is shown to a person goes through here."""
    match error:
        case DatabaseBusy():
            words = _Words(":material/hourglass:", "This has to wait", error.message, can_retry=True)
        case DatabaseUnavailable():
            words = _AWAY
        case NotFound():
            words = _Words(":material/search_off:", "Not found", error.message)
        case NotPermitted():
            note_refusal(error)
            words = _Words(":material/lock:", "This page is not open to you", _refusal(error))
        case NotSignedIn() if not isinstance(error, SignInRefused):
            words = _Words(":material/login:", "Your session has ended", error.message, can_retry=True)
        case OrchestratorError() if not isinstance(error, ConfigurationError):
            words = _Words(":material/error:", "This did not work", error.message)
        case _:
            words = _fault(error)
    return words


def _refusal(error: NotPermitted) -> str:
    """What is missing by the name that people read; where there is more to say than that, the error says it."""
    is_plain = type(error) is NotPermitted and error.permission in set(Permission)
    return refusal_in_words(Permission(error.permission)) if is_plain else error.message


def _fault(error: Exception) -> _Words:
    reference = "-".join((secrets.token_hex(2), secrets.token_hex(2))).upper()
    logger.error("Shown to a person as reference %s", reference, exc_info=error)
    return _Words(
        ":material/build:",
        "Something went wrong on our side",
        "This was our fault and not yours. Try again; if it happens again, give your administrator the reference "
        f"{reference}, under which the log says more.",
        can_retry=True,
    )
