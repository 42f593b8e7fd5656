"""What a run may cost at most."""

from decimal import Decimal

import pytest

from lib.cost_limit import clean_limit
from lib.errors import InvalidInput


@pytest.mark.parametrize("usd", [None, Decimal("0.01"), Decimal("2.5"), Decimal(999_999)])
def test_a_cent_and_more_is_a_limit(usd: Decimal | None) -> None:
    assert clean_limit(usd) == usd


@pytest.mark.parametrize("usd", ["0", "-1", "0.000001", "0.0099", "999999.01", "1000000", "1e300", "nan", "inf"])
def test_what_is_no_amount_that_people_read_is_refused(usd: str) -> None:
    with pytest.raises(InvalidInput, match=r"^Cost limit must be at least \$0\.01 and at most \$999,999\.$") as refused:
        clean_limit(Decimal(usd))
    assert refused.value.field == "Cost limit"
