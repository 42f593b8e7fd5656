"""What the database refuses about people, in words: the one place that knows the codes of its guards of people.

Use cases ask before they change anything; these are for what happened meanwhile, somebody else's change among it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError

from lib.access.permissions import Permission
from lib.db import constraints
from lib.errors import BeyondOwnRights, Conflict

LAST_ADMIN: Final = (
    "This is the last active admin, and somebody has to stay who can let others in. Make somebody else an admin first."
)
LAST_OPERATOR: Final = (
    "Nobody else runs this installation, and somebody has to stay who can. Make somebody else its operator first "
    "(“orchestrator users create --operator”)."
)


@contextmanager
def in_words(permission: Permission) -> Iterator[None]:
    """Turn what the database's guard of people refuses inside the `with` into `Conflict` or `BeyondOwnRights`.

    Stands around the transaction, which is rolled back by then. `permission` is the one that the work needs.
    """
    try:
        yield
    except DBAPIError as error:
        match constraints.sqlstate_of(error):
            case "AO001":  # api.guard_users
                raise Conflict(LAST_ADMIN) from error
            case "AO002":  # api.guard_users
                raise BeyondOwnRights(permission) from error
            case constraints.NO_OPERATOR_LEFT:
                raise Conflict(LAST_OPERATOR) from error
        raise
