"""The navigation that one person gets from the table of pages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from lib.access.actor import Actor
from lib.config import ROOT
from lib.errors import NotPermitted, OperatorOnly
from lib.organizations.views import MOST_COUNTED
from lib.ui import address, words
from lib.ui.linked_pages import make_hidden, make_linked_pages, make_unknown
from lib.ui.navigation import OVERVIEW, PAGES, PageEntry
from lib.ui.way_in import show_way_in

#: A title goes on with it where something waits; Streamlit draws Markdown there.
_COUNT_BEGINS = " :orange[**"


def build(
    actor: Actor | None,
    *,
    pages: Sequence[PageEntry] = PAGES,
    root: Path = ROOT,
    waiting: Mapping[str, int] | None = None,
) -> StreamlitPage:
    """The page that the address names, ready to `run`, beside a sidebar of what this person may open.

    A page that is not open to them takes its address all the same and says so, and nothing else; so does an address of
    nothing. Without an actor every address is the way in, so that whoever signs in is where they wanted to go,
    but for those that links lead to: of the first set-up, of invitations, and in other mails.

    `waiting` says by a page's file how many things on it wait for this person.
    """
    waiting = waiting or {}
    sections: dict[str, list[StreamlitPage]] = {}
    for entry in pages:
        page = _page(entry, actor, is_first=entry is pages[0], root=root, waiting=waiting.get(entry.file, 0))
        sections.setdefault(entry.section, []).append(page)
    # Streamlit serves the first page at the root only; links and memories have its name.
    sections[""].append(_page(replace(pages[0], is_visible=False), actor, is_first=False, root=root))
    sections[""] += make_linked_pages(actor, first_page=OVERVIEW.file)
    known = {page.url_path for section in sections.values() for page in section}
    if (name := address.requested_page()) and name not in known:
        sections[""].append(make_unknown(actor, name))
    return st.navigation(sections, expanded=True, position="sidebar" if actor else "hidden")


def title_of(page: StreamlitPage) -> str:
    """The page's title without the count that stands beside it in the sidebar."""
    return page.title.partition(_COUNT_BEGINS)[0]


def _page(entry: PageEntry, actor: Actor | None, *, is_first: bool, root: Path, waiting: int = 0) -> StreamlitPage:
    url_path = "" if is_first else entry.url_path
    if actor is None:
        return make_hidden(show_way_in, title="Sign in", url_path=url_path, is_first=is_first)
    if not entry.is_open_to(actor):
        return make_hidden(lambda: _refuse(entry, actor), title=entry.title, url_path=url_path, is_first=is_first)
    return st.Page(
        root / entry.file,
        # its address stays the page's identity, whatever the count
        title=entry.title + (f"{_COUNT_BEGINS}{words.at_most(waiting, most=MOST_COUNTED)}**]" if waiting else ""),
        icon=f":material/{entry.icon}:",
        url_path=url_path,
        default=is_first,
        visibility="visible" if entry.is_visible else "hidden",
    )


def _refuse(entry: PageEntry, actor: Actor) -> None:
    raise OperatorOnly(who=actor) if entry.is_for_operators else NotPermitted(entry.permission or "", who=actor)
