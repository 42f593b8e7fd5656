"""Nobody without a living session gets past here: every page and fragment begins with `require_actor`.

So does every callback that does more than note the reader's choice in its own tab; what Streamlit calls outside of a
script run is wrapped by `for_later`. A callback gets past here whatever the browser sends meanwhile (`state.peek`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import NoReturn, TypeVar
from uuid import uuid4

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import NotSignedIn
from lib.identity import sessions
from lib.ui import state, visitor, way_in

Found = TypeVar("Found")

# Set while Home.py runs and only then. Streamlit calls fragments and callbacks without Home.py, so there it is unset
# and the session is looked up again: it may have ended since the page was drawn.
_actor_of_this_run: ContextVar[Actor | None] = ContextVar("actor_of_this_run", default=None)


def require_actor(permission: Permission | None = None) -> Actor:
    """Who is signed in, holding `permission` at least for rows of their own; whoever is not is shown the way in.

    Raises NotPermitted. Does not return without a session: the way in takes the place of the page. In a callback it
    raises NotSignedIn, and the page that follows asks.
    """
    actor = _actor_of_this_run.get() or find_actor()
    if actor is None:
        _ask_to_sign_in()
    if not _is_shown(actor, state.peek(state.DRAWN_FOR)):
        st.rerun()
    if permission is not None:
        actor.require(permission, created_by=actor.user_id)
    return actor


def find_actor() -> Actor | None:
    """Who is signed in, asked of the database, or None."""
    origin, is_used = visitor.current_origin(), _is_somebodys_doing()
    for session_id in visitor.session_ids():
        actor = sessions.find_actor(session_id, origin=origin, is_used=is_used)
        if actor is not None:
            return actor
    return None


def for_later(work: Callable[[Actor], Found]) -> Callable[[], Found]:
    """What Streamlit calls outside of any script run, such as the data of a download: nothing else asks who is there.

    The session that this part of the page is drawn for is looked up when the work is wanted. Raises `NotSignedIn` then
    when it has ended.
    """
    session_ids, origin = tuple(visitor.session_ids()), visitor.current_origin()
    drawn_for = st.session_state.get(state.DRAWN_FOR)

    def look_up_and_work() -> Found:
        for session_id in session_ids:
            actor = sessions.find_actor(session_id, origin=replace(origin, request_id=uuid4()))
            if actor is not None and _is_shown(actor, drawn_for):
                return work(actor)
        raise NotSignedIn

    return look_up_and_work


@contextmanager
def actor_of_this_run(actor: Actor | None) -> Iterator[None]:
    """Let `require_actor` answer with `actor` until the `with` ends, so that a page costs one look-up and not two."""
    token = _actor_of_this_run.set(actor)
    try:
        yield
    finally:
        _actor_of_this_run.reset(token)


def is_drawn_for_somebody_else(actor: Actor) -> bool:
    """Whether this tab shows what another person may see, and notes whom it shows from now on.

    A visit to the sample workspace that begins or ends in one tab changes who is there in all of them. What is pressed
    in the others was meant for the other organization.
    """
    is_other = not _is_shown(actor, st.session_state.get(state.DRAWN_FOR))
    st.session_state[state.DRAWN_FOR] = actor.user_id
    return is_other


def _is_shown(actor: Actor, drawn_for: object) -> bool:
    return drawn_for in {None, actor.user_id}


def _is_somebodys_doing() -> bool:
    """Whether this run keeps the session alive: a page that is opened does, and what is pressed on it.

    A fragment does not: nobody can tell its timer from a click in it, and a page that watches a run would never end.
    """
    if _is_fragment():
        return False
    return not (state.peek(state.REDRAWN) and st.session_state.pop(state.REDRAWN, False))


def _is_fragment() -> bool:
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def _is_callback() -> bool:
    context = get_script_run_ctx()
    return context is not None and not context.has_script_started


def _ask_to_sign_in() -> NoReturn:
    if _is_fragment():
        st.rerun()  # a fragment is too small a place: the whole page becomes the way in
    if _is_callback():
        raise NotSignedIn  # the script never begins that is stopped here: a form would be drawn, and never be read
    way_in.show_way_in()
    st.stop()
