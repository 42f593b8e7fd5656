"""A table as a file that other programs read: CSV, JSON, JSON Lines or Parquet, written a page of rows at a time.

Values are raw: moments in UTC (ISO 8601), dollars with all six decimals, ids; what is unknown is empty, or null. A
spreadsheet would run a text that begins like a formula, so CSV has an apostrophe before it; JSON and Parquet, which
no spreadsheet takes for a formula, have every text as it is stored.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO

#: A spreadsheet's own limit is ten times that; what is more is asked for in parts.
MOST_ROWS = 100_000

#: https://owasp.org/www-community/attacks/CSV_Injection
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Values = Sequence[object]


class ExportFormat(StrEnum):
    """What a table can be downloaded as; the value is the ending of the file's name."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    #: A JSON object a line: what is longest is read and written line by line.
    LINES = "jsonl"


class Kind(StrEnum):
    """What the cells of a column hold, None among it."""

    #: Somebody's words.
    TEXT = "text"
    #: A word or an id of ours.
    WORD = "word"
    INTEGER = "integer"
    #: Of a call as numeric(12,6), of many as their sum.
    DOLLARS = "dollars"
    MOMENT = "moment"
    #: A structure as JSON writes it, which JSON has as it is, and the others as text.
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file."""

    name: str
    kind: Kind


def write_table(file_format: ExportFormat, columns: Sequence[Column], pages: Iterable[Sequence[Values]]) -> bytes:
    """The file's content. Each row has a value for each column; only one page of rows is held beside it."""
    out = io.BytesIO()
    write_table_into(out, file_format, columns, pages)
    return out.getvalue()


def write_table_into(
    out: BinaryIO, file_format: ExportFormat, columns: Sequence[Column], pages: Iterable[Sequence[Values]]
) -> None:
    """Write the content into a file that is open: of it nothing is held but a page of rows."""
    write = {
        ExportFormat.CSV: _write_csv,
        ExportFormat.JSON: _write_json,
        ExportFormat.LINES: _write_lines,
        ExportFormat.PARQUET: _write_parquet,
    }
    write[file_format](out, columns, pages)


def _write_csv(out: BinaryIO, columns: Sequence[Column], pages: Iterable[Sequence[Values]]) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([column.name for column in columns])
    kinds = [column.kind for column in columns]
    for page in pages:
        writer.writerows([_csv_cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in page)
    text.detach()  # it would close the file that it does not own


def _csv_cell(value: object, kind: Kind) -> str:
    said = "" if value is None else _say(value)
    return f"'{said}" if kind is Kind.TEXT and said.startswith(_BEGINS_A_FORMULA) else said


def _write_json(out: BinaryIO, columns: Sequence[Column], pages: Iterable[Sequence[Values]]) -> None:
    between = "[\n"
    for page in pages:
        for row in page:
            out.write(f"{between}{_json_object(columns, row)}".encode())
            between = ",\n"
    out.write(b"\n]\n" if out.tell() else b"[]\n")


def _write_lines(out: BinaryIO, columns: Sequence[Column], pages: Iterable[Sequence[Values]]) -> None:
    for page in pages:
        out.writelines(f"{_json_object(columns, row)}\n".encode() for row in page)


def _json_object(columns: Sequence[Column], row: Values) -> str:
    cells = (
        f"{json.dumps(column.name)}: {value if column.kind is Kind.JSON and value else _json_value(value)}"
        for column, value in zip(columns, row, strict=True)
    )
    return f"{{{', '.join(cells)}}}"


def _json_value(value: object) -> str:
    """Dollars are a number with their decimals, which a float would round."""
    if value is None or isinstance(value, int):
        return json.dumps(value)
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(_say(value), ensure_ascii=False)


def _write_parquet(out: BinaryIO, columns: Sequence[Column], pages: Iterable[Sequence[Values]]) -> None:
    import pyarrow as pa  # noqa: PLC0415  a fifth of a second that no command needs
    import pyarrow.parquet as pq  # noqa: PLC0415  as above

    types = {
        Kind.INTEGER: pa.int64(),
        Kind.DOLLARS: pa.decimal128(20, 6),
        Kind.MOMENT: pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(column.name, types.get(column.kind, pa.string())) for column in columns])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for page in pages:
            cells = zip(*page, strict=True)
            arrays = [
                pa.array(_parquet_cells(values, column.kind), type=field.type)
                for values, column, field in zip(cells, columns, schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _parquet_cells(values: Values, kind: Kind) -> Values:
    return [value and _say(value) for value in values] if kind is Kind.WORD else values


def _say(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
