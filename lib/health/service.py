"""What the installation's operator asks about how it does. The database looks again whether they are one."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import DBAPIError

from lib.errors import NotFound
from lib.health import queries
from lib.health.views import Connections, Health, IndexFacts, StatementFacts, TableFacts, Waiting
from lib.organizations.operator import Operator, door

#: Nobody reads on.
MOST_STATEMENTS: Final = 12


def read_health(operator: Operator) -> Health:
    """Work, connections, tables and indexes of this moment. Raises `NotPermitted`."""
    with door(operator) as session:
        connections = queries.read_connections(session)
        work = {row.kind: Waiting(row.number, row.since) for row in queries.read_work(session)}
        return Health(
            live_workers=work.pop("workers.live").number,
            work=work,
            connections=[Connections(row.login, row.state, row.number, row.longest_ms) for row in connections],
            most_connections=max((row.most for row in connections), default=0),
            tables=[TableFacts(**row._mapping) for row in queries.read_tables(session)],
            indexes=[IndexFacts(**row._mapping) for row in queries.read_indexes(session)],
        )


def list_statements(operator: Operator) -> Sequence[StatementFacts]:
    """The statements that took most of the time; none where the server keeps no count. Raises `NotPermitted`."""
    with door(operator) as session:
        return [StatementFacts(**row._mapping) for row in queries.read_statements(session, most=MOST_STATEMENTS)]


def explain_statement(operator: Operator, statement: str) -> Sequence[str] | None:
    """How the server answers one of `list_statements`, line by line; None where it can't say it without the values.

    Raises `NotPermitted`, and `NotFound` for a statement that is not among them: nobody has one of their own explained.
    """
    with door(operator) as session:
        if statement not in {row.statement for row in queries.read_statements(session, most=MOST_STATEMENTS)}:
            raise NotFound("statement")
        try:
            with session.begin_nested():
                return queries.explain(session, statement)
        except DBAPIError:
            return None
