"""A person's views of the page of analytics: chosen, saved under a name, renamed and deleted."""

from typing import Final
from urllib.parse import parse_qs, urlencode

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.saved_views import service
from lib.saved_views.service import LONGEST_NAME
from lib.saved_views.views import SavedViewEntry
from lib.ui import feedback
from lib.ui.components.confirm_dialog import is_confirmed, show_confirm_dialog
from lib.ui.components.usage_address import OF_CALLS
from lib.ui.components.usage_report import show_reports
from lib.ui.guard import require_actor
from lib.ui.words import plain, short
from lib.usage.reports.service import Chosen

PAGE: Final = "analytics"
_NAME: Final = "usage-view-name"
_RENAME, _DELETE = "Rename…", "Delete…"
#: In characters: what is longer is cut on its button and stands whole in its tooltip.
_LONGEST_LABEL: Final = 34


def show_saved_views(actor: Actor, chosen: Chosen) -> None:
    """Draw the menu, with the mails about what is `chosen`.

    Both are read once it is open: a page that is only looked at does not ask for them.
    """
    menu = st.popover("Views", icon=":material/bookmark:", key="usage-views", on_change="rerun")
    with menu:
        listed = st.container()  # comes late, and what stands below keeps its place: what is typed there stays
        if menu.open:
            with listed:
                _show_list(actor)
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="bottom"):
            name = st.text_input("Name of this view", max_chars=LONGEST_NAME, key=_NAME, width=190)
            is_saved = st.button("Save view", icon=":material/add:", key="usage-view-save")
        if menu.open:
            st.divider()
            show_reports(actor, chosen)
        if is_saved:
            with feedback.told():
                service.save_view(require_actor(Permission.ANALYTICS_VIEW), PAGE, name=name, query=_current())
                feedback.succeeded(f"“{name.strip()}” is saved among your views.")
                st.rerun()


def _show_list(actor: Actor) -> None:
    views = service.list_saved_views(actor, PAGE)
    if not views:
        st.markdown(":gray[:small[Range, filters and what is drawn, under a name. Only you see your views.]]")
        return
    current = _current()
    for view in views:
        with st.container(horizontal=True, gap="xxsmall", wrap=False, vertical_alignment="center"):
            name = plain(short(view.name, most=_LONGEST_LABEL))
            st.button(
                f"**{name}**" if view.query == current else name,
                type="tertiary",
                help=None if len(view.name) <= _LONGEST_LABEL else plain(view.name),
                on_click=_open,
                args=(view.query,),
                key=f"usage-view-{view.id}",
            )
            st.space("stretch")
            chosen = st.menu_button(
                "More", [_RENAME, _DELETE], icon=":material/more_horiz:", type="tertiary", key=f"chart-more-{view.id}"
            )
        if chosen == _RENAME:
            _ask_name(view)
        elif chosen == _DELETE:
            _ask_to_delete(view)


def _ask_name(view: SavedViewEntry) -> None:
    @st.dialog("Rename the view")
    def ask() -> None:
        name = st.text_input("Name", value=view.name, max_chars=LONGEST_NAME, key=f"usage-rename-{view.id}")
        if is_confirmed("Rename", key="usage-rename"):
            with feedback.told():
                service.rename_view(require_actor(Permission.ANALYTICS_VIEW), view.id, name=name)
                feedback.succeeded(f"The view is called “{name.strip()}” now.")
                st.rerun()

    ask()


def _ask_to_delete(view: SavedViewEntry) -> None:
    def delete(actor: Actor) -> str:
        service.delete_view(actor, view.id)
        return f"“{view.name}” is deleted."

    show_confirm_dialog(
        "Delete the view?",
        text=f"“{view.name}” is forgotten. What it shows stays as it is.",
        action="Delete",
        on_confirm=delete,
        key="usage-view-delete",
    )


def _current() -> str:
    """What the address asks for, but for calls that are listed."""
    kept = [name for name in st.query_params if name not in OF_CALLS]
    return urlencode(sorted((name, value) for name in kept for value in st.query_params.get_all(name)))


def _open(query: str) -> None:
    st.query_params.from_dict(parse_qs(query))
