"""What is done after a phase: each operation with how it stands, and the word that a person may say."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.integrations.registry import find_kinds
from lib.models.operation import OperationStatus
from lib.runs.operating.service import decide_operation
from lib.runs.operating.views import OperationView
from lib.ui import feedback, state, words
from lib.ui.components import status
from lib.ui.components.card import card
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.moment import moment_inline
from lib.ui.components.person import person_inline
from lib.ui.components.row_list import row_list
from lib.ui.components.to_decide import OPERATIONS
from lib.ui.guard import require_actor

_CONTEXT: Final = Markup('<div class="ao-context">{}</div>')
_DECIDED: Final = Markup("{} {} {}")
#: In characters, of one value.
_LONGEST: Final = 20_000


def show_operations(operations: Sequence[OperationView], *, time_zone: str) -> None:
    """Draw the operations of one phase; nothing where there are none."""
    if not operations:
        return
    waiting = sum(each.status is OperationStatus.WAITING_APPROVAL for each in operations)
    note = f"{words.count(waiting, 'operation')} to be approved" if waiting else None
    key = f"operations-{operations[0].id}"
    anchor = OPERATIONS if waiting else None
    with card("Operations", note=note, key=key, anchor=anchor), row_list(f"{key}-rows"):
        for each in operations:
            with st.container(gap="xsmall"):
                _show(each, time_zone=time_zone)


def _show(each: OperationView, *, time_zone: str) -> None:
    said = status.inline(status.OPERATION["dry_run" if each.is_dry_run else each.status])
    st.markdown(f"**{words.plain(words.short(each.name, most=120))}** {said}")
    st.markdown(words.plain(_say(each)))
    if facts := _facts(each, time_zone):
        st.html(_CONTEXT.format(facts))
    if each.message:
        color = "red" if each.status is OperationStatus.FAILED else "gray"
        st.markdown(f":{color}[{words.plain(each.message)}]")
    with st.expander(_title(each), type="compact"):
        _show_values(each.params, kind=each.type, key=f"sent-{each.id}")
        if not each.is_dry_run:  # what it would do stands above
            came_back = {name: value for name, value in each.result.items() if name != "made_up"}
            _show_values(came_back, key=f"result-{each.id}")
    _show_buttons(each)


def _say(each: OperationView) -> str:
    return str(each.result["would"]) if each.is_dry_run else each.does


def _title(each: OperationView) -> str:
    """Of what stands behind it: its parameters, and what came back."""
    if each.is_dry_run or each.status in {OperationStatus.REJECTED, OperationStatus.CANCELLED}:
        return "What would have been sent"
    if each.status is OperationStatus.COMPLETED:
        return "What was sent and what came back"
    return "What was to be sent" if each.status is OperationStatus.FAILED else "What is sent"


def _facts(each: OperationView, time_zone: str) -> Markup:
    parts = []
    if each.is_dry_run:
        parts.append(Markup("nothing was done: integrations are off for this run"))
    if each.is_made_up:
        parts.append(Markup("made up with the sample: nothing was sent, and there is no file"))
    if each.is_reused:
        parts.append(Markup("done by the run before"))
    if each.attempts:
        parts.append(Markup("{}").format(words.count(each.attempts, "attempt")))
    if each.execution_time_ms is not None:
        parts.append(Markup("{}").format(words.duration(each.execution_time_ms / 1000)))
    if each.next_attempt_at is not None:
        parts.append(Markup("next attempt {}").format(moment_inline(each.next_attempt_at, time_zone=time_zone)))
    if each.decided_by is not None:
        did = "rejected by" if each.status is OperationStatus.REJECTED else "approved by"
        when = moment_inline(each.decided_at, time_zone=time_zone)
        parts.append(_DECIDED.format(did, person_inline(each.decided_by), when))
    return Markup(" · ").join(parts)


def _show_values(values: Mapping[str, Any], *, key: str, kind: str | None = None) -> None:
    """Each value as it is, in a block that nothing in it can end; parameters by the names that the form has."""
    known = find_kinds().get(kind or "")
    titles = {name: str(field.title) for name, field in known.parameters.model_fields.items()} if known else {}
    for name, value in values.items():
        label = words.plain(titles.get(name) or _name(name))
        text = _as_text(value)
        if "\n" in text or len(text) > 80:
            st.markdown(f":gray[{label}]")
            st.code(words.visible(text[:_LONGEST]), language=None, wrap_lines=True)
            if len(text) > _LONGEST:
                _show_rest(name, text, key=f"{key}-{name}")
        else:
            st.markdown(f":gray[{label}] {words.plain(text)}")


def _show_rest(name: str, text: str, *, key: str) -> None:
    """That the text goes on, and where to read all of it."""
    whole = text.encode(errors="replace")
    hidden, length = words.number(len(text) - _LONGEST), words.number(len(text))
    st.markdown(
        f":orange[:material/content_cut: Cut here: {hidden} of {length} characters are not shown. "
        f"Read the whole text before you decide.] :gray[SHA-256 {hashlib.sha256(whole).hexdigest()}]"
    )
    st.download_button(
        "Download the whole text",
        data=whole,
        file_name=f"{name}.txt",
        mime="text/plain",
        icon=":material/download:",
        key=f"whole-{key}",
        on_click="ignore",
    )


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _name(key: str) -> str:
    """A key as a label: "json_body" as "Json body"."""
    return key.replace("_", " ").capitalize()


def _show_buttons(each: OperationView) -> None:
    if each.has_file:
        st.link_button("Download", f"/api/operations/{each.id}/file", icon=":material/download:")
    if not (each.may_approve or each.may_reject):
        if each.status is OperationStatus.WAITING_APPROVAL:
            st.markdown(f":gray[It is done once somebody approves it.]{_say_nobody(each)}")
        return
    with st.container(horizontal=True, gap="xsmall"):
        is_approving = each.may_approve and st.button(
            "Approve", type="primary", icon=":material/check:", key=f"approve-{each.id}"
        )
        is_rejecting = st.button("Reject", icon=":material/block:", type="tertiary", key=f"reject-{each.id}")
    if not each.may_approve:
        why = "You have written a part of what is sent" if each.is_edited_by_me else "It is your own run"
        st.markdown(f":gray[{why}, so somebody else has to approve what it does outside.]{_say_nobody(each)}")
    if is_approving:
        _ask_to_approve(each)
    if is_rejecting:
        _ask_to_reject(each)


def _say_nobody(each: OperationView) -> str:
    """That it waits for a word that nobody can say."""
    if not each.is_nobodys:
        return ""
    return "  \n:orange[:material/warning: At present nobody may. It waits until an admin lets somebody else review.]"


def _ask_to_approve(each: OperationView) -> None:
    def approve(actor: Actor) -> str:
        decide_operation(actor, each.id, is_approved=True, seen=each.leads_to)
        return "Approved. It is done in a moment."

    def show() -> None:
        _show_values(each.params, kind=each.type, key=f"approving-{each.id}")

    is_cut = any(len(_as_text(value)) > _LONGEST for value in each.params.values())
    all_of_it = "What is sent is longer than what fits here" if is_cut else "This is all that is sent"
    st.session_state[state.IS_DECIDING] = True
    show_confirm_dialog(
        f"Approve “{words.short(each.name, most=60)}”?",
        text=f"{each.does}. It can't be taken back. {all_of_it}, but for the secret of its connection:",
        action="Approve",
        on_confirm=approve,
        instead=show,
        key=f"approve-operation-{each.id}",
    )


def _ask_to_reject(each: OperationView) -> None:
    st.session_state[state.IS_DECIDING] = True

    @st.dialog("Reject this operation?", on_dismiss="rerun")
    def ask() -> None:
        st.markdown(words.plain(f"{each.does}: this is not done. The run goes on without it."))
        reason = st.text_area("Why?", height=100, key=f"reason-{each.id}")
        with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            if st.button("Not now", key=f"leave-operation-{each.id}"):
                st.rerun()
            is_confirmed = st.button("Reject", type="primary", key=f"reject-operation-{each.id}")
        if is_confirmed:
            with feedback.told():
                actor = require_actor(Permission.ORCHESTRATIONS_REVIEW)
                decide_operation(actor, each.id, is_approved=False, reason=reason)
                feedback.succeeded("Rejected. The run goes on without it.")
                st.rerun()

    ask()
