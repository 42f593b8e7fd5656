"""What a call cost: by the prices that somebody entered, else by the public price lists that genai-prices ships."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genai_prices.types import AbstractUsage


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in US dollars."""

    input_usd_per_million: Decimal
    output_usd_per_million: Decimal

    def cost_usd(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """What a call with so many tokens costs."""
        spent = self.input_usd_per_million * input_tokens + self.output_usd_per_million * output_tokens
        return spent / 1_000_000


FREE = Prices(Decimal(0), Decimal(0))


def find_cost_usd(usage: "AbstractUsage", *, model: str, base_url: str) -> Decimal | None:
    """The price of `usage` in US dollars, or None where it is not known: never a guess and never 0 for unknown.

    The list is chosen by the endpoint's address and not by the model's name: the same name at somebody else's
    endpoint has somebody else's price. Source: https://github.com/pydantic/genai-prices.
    """
    from genai_prices import calc_price  # noqa: PLC0415 - 0.2 s that a process without a paid call never spends

    try:
        price = calc_price(usage, model, provider_api_url=base_url).total_price
    except LookupError:
        return None
    # The lists have models without a price, which sum up to nothing. Free ones say so in their name.
    return price if price > 0 or model.endswith(":free") else None
