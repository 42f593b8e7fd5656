"""What people do with the operations after a run's phases: read them, say their word, take the files home."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Row, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections.integrations.queries import list_offered
from lib.connections.integrations.views import OfferedIntegration
from lib.db.session import tenant_session
from lib.entry import clean_text
from lib.errors import Conflict, FileGone, NotFound, NotPermitted
from lib.integrations.folder import artifact_folder, read_artifact
from lib.integrations.registry import find_kinds
from lib.models.operation import OperationStatus
from lib.runs.operating import queries
from lib.runs.operating.views import Artifact, OperationView
from lib.runs.queries import load_run
from lib.templates.operations import asks_approval
from lib.templates.plan import read_plan
from lib.users.views import Person

MAX_REASON = 1_000


def list_operations(actor: Actor, run_id: UUID) -> tuple[OperationView, ...]:
    """Those of a run, in the order of its phases; none where it is not the person's to see. Raises `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        return list_within(session, actor, run_id)


def list_within(session: Session, actor: Actor, run_id: UUID) -> tuple[OperationView, ...]:
    """The same as part of a transaction that reads more."""
    rows = queries.list_operations(session, actor.organization_id, run_id)
    offered = {each.slug: each for each in list_offered(session)} if rows else {}
    is_asking = any(row.status == OperationStatus.WAITING_APPROVAL for row in rows)
    has_others = is_asking and queries.count_other_approvers(session, run_id) > 0
    return tuple(_view(actor, row, offered, has_others=has_others) for row in rows)


def leaves_nobody(actor: Actor, run_id: UUID) -> bool:
    """Whether what the run does outside could be approved by nobody any more, once this person has edited an answer.

    Raises `NotFound` and `NotPermitted`.
    """
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        run = load_run(session, run_id)
        if run is None:
            raise NotFound("run")
        if not run.integration_enabled or run.user_id == actor.user_id:
            return False  # nothing is done, or one's own word never counted
        is_asking = any(asks_approval(each) for phase in read_plan(run.plan).phases for each in phase.operations)
        return is_asking and queries.count_other_approvers(session, run_id) == 0


def decide_operation(
    actor: Actor,
    operation_id: UUID,
    *,
    is_approved: bool,
    reason: str = "",
    seen: Mapping[str, Any] | None = None,
) -> None:
    """Let an operation be done, or not, with a reason; a run that waits for it goes on.

    Nobody approves alone what their own run does outside, nor what they have written. `seen` is where it led when the
    person looked (`OperationView.leads_to`): an approval counts for that and for nothing else. Raises `NotFound`,
    `NotPermitted`, `InvalidInput` for a rejection without a reason, and `Conflict` where it does not wait (any more) or
    leads elsewhere.
    """
    actor.require(Permission.ORCHESTRATIONS_REVIEW)
    said = "" if is_approved else clean_text(reason, field="Why?", longest=MAX_REASON)
    with tenant_session(actor) as session:
        state = session.scalar(
            select(func.api.decide_operation(operation_id, is_approved, said, cast(seen, JSONB(none_as_null=True))))
        )
    if state == "not_found":
        raise NotFound("operation")
    if state == "own":
        message = "This run is your own: somebody else has to approve what it does outside. You can reject it."
        raise NotPermitted(Permission.ORCHESTRATIONS_REVIEW, message, who=actor)
    if state == "edited":
        message = "You have written a part of what is sent: somebody else has to approve it. You can reject it."
        raise NotPermitted(Permission.ORCHESTRATIONS_REVIEW, message, who=actor)
    if state == "elsewhere":
        message = (
            "It does not lead where you saw it lead: somebody has changed its connection, or deactivated it. "
            "Nothing was approved; look at it again."
        )
        raise Conflict(message)
    if state not in {"approved", "rejected"}:
        message = f"Somebody was first: this operation {state} by now."
        raise Conflict(message)


def get_artifact(actor: Actor, operation_id: UUID) -> Artifact:
    """The file that an operation has written here. Raises `NotFound`, `FileGone`, `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        row = queries.find_written(session, operation_id)
    if row is None or row.status != OperationStatus.COMPLETED or row.result.get("place") != "folder":
        raise NotFound("file")
    path = PurePosixPath(row.result["path"])
    content = read_artifact(artifact_folder(), (row.organization_id, row.run_id, row.operation_id), path)
    if content is None:
        raise FileGone(path.name)
    return Artifact(path.name, content)


def _view(
    actor: Actor, row: Row[*tuple[Any, ...]], offered: Mapping[str, OfferedIntegration], *, has_others: bool
) -> OperationView:
    status = OperationStatus(row.status)
    is_waiting = status is OperationStatus.WAITING_APPROVAL
    may_decide = is_waiting and actor.may(Permission.ORCHESTRATIONS_REVIEW)
    may_approve = may_decide and row.launched_by != actor.user_id and not row.has_edited
    kind = find_kinds().get(row.operation_type)
    label = kind.label if kind else row.operation_type
    goes_by = offered.get(row.operation_params.get("connection") or "")
    return OperationView(
        id=row.id,
        phase_code=row.phase_code,
        type=row.operation_type,
        name=row.name or label,
        status=status,
        params=row.operation_params,
        does=_describe(row, goes_by.target if goes_by else "") or label,
        requires_approval=row.requires_approval,
        decided_by=row.decider and Person(**row.decider),
        decided_at=row.approved_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        completed_at=row.completed_at,
        execution_time_ms=row.execution_time_ms,
        result=row.result,
        message=row.error_details.get("message", ""),
        is_reused=row.reused_from is not None,
        leads_to=goes_by.leads_to if goes_by else None,
        is_edited_by_me=row.has_edited,
        is_nobodys=is_waiting and not may_approve and not has_others,
        may_approve=may_approve,
        may_reject=may_decide,
    )


def _describe(row: Row[*tuple[Any, ...]], target: str) -> str:
    """What it does, in one sentence; nothing where its parameters could not be filled in, or are another version's."""
    kind = find_kinds().get(row.operation_type)
    if kind is None or (row.status == OperationStatus.FAILED and row.attempts == 0):
        return ""
    try:
        params = kind.parameters.model_validate(row.operation_params)
    except ValidationError:
        return ""
    return kind.describe(params, target=target)
