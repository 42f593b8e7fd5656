"""A run as a file: read whole at one moment, and noted in the trail in the same transaction."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.events import record_event
from lib.db.session import tenant_session
from lib.errors import NotFound
from lib.models.run import OrchestrationRun, PhaseExecution
from lib.reviews.structures import read_earlier
from lib.runs import queries
from lib.runs.exporting.queries import list_comments, list_newest, list_words
from lib.runs.exporting.structures import (
    ExportedComment,
    ExportedInput,
    ExportedOperation,
    ExportedPhase,
    ExportedRun,
    ExportedWord,
    RunDocument,
)
from lib.runs.operating.service import list_within
from lib.runs.operating.views import OperationView
from lib.runs.structures import RunInputs


class RunFormat(StrEnum):
    """What a run can be downloaded as; the value is the ending of the file's name."""

    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"


def export_run(actor: Actor, run_id: UUID, *, file_format: RunFormat, has_prompts: bool) -> RunDocument:
    """What the file says; recorded as `orchestrations.export` with the format. Raises `NotFound`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        seen = queries.find_run(session, actor.organization_id, run_id)
        run = queries.load_whole(session, run_id)
        if seen is None or run is None:
            raise NotFound("run")
        document = RunDocument(
            exported_at=clock.now(),
            has_prompts=has_prompts,
            run=_describe(dict(zip(queries.SUMMARY, seen, strict=False)), run),
            phases=_phases(session, actor, run_id, has_prompts=has_prompts),
            comments=tuple(
                ExportedComment(by=row.by, phase=row.phase_code, text=row.comment_text, written_at=row.created_at)
                for row in list_comments(session, run_id)
            ),
        )
        record_event(
            session,
            "orchestrations.export",
            resource_type="orchestrations",
            resource_id=run_id,
            values={"format": file_format, "prompts": has_prompts, "phases": len(document.phases)},
        )
        return document


def _describe(seen: Mapping[str, Any], run: OrchestrationRun) -> ExportedRun:
    values = RunInputs.model_validate(run.inputs, extra="ignore").values
    labels = {question["name"]: question["label"] for question in run.plan.get("inputs", ())}
    return ExportedRun(
        id=run.id,
        title=seen["title"],
        status=run.status,
        topic=run.topic,
        project=seen["project_name"],
        launched_by=seen["launched_by"],
        template=seen["template_name"],
        template_version=run.template_version,
        model=run.model,
        created_at=run.created_at,
        started_at=run.started_at,
        completed_at=run.completed_at,
        execution_time_ms=run.execution_time_ms,
        total_tokens=run.total_tokens,
        cost_usd=run.cost_usd,
        inputs=tuple(
            ExportedInput(name=name, label=labels.get(name, name), value=value) for name, value in values.items()
        ),
        integration_enabled=run.integration_enabled,
        goes_on_from=run.parent_run_id,
        goes_on_with=run.forked_from_phase or None,
    )


def _phases(session: Session, actor: Actor, run_id: UUID, *, has_prompts: bool) -> tuple[ExportedPhase, ...]:
    said: dict[UUID, list[ExportedWord]] = {}
    for row in list_words(session, run_id):
        of_phase = said.setdefault(row.phase_execution_id, [])
        words: tuple[Any, ...] = (*read_earlier(row.earlier), row)
        for word in words:
            of_phase.append(
                ExportedWord(
                    by=row.by,
                    decision=word.decision,
                    comment=word.comment,
                    is_counted=word is row and row.is_counted,
                    said_at=word.said_at,
                )
            )
        of_phase.sort(key=lambda word: word.said_at)
    done: dict[str, list[ExportedOperation]] = {}
    for operation in list_within(session, actor, run_id):
        done.setdefault(operation.phase_code, []).append(_operation(operation))
    return tuple(
        _phase(each, edited, said.get(each.id, ()), done.get(each.phase_code, ()), has_prompts=has_prompts)
        for each, edited in list_newest(session, run_id)
    )


def _operation(seen: OperationView) -> ExportedOperation:
    return ExportedOperation(
        type=seen.type,
        name=seen.name,
        status=seen.status,
        is_dry_run=seen.is_dry_run,
        is_reused=seen.is_reused,
        does=str(seen.result["would"]) if seen.is_dry_run else seen.does,
        decided_by=seen.decided_by.name if seen.decided_by else None,
        decided_at=seen.decided_at,
        attempts=seen.attempts,
        completed_at=seen.completed_at,
        message=seen.message or None,
    )


def _phase(
    attempt: PhaseExecution,
    edited: str | None,
    said: Sequence[ExportedWord],
    operations: Sequence[ExportedOperation],
    *,
    has_prompts: bool,
) -> ExportedPhase:
    return ExportedPhase(
        code=attempt.phase_code,
        name=attempt.phase_name,
        position=attempt.position,
        depends_on=tuple(attempt.depends_on),
        status=attempt.status,
        attempt=attempt.attempt,
        model=attempt.model,
        is_reused=attempt.reused_from is not None,
        prompt=attempt.prompt_text if has_prompts else None,
        answer=attempt.response_text if edited is None else edited,
        model_answer=attempt.response_text
        if edited not in {None, attempt.response_text}
        else attempt.original_response,
        reviews=tuple(said),
        operations=tuple(operations),
        prompt_tokens=attempt.token_usage.get("prompt_tokens"),
        completion_tokens=attempt.token_usage.get("completion_tokens"),
        cost_usd=attempt.cost_usd,
        execution_time_ms=attempt.execution_time_ms,
        finish_reason=attempt.finish_reason,
        error=attempt.error_details.get("message"),
    )
