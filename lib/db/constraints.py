"""Which rule of the database refused a statement, for use cases that say it in their own words."""

import json
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, IntegrityError

#: Our SQLSTATE where nobody would run the installation any more (api.keep_an_operator).
NO_OPERATOR_LEFT: Final = "AO003"
#: The same where a budget lets a person make no call (api.begin_try, api.begin_connection_test); it is the detail.
BUDGET_USED_UP: Final = "AO004"


def constraint_of(error: IntegrityError) -> str:
    """The constraint that refused; empty where none did."""
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""


def sqlstate_of(error: DBAPIError) -> str:
    """The SQLSTATE of the refusal: PostgreSQL's own, or one of ours (AO…); empty where the connection failed."""
    return getattr(error.orig, "sqlstate", None) or ""


def detail_of(error: DBAPIError) -> Any:
    """What one of our functions says beside its refusal, as JSON."""
    return json.loads(getattr(getattr(error.orig, "diag", None), "message_detail", None) or "{}")
