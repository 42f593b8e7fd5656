"""What a person is told whose call a hard budget keeps from being made."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from lib.access.actor import Actor
from lib.budgets.gauges import name_managers
from lib.budgets.telling import say_stop_of_try, say_who_raises
from lib.db.constraints import BUDGET_USED_UP, detail_of, sqlstate_of
from lib.errors import BudgetUsedUp


@contextmanager
def told_by_budget(actor: Actor) -> Iterator[None]:
    """Raise `BudgetUsedUp`, which says who can raise the budget, where PostgreSQL refuses a call for one."""
    try:
        yield
    except DBAPIError as error:
        if sqlstate_of(error) != BUDGET_USED_UP:
            raise
        raise BudgetUsedUp(f"{say_stop_of_try(detail_of(error))} {say_who_raises(name_managers(actor))}") from error
