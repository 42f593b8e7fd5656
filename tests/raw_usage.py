"""What a reader's own SQL says of usage: over the rows of `api_usage` alone, with nothing of what the product sums up.

Percentiles are `percentile_disc`: how long the call took that half, 95 or 99 of 100 were no slower than.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from lib import clock
from lib.usage.periods import Period
from lib.usage.views import Dimension, Figures, Key, Latency
from tests.conftest import Installation
from tests.records import rows_of

#: Half an hour off, behind UTC, as far ahead of it as a zone is.
ZONES: Final = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia")
#: Times are told within a tenth, and it says so.
LATENCY_ERROR: Final = 0.1
KEYS: Final[Mapping[Dimension, str]] = {
    Dimension.MODEL: "provider || ':' || model",
    Dimension.PROJECT: "project_id",
    Dimension.PERSON: "user_id",
    Dimension.TEMPLATE: "coalesce((SELECT r.template_id FROM orchestration_runs r WHERE r.id = run_id), template_id)",
    Dimension.ENDPOINT: "endpoint",
    Dimension.ERROR: "error_kind",
}
_ASKED = (
    "organization_id = %(organization)s AND provider IS NOT NULL "
    "AND (created_at AT TIME ZONE %(zone)s)::date BETWEEN %(first)s AND %(last)s"
)
#: A bar of a week or month that began before the period begins with it.
_BAR = "greatest(date_trunc('{unit}', created_at, %(zone)s), %(first)s::timestamp AT TIME ZONE %(zone)s)"
#: One of the period before lies so many days before that with which it is compared.
_BAR_BEFORE = """
greatest(date_trunc('{unit}', created_at AT TIME ZONE %(zone)s + {days} * interval '1 day') - {days} * interval '1 day',
         %(first)s::timestamp) AT TIME ZONE %(zone)s
"""
_FIGURES = f"""
SELECT {{key}} AS key, {{bar}} AS bar, count(*) AS calls,
       count(*) FILTER (WHERE error_kind <> 'cancelled') AS failed_calls,
       count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced_calls,
       coalesce(sum(prompt_tokens), 0) AS prompt_tokens, coalesce(sum(completion_tokens), 0) AS completion_tokens,
       coalesce(sum(cost_usd), 0) AS cost_usd,
       percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY response_time_ms) AS times
  FROM api_usage
 WHERE {_ASKED} AND {{of}}
 GROUP BY 1, 2
"""
_HOURS_OF_WEEK = f"""
SELECT extract(isodow FROM created_at AT TIME ZONE %(zone)s)::int - 1 AS weekday,
       extract(hour FROM created_at AT TIME ZONE %(zone)s)::int AS hour, count(*) AS calls,
       count(*) FILTER (WHERE error_kind <> 'cancelled') AS failed_calls,
       coalesce(sum(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0)), 0) AS tokens,
       coalesce(sum(cost_usd), 0) AS cost_usd
  FROM api_usage
 WHERE {_ASKED} AND {{of}}
 GROUP BY 1, 2
"""
_RUNS = """
SELECT {bar} AS bar, count(*) AS runs FROM orchestration_runs
 WHERE organization_id = %(organization)s AND (created_at AT TIME ZONE %(zone)s)::date BETWEEN %(first)s AND %(last)s
   AND {of}
 GROUP BY 1
"""
#: As lib/usage/forecast.py says it: days to come cost what their weekday did on average in eight weeks, and four of
#: five months lie within 1.2816 deviations of that, and more where few days are known.
_FORECAST = """
WITH days AS (
    SELECT d::date AS day, extract(isodow FROM d) AS weekday, coalesce(sum(u.cost_usd), 0) AS cost
      FROM generate_series(%(today)s::date - 56, %(today)s::date, interval '1 day') AS d
      LEFT JOIN api_usage u ON u.organization_id = %(organization)s AND u.provider IS NOT NULL AND {of}
           AND (u.created_at AT TIME ZONE %(zone)s)::date = d::date
     GROUP BY 1, 2
), known AS (
    SELECT * FROM days WHERE day < %(today)s AND day >= (SELECT min(day) FROM days WHERE cost > 0)
), means AS (
    SELECT weekday, avg(cost) AS mean, count(*) AS days FROM known GROUP BY 1
), freedom AS (
    SELECT nullif(count(*) - (SELECT count(*) FROM means), 0) AS degrees FROM known
), varied AS (
    SELECT sum((k.cost - m.mean) ^ 2) / max(f.degrees) AS variance, count(*) AS days,
           1.2816 + (1.2816 ^ 3 + 1.2816) / 4 / max(f.degrees) AS quantile
      FROM known k JOIN means m USING (weekday), freedom f
), spent AS (
    SELECT sum(cost) AS cost, max(cost) FILTER (WHERE day = %(today)s) AS today FROM days
     WHERE date_trunc('month', day) = date_trunc('month', %(today)s::date)
), ahead AS (
    SELECT d::date AS day, extract(isodow FROM d) AS weekday, row_number() OVER (ORDER BY d) AS number
      FROM generate_series(%(today)s::date, date_trunc('month', %(today)s::date) + interval '1 month - 1 day',
                           interval '1 day') AS d
)
SELECT a.day, v.days, s.cost AS spent,
       s.cost + sum(CASE WHEN a.number = 1 THEN greatest(m.mean - s.today, 0) ELSE m.mean END)
                OVER (ORDER BY a.day) AS expected,
       v.quantile * sqrt(v.variance * (a.number + (
           SELECT sum(each.days ^ 2 / m.days)
             FROM (SELECT weekday, count(*) AS days FROM ahead b WHERE b.day <= a.day GROUP BY 1) AS each
             JOIN means m USING (weekday)))) AS spread
  FROM ahead a JOIN means m USING (weekday), varied v, spent s
 ORDER BY a.day
"""


#: Runs a statement of psycopg, its values by name; each row by the names of its columns.
Execute = Callable[[str, Mapping[str, Any]], Sequence[Mapping[str, Any]]]


def past_all_rules(installation: Installation) -> Execute:
    """In a transaction of its own each time."""
    return lambda statement, values: rows_of(installation, statement, values)


def within(session: Session) -> Execute:
    """In the moment of the database that the session sees."""
    return lambda statement, values: session.connection().exec_driver_sql(statement, dict(values)).mappings().all()


class Added(NamedTuple):
    """What rows add up to."""

    figures: Figures
    #: In ms: p50, p95 and p99; None where none was timed.
    times: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class RawUsage:
    """Whose rows, of which days, and which of them."""

    execute: Execute
    organization_id: UUID
    period: Period
    #: A condition on a row.
    of: str = "true"

    def figures(self, by: str = "NULL", unit: str | None = None) -> dict[tuple[Key, datetime | None], Added]:
        """By what `by` says of a row and by bar, where there is a unit of these; nothing of what has no rows."""
        bar = self._bar(unit) if unit else "NULL::timestamptz"
        found = self._ask(_FIGURES.format(key=by, bar=bar, of=self.of))
        return {(row["key"], row["bar"]): _added(row) for row in found}

    def whole(self) -> Added:
        """Of all rows together."""
        return next(iter(self.figures().values()), NOTHING)

    def keys(self, by: str) -> dict[Key, Added]:
        """Of each key in the whole period."""
        return {key: added for (key, _), added in self.figures(by).items()}

    def bars(self, unit: str) -> dict[datetime | None, Added]:
        """Of each bar."""
        return {bar: added for (_, bar), added in self.figures(unit=unit).items()}

    def hours_of_week(self) -> dict[tuple[int, int], Mapping[str, Any]]:
        """By weekday, of which 0 is Monday, and hour on the wall."""
        found = self._ask(_HOURS_OF_WEEK.format(of=self.of))
        return {(row["weekday"], row["hour"]): row for row in found}

    def days(self, by: str = "NULL") -> dict[Key, list[Added]]:
        """Of each key that has any rows what each day of the period says."""
        found = self.figures(by, "day")
        starts = [clock.start_of_day(day, zone=self.period.zone) for day in self.period.each_day()]
        return {key: [found.get((key, start), NOTHING) for start in starts] for key, _ in found}

    def runs(self, unit: str) -> dict[datetime, int]:
        """How many were launched in each bar."""
        return {row["bar"]: row["runs"] for row in self._ask(_RUNS.format(bar=self._bar(unit), of=self.of))}

    def forecast(self, today: date) -> Sequence[Mapping[str, Any]]:
        """Of each day to the end of the month what that will have cost by then, and how unsure it is."""
        return self._ask(_FORECAST.format(of=self.of), today=today)

    def _bar(self, unit: str) -> str:
        days = self.period.shifted_days
        return _BAR_BEFORE.format(unit=unit, days=days) if days else _BAR.format(unit=unit)

    def _ask(self, statement: str, **more: Any) -> Sequence[Mapping[str, Any]]:
        period = self.period
        days = {"zone": period.zone, "first": period.first, "last": period.last}
        return self.execute(statement, {"organization": self.organization_id, **days, **more})


NOTHING: Final = Added(Figures(), (None, None, None))


def times_of(latency: Latency) -> tuple[float | None, ...]:
    """What is compared with the times of rows."""
    return (latency.p50, latency.p95, latency.p99)


def near(times: Sequence[float | None]) -> Any:
    """Equal to times that are right within what is said of them."""
    return pytest.approx(tuple(times), rel=LATENCY_ERROR) if None not in times else tuple(times)


def _added(row: Mapping[str, Any]) -> Added:
    figures = Figures(**{name: row[name] for name in Figures.__dataclass_fields__})
    return Added(figures, tuple(row["times"] or NOTHING.times))
