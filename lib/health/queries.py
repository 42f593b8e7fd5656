"""Every select on the installation's health: functions of few columns, each of which asks for the operator itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    Row,
    TableValuedAlias,
    Text,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

_MOMENT: Final = DateTime(timezone=True)
#: Of statements: more than any server keeps.
_ALL: Final = 2**31 - 1


def read_work(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """By kind, how much goes on or waits and since when."""
    found = func.api.read_work().table_valued(
        column("kind", Text()), column("number", BigInteger()), column("since", _MOMENT)
    )
    return session.execute(select(found)).all()


def read_connections(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """By login and state."""
    found = func.api.read_connections().table_valued(
        column("login", Text()),
        column("state", Text()),
        column("number", BigInteger()),
        column("longest_ms", BigInteger()),
    )
    return session.execute(select(found)).all()


def read_tables(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """The largest first."""
    numbers = ("bytes", "index_bytes", "live_rows", "dead_rows", "inserted", "deleted")
    moments = ("counted_since", "vacuumed_at", "analyzed_at")
    found = func.api.read_tables().table_valued(
        column("name", Text()),
        *(column(name, BigInteger()) for name in numbers),
        *(column(name, _MOMENT) for name in moments),
    )
    return session.execute(select(found)).all()


def read_tightest(session: Session) -> Mapping[str, float]:
    """Table -> the fewest bytes that a row of it has taken on any day; without those that never had a thousand rows."""
    found = func.api.read_tightest().table_valued(column("name", Text()), column("row_bytes", Float()))
    return {row.name: row.row_bytes for row in session.execute(select(found))}


def read_most_connections(session: Session) -> int:
    """How many the server takes from everybody."""
    return session.execute(select(func.current_setting("max_connections").cast(Integer))).scalar_one()


def read_indexes(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """The largest first."""
    found = func.api.read_indexes().table_valued(
        column("name", Text()),
        column("table_name", Text()),
        column("bytes", BigInteger()),
        column("scans", BigInteger()),
        column("last_scan", _MOMENT),
        column("is_rule", Boolean()),
    )
    return session.execute(select(found)).all()


def read_statements(session: Session, *, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those that took most of the time, the first of them first; none where the server keeps no count."""
    return session.execute(select(_statements(most))).all()


def sum_statements(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """By login, how often it asked anything and how long all of it took; none where the server keeps no count."""
    found = _statements(_ALL)
    sums = (func.sum(found.c.calls).label("calls"), func.sum(found.c.total_ms).label("total_ms"))
    return session.execute(select(found.c.login, *sums).group_by(found.c.login).order_by(found.c.login)).all()


def _statements(most: int) -> TableValuedAlias:
    return func.api.read_statements(most).table_valued(
        column("login", Text()),
        column("statement", Text()),
        column("calls", BigInteger()),
        column("total_ms", Float()),
        column("longest_ms", Float()),
        column("returned", BigInteger()),
        column("share", Float()),
        column("counted_since", _MOMENT),
    )


def read_sizes(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """By name and day, as api.read_sizes has them."""
    found = func.api.read_sizes().table_valued(
        column("taken_on", Date()),
        column("name", Text()),
        column("bytes", BigInteger()),
        column("live_rows", BigInteger()),
    )
    return session.execute(select(found)).all()


def list_removals(session: Session, *, since: datetime, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What retention has removed since then, the newest first."""
    found = func.api.read_removals(since, most).table_valued(
        column("organization", Text()),
        column("removed_at", _MOMENT),
        column("kind", Text()),
        column("counts", JSONB()),
    )
    return session.execute(select(found)).all()


def sum_removals(session: Session, *, since: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """By kind, how many rows retention has removed since then."""
    found = func.api.sum_removals(since).table_valued(column("kind", Text()), column("row_count", BigInteger()))
    return session.execute(select(found)).all()


def explain(session: Session, statement: str) -> Sequence[str] | None:
    """How the server would answer it, line by line, whatever the values; None before PostgreSQL 16.

    It is planned and not run, with the rights of who asks.
    """
    connection = session.connection()
    if (connection.dialect.server_version_info or (0,)) < (16,):
        return None
    return list(connection.exec_driver_sql(f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {statement}").scalars())
