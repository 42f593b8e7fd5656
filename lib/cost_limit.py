"""What a run may cost at most: one rule, and one wording, wherever somebody enters it."""

from decimal import Decimal
from typing import Final

from lib.errors import InvalidInput

#: In US dollars: the least that people read as an amount, and what fits the column.
LEAST, MOST = Decimal("0.01"), Decimal(999_999)
#: What the field is called, in a refusal and as its `field`.
COST_LIMIT: Final = "Cost limit"


def clean_limit(usd: Decimal | None) -> Decimal | None:
    """A cost limit as the database keeps it; None is none, and 0 is not. Raises `InvalidInput`."""
    return None if usd is None else clean_dollars(usd, field=COST_LIMIT)


def clean_dollars(amount: Decimal, *, field: str) -> Decimal:
    """An amount as the database keeps it, to a millionth of a dollar. Raises `InvalidInput`."""
    if not amount.is_finite() or not LEAST <= amount <= MOST:
        message = f"{field} must be at least ${LEAST} and at most ${MOST:,}."
        raise InvalidInput(message, field=field)
    return amount.quantize(Decimal("0.000001"))
