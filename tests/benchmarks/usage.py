"""The page of analytics, and a file of a million calls: how long a rerun takes, and what the file needs of memory."""

import threading
import time
import urllib.request
from datetime import timedelta

import psutil

from lib import clock
from lib.exports import ExportFormat
from lib.identity.cookie import session_cookie_name
from lib.ui import navigation
from lib.usage.calls.address import write_address
from lib.usage.calls.views import CallFilter
from lib.usage.periods import Period
from lib.usage.service import read_dashboard
from lib.usage.views import UsageQuery
from tests import doors
from tests.benchmarks.browser import BrowserTab
from tests.benchmarks.ground import Ground, web_process
from tests.benchmarks.measuring import Figure, cpu_seconds, median_of, milliseconds
from tests.browser.usage_of_scene import make_usage
from tests.cast import make_cast
from tests.factories import make_project

ROWS = 1_000_000
RERUNS = 20
MOST_RERUN_MS, MOST_EXPORT_MB = 150, 100
_FILL = (
    "INSERT INTO api_usage (organization_id, user_id, endpoint, method, provider, model, prompt_tokens, "
    "completion_tokens, cost_usd, response_time_ms, created_at) SELECT %s, %s, 'model', 'POST', 'openai', "
    "'gpt-4.1-mini', n %% 4000, n %% 900, 0.0012, n %% 9000, now() - n * interval '2 seconds' "
    "FROM generate_series(1, %s) n"
)


def main(ground: Ground) -> list[Figure]:
    """Ninety days for the page, then a million rows for the file."""
    with ground.database() as database:
        cast = make_cast(database)
        projects = [make_project(database, cast.alice, name=f"Project {number}") for number in range(9)]
        make_usage(database, cast, projects)
        cookie = f"{session_cookie_name()}={cast.secret_of(cast.mona)}"
        today = clock.now().date()
        query = UsageQuery(period=Period(today - timedelta(days=29), today, "UTC"))
        figures = [
            Figure(
                name="analytics: the use case",
                value=median_of(lambda: milliseconds(lambda: read_dashboard(cast.mona, query)), rounds=RERUNS),
                unit="ms",
            )
        ]
        with web_process() as (process, url):
            figures += _rerun(process, url, cookie)
            with doors.admin(database) as connection:
                connection.execute(_FILL, [cast.organization_a, cast.mona.user_id, ROWS])
            chosen = CallFilter(query=UsageQuery(period=Period(today - timedelta(days=40), today, "UTC")))
            for file_format in ExportFormat:
                figures += _export(process, f"{url}/api/usage/calls.{file_format}?{write_address(chosen)}", cookie)
    return figures


def _rerun(process: psutil.Process, url: str, cookie: str) -> list[Figure]:
    with BrowserTab(url, navigation.ANALYTICS, cookie=cookie) as tab:
        tab.run()
        tab.run()
        before = cpu_seconds(process)
        walls = sorted(milliseconds(tab.run) for _ in range(RERUNS))
        cpu = (cpu_seconds(process) - before) * 1000 / RERUNS
    return [
        Figure(name="analytics: a rerun", value=walls[RERUNS // 2], unit="ms", most=MOST_RERUN_MS),
        Figure(name="analytics: CPU of a rerun", value=cpu, unit="ms"),
    ]


def _export(process: psutil.Process, address: str, cookie: str) -> list[Figure]:
    before, most, is_over = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            most[0] = max(most[0], process.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    began, size = time.perf_counter(), 0
    request = urllib.request.Request(address, headers={"cookie": cookie})
    with urllib.request.urlopen(request, timeout=600) as answer:
        while chunk := answer.read(1 << 16):
            size += len(chunk)
    took = time.perf_counter() - began
    is_over.set()
    watching.join()
    name = address.partition("?")[0].rpartition(".")[2]
    note = f"{took:.0f} s, {size / 1e6:.0f} MB"
    more = (most[0] - before) / 1e6
    return [
        Figure(name=f"analytics: {ROWS:,} calls as {name}", value=more, unit="MB more", most=MOST_EXPORT_MB, note=note)
    ]
