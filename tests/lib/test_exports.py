"""Tables as files: every value arrives as it is, and no spreadsheet runs what somebody wrote."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.exports import Column, ExportFormat, Kind, write_table

COLUMNS = (
    Column("id", Kind.WORD),
    Column("title", Kind.TEXT),
    Column("tokens", Kind.INTEGER),
    Column("cost_usd", Kind.DOLLARS),
    Column("created_at", Kind.MOMENT),
)
ID = UUID("01a206cb-bd59-7fd9-bc43-3e3d020df897")
IN_JAPAN = datetime(2026, 3, 1, 8, 30, 0, 120000, tzinfo=timezone(timedelta(hours=9)))
PAGES = [[(ID, 'Heat "pumps", Ö\nNordics', 1900, Decimal("0.056000"), IN_JAPAN)], [(ID, None, None, None, None)]]

#: What a spreadsheet takes for a formula, and what it does not.
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
HARMLESS = ["1=1", " =1", "a-b", "", "'=1"]


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_csv_has_raw_values_and_empty_cells_for_what_is_unknown() -> None:
    assert read_csv(write_table(ExportFormat.CSV, COLUMNS, PAGES)) == [
        ["id", "title", "tokens", "cost_usd", "created_at"],
        [str(ID), 'Heat "pumps", Ö\nNordics', "1900", "0.056000", "2026-02-28T23:30:00.120000Z"],
        [str(ID), "", "", "", ""],
    ]


def test_json_has_numbers_as_numbers_with_all_their_decimals() -> None:
    data = write_table(ExportFormat.JSON, COLUMNS, PAGES)
    assert json.loads(data, parse_float=Decimal) == [
        {
            "id": str(ID),
            "title": 'Heat "pumps", Ö\nNordics',
            "tokens": 1900,
            "cost_usd": Decimal("0.056000"),
            "created_at": "2026-02-28T23:30:00.120000Z",
        },
        {"id": str(ID), "title": None, "tokens": None, "cost_usd": None, "created_at": None},
    ]
    assert b'"cost_usd": 0.056000' in data


def test_parquet_has_types() -> None:
    table = pq.read_table(io.BytesIO(write_table(ExportFormat.PARQUET, COLUMNS, PAGES)))
    assert table.schema.types == [
        pa.string(),
        pa.string(),
        pa.int64(),
        pa.decimal128(20, 6),
        pa.timestamp("us", tz="UTC"),
    ]
    first, second = table.to_pylist()
    assert first == {
        "id": str(ID),
        "title": 'Heat "pumps", Ö\nNordics',
        "tokens": 1900,
        "cost_usd": Decimal("0.056000"),
        "created_at": IN_JAPAN.astimezone(UTC),
    }
    assert second == {"id": str(ID), "title": None, "tokens": None, "cost_usd": None, "created_at": None}


def test_table_without_rows_is_a_file_all_the_same() -> None:
    assert read_csv(write_table(ExportFormat.CSV, COLUMNS, [])) == [[column.name for column in COLUMNS]]
    assert json.loads(write_table(ExportFormat.JSON, COLUMNS, [])) == []
    table = pq.read_table(io.BytesIO(write_table(ExportFormat.PARQUET, COLUMNS, [])))
    assert (table.num_rows, table.column_names) == (0, [column.name for column in COLUMNS])


@pytest.mark.parametrize("text", FORMULAS)
def test_spreadsheet_runs_nothing_that_somebody_wrote(text: str) -> None:
    titles = (Column("title", Kind.TEXT),)
    assert read_csv(write_table(ExportFormat.CSV, titles, [[(text,)]]))[1] == [f"'{text}"]
    assert json.loads(write_table(ExportFormat.JSON, titles, [[(text,)]])) == [{"title": text}]


@pytest.mark.parametrize("text", HARMLESS)
def test_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    data = write_table(ExportFormat.CSV, (Column("title", Kind.TEXT), Column("n", Kind.INTEGER)), [[(text, -5)]])
    assert read_csv(data)[1] == [text, "-5"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), max_size=5))
def test_any_text_comes_back_from_every_format(texts: list[str]) -> None:
    titles = (Column("title", Kind.TEXT), Column("n", Kind.INTEGER))
    pages = [[(text, n)] for n, text in enumerate(texts)]
    read = read_csv(write_table(ExportFormat.CSV, titles, pages))[1:]
    assert [title.removeprefix("'") for title, _ in read] == [text.removeprefix("'") for text in texts]
    assert [row["title"] for row in json.loads(write_table(ExportFormat.JSON, titles, pages))] == texts
    table = pq.read_table(io.BytesIO(write_table(ExportFormat.PARQUET, titles, pages)))
    assert table.column("title").to_pylist() == texts


def test_sum_of_many_runs_is_written_whole_in_every_format() -> None:
    spent = Decimal("1000000.000001")
    for file_format in ExportFormat:
        written = write_table(file_format, [Column("spent_usd", Kind.DOLLARS)], [[(spent,)]])
        if file_format is ExportFormat.PARQUET:
            assert pq.read_table(io.BytesIO(written)).column("spent_usd").to_pylist() == [spent]
        else:
            assert str(spent) in written.decode()
