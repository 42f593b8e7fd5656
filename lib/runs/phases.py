"""The rows with which a run's phases begin."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from lib.access.actor import Actor
from lib.models.run import PhaseExecution, PhaseStatus
from lib.templates.plan import Plan


def make_phases(
    actor: Actor, run_id: UUID, plan: Plan, *, reused: Mapping[str, UUID] = MappingProxyType({})
) -> list[PhaseExecution]:
    """The rows of a run's phases, not yet added.

    `reused` are completed attempts of the run before, by code; what they hold api.reuse_phase fills in.
    """
    return [
        PhaseExecution(
            organization_id=actor.organization_id,
            run_id=run_id,
            phase_code=phase.code,
            phase_name=phase.name,
            status=PhaseStatus.COMPLETED if phase.code in reused else PhaseStatus.PENDING,
            position=phase.position,
            depends_on=list(phase.depends_on),
            model=phase.model,
            reused_from=reused.get(phase.code),
            review_policy=phase.review and phase.review.model_dump(mode="json"),
        )
        for phase in plan.phases
    ]
