"""Keyset pagination: a page begins after a row's key, never at an OFFSET, and nothing counts a large table."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Row, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.errors import InvalidInput

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows of a list, newest first, and the cursors of the pages beside it (None where there is none)."""

    items: tuple[Item, ...]
    newer: str | None = None
    older: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A page as the query returned it."""

    rows: Sequence[Row[Any]]
    newer: str | None
    older: str | None


def read_page(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    *,
    key: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[UUID]],
    cursor: str | None,
    limit: int = 50,
) -> Rows:
    """The page of `statement` at `cursor`, by `key` (a moment and an id, both the newest first).

    The key is added as the last two columns. One row more than the page is read, to know whether there is a next one.
    """
    at = _decode(cursor) if cursor else None
    forward = at is None or at.direction == "o"
    moment, identity = key
    ordered = (moment.desc(), identity.desc()) if forward else (moment.asc(), identity.asc())
    if at is not None:
        here = tuple_(at.moment, at.id)
        statement = statement.where(tuple_(*key) < here if forward else tuple_(*key) > here)
    rows = list(session.execute(statement.add_columns(*key).order_by(*ordered).limit(limit + 1)))
    has_more = len(rows) > limit
    rows = rows[:limit]
    if not forward:
        rows.reverse()
    has_newer = at is not None if forward else has_more
    has_older = has_more if forward else True
    return Rows(
        rows=rows,
        newer=_encode("n", rows[0]) if rows and has_newer else None,
        older=_encode("o", rows[-1]) if rows and has_older else None,
    )


@dataclass(frozen=True, slots=True)
class _Position:
    direction: str
    moment: datetime
    id: UUID


def _encode(direction: str, row: Row[Any]) -> str:
    """The key is in the row's last two columns."""
    moment, identity = tuple(row)[-2:]
    raw = f"{direction}{moment.isoformat()}|{identity}"
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str) -> _Position:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, _, identity = raw[1:].partition("|")
        position = _Position(raw[0], datetime.fromisoformat(moment), UUID(identity))
        if position.direction not in "on" or position.moment.tzinfo is None:
            raise ValueError(raw)
    except (ValueError, IndexError, binascii.Error) as error:
        message = "This link points into a list that can't be read. Start from the newest entries."
        raise InvalidInput(message, field="cursor") from error
    return position
