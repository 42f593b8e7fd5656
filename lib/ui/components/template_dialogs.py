"""The dialogs in which a template is begun, and in which what stands on its card is changed."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from lib.access.permissions import Permission
from lib.templates.gallery import list_gallery_words
from lib.templates.service import TemplateDetails, create_template, update_details
from lib.templates.views import TemplateDetail, TemplateSummary
from lib.ui import feedback
from lib.ui.guard import require_actor
from lib.ui.navigation import TEMPLATE_EDIT
from lib.ui.words import line


def open_editor(template_id: UUID) -> None:
    """Go on to writing the template's next version."""
    st.switch_page(TEMPLATE_EDIT.file, query_params={"template": str(template_id)})


@st.dialog("New template", width="medium")
def show_new_template() -> None:
    """Ask for what stands on its card, make a draft with one phase, and go on to writing it."""
    details = _show_form("new-template", action="Create and edit")
    if details:
        with feedback.told():
            made = create_template(require_actor(Permission.TEMPLATES_CREATE), details)
            feedback.succeeded("The template is there, with one phase.")
            open_editor(made)


@st.dialog("Details", width="medium")
def show_edit_details(template: TemplateSummary) -> None:
    """Ask for changes to what stands on the card; what the template says has versions, and an editor."""
    is_asked = isinstance(template, TemplateDetail) and template.card_needs_word
    if is_asked:
        st.markdown(":gray[Every organization reads this card, so somebody else has to agree first.]")
    details = _show_form(
        f"details-{template.id}", template=template, action="Ask for the changes" if is_asked else "Save changes"
    )
    if details:
        with feedback.told():
            is_saved = update_details(require_actor(Permission.TEMPLATES_EDIT), template.id, details)
            feedback.succeeded(
                "The changes are saved." if is_saved else "Asked. Until somebody agrees the card says what it did."
            )
            st.rerun()


def _show_form(key: str, *, action: str, template: TemplateSummary | None = None) -> TemplateDetails | None:
    """Draw the fields; no `max_chars`, for a browser would cut off in silence: the use case says what is too long."""
    categories, tags = list_gallery_words(require_actor(Permission.TEMPLATES_VIEW))
    category = template.category if template else ""
    with st.form(key, border=False):
        name = st.text_input("Name", value=template.name if template else "", placeholder="Market brief")
        description = st.text_area(
            "Description",
            value=_description_of(template),
            height=90,
            help="What comes out of it, in two lines: the gallery shows no more.",
            placeholder="A sourced brief on a market: scope, sources, outline, drafts, summary.",
        )
        chosen = _show_category(categories, category)
        kept = st.multiselect(
            "Tags",
            list(dict.fromkeys([*(template.tags if template else ()), *tags])),
            default=list(template.tags) if template else [],
            format_func=line,
            accept_new_options=True,
            placeholder="Choose some, or type one and press Enter",
        )
        if not st.form_submit_button(action, type="primary"):
            return None
    return TemplateDetails(name=name, description=description, category=chosen or "", tags=tuple(kept))


def _description_of(template: TemplateSummary | None) -> str:
    """Of the card itself: what the template's own text says in its place is not entered there unasked."""
    if template is None:
        return ""
    return template.card_description if isinstance(template, TemplateDetail) else template.description


def _show_category(categories: Sequence[str], current: str) -> str | None:
    options = list(dict.fromkeys([*([current] if current else []), *categories]))
    return st.selectbox(
        "Category",
        options,
        index=0 if current else None,
        format_func=line,
        accept_new_options=True,
        placeholder="Choose one, or type a new one",
    )
