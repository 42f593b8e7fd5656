from decimal import Decimal

import pytest

from lib.runs.comparing.views import Pair
from lib.ui.components.pair_table import money_row


@pytest.mark.parametrize(
    ("left", "right", "apart"),
    [
        ("0.004", "0", "under $0.01 less"),
        ("0", "0.004", "under $0.01 more"),
        ("0.50", "0.20", "\N{MINUS SIGN}$0.30"),
        ("0.20", "0.50", "+$0.30"),
        ("0.20", "0.20", ""),
    ],
)
def test_difference_in_money_is_said_without_two_signs(left: str, right: str, apart: str) -> None:
    assert money_row("Cost", Pair(Decimal(left), Decimal(right))).difference == apart
