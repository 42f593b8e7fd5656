"""What calls are of is said as shortly as it can be told apart; dollars with as many digits as they need."""

import pytest

from lib.ui.components.chart import dollars
from lib.ui.components.usage_words import say_label
from lib.usage.views import Dimension


@pytest.mark.parametrize(
    ("label", "by", "said"),
    [
        ("anthropic:claude-haiku-4.5", Dimension.MODEL, "claude-haiku-4.5"),
        ("openai:gpt-4.1", Dimension.MODEL, "openai:gpt-4.1"),
        ("local:smollm2:135m", Dimension.MODEL, "smollm2:135m"),
        ("No model", Dimension.MODEL, "No model"),
        ("Press: May", Dimension.PROJECT, "Press: May"),
    ],
)
def test_model_is_said_without_its_provider_where_it_is_the_only_one_called_so(
    label: str, by: Dimension, said: str
) -> None:
    beside = ["anthropic:claude-haiku-4.5", "openai:gpt-4.1", "azure:gpt-4.1", "local:smollm2:135m", "No model"]
    assert say_label(label, by, beside=[*beside, "Press: May"]) == said


def test_axis_that_does_not_go_far_says_the_cents() -> None:
    """Or it would say "$0.5" below "$1"."""
    assert [dollars(highest)["tickformat"] for highest in (0, 1, 7.99, 8, 4_000)] == [",.2f", ",.2f", ",.2f", "", ""]
