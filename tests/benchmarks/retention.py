"""Removal of ten thousand runs and a hundred thousand calls, beside a page that somebody looks at meanwhile."""

import statistics
import threading
import time
from collections.abc import Iterator
from typing import Final

import psycopg

from lib.db.logins import Login
from lib.identity.cookie import session_cookie_name
from lib.ui import navigation
from tests.benchmarks.browser import BrowserTab
from tests.benchmarks.ground import Ground, web_process
from tests.benchmarks.measuring import Figure, milliseconds
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.filling import analyze, fill_one, fill_reviews
from tests.made_retention import set_retention
from tests.made_usage import roll_up

RUNS, CALLS, DAYS = 11_000, 88_000, 30
#: As workers do it: lib/engine/removing.py.
MOST_RUNS, MOST_ROWS, BREATH_SECONDS = 200, 5_000, 0.5
MOST_RERUN_MS = 150
_CALLS: Final = """
    INSERT INTO api_usage (organization_id, user_id, endpoint, method, provider, model, created_at, cost_usd)
    SELECT %s, %s, '/v1/chat/completions', 'POST', 'local', 'small', now() - n * interval '1 year' / %s, 0.001
      FROM generate_series(1, %s) n
"""


def main(ground: Ground) -> list[Figure]:
    """How fast, how long a transaction takes at most, and what the page beside it takes."""
    with ground.database() as database:
        cast = make_cast(database)
        fill_one(database, cast.organization_a, cast.alice.user_id, projects=20, runs=RUNS)
        fill_reviews(database)
        with psycopg.connect(database.admin_url) as connection:
            connection.execute(_CALLS, [cast.organization_a, cast.alice.user_id, CALLS, CALLS])
            connection.execute(
                "INSERT INTO usage_open_hours (organization_id, hour) SELECT DISTINCT organization_id, "
                "date_trunc('hour', created_at, 'UTC') FROM api_usage"
            )
        analyze(database)
        roll_up(database)
        return list(_measure(database, cast))


def _measure(database: ClonedDatabase, cast: Cast) -> Iterator[Figure]:
    cookie = f"{session_cookie_name()}={cast.secret_of(cast.alice)}"
    with web_process() as (_, url), BrowserTab(url, navigation.RUNS, cookie=cookie) as tab:
        tab.run()
        alone = [milliseconds(tab.run) for _ in range(40)]
        steps: dict[str, list[float]] = {"runs": [], "usage": []}
        beside: list[float] = []
        removing = threading.Thread(target=_remove_all, args=(database, cast, steps))
        removing.start()
        while removing.is_alive():
            beside.append(milliseconds(tab.run))
    for kind, noun in (("runs", "runs"), ("usage", "calls")):
        with psycopg.connect(database.admin_url) as connection:
            row = connection.execute(
                "SELECT (removed ->> %s)::bigint FROM retention_progress WHERE kind = %s", [noun, kind]
            ).fetchone()
        assert row is not None
        note = f"{row[0]:,} in {len(steps[kind])} transactions, the longest {max(steps[kind]) * 1000:.0f} ms"
        yield Figure(name=f"retention: {noun} removed", value=row[0] / sum(steps[kind]), unit="/s", note=note)
    for said, value_of, most in (("median", statistics.median, MOST_RERUN_MS), ("p95", _p95, None)):
        note = f"of {len(beside)}; {value_of(alone):.0f} ms alone"
        name = f"retention: a page's rerun meanwhile, {said}"
        yield Figure(name=name, value=value_of(beside), unit="ms", most=most, note=note)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _remove_all(database: ClonedDatabase, cast: Cast, steps: dict[str, list[float]]) -> None:
    set_retention(database, cast.organization_a, run_days=DAYS)
    _remove(database, steps["runs"])
    set_retention(database, cast.organization_a, run_days=DAYS, usage_days=DAYS)
    _remove(database, steps["usage"])


def _remove(database: ClonedDatabase, steps: list[float]) -> None:
    with psycopg.connect(database.url(Login.WORKER), autocommit=True) as connection:
        while True:
            began = time.perf_counter()
            row = connection.execute("SELECT api.remove_expired(%s, %s)", [MOST_RUNS, MOST_ROWS]).fetchone()
            took = time.perf_counter() - began
            if row is None or row[0] is None:
                return
            steps.append(took)
            time.sleep(BREATH_SECONDS)
