"""What a run will probably cost, with what its template took before and what its models charge now."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from functools import cache
from uuid import UUID

from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.connections.offers import open_model
from lib.errors import ModelError
from lib.providers.base import ModelChoice
from lib.runs.estimating import queries
from lib.runs.estimating.estimate import Past, PastAttempt, PriceOf, estimate_run
from lib.runs.structures import RunEstimate
from lib.templates.plan import Plan
from lib.templates.rendering import PromptContext


def read_past(session: Session, organization_id: UUID, template_id: UUID | None, plan: Plan) -> Past:
    """How earlier attempts at the plan's phases went, as far as the person can see them."""
    found: defaultdict[str, list[PastAttempt]] = defaultdict(list)
    if template_id is None:
        return found
    for row in queries.list_past(session, organization_id, template_id, plan.codes):
        found[row.code].append(
            PastAttempt(
                model=row.model or "",
                prompt_tokens=row.prompt_tokens or 0,
                completion_tokens=row.completion_tokens or 0,
                prompt_bytes=row.prompt_bytes or 0,
                execution_time_ms=row.execution_time_ms,
            )
        )
    return found


def estimate_plan(
    actor: Actor, plan: Plan, context: PromptContext, *, asked: Collection[str], past: Past
) -> RunEstimate:
    """What asking those phases will take. Must not be called inside of a transaction: it opens connections' prices.

    Raises `NotPermitted`.
    """
    return estimate_run(plan, context, asked=asked, past=past, price_of=_prices_for(actor))


def _prices_for(actor: Actor) -> PriceOf:
    """The price of a call, by `provider:model`; a model that is no longer offered has none that is known."""

    @cache
    def find(model: str) -> PriceOf | None:
        choice = ModelChoice.parse(model)
        try:
            provider = open_model(actor, choice)
        except ModelError:
            return None
        return lambda _, asked, answered: provider.find_price_usd(
            choice.model, prompt_tokens=asked, completion_tokens=answered
        )

    def price_of(model: str, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        price = find(model)
        return None if price is None else price(model, prompt_tokens, completion_tokens)

    return price_of
