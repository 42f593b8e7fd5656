"""The most that an attempt can cost, worked out before it begins: what it counts as where nobody learns its cost."""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from json import dumps
from typing import Any, Final

import psycopg

from lib.providers.base import ModelChoice, Provider
from lib.providers.errors import ModelCallError
from lib.templates.plan import Plan, PlannedPhase

#: What a vendor puts around a prompt, in tokens.
_AROUND: Final = 500


async def bound_costs(
    begin: Sequence[dict[str, Any]], plan: Plan, *, provider: Callable[[ModelChoice], Awaitable[Provider]]
) -> None:
    """Give each row of `api.advance_run`'s `begin` its `cost_bound_usd`; None where nobody knows."""
    for row in begin:
        phase = plan.get_phase(row["code"]).asking(row["model"])
        most = await _find_most(phase, row["prompt"], provider)
        row["cost_bound_usd"] = None if most is None else format(most, "f")


async def _find_most(
    phase: PlannedPhase, prompt: str, provider: Callable[[ModelChoice], Awaitable[Provider]]
) -> Decimal | None:
    """A token of a prompt is one byte of it at least; an answer ends at `max_tokens`, with what was thought before."""
    longest = phase.parameters.max_tokens
    if longest is None:
        return None
    schema = phase.output.json_schema if phase.output.kind == "json" else None
    asked = len(prompt.encode()) + (len(dumps(schema).encode()) if schema else 0) + _AROUND
    try:
        answering = await provider(phase.choice)
    except (ModelCallError, psycopg.Error):  # the attempt itself will say so
        return None
    return answering.find_price_usd(phase.choice.model, prompt_tokens=asked, completion_tokens=longest)
