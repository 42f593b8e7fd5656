"""Pages that stand in no sidebar: links lead to them, of the first set-up, of invitations, and in other mails."""

from collections.abc import Callable, Iterator
from functools import partial

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from lib.access.actor import Actor
from lib.errors import NotFound
from lib.ui.accept import show_accept, show_signed_in
from lib.ui.links import show_confirm, show_reset
from lib.ui.set_up import show_set_up
from lib.ui.way_in import show_way_in


def make_linked_pages(actor: Actor | None, *, first_page: str) -> Iterator[StreamlitPage]:
    """Those of whoever is signed in, or of who is not yet; `first_page` is the file of where one lands."""
    # whoever is signed in has nothing to set up any more
    leave = partial(st.switch_page, first_page)
    yield make_hidden(leave if actor else show_set_up, title="Set up", url_path="set-up")
    # links in mails: whoever opens one may be signed in, or not
    is_in = actor is not None
    yield make_hidden(lambda: show_reset(is_signed_in=is_in), title="Set a new password", url_path="reset")
    yield make_hidden(lambda: show_confirm(is_signed_in=is_in), title="Confirm your e-mail address", url_path="confirm")
    accept = partial(show_signed_in, actor) if actor else show_accept
    yield make_hidden(accept, title="Invitation", url_path="accept")


def make_unknown(actor: Actor | None, name: str) -> StreamlitPage:
    """What an address of nothing leads to."""
    return make_hidden(_find_nothing if actor else show_way_in, title="Not found", url_path=name)


def make_hidden(show: Callable[[], None], *, title: str, url_path: str, is_first: bool = False) -> StreamlitPage:
    """A page without an entry."""
    return st.Page(show, title=title, url_path=url_path, default=is_first, visibility="hidden")


def _find_nothing() -> None:
    raise NotFound("page")
