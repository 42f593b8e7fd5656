"""What a template's page says of it beside what it says itself: its facts, and what was done to it."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.service import list_template_changes
from lib.audit.views import Thing
from lib.templates.views import TemplateDetail
from lib.ui import words
from lib.ui.components.activity import current_change, show_activity
from lib.ui.components.card import card
from lib.ui.components.facts import show_facts
from lib.ui.components.moment import moment_inline
from lib.ui.components.paged_table import find_page
from lib.ui.components.person import person_inline
from lib.ui.navigation import TEMPLATE

#: What the fields of a template are called, as its form labels them.
_NAMES: Final[Mapping[str, str]] = {
    "name": "Name",
    "description": "Description",
    "category": "Category",
    "tags": "Tags",
    "status": "Status",
    "version": "Version",
    "is_public": "Public",
    "publisher_name": "Published as",
    "forked_from": "Forked from",
}
_LONGEST_SOURCE: Final = 60


def show_template_facts(template: TemplateDetail, *, time_zone: str) -> None:
    """Draw whose it is, what it is about, and the way to the template that it was made from."""
    facts = [
        ("Description", template.description),
        ("Category", template.category),
        ("Tags", ", ".join(template.tags)),
        ("Version", _say_version(template)),
        ("Model", template.data.model or "as the project or the organization says"),
        ("Made by", person_inline(template.maker) if template.maker else ""),
        ("Published by", template.publisher if not template.is_own else ""),
        ("Made", moment_inline(template.created_at, time_zone=time_zone)),
        ("Changed", moment_inline(template.updated_at, time_zone=time_zone)),
    ]
    with card("Details"):
        show_facts([(label, said) for label, said in facts if said])
        if template.forked_from:
            source_id, name = template.forked_from
            st.page_link(
                TEMPLATE.file,
                label=f"Forked from {words.plain(words.short(name, most=_LONGEST_SOURCE))}",
                icon=":material/fork_right:",
                query_params={"template": str(source_id)},
            )


def show_template_activity(actor: Actor, template: TemplateDetail) -> None:
    """Draw what was done to the template, for whoever may read the audit trail of the organization that it is of."""
    if not (template.is_own and actor.may(Permission.AUDIT_VIEW)):
        return
    page = find_page(lambda cursor: list_template_changes(actor, template.id, cursor=cursor), cursor=current_change())
    show_activity(actor, Thing("templates", template.id), page, names=_NAMES)


def _say_version(template: TemplateDetail) -> str:
    offered = words.number(template.version)
    if template.is_own and template.newest_version > template.version:
        return f"{offered}, the newest is {words.number(template.newest_version)}"
    return offered
