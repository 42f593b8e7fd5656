"""Every figure that the page of analytics gets, and the file of them, is what SQL says of the rows themselves."""

import csv
import io
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest

from lib import clock
from lib.db.session import tenant_session
from lib.exports import ExportFormat
from lib.usage.exporting import export_usage
from lib.usage.periods import last_days, today_in
from lib.usage.reading import MOST_SERIES, Reading
from lib.usage.service import read_dashboard
from lib.usage.views import Dimension, Figures, UsageQuery
from tests.cast import Cast
from tests.checked_usage import check_dashboard
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_retention import write_runs
from tests.made_usage import make_calls, make_up, roll_up
from tests.raw_usage import KEYS, RawUsage, near, past_all_rules

#: More than are told apart.
MODELS = [f"model-{number}" for number in range(MOST_SERIES + 3)]
#: How many days until today, by what those are drawn, and where.
DRAWN = [
    pytest.param(1, "hour", "Asia/Kathmandu", id="hours"),
    pytest.param(20, "day", "Pacific/Apia", id="days"),
    pytest.param(100, "week", "America/New_York", id="weeks"),
    pytest.param(420, "month", "Europe/Berlin", id="months"),
]


@pytest.fixture
def projects(installation: Installation, cast: Cast) -> list[UUID]:
    return [make_project(installation.database, cast.alice, name=name) for name in ("Hinges", "Screws")]


def fill(installation: Installation, cast: Cast, projects: Sequence[UUID], *, days: int) -> None:
    """Calls and runs of so many days and as many before; a part is summed up, a part is of hours that were, late."""
    chance, people = random.Random(days), [cast.alice.user_id, cast.max.user_id]
    for _ in range(2):
        roll_up(installation.database)
        calls = [make_up(chance, projects, people, days=days * 2.1, models=MODELS) for _ in range(250)]
        make_calls(installation.database, cast.organization_a, calls)
    runs = [
        {
            "created_at": clock.now() - timedelta(days=days * 2 * chance.random()),
            "project_id": chance.choice(projects),
        }
        for _ in range(30)
    ]
    write_runs(installation.database, cast.alice, runs)


@pytest.mark.parametrize(("days", "unit", "zone"), DRAWN)
def test_every_figure_of_the_page_is_that_of_the_rows(
    *, installation: Installation, cast: Cast, projects: list[UUID], days: int, unit: str, zone: str
) -> None:
    fill(installation, cast, projects, days=days)
    period = last_days(days, today_in(zone), zone)
    raw, query = RawUsage(past_all_rules(installation), cast.organization_a, period), UsageQuery(period=period)
    people = frozenset({cast.max.user_id, cast.alice.user_id})
    narrowed = replace(query, chosen={Dimension.PROJECT: frozenset({projects[0]}), Dimension.PERSON: people})
    of_these = replace(raw, of=f"project_id = '{projects[0]}' AND user_id IS NOT NULL")
    asked = [(query, raw, by) for by in Dimension if by is not Dimension.ERROR]
    for chosen, rows, by in [*asked, *((narrowed, of_these, by) for by in (Dimension.MODEL, Dimension.TEMPLATE))]:
        found = read_dashboard(cast.mona, chosen, by=by, top=by, with_latency=True)
        check_dashboard(found, rows, by, unit)
        assert found.report.total.calls > 0


def test_file_of_the_figures_is_what_the_rows_add_up_to(
    installation: Installation, cast: Cast, projects: list[UUID]
) -> None:
    fill(installation, cast, projects, days=20)
    period = last_days(20, today_in("Asia/Kolkata"), "Asia/Kolkata")
    raw = RawUsage(past_all_rules(installation), cast.organization_a, period)
    named = dict(zip(projects, ("Hinges", "Screws"), strict=True))
    for by in (Dimension.MODEL, Dimension.PROJECT):
        expected = raw.figures(KEYS[by], "day")
        for file_format in ExportFormat:
            data = export_usage(cast.mona, UsageQuery(period=period), by=by, file_format=file_format)
            check_file(read_file(data, file_format), expected, by, named)


def test_figures_of_a_file_are_read_a_few_bars_at_a_time(
    installation: Installation, cast: Cast, projects: list[UUID]
) -> None:
    """And are the same as all at once."""
    days = 20
    calls = [{"project_id": projects[day % 2], "created_at": clock.now() - timedelta(days=day)} for day in range(days)]
    make_calls(installation.database, cast.organization_a, calls)
    query = UsageQuery(period=last_days(days, today_in("UTC"), "UTC"))
    with tenant_session(cast.mona, is_one_moment=True) as session:
        parts = list(Reading(session, cast.organization_a, query).cells(Dimension.PROJECT))
    assert [len({cell.starts_at for cell in part}) for part in parts] == [7, 7, 6]
    starts = [cell.starts_at for part in parts for cell in part]
    assert starts == query.period.starts()


def check_file(
    found: Sequence[Mapping[str, Any]], expected: Mapping[Any, Any], by: Dimension, named: Mapping[UUID, str]
) -> None:
    assert len(found) == len(expected) > 20
    names = {None: f"No {by}"} | dict(named)
    for row in found:
        start, end = (moment_of(row[name]) for name in ("from", "to"))
        (key,) = {each for each, bar in expected if bar == start and (each and str(each)) == (row[f"{by}_key"] or None)}
        added = expected[key, start]
        assert end - start == timedelta(days=1)
        assert row[by] == (names[key] if by is Dimension.PROJECT else key)
        assert {name: Decimal(str(row[name])) for name in Figures.__dataclass_fields__} == {
            name: getattr(added.figures, name) for name in Figures.__dataclass_fields__
        }
        times = tuple(row[name] and float(row[name]) for name in ("p50_ms", "p95_ms", "p99_ms"))
        assert tuple(each or None for each in times) == near(added.times)


def read_file(data: bytes, file_format: ExportFormat) -> Sequence[Mapping[str, Any]]:
    """Its rows, as a program reads them that knows nothing of us."""
    if file_format is ExportFormat.CSV:
        return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    if file_format is ExportFormat.PARQUET:
        found: Sequence[Mapping[str, Any]] = pq.read_table(io.BytesIO(data)).to_pylist()
        return found
    if file_format is ExportFormat.LINES:
        return [json.loads(line) for line in data.splitlines()]
    return json.loads(data)  # type: ignore[no-any-return] # a list, or the test fails


def moment_of(said: object) -> datetime:
    """What a cell says, in UTC."""
    moment = said if isinstance(said, datetime) else datetime.fromisoformat(str(said))
    return moment.astimezone(UTC)
