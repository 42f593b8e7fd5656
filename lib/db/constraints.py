"""Which rule of the database refused a row, for use cases that say it in their own words."""

from sqlalchemy.exc import IntegrityError


def constraint_of(error: IntegrityError) -> str:
    """The constraint that refused; empty where none did."""
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
