"""What was chosen before as the beginning of another choice: what the Launch page is filled in with."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import NotFound
from lib.models.run import RunPriority
from lib.runs import queries
from lib.runs.structures import RunInputs
from lib.templates.inputs import InputValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody launched before, or has launched by a schedule."""

    #: The run's, or the schedule's.
    id: UUID
    project_id: UUID
    #: None where it is nobody's to launch from any more.
    template_id: UUID | None
    title: str
    #: None is the project's.
    topic: str | None
    #: `provider:model`; None is the default of the moment.
    model: str | None
    values: Mapping[str, InputValue]
    cost_limit_usd: Decimal | None
    priority: RunPriority
    #: Whether operations are done after its phases.
    integration_enabled: bool


def read_draft(actor: Actor, run_id: UUID) -> Draft:
    """What the run was launched with. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        run = queries.load_whole(session, run_id)
        if run is None:
            raise NotFound("run")
        return Draft(
            id=run.id,
            project_id=run.project_id,
            template_id=run.template_id,
            title=run.title or "",
            topic=run.topic,
            model=run.model,
            values=RunInputs.model_validate(run.inputs, extra="ignore").values,
            cost_limit_usd=run.cost_limit_usd,
            priority=RunPriority(run.priority),
            integration_enabled=run.integration_enabled,
        )
