"""Tables and indexes of the installation's database: how large, how they grow, what needs care."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import streamlit as st

from lib import clock
from lib.health.views import Health, IndexFacts, TableFacts
from lib.ui import words
from lib.ui.components.card import card
from lib.ui.components.paged_table import show_paged_table

#: As many as anybody reads; the largest matter.
_MOST: Final = 15
#: From this share of dead rows on a table is worth a VACUUM, if it is no small one.
_MANY_DEAD, _SMALL_ROWS = 0.3, 10_000
#: And what is worth a VACUUM FULL, or pg_repack, where it does not fill again by itself.
_MUCH_BLOAT, _SMALL_BYTES = 0.5, 100_000_000
#: Of these a share says nothing.
_FEW_ROWS: Final = 1_000
_TABLES, _INDEXES, _UNUSED = "Tables", "Indexes", "Unused indexes"
_KEY: Final = "health-storage"


def show_storage(health: Health) -> None:
    """Draw the largest tables, the largest indexes, or those that nobody reads."""
    with card("Storage", note=_note(health), key=_KEY):
        shown = st.segmented_control(
            "What",
            [_TABLES, _INDEXES, _UNUSED],
            default=_TABLES,
            required=True,
            label_visibility="collapsed",
            key=f"{_KEY}-shown",
        )
        if shown == _TABLES:
            _show(_table_row, health.tables, _TABLE_COLUMNS, label=_TABLES)
        elif shown == _INDEXES:
            _show(_index_row, health.indexes, _INDEX_COLUMNS, label=_INDEXES)
        elif health.unused_indexes:
            _show(_index_row, health.unused_indexes, _INDEX_COLUMNS, label=_UNUSED)
        else:
            st.markdown(":gray[Every index that holds no rule has been read.]")


_TABLE_COLUMNS: Final[Mapping[str, int]] = {
    "Table": 200,
    "Size": 85,
    "Of it indexes": 105,
    "Rows": 95,
    "A day": 95,
    "Dead": 70,
    "Bloat": 75,
    "Cleaned up": 115,
    "Analyzed": 115,
}
_INDEX_COLUMNS: Final[Mapping[str, int]] = {"Index": 330, "Table": 180, "Size": 85, "Read": 95, "Holds a rule": 105}
_NUMBERS: Final = ("Size", "Of it indexes", "Rows", "A day", "Dead", "Bloat", "Read")


def _show(
    write: Callable[[Any], dict[str, object]], facts: Sequence[object], columns: Mapping[str, int], *, label: str
) -> None:
    show_paged_table(
        [write(each) for each in facts[:_MOST]],
        key=f"{_KEY}-{label.partition(' ')[0].lower()}",
        label=label,
        columns={
            name: st.column_config.TextColumn(name, width=width, alignment="right" if name in _NUMBERS else "left")
            for name, width in columns.items()
        },
        summary="",
        newer=None,
        older=None,
    )
    if len(facts) > _MOST:
        st.markdown(f":gray[:small[The {_MOST} largest of {words.number(len(facts))}.]]")


def _note(health: Health) -> str:
    dusty = [table.name for table in health.tables if table.dead_share > _MANY_DEAD and table.dead_rows > _SMALL_ROWS]
    if dusty:
        return f"many dead rows in {words.some(dusty, most=3, longest=40)}"
    loose = [table.name for table in health.tables if _is_loose(table)]
    if loose:
        return f"much free room in {words.some(loose, most=3, longest=40)}"
    indexes = words.count(len(health.indexes), "index", plural="indexes")
    return f"{words.size(health.bytes)} in {words.count(len(health.tables), 'table')} and {indexes}"


def _is_loose(table: TableFacts) -> bool:
    return (table.bloat_share or 0) > _MUCH_BLOAT and (table.bloat_bytes or 0) > _SMALL_BYTES


def _table_row(table: TableFacts) -> dict[str, object]:
    now = clock.now()
    grows = table.bytes_a_day(now)
    return {
        "Table": table.name,
        "Size": words.size(table.bytes),
        "Of it indexes": words.size(table.index_bytes),
        "Rows": words.compact(table.live_rows),
        "A day": words.NOTHING if grows is None else f"+{words.size(grows)}" if grows > 0 else "0",
        "Dead": words.share(table.dead_share) if table.live_rows + table.dead_rows > _FEW_ROWS else words.NOTHING,
        "Bloat": words.NOTHING if table.bloat_share is None else words.share(table.bloat_share),
        "Cleaned up": words.ago(table.vacuumed_at, now=now),
        "Analyzed": words.ago(table.analyzed_at, now=now),
    }


def _index_row(index: IndexFacts) -> dict[str, object]:
    return {
        "Index": index.name,
        "Table": index.table_name,
        "Size": words.size(index.bytes),
        "Read": words.compact(index.scans),
        "Holds a rule": "yes" if index.is_rule else "no",
    }
