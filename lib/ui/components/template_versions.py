"""The versions of a template: what their authors noted, two of them against each other, and the way back to one."""

from typing import Final

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.models.template import TemplateStatus
from lib.runs.comparing.service import find_runs_of_versions
from lib.templates import publishing
from lib.templates.versions import service as versions
from lib.templates.views import SavedVersion, TemplateDetail, TemplateVersionSummary
from lib.ui import feedback, words
from lib.ui.components.card import card
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.moment import moment_inline
from lib.ui.components.paged_table import find_page, show_page_buttons
from lib.ui.components.person import person_inline
from lib.ui.components.row_list import row, row_list
from lib.ui.components.status import TEMPLATE, Status, show_status
from lib.ui.components.template_changes import show_template_changes
from lib.ui.components.template_files import show_export_button
from lib.ui.guard import require_actor
from lib.ui.navigation import COMPARE

#: The query parameter that holds the cursor; the activity has one of its own.
_CURSOR: Final = "versions"
_ON_A_PAGE: Final = 10
_OFFERED: Final = Status("Offered", ":material/check_circle:", "green", "✓")
#: Of a template that is not published: nobody is offered it, and whoever may edit it launches this version.
_IN_USE: Final = Status("In use", ":material/play_circle:", "gray", "○")
_DETAIL: Final = Markup("{} · {}")
_NOTED: Final = Markup("{} · {} · {}")
_LONGEST_NOTE: Final = 160


def show_template_versions(actor: Actor, template: TemplateDetail) -> None:
    """Draw the versions that this person can see, the newest first; what others make public has one only."""
    if not template.is_own:
        return
    page = find_page(
        lambda cursor: versions.list_versions(actor, template.id, cursor=cursor, limit=_ON_A_PAGE),
        cursor=st.query_params.get(_CURSOR),
    )
    with card("Versions", note=words.count(template.newest_version, "version"), key="template-versions"):
        items = page.items if page else ()
        with row_list("versions"):
            for version in items:
                _show_version(actor, template, version)
        if not items:
            st.markdown(":gray[There is no version that far back.]")
        show_page_buttons(
            f"{words.count(len(items), 'version')} on this page",
            key="versions",
            newer=page.newer if page else None,
            older=page.older if page else None,
            parameter=_CURSOR,
        )
        if template.newest_version > 1:
            _show_comparison(actor, template)


def _show_version(actor: Actor, template: TemplateDetail, version: TemplateVersionSummary) -> None:
    who, when = person_inline(version.author), moment_inline(version.created_at, time_zone=actor.time_zone)
    note = words.short(version.note, most=_LONGEST_NOTE)
    detail = _NOTED.format(note, who, when) if note else _DETAIL.format(who, when)
    with row(f"Version {words.number(version.version)}", detail=detail):
        if version.is_offered and template.status is not TemplateStatus.IN_REVIEW:  # it is offered to nobody yet
            show_status(_IN_USE if template.status is TemplateStatus.DRAFT else _OFFERED)
        elif _is_waiting(template, version):
            show_status(TEMPLATE[TemplateStatus.IN_REVIEW])
        # one button wide, so that a phone has room for the note
        with st.popover("Options", icon=":material/more_horiz:", type="tertiary", key=f"version-{version.version}"):
            show_export_button(actor, template, version=version.version)
            _show_offer(template, version)
            may_go_back = template.may_edit and template.status is not TemplateStatus.RETIRED
            is_older = version.version < template.newest_version
            key = f"roll-back-{version.version}"
            is_going_back = may_go_back and is_older and st.button("Roll back", type="tertiary", key=key)
    if is_going_back:
        _ask_to_roll_back(template, version.version)


def _show_offer(template: TemplateDetail, version: TemplateVersionSummary) -> None:
    """The way out for a version that was refused, taken back or passed over: to offer it, or to ask for that again."""
    is_possible = template.may_edit and template.status in {TemplateStatus.DRAFT, TemplateStatus.PUBLISHED}
    if not is_possible or version.is_offered or template.is_waiting:
        return
    review = template.review
    was_asked = review is not None and review.version == version.version
    label = "Offer this version" if not template.needs_word else "Ask again" if was_asked else "Ask for this version"
    if st.button(label, type="tertiary", key=f"offer-{version.version}"):
        with feedback.told():
            is_offered = publishing.offer_version(
                require_actor(Permission.TEMPLATES_EDIT), template.id, version.version
            )
            number = words.number(version.version)
            feedback.succeeded(
                f"Version {number} is offered." if is_offered else f"Version {number} waits for somebody's word."
            )
            st.rerun()


def _is_waiting(template: TemplateDetail, version: TemplateVersionSummary) -> bool:
    return bool(template.is_waiting and template.review and template.review.version == version.version)


def _show_comparison(actor: Actor, template: TemplateDetail) -> None:
    """What differs between two versions, which are read when somebody wants that."""
    if not st.toggle("Compare two versions", key="compare-versions"):
        return
    numbers = range(template.newest_version, 0, -1)
    left, right = st.columns(2)
    old = left.selectbox("From version", numbers, index=1, format_func=words.number, key="compare-from")
    new = right.selectbox("To version", numbers, index=0, format_func=words.number, key="compare-to")
    before, after = (versions.get_version_data(actor, template.id, number) for number in (old, new))
    show_template_changes(before, after, numbers=(old, new))
    runs = find_runs_of_versions(actor, template.id, old, new)
    if runs and runs[0] != runs[1]:
        st.page_link(
            COMPARE.file,
            label="Compare their last runs",
            icon=":material/compare_arrows:",
            query_params={"left": str(runs[0]), "right": str(runs[1])},
        )


def _ask_to_roll_back(template: TemplateDetail, version: int) -> None:
    def roll_back(actor: Actor) -> str:
        saved = versions.roll_back(actor, template.id, version)
        return say_saved(saved)

    older, newest = words.number(version), words.number(template.newest_version)
    show_confirm_dialog(
        f"Roll back to version {older}?",
        text=f"What version {older} says is saved as version {words.number(template.newest_version + 1)}, on top of "
        f"version {newest}; no version is lost. {_say_what_follows(template)} Drafts of the next version stay.",
        action=f"Roll back to version {older}",
        on_confirm=roll_back,
        key="roll-back-template",
    )


def say_saved(saved: SavedVersion) -> str:
    """What became of a version that was saved, and of the one in whose place it waits."""
    number = words.number(saved.version)
    asked = f", in place of version {words.number(saved.replaces)}" if saved.replaces else ""
    if saved.is_offered:
        waits = f" Somebody's word on its being public is asked for{asked}." if asked else ""
        return f"Version {number} is offered.{waits}"
    return f"Version {number} waits for somebody's word{asked}."


def _say_what_follows(template: TemplateDetail) -> str:
    if template.needs_word:
        return "It waits until somebody who may publish templates agrees; until then runs are launched as now."
    return "Runs are launched from it at once; those under way go on as they began."
