"""What somebody should know before they launch, though nothing speaks against it."""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Final

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections.offers import open_model
from lib.db.session import tenant_session
from lib.providers.errors import ModelCallError
from lib.reviews import queries
from lib.reviews.reach import say_who_is_missing
from lib.templates.operations import asks_approval
from lib.templates.plan import Plan, PlannedPhase
from lib.templates.structure import ReviewGate

#: Who may approve operations: whoever may review. As a gate says it that names nobody.
_EVERYBODY: Final[tuple[str, ...]] = ()
#: Of a call that nobody has made, to see whether it has a price.
_SOME_TOKENS = 1000


def find_launch_warnings(
    actor: Actor,
    plan: Plan,
    *,
    cost_limit_usd: Decimal | None,
    integration_enabled: bool,
    taken_over: Collection[str] = (),
) -> tuple[str, ...]:
    """Where the run would stand still for long: words that nobody else may give, and costs that nobody knows.

    The phases that are `taken_over` are asked no more; what was not done after them is done again.
    """
    actor.require(Permission.ORCHESTRATIONS_RUN)
    asked = [phase for phase in plan.phases if phase.code not in taken_over]
    gated = [(phase, phase.review) for phase in asked if phase.review]
    followed = [phase for phase in plan.phases if integration_enabled and any(map(asks_approval, phase.operations))]
    named = {gate.reviewers for _, gate in gated} | ({_EVERYBODY} if followed else set())
    with tenant_session(actor) as session:
        others = queries.count_other_reviewers(session, named)
    reviews = [said for phase, gate in gated if (said := _warn_of_review(actor, phase, gate, others[gate.reviewers]))]
    alone = followed if followed and others[_EVERYBODY] == 0 else []
    return (
        *reviews,
        *(_warn_of_approval(phase) for phase in alone),
        *(_warn_of_costs(actor, asked) if cost_limit_usd is not None else ()),
    )


def _warn_of_approval(phase: PlannedPhase) -> str:
    return (
        f"Nobody but you could approve what is done after {phase.title}, and nobody approves that of their own run. It "
        "will wait there until somebody else may review."
    )


def _warn_of_review(actor: Actor, phase: PlannedPhase, gate: ReviewGate, others: int) -> str | None:
    may_oneself = actor.may(Permission.ORCHESTRATIONS_REVIEW) and (
        not gate.reviewers or not {actor.role.value, str(actor.user_id)}.isdisjoint(gate.reviewers)
    )
    return say_who_is_missing(
        phase.title, required=gate.required_approvals, others=others, may_oneself=may_oneself, is_own_run=True
    )


def _warn_of_costs(actor: Actor, phases: Iterable[PlannedPhase]) -> Iterator[str]:
    models = (choice for phase in phases for choice in (phase.choice, *(other.choice for other in phase.fallbacks)))
    for choice in dict.fromkeys(models):
        try:
            provider = open_model(actor, choice)
        except ModelCallError:
            continue  # nobody answers there: the launch says so
        some = _SOME_TOKENS
        if provider.find_price_usd(choice.model, prompt_tokens=some, completion_tokens=some) is None:
            yield (
                f"Nobody knows what “{choice}” costs, so the run pauses after the first answer of it and asks how to "
                "go on."
            )
