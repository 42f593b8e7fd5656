"""Where going back would lose what nobody could bring back."""

from alembic import op
from alembic.util import CommandError
from sqlalchemy import text


def refuse_where(query: str, *, because: str) -> None:
    """Go no further back where the query finds something; `because` says what to do first."""
    context = op.get_context()
    if not context.as_sql and op.get_bind().scalar(text(f"SELECT EXISTS ({query})")):
        raise CommandError(because)
