from decimal import Decimal

import pytest
from genai_prices import Usage

from lib.providers.pricing import find_cost_usd

USAGE = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def test_a_listed_price_is_exact() -> None:
    cost = find_cost_usd(USAGE, model="gpt-4o-mini", base_url="https://api.openai.com/v1")
    assert cost == Decimal("0.75")  # 0.15 for a million tokens in, 0.60 for a million out


def test_a_model_with_its_date_costs_the_same() -> None:
    url = "https://api.openai.com/v1/"
    dated = find_cost_usd(USAGE, model="gpt-4o-mini-2024-07-18", base_url=url)
    assert dated == find_cost_usd(USAGE, model="gpt-4o-mini", base_url=url)


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("gpt-of-next-year", "https://api.openai.com/v1"),
        ("gpt-4o-mini", "http://127.0.0.1:8000/v1"),  # somebody else's endpoint has somebody else's price
        ("qwen-3-coder-480b", "https://api.cerebras.ai/v1"),  # listed, but without a price
    ],
)
def test_an_unknown_price_is_unknown_and_not_nothing(model: str, url: str) -> None:
    assert find_cost_usd(USAGE, model=model, base_url=url) is None
