"""What somebody should know before they launch, though nothing speaks against it."""

from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections.offers import open_model
from lib.db.session import tenant_session
from lib.providers.errors import ModelCallError
from lib.templates.plan import Plan, PlannedPhase
from lib.templates.structure import ReviewGate

#: Of a call that nobody has made, to see whether it has a price.
_SOME_TOKENS = 1000


def find_launch_warnings(actor: Actor, plan: Plan, *, cost_limit_usd: Decimal | None) -> tuple[str, ...]:
    """Where the run would stand still for long: reviews that nobody else may give, and costs that nobody knows."""
    actor.require(Permission.ORCHESTRATIONS_RUN)
    gated = [(phase, phase.review) for phase in plan.phases if phase.review]
    with tenant_session(actor) as session:
        reviews = [said for phase, gate in gated if (said := _warn_of_review(session, actor, phase, gate))]
    return (*reviews, *(_warn_of_costs(actor, plan) if cost_limit_usd is not None else ()))


def _warn_of_review(session: Session, actor: Actor, phase: PlannedPhase, gate: ReviewGate) -> str | None:
    reviewers = literal(list(gate.reviewers), ARRAY(Text))
    others: int = session.scalar(select(func.api.other_reviewers(reviewers))) or 0
    if others == 0:
        return (
            f"Nobody but you could approve {phase.title}, and nobody approves their own run alone. It will wait there "
            "until somebody else may review."
        )
    may_oneself = actor.may(Permission.ORCHESTRATIONS_REVIEW) and (
        not gate.reviewers or not {actor.role.value, str(actor.user_id)}.isdisjoint(gate.reviewers)
    )
    if others + may_oneself < gate.required_approvals:
        return (
            f"{phase.title} asks for {gate.required_approvals} approvals, and only {others + may_oneself} people may "
            "give one. It will wait there until more may."
        )
    return None


def _warn_of_costs(actor: Actor, plan: Plan) -> Iterator[str]:
    for choice in plan.models:
        try:
            provider = open_model(actor, choice)
        except ModelCallError:
            continue  # nobody answers there: the launch says so
        some = _SOME_TOKENS
        if provider.find_price_usd(choice.model, prompt_tokens=some, completion_tokens=some) is None:
            yield (
                f"Nobody knows what “{choice}” costs, so the run pauses after the first answer of it and asks whether "
                "to go on without a cost limit."
            )
