"""What people say about a run or one of its phases, the oldest first, with a field to say something."""

from typing import Final
from uuid import UUID

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.runs.commenting import service
from lib.runs.commenting.views import Comment, CommentCounts
from lib.runs.views import RunProgress
from lib.ui import feedback, words
from lib.ui.components.answer import render_whole
from lib.ui.components.card import card
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.moment import moment_inline
from lib.ui.components.paged_table import find_page, show_page_buttons
from lib.ui.components.person import person_inline
from lib.ui.guard import require_actor

_ON_A_PAGE: Final = 20
_WHO: Final = Markup('<div class="ao-context"><b>{}</b> · {}{}</div>')
_TEXT: Final = Markup('<div class="ao-answer">{}</div>')


def show_run_comments(run: RunProgress, counts: CommentCounts, *, time_zone: str) -> None:
    """Draw those about the run as a whole, and the field for the next one."""
    about_phases = counts.total - counts.of.get(None, 0)
    note = f"{words.number(about_phases)} more at the phases" if about_phases else None
    with card("Comments", note=note, key="run-comments"):
        show_comments(run, None, counts, time_zone=time_zone)


def show_comments(run: RunProgress, phase_code: str | None, counts: CommentCounts, *, time_zone: str) -> None:
    """Draw a page of those about that phase, or about the run as a whole for None."""
    key = _key(run, phase_code)
    page = None
    if counts.of.get(phase_code):
        actor = require_actor(Permission.ORCHESTRATIONS_VIEW)
        page = find_page(
            lambda cursor: service.list_comments(actor, run.summary.id, phase_code, cursor=cursor, limit=_ON_A_PAGE),
            cursor=st.query_params.get(key),
        )
    for comment in page.items if page else ():
        _show_comment(comment, time_zone=time_zone)
    if page is None or not page.items:
        st.markdown(":gray[Nobody has said anything yet.]")
    elif page.newer or page.older:
        show_page_buttons(
            f"{words.count(len(page.items), 'comment')} on this page",
            key=key,
            newer=page.newer,
            older=page.older,
            parameter=key,
            labels=("Earlier", "Later"),
        )
    if counts.may_write:
        _show_field(run, phase_code, key=key)


def _key(run: RunProgress, phase_code: str | None) -> str:
    """Of the widgets, and the query parameter of the page: phases are numbered, for their codes are anybody's words."""
    position = next((phase.position for phase in run.phases if phase.code == phase_code), None)
    return "comments" if position is None else f"comments-{position + 1}"


def _show_comment(comment: Comment, *, time_zone: str) -> None:
    with st.container(gap="xxsmall", key=f"comment-{comment.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            edited = Markup(" · edited {}").format(moment_inline(comment.edited_at, time_zone=time_zone))
            when = moment_inline(comment.created_at, time_zone=time_zone)
            who = person_inline(comment.author)
            st.html(_WHO.format(who, when, edited if comment.edited_at else ""), width="stretch")
            is_editing = comment.may_edit and st.toggle("Edit", key=f"comment-edit-{comment.id}")
            if comment.may_delete and st.button("Delete", type="tertiary", key=f"comment-delete-{comment.id}"):
                _ask_to_delete(comment)
        if is_editing:
            _show_edit(comment)
        else:
            st.html(_TEXT.format(render_whole(comment.text)))


def _show_edit(comment: Comment) -> None:
    key = f"comment-text-{comment.id}"
    with st.form(f"comment-form-{comment.id}", border=False):
        st.text_area("Comment", value=comment.text, height=110, label_visibility="collapsed", key=key)
        st.form_submit_button("Save the comment", on_click=_edit, args=(comment.id, key))


def _show_field(run: RunProgress, phase_code: str | None, *, key: str) -> None:
    text_key = f"{key}-text"
    with st.form(f"{key}-form", border=False):
        st.text_area(
            "Your comment",
            height=90,
            placeholder="What did you find? Markdown works; links and pictures do not.",
            label_visibility="collapsed",
            key=text_key,
        )
        st.form_submit_button(
            "Comment", icon=":material/add_comment:", on_click=_add, args=(run.summary.id, phase_code, text_key)
        )


@feedback.told_later()
def _add(run_id: UUID, phase_code: str | None, key: str) -> None:
    """A callback, so that the field can be emptied; what is refused stays in it."""
    actor = require_actor(Permission.ORCHESTRATIONS_REVIEW)
    service.add_comment(actor, run_id, st.session_state[key], phase_code=phase_code)
    st.session_state[key] = ""
    feedback.succeeded("Your comment is there.")


@feedback.told_later()
def _edit(comment_id: UUID, key: str) -> None:
    """A callback, so that the field can be closed; what is refused stays in it."""
    service.edit_comment(require_actor(Permission.ORCHESTRATIONS_VIEW), comment_id, st.session_state[key])
    st.session_state[f"comment-edit-{comment_id}"] = False
    feedback.succeeded("The comment is changed.")


def _ask_to_delete(comment: Comment) -> None:
    def delete(actor: Actor) -> str:
        service.delete_comment(actor, comment.id)
        return "The comment is deleted."

    show_confirm_dialog(
        "Delete this comment?",
        text="Its words are gone for good. The audit trail keeps that it was there, and not what it said.",
        action="Delete the comment",
        on_confirm=delete,
        key=f"delete-comment-{comment.id}",
    )
