"""What a call cost: by the connection's own prices, or by the public price lists that genai-prices ships."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from lib.providers import sdk

if TYPE_CHECKING:
    from pydantic_ai.usage import RequestUsage

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Prices:
    """What whoever set up a connection pays, in US dollars. Tokens from a cache count like others: at most too much."""

    input_usd_per_million: Decimal
    output_usd_per_million: Decimal


def find_cost_usd(
    usage: "RequestUsage", *, model: str, base_url: str, prices: Prices | None = None, is_free: bool = False
) -> Decimal | None:
    """The price of `usage` in US dollars, or None where it is not known: never a guess and never 0 for unknown.

    Own `prices` come first. The public list is chosen by the endpoint's address and not by the model's name: the same
    name at somebody else's endpoint has somebody else's price. Source: https://github.com/pydantic/genai-prices.
    """
    if is_free:
        return Decimal(0)
    if prices is not None:
        spent = usage.input_tokens * prices.input_usd_per_million + usage.output_tokens * prices.output_usd_per_million
        return spent / _MILLION
    return _find_listed_usd(usage, model=model, base_url=base_url)


def _find_listed_usd(usage: "RequestUsage", *, model: str, base_url: str) -> Decimal | None:
    sdk.load(("genai_prices",))
    from genai_prices import calc_price  # noqa: PLC0415 - 0.2 s that a process without a paid call never spends

    try:
        price = calc_price(usage, model, provider_api_url=base_url).total_price
    except LookupError:
        return None
    # The lists have models without a price, which sum up to nothing. Free ones say so in their name.
    return price if price > 0 or model.endswith(":free") else None
