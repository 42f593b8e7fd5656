"""A template in the gallery, and what may be done with it from there."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st
from markupsafe import Markup

from lib.templates.views import TemplateSummary
from lib.ui import words
from lib.ui.components import template_actions
from lib.ui.components.status import Status, show_status
from lib.ui.components.template_badges import badges_of
from lib.ui.components.template_figures import say_figures
from lib.ui.navigation import TEMPLATE

#: In characters: what is longer stands whole on the template's own page; style.css shows two lines of it.
_LONGEST_NAME, _LONGEST_DESCRIPTION = 48, 220
_NARROWEST: Final = 280
_TWO_LINES = Markup('<div class="ao-two-lines">{}</div>')
_NO_DESCRIPTION: Final = "No description."
#: Category -> icon; whoever makes up another one gets the page's own.
_ICONS: Final[Mapping[str, str]] = {
    "research": "travel_explore",
    "procurement": "fact_check",
    "support": "forum",
    "documents": "article",
    "product": "lightbulb",
    "languages": "translate",
    "planning": "event_note",
    "operations": "build",
    "marketing": "campaign",
    "engineering": "code",
    "sales": "storefront",
    "finance": "payments",
    "legal": "gavel",
    "writing": "edit_note",
    "quality": "verified",
    "people": "group",
    "analysis": "query_stats",
}


def show_template_cards(templates: Sequence[TemplateSummary]) -> None:
    """Draw them side by side: three on a wide page, one on a phone."""
    grid = st.grid(3, min_column_width=_NARROWEST, border=True)
    for template in templates:
        with grid.cell():
            _show_card(template)


def icon_of(template: TemplateSummary) -> str:
    """The icon of its category."""
    return f":material/{_ICONS.get(template.category.lower(), 'dashboard_customize')}:"


def _show_card(template: TemplateSummary) -> None:
    with st.container(gap="xsmall", key=f"template-{template.id}"):
        _show_head(template, badges_of(template))
        description = words.short(template.description, most=_LONGEST_DESCRIPTION) or _NO_DESCRIPTION
        st.html(_TWO_LINES.format(description))
        st.markdown(f":gray[:small[{words.plain(say_figures(template))}]]")
        _show_buttons(template)


def _show_head(template: TemplateSummary, badges: Sequence[Status]) -> None:
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall", wrap=False):
        name = words.plain(words.short(template.name, most=_LONGEST_NAME))
        st.subheader(f"{icon_of(template)} {name}", anchor=False, width="stretch")
        for badge in badges:
            show_status(badge)


def _show_buttons(template: TemplateSummary) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"template-foot-{template.id}"):
        if template.may_launch and st.button("Use", icon=":material/play_arrow:", key=f"use-{template.id}"):
            template_actions.use(template)
        if st.button("Preview", type="tertiary", key=f"preview-{template.id}"):
            st.switch_page(TEMPLATE.file, query_params={"template": str(template.id)})
        st.space("stretch")
        template_actions.show_menu(template, template_actions.offered_on_card(template), is_quiet=True)
