"""A list as a file, and the entry in the trail that says who took it: one is not to be had without the other."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from lib.audit.events import record_event
from lib.db.paging import Order, read_all
from lib.exports import MOST_ROWS, Column, ExportFormat, Values, write_table_into

#: Rows held at once: each page is a statement of its own, far from the time-out of one.
_AT_ONCE = 2_000
#: A value for each of some rows of a list.
LookUp = Callable[[Sequence[Row[Any]]], Sequence[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a file has of a list."""

    rows: int
    #: There were more than it may have.
    is_cut: bool


def export_list(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    *,
    order: Order,
    columns: Sequence[Column],
    file_format: ExportFormat,
    resource_type: str,
    filters: Mapping[str, object],
) -> bytes:
    """The rows of `statement` in that order, at most `MOST_ROWS`, as a file; `<resource_type>.export` is recorded.

    The statement's first columns are the file's. `filters` are what the person had chosen, for the trail; those that
    are empty are left out.
    """
    out = io.BytesIO()
    export_list_into(
        out,
        session,
        statement,
        order=order,
        columns=columns,
        file_format=file_format,
        resource_type=resource_type,
        filters=filters,
    )
    return out.getvalue()


def export_list_into(
    out: BinaryIO,
    session: Session,
    statement: Select[*tuple[Any, ...]],
    *,
    order: Order,
    columns: Sequence[Column],
    file_format: ExportFormat,
    resource_type: str,
    filters: Mapping[str, object],
    most: int | None = None,
    look_up: LookUp | None = None,
) -> Written:
    """The same into a file that is open, for lists that are too long to be held in memory; `most` is `MOST_ROWS`.

    `look_up` finds what stands in the last column, a page of rows at a time, where the statement doesn't.
    """
    most = MOST_ROWS if most is None else most
    pages = read_all(session, statement, order=order, most=most + 1, at_once=_AT_ONCE)
    taken = _Taken(pages, len(columns), most, look_up)
    write_table_into(out, file_format, columns, taken)
    record_export(
        session, resource_type, file_format, rows=taken.rows, is_cut=taken.is_cut, sort=order.name, filters=filters
    )
    return Written(rows=taken.rows, is_cut=taken.is_cut)


def record_export(
    session: Session,
    resource_type: str,
    file_format: ExportFormat,
    *,
    rows: int,
    is_cut: bool = False,
    sort: str,
    filters: Mapping[str, object],
) -> None:
    """Note in the trail what was taken; filters that are empty are left out."""
    values = {
        "format": file_format,
        "rows": rows,
        "is_cut": is_cut,
        "sort": sort,
        "filters": {name: str(value) for name, value in filters.items() if value},
    }
    record_event(session, f"{resource_type}.export", resource_type=resource_type, values=values)


class _Taken:
    """The pages as the file gets them, no more than it may, counted."""

    def __init__(
        self, pages: Iterator[Sequence[Row[Any]]], width: int, most: int, look_up: LookUp | None = None
    ) -> None:
        self._pages, self._width, self._most = pages, width - (look_up is not None), most
        self._look_up = look_up
        self.rows = 0
        self.is_cut = False

    def __iter__(self) -> Iterator[Sequence[Values]]:
        for page in self._pages:
            fitting = page[: self._most - self.rows]
            self.rows += len(fitting)
            self.is_cut = len(fitting) < len(page)
            if fitting:
                own = [tuple(row)[: self._width] for row in fitting]
                found = [[value] for value in self._look_up(fitting)] if self._look_up else [[] for _ in fitting]
                yield [(*values, *last) for values, last in zip(own, found, strict=True)]
