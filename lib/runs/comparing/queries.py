"""Every select of a comparison beyond those of a run itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from lib.models.operation import IntegrationOperation
from lib.models.run import OrchestrationRun, PhaseExecution
from lib.runs.attempts.queries import EDITED
from lib.runs.queries import SUMMARY


def list_digests(session: Session, attempt_ids: Sequence[UUID]) -> Sequence[Row[UUID, str | None, str | None]]:
    """By what texts are told apart without reading them: attempt, digest of its prompt, of its answer."""
    answer = func.coalesce(EDITED, PhaseExecution.response_text)
    columns = (func.md5(PhaseExecution.prompt_text), func.md5(answer))
    return session.execute(select(PhaseExecution.id, *columns).where(PhaseExecution.id.in_(attempt_ids))).all()


def list_operations(
    session: Session, organization_id: UUID, run_ids: Sequence[UUID]
) -> Sequence[Row[UUID, str, str, bool]]:
    """Of both runs: run, phase's code, status, and whether nothing was done because integrations were off."""
    columns = (
        IntegrationOperation.run_id,
        PhaseExecution.phase_code,
        IntegrationOperation.status,
        IntegrationOperation.result.has_key("dry_run"),
    )
    statement = (
        select(*columns)
        .join(PhaseExecution, PhaseExecution.id == IntegrationOperation.phase_execution_id)
        .where(IntegrationOperation.organization_id == organization_id, IntegrationOperation.run_id.in_(run_ids))
        .order_by(PhaseExecution.position, IntegrationOperation.position)
    )
    return session.execute(statement).all()


def list_newest_of_versions(
    session: Session, organization_id: UUID, template_id: UUID, versions: Sequence[int]
) -> dict[int, UUID]:
    """Of each of these versions of a template the run that was launched last, where there is one."""
    found = {}
    for version in versions:
        newest = (
            select(OrchestrationRun.id)
            .where(
                OrchestrationRun.organization_id == organization_id,
                OrchestrationRun.template_id == template_id,
                OrchestrationRun.template_version == version,
            )
            .order_by(OrchestrationRun.created_at.desc(), OrchestrationRun.id.desc())
            .limit(1)
        )
        if run_id := session.scalar(newest):
            found[version] = run_id
    return found


def find_parent(session: Session, organization_id: UUID, run_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """The run that this one goes on from, where the person can see it."""
    parent = select(OrchestrationRun.parent_run_id).where(OrchestrationRun.id == run_id).scalar_subquery()
    return session.execute(_relatives(organization_id).where(OrchestrationRun.id == parent)).one_or_none()


def list_children(
    session: Session, organization_id: UUID, run_id: UUID, *, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those that go on from it, the newest first."""
    newest = OrchestrationRun.created_at.desc(), OrchestrationRun.id.desc()
    statement = _relatives(organization_id).where(OrchestrationRun.parent_run_id == run_id)
    return session.execute(statement.order_by(*newest).limit(limit)).all()


def _relatives(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    return select(
        OrchestrationRun.id,
        SUMMARY["title"].label("title"),
        OrchestrationRun.status,
        OrchestrationRun.model,
        OrchestrationRun.created_at,
        OrchestrationRun.forked_from_phase,
    ).where(OrchestrationRun.organization_id == organization_id)
