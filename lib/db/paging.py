"""Keyset pagination: a page begins after a row's key, never at an OFFSET, and nothing counts a large table.

A list has an `Order`: a key of any type that PostgreSQL compares, and the row's id where keys are alike. Rows without
a key come last, in either direction. Values and gaps are two stretches of the list, read by a statement each where
a page needs both: as one condition ("less, or none") no index could be entered at the page's place.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, Numeric, Row, Select, Text, func, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeEngine

from lib.errors import InvalidInput

Item = TypeVar("Item")
KeyValue = datetime | Decimal | int | str

_TYPES: dict[type[KeyValue], TypeEngine[Any]] = {
    datetime: DateTime(timezone=True),
    Decimal: Numeric(),
    int: BigInteger(),
    str: Text(),
}
_PARSERS: dict[type[KeyValue], Callable[[str], KeyValue]] = {
    datetime: datetime.fromisoformat,
    Decimal: Decimal,
    int: int,
    str: str,
}
#: Beyond these PostgreSQL would refuse the number, and an address would be an error of ours.
_LARGEST_INT, _MOST_DIGITS = 2**63 - 1, 100
_SEPARATOR = "|"
#: How many rows from the beginning on are looked through, one after the other, for a page that no index leads back to.
_REACHES = (1_000, 20_000)


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """What a list is sorted by; an index (organization, key, id), nulls last, makes its pages cheap.

    Under a policy PostgreSQL enters the index at a page's place only if the comparison is leakproof, as that of
    moments, text and integers is. That of numeric is not, nor is a function like lower() (`is_leakproof`): the order
    still comes from the index, but from its beginning on, so rows before the page are read over, and going back needs
    care.
    """

    #: Stands in the cursor: a page of one order is none of another.
    name: str
    key: ColumnElement[Any] | InstrumentedAttribute[Any]
    id: ColumnElement[UUID] | InstrumentedAttribute[UUID]
    kind: type[KeyValue] = datetime
    is_descending: bool = True
    is_nullable: bool = False
    is_leakproof: bool = True
    #: Rises with the key: rows come by it already, and a part at a time is sorted, as far as the page reaches.
    group: ColumnElement[Any] | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows of a list in its order, and the cursors of the pages beside it (None where there is none)."""

    items: tuple[Item, ...]
    #: The page before this one: in most lists that of newer rows.
    newer: str | None = None
    #: The page after this one.
    older: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A page as the query returned it. The key is in each row's last two columns."""

    rows: Sequence[Row[Any]]
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class _Position:
    """Beside which row a page lies, and on which side of it."""

    is_forward: bool
    value: KeyValue | None
    id: UUID


def read_page(
    session: Session, statement: Select[*tuple[Any, ...]], *, order: Order, cursor: str | None, limit: int = 50
) -> Rows:
    """The page of `statement` at `cursor`, in that order. Raises `InvalidInput` for a cursor that is none of it.

    The key is added as the last two columns. One row more than the page is read, to know whether there is a next one.
    """
    return read_merged(session, [(statement, order)], cursor=cursor, limit=limit)


def read_merged(
    session: Session,
    parts: Sequence[tuple[Select[*tuple[Any, ...]], Order]],
    *,
    cursor: str | None,
    limit: int = 50,
) -> Rows:
    """A page of several lists that are one, as `read_page` reads it: each in the same order, by its own key and id.

    Each is read by itself, so that each comes from its own index: of a UNION the planner would sort all rows.
    """
    order = parts[0][1]
    at = _decode(cursor, order=order) if cursor else None
    forward = at is None or at.is_forward
    rows: list[Row[Any]] = []
    for statement, own in parts:
        rows += _read(session, statement, order=own, at=at, limit=limit + 1)
    if len(parts) > 1:
        rows = _nearest_first(rows, order=order, is_forward=forward)
    has_more = len(rows) > limit
    rows = rows[:limit]
    if not forward:
        rows.reverse()
    has_newer = at is not None if forward else has_more
    has_older = has_more if forward else True
    return Rows(
        rows=rows,
        newer=_encode(rows[0], order=order, is_forward=False) if rows and has_newer else None,
        older=_encode(rows[-1], order=order, is_forward=True) if rows and has_older else None,
    )


def read_all(
    session: Session, statement: Select[*tuple[Any, ...]], *, order: Order, most: int, at_once: int
) -> Iterator[Sequence[Row[Any]]]:
    """All rows in that order, but no more than `most`, in pages of `at_once`: memory holds one page."""
    at: _Position | None = None
    while most > 0:
        limit = min(at_once, most)
        rows = _read(session, statement, order=order, at=at, limit=limit)
        if rows:
            yield rows
        if len(rows) < limit:
            return
        most -= limit
        value, identity = tuple(rows[-1])[-2:]
        at = _Position(True, value, identity)


def count_at_most(session: Session, statement: Select[*tuple[Any, ...]], *, most: int) -> int:
    """How many rows it finds, counted no further than `most`."""
    return session.scalar(func.count().select().select_from(statement.limit(most).subquery())) or 0


def read_choices(
    session: Session,
    statement: Select[UUID, str],
    *,
    key: ColumnElement[UUID] | InstrumentedAttribute[UUID],
    wanted: UUID | None,
    limit: int,
) -> dict[UUID, str]:
    """The first of what `statement` (id and name, in an order) finds, and `wanted` if it is among the rest."""
    found = {row[0]: row[1] for row in session.execute(statement.limit(limit))}
    if wanted is not None and wanted not in found:
        found |= {row[0]: row[1] for row in session.execute(statement.where(key == wanted))}
    return found


def _read(
    session: Session, statement: Select[*tuple[Any, ...]], *, order: Order, at: _Position | None, limit: int
) -> list[Row[Any]]:
    """So many rows from the position on, the nearest first: values and gaps as far as the page reaches."""
    forward = at is None or at.is_forward
    key, identity = order.key, order.id
    sorting = (key.desc(), identity.desc()) if order.is_descending == forward else (key.asc(), identity.asc())
    if order.is_nullable:
        sorting = (sorting[0].nulls_last() if forward else sorting[0].nulls_first()), sorting[1]
    if order.group is not None:
        statement = statement.order_by(order.group.desc() if order.is_descending == forward else order.group.asc())
    statement = statement.add_columns(key, identity).order_by(*sorting)
    if at is not None and not forward and at.value is not None and not order.is_leakproof:
        nearest = _nearest_before(session, statement, order=order, at=at, limit=limit)
        if nearest is not None:
            return list(session.execute(statement.where(identity.in_(nearest))))
    rows: list[Row[Any]] = []
    for condition in _stretches(order, at):
        narrowed = statement if condition is None else statement.where(condition)
        rows += session.execute(narrowed.limit(limit - len(rows))).all()
        if len(rows) == limit:
            break
    return rows


def _nearest_first(rows: Sequence[Row[Any]], *, order: Order, is_forward: bool) -> list[Row[Any]]:
    """In the order in which `_read` reads one list: rows without a key are the last of the whole."""
    goes_down = order.is_descending == is_forward
    valued = sorted(
        (row for row in rows if tuple(row)[-2] is not None), key=lambda row: tuple(row)[-2:], reverse=goes_down
    )
    others = sorted((row for row in rows if tuple(row)[-2] is None), key=lambda row: tuple(row)[-1], reverse=goes_down)
    return [*valued, *others] if is_forward else [*others, *valued]


def _nearest_before(
    session: Session, statement: Select[*tuple[Any, ...]], *, order: Order, at: _Position, limit: int
) -> list[UUID] | None:
    """Ids of the rows before the position, found from the list's beginning on; None if it is further away.

    Read backwards, the index would be walked through from its other end: nearly all of it for one of the first pages.
    """
    key, identity = order.key, order.id
    beginning = (key.desc(), identity.desc()) if order.is_descending else (key.asc(), identity.asc())
    if order.is_nullable:
        beginning = beginning[0].nulls_last(), beginning[1]
    here, place = tuple_(literal(at.value, _TYPES[order.kind]), at.id), tuple_(key, identity)
    is_before = func.coalesce(place > here if order.is_descending else place < here, False)
    from_the_beginning = statement.with_only_columns(identity, is_before).order_by(None).order_by(*beginning)
    for reach in _REACHES:
        found = session.execute(from_the_beginning.limit(reach)).all()
        before = [row[0] for row in found if row[1]]
        if len(before) < len(found) or len(found) < reach:
            return before[-limit:]
    return None


def _stretches(order: Order, at: _Position | None) -> Iterator[ColumnElement[bool] | None]:
    """What holds for the rows on the page's side of the position, a stretch after the other."""
    if at is None:
        yield None
        return
    goes_down = order.is_descending == at.is_forward
    if at.value is None:
        yield order.key.is_(None) & (order.id < at.id if goes_down else order.id > at.id)
        if not at.is_forward:
            yield order.key.is_not(None)
        return
    here = tuple_(literal(at.value, _TYPES[order.kind]), at.id)
    place = tuple_(order.key, order.id)
    yield place < here if goes_down else place > here
    if at.is_forward and order.is_nullable:
        yield order.key.is_(None)


def _encode(row: Row[Any], *, order: Order, is_forward: bool) -> str:
    value, identity = tuple(row)[-2:]
    said = "" if value is None else "=" + (value.isoformat() if isinstance(value, datetime) else str(value))
    raw = _SEPARATOR.join(("o" if is_forward else "n", order.name, str(identity), said))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str, *, order: Order) -> _Position:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        direction, name, identity, said = raw.split(_SEPARATOR, 3)
        if direction not in {"o", "n"} or name != order.name or (not said and not order.is_nullable):
            raise ValueError(raw)
        return _Position(direction == "o", _parse(said[1:], order.kind) if said else None, UUID(identity))
    except (ValueError, InvalidOperation, binascii.Error) as error:
        message = "This link points into a list that can't be read. Start from the newest entries."
        raise InvalidInput(message, field="cursor") from error


def _parse(text: str, kind: type[KeyValue]) -> KeyValue:
    """The value as the query compares it. Raises `ValueError` for what PostgreSQL would not take."""
    value = _PARSERS[kind](text)
    match value:
        case datetime():
            is_comparable = value.tzinfo is not None
        case int():
            is_comparable = abs(value) <= _LARGEST_INT
        case Decimal():
            is_comparable = value.is_finite() and abs(value.adjusted()) <= _MOST_DIGITS
        case _:
            is_comparable = "\x00" not in value
    if not is_comparable:
        raise ValueError(text)
    return value
