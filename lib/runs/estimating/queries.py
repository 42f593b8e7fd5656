"""The one select of an estimate: how long a template's phases were in an organization's latest runs."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, Row, Text, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from lib.models.run import OrchestrationRun, PhaseExecution, PhaseStatus

#: Of each phase that many attempts at most, and they are looked for in no more runs.
MOST_ATTEMPTS: Final = 50
_MOST_RUNS: Final = 200


def list_past(
    session: Session, organization_id: UUID, template_id: UUID, codes: Sequence[str]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest completed attempts at each of these phases. Of texts only the length is read, not they.

    Phases that were taken over are left out: they were counted where they were written.
    """
    recent = (
        select(OrchestrationRun.id, OrchestrationRun.created_at)
        .where(OrchestrationRun.organization_id == organization_id, OrchestrationRun.template_id == template_id)
        .order_by(OrchestrationRun.created_at.desc(), OrchestrationRun.id.desc())
        .limit(_MOST_RUNS)
        .cte("recent")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    wanted = select(func.unnest(bindparam("codes", list(codes), type_=ARRAY(Text))).label("code")).subquery("wanted")
    usage = PhaseExecution.token_usage
    attempts = (
        select(
            PhaseExecution.model,
            usage["prompt_tokens"].astext.cast(Integer).label("prompt_tokens"),
            usage["completion_tokens"].astext.cast(Integer).label("completion_tokens"),
            func.octet_length(PhaseExecution.prompt_text).label("prompt_bytes"),
            PhaseExecution.execution_time_ms,
        )
        .join(recent, recent.c.id == PhaseExecution.run_id)
        .where(
            PhaseExecution.phase_code == wanted.c.code,
            PhaseExecution.status == PhaseStatus.COMPLETED,
            PhaseExecution.reused_from.is_(None),
            PhaseExecution.execution_time_ms.is_not(None),
        )
        .order_by(recent.c.created_at.desc())
        .limit(MOST_ATTEMPTS)
        .lateral("attempts")
    )
    return session.execute(select(wanted.c.code, *attempts.c).select_from(wanted).join(attempts, true())).all()
