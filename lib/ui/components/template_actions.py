"""What may be done with a template: which deeds a menu offers, and what each of them asks before it is done."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.models.template import TemplateStatus
from lib.templates import publishing, service
from lib.templates.views import TemplateDetail, TemplateSummary
from lib.ui import feedback, words
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.template_dialogs import open_editor, show_edit_details
from lib.ui.guard import require_actor
from lib.ui.navigation import LAUNCH, TEMPLATE, TEMPLATES

EDIT: Final = "Edit"
_DETAILS: Final = "Details…"
_FORK: Final = "Fork"
_RETIRE: Final = "Retire…"
_RESTORE: Final = "Restore"
_DELETE: Final = "Delete…"
_PUBLISH: Final = "Publish"
_ASK_TO_PUBLISH: Final = "Ask for publication"
_MAKE_PUBLIC: Final = "Make public…"
_MAKE_PRIVATE: Final = "Make private"
_LONGEST_NAME: Final = 60


def offered_on_card(template: TemplateSummary) -> list[str]:
    """What the gallery offers beside using it and looking at it."""
    offered = [EDIT] if may_open_editor(template) else []
    return [*offered, *([_FORK] if template.may_fork else []), *_ways_in_and_out(template)]


def offered_on_page(template: TemplateDetail) -> list[str]:
    """What the template's page offers beside its plain buttons."""
    offered = [_DETAILS] if _may_change(template) else []
    if template.may_edit and template.status is TemplateStatus.DRAFT:
        offered.append(_PUBLISH if template.may_publish else _ASK_TO_PUBLISH)
    if template.may_edit and template.may_publish and template.status is TemplateStatus.PUBLISHED:
        if template.is_public:
            offered.append(_MAKE_PRIVATE)
        elif not template.is_waiting:
            offered.append(_MAKE_PUBLIC)
    offered += _ways_in_and_out(template)
    if template.may_edit and template.status in {TemplateStatus.DRAFT, TemplateStatus.RETIRED}:
        offered.append(_DELETE)
    return offered


def may_open_editor(template: TemplateSummary) -> bool:
    """Whether another version can be written."""
    return template.may_edit and template.status is not TemplateStatus.RETIRED


def show_menu(template: TemplateSummary, offered: Sequence[str], *, is_quiet: bool = False) -> None:
    """Draw the menu "More", and do or ask for what was chosen; nothing where there is nothing to choose."""
    if not offered:
        return
    chosen = st.menu_button(
        "More",
        offered,
        icon=":material/more_horiz:",
        type="tertiary" if is_quiet else "secondary",
        key=f"more-{template.id}",
    )
    if chosen:  # it may be permitted no more, because somebody else was faster: the use case says so
        with feedback.told():
            _DEEDS[chosen](template)


def use(template: TemplateSummary) -> None:
    """Go on to a launch with it."""
    st.switch_page(LAUNCH.file, query_params={"template": str(template.id)})


def fork(template: TemplateSummary) -> None:
    """Make a copy of one's own, and go to it."""
    made = service.fork_template(require_actor(Permission.TEMPLATES_CREATE), template.id)
    feedback.succeeded("The copy is yours, and not published yet.")
    st.switch_page(TEMPLATE.file, query_params={"template": str(made)})


def _may_change(template: TemplateSummary) -> bool:
    """Whether this person may change what others rely on."""
    return template.may_edit and (template.may_publish or template.status is not TemplateStatus.PUBLISHED)


def _ways_in_and_out(template: TemplateSummary) -> list[str]:
    if template.status is TemplateStatus.RETIRED:
        return [_RESTORE] if template.may_edit else []
    return [_RETIRE] if _may_change(template) and not template.is_waiting else []


def _publish(template: TemplateSummary) -> None:
    is_published = publishing.publish_template(require_actor(Permission.TEMPLATES_EDIT), template.id)
    feedback.succeeded(
        "It is published: everybody in your organization finds it."
        if is_published
        else "Asked. Somebody who may publish templates decides."
    )
    st.rerun()


def _restore(template: TemplateSummary) -> None:
    service.restore_template(require_actor(Permission.TEMPLATES_EDIT), template.id)
    feedback.succeeded("The template is back. Publish it for others to find it.")
    st.rerun()


def _make_private(template: TemplateSummary) -> None:
    publishing.make_private(require_actor(Permission.TEMPLATES_PUBLISH), template.id)
    feedback.succeeded("It is your organization's alone again.")
    st.rerun()


def _ask_to_retire(template: TemplateSummary) -> None:
    def retire(actor: Actor) -> str:
        service.retire_template(actor, template.id)
        return "The template is retired."

    others = " Other organizations do not find it any more either." if template.is_public else ""
    show_confirm_dialog(
        f"Retire {_name(template)}?",
        text=f"Nobody can launch it any more.{others} Runs that were launched from it stay as they are, and go on. "
        "You can restore it; it is not published then.",
        action="Retire the template",
        on_confirm=retire,
        key="retire-template",
    )


def _ask_to_delete(template: TemplateSummary) -> None:
    def delete(actor: Actor) -> str:
        service.delete_template(actor, template.id)
        feedback.succeeded("The template is deleted.")
        st.switch_page(TEMPLATES.file)

    show_confirm_dialog(
        f"Delete {_name(template)}?",
        text="It leaves every list with all its versions, and nobody here can bring it back. Runs that were launched "
        "from it stay, with their prompts and answers.",
        action="Delete the template",
        on_confirm=delete,
        key="delete-template",
    )


def _ask_to_make_public(template: TemplateSummary) -> None:
    def make_public(actor: Actor) -> str:
        is_public = publishing.make_public(actor, template.id)
        return "It is public." if is_public else "Asked. Somebody else who may publish templates decides."

    first = "Somebody else who may publish templates has to agree first. " if _needs_approval(template) else ""
    show_confirm_dialog(
        f"Make {_name(template)} public?",
        text=f"{first}Then every organization of this installation can read, launch and copy version "
        f"{words.number(template.version)}, with the name of your organization beside it. They see no people, no runs "
        "and no other version. You can make it private again; copies stay theirs.",
        action="Ask for it" if first else "Make it public",
        on_confirm=make_public,
        key="make-template-public",
    )


def _needs_approval(template: TemplateSummary) -> bool:
    """Only the template's page, which knows, asks."""
    return isinstance(template, TemplateDetail) and template.needs_approval


def _name(template: TemplateSummary) -> str:
    return f"“{words.short(template.name, most=_LONGEST_NAME)}”"


_DEEDS: Final[Mapping[str, Callable[[TemplateSummary], None]]] = {
    EDIT: lambda template: open_editor(template.id),
    _DETAILS: show_edit_details,
    _FORK: fork,
    _PUBLISH: _publish,
    _ASK_TO_PUBLISH: _publish,
    _MAKE_PUBLIC: _ask_to_make_public,
    _MAKE_PRIVATE: _make_private,
    _RETIRE: _ask_to_retire,
    _RESTORE: _restore,
    _DELETE: _ask_to_delete,
}
