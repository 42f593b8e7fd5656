"""The figures that the page of analytics shows, as a file."""

from collections.abc import Iterator, Sequence
from typing import Final

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.exports import record_export
from lib.db.session import tenant_session
from lib.exports import Column, ExportFormat, Kind, Values, write_table
from lib.usage.calls.service import said_filters
from lib.usage.calls.views import CallFilter
from lib.usage.reading import Reading
from lib.usage.views import Cell, Dimension, UsageQuery

#: One row is one thing in one bar; what it is follows the moments, by the name of the dimension.
_MOMENTS: Final = (Column("from", Kind.MOMENT), Column("to", Kind.MOMENT))
_FIGURES: Final = (
    Column("calls", Kind.INTEGER),
    Column("failed_calls", Kind.INTEGER),
    Column("unpriced_calls", Kind.INTEGER),
    Column("prompt_tokens", Kind.INTEGER),
    Column("completion_tokens", Kind.INTEGER),
    Column("cost_usd", Kind.DOLLARS),
    Column("p50_ms", Kind.INTEGER),
    Column("p95_ms", Kind.INTEGER),
    Column("p99_ms", Kind.INTEGER),
)


def export_usage(actor: Actor, query: UsageQuery, *, by: Dimension, file_format: ExportFormat) -> bytes:
    """What each project, person or whatever `by` says has used in each bar, as a file; recorded as `usage.export`.

    Raises `NotPermitted`.
    """
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        reading, _ = Reading(session, actor.organization_id, query).without_unknown()
        counted = _Counted(reading.cells(by))
        columns = (*_MOMENTS, Column(f"{by}_key", Kind.TEXT), Column(by, Kind.TEXT), *_FIGURES)
        data = write_table(file_format, columns, counted)
        said = said_filters(CallFilter(query=reading.query))
        record_export(session, "usage", file_format, rows=counted.rows, sort=f"by {by}", filters=said)
        return data


class _Counted:
    """The rows as the file gets them, and how many there were."""

    def __init__(self, cells: Iterator[Sequence[Cell]]) -> None:
        self._cells = cells
        self.rows = 0

    def __iter__(self) -> Iterator[Sequence[Values]]:
        for some in self._cells:
            self.rows += len(some)
            if some:
                yield [_values(cell) for cell in some]


def _values(cell: Cell) -> Values:
    figures, latency = cell.figures, cell.latency
    times = (None if each is None else round(each) for each in (latency.p50, latency.p95, latency.p99))
    return (
        cell.starts_at,
        cell.ends_at,
        None if cell.key is None else str(cell.key),
        cell.label,
        figures.calls,
        figures.failed_calls,
        figures.unpriced_calls,
        figures.prompt_tokens,
        figures.completion_tokens,
        figures.cost_usd,
        *times,
    )
