"""A version that waits for somebody's word: who asked, what would change, and the answer."""

from typing import Final
from uuid import UUID

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.models.template import ReviewDecision
from lib.templates import publishing
from lib.templates.versions import service as versions
from lib.templates.views import ReviewRequest, TemplateDetail
from lib.ui import feedback, state, words
from lib.ui.components.audit_link import show_audit_link
from lib.ui.components.card import card
from lib.ui.components.facts import show_facts
from lib.ui.components.moment import moment_inline
from lib.ui.components.person import person_inline
from lib.ui.components.template_changes import show_template_changes
from lib.ui.components.value_diff import show_value_diff
from lib.ui.guard import require_actor

_ASKED = Markup('<div class="ao-context">Asked by {} {}</div><div>{}</div>')
_CARD: Final = {"name": "Name", "description": "Description", "category": "Category", "tags": "Tags"}
_REFUSED = Markup('<div class="ao-context">By {} {}</div>')


def show_template_review(actor: Actor, template: TemplateDetail) -> None:
    """Draw the request that waits, or why the last one was refused, for as long as that is what the author faces."""
    review = template.review
    if review is None:
        return
    if review.decision is None:
        _show_request(actor, template, review)
    elif review.decision is ReviewDecision.REJECTED and review.version == template.newest_version:
        when = moment_inline(review.decided_at, time_zone=actor.time_zone)
        with card(f"Version {words.number(review.version)} was refused", key="template-review"):
            st.html(_REFUSED.format(person_inline(review.decided_by), when))
            show_facts([("Reason", review.comment)])
            show_audit_link(actor, "template_reviews", review.id)


def _show_request(actor: Actor, template: TemplateDetail, review: ReviewRequest) -> None:
    is_card_alone = template.is_public and review.version == template.version
    title = (
        f"{'Another card' if is_card_alone else f'Version {words.number(review.version)}'} waits for somebody's word"
    )
    with card(title, key="template-review"):
        when = moment_inline(review.requested_at, time_zone=actor.time_zone)
        st.html(_ASKED.format(person_inline(review.requested_by), when, _say_what_follows(template, review)))
        if review.card is not None and _card_of(template) != dict(review.card):
            show_value_diff(_card_of(template), review.card, names=_CARD)
        if review.version != template.version:
            label = f"What changes against version {words.number(template.version)}, which is offered now"
            with st.expander(label, type="compact", key="review-changes", on_change="rerun") as opened:
                if opened.open:
                    asked = versions.get_version_data(actor, template.id, review.version)
                    show_template_changes(template.data, asked, numbers=(template.version, review.version))
        if review.may_decide:
            _show_decision(review)
        elif review.may_withdraw:
            _show_withdrawal(review)
        else:
            st.markdown(":gray[Anybody who may publish templates decides, but for who asked.]")
        show_audit_link(actor, "template_reviews", review.id)


def _card_of(template: TemplateDetail) -> dict[str, object]:
    return {
        "name": template.name,
        "description": template.card_description,
        "category": template.category,
        "tags": list(template.tags),
    }


def _say_what_follows(template: TemplateDetail, review: ReviewRequest) -> str:
    if review.makes_public:
        who = "every organization of this installation, with the name of yours beside it"
    else:
        who = "everybody in your organization"
    kept = f" Until then it is version {words.number(template.version)}." if review.version != template.version else ""
    return f"With a yes it is offered to {who}.{kept}"


def _show_decision(review: ReviewRequest) -> None:
    st.text_area(
        "Reason, if you refuse",
        height=80,
        placeholder="What has to be different before you agree.",
        key=_reason_key(review.id),
    )
    with st.container(horizontal=True, gap="xsmall"):
        is_approved = st.button(
            "Approve",
            type="primary",
            icon=":material/check:",
            key="approve-version",
            on_click=_note_press,
            args=(review.id,),
        )
        is_refused = st.button(
            "Refuse", icon=":material/close:", key="refuse-version", on_click=_note_press, args=(review.id,)
        )
    seen = _take_pressed(review)
    with feedback.told():
        if is_approved:
            publishing.approve(require_actor(Permission.TEMPLATES_PUBLISH), seen)
            feedback.succeeded(f"Version {words.number(review.version)} is offered.")
            st.rerun()
        if is_refused:
            publishing.reject(
                require_actor(Permission.TEMPLATES_PUBLISH), seen, st.session_state.get(_reason_key(seen), "")
            )
            feedback.succeeded("Refused. Its author reads why.")
            st.rerun()


def _show_withdrawal(review: ReviewRequest) -> None:
    st.markdown(":gray[You asked, so somebody else decides: anybody who may publish templates.]")
    is_withdrawn = st.button(
        "Take it back", icon=":material/undo:", key="withdraw-version", on_click=_note_press, args=(review.id,)
    )
    seen = _take_pressed(review)
    if is_withdrawn:
        with feedback.told():
            publishing.withdraw(require_actor(Permission.TEMPLATES_VIEW), seen)
            feedback.succeeded("The request is taken back.")
            st.rerun()


def _reason_key(review_id: UUID) -> str:
    return f"reason-{review_id}"


def _note_press(review_id: UUID) -> None:
    st.session_state[state.PRESSED_REVIEW] = review_id


def _take_pressed(review: ReviewRequest) -> UUID:
    """The request that was on the page when its button was pressed: another one may have taken its place since."""
    seen: UUID = st.session_state.pop(state.PRESSED_REVIEW, review.id)
    return seen
