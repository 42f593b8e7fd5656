"""How every page does as the installation grows: a hundredth, a tenth and all of a year with a million runs."""

import math
import statistics
from collections.abc import Sequence
from uuid import UUID

from lib.ui import navigation
from tests import doors
from tests.benchmarks.browser import BrowserTab
from tests.benchmarks.ground import Ground, web_process
from tests.benchmarks.measuring import Figure
from tests.cast import make_cast
from tests.doors import Database
from tests.scaling import RUNS, Filled, fill_at_scale

PARTS = (100, 10, 1)
RERUNS = 20
#: Of the 95th percentile at full size, in ms; and against a hundredth of it.
MOST_MS, MOST_GROWTH = 150, 1.5
MOST_FILLING_SECONDS, MOST_GIGABYTES = 900, 15
_SHOWN = {
    "run": "SELECT id FROM orchestration_runs WHERE organization_id = %s ORDER BY created_at DESC LIMIT 1",
    "project": "SELECT id FROM projects WHERE organization_id = %s ORDER BY created_at LIMIT 1",
    "template": "SELECT id FROM orchestration_templates WHERE organization_id = %s ORDER BY created_at LIMIT 1",
    "person": "SELECT id FROM users WHERE organization_id = %s ORDER BY created_at LIMIT 1",
}


def main(ground: Ground) -> list[Figure]:
    """The 95th percentile of each page's rerun at each size, and how it grows from the smallest to the largest."""
    figures: list[Figure] = []
    taken: dict[int, dict[str, float]] = {}
    for part in PARTS:
        with ground.database() as database:
            cast = make_cast(database)
            filled = fill_at_scale(database, cast.organization_a, cast.alice.user_id, runs=RUNS // part)
            figures += _filling(part, filled)
            with web_process() as (_, url):
                taken[part] = _pages(database, url, cast.secret_of(cast.alice), cast.organization_a)
    smallest, largest = taken[PARTS[0]], taken[PARTS[-1]]
    for page in largest:
        for part in PARTS:
            most = MOST_MS if part == PARTS[-1] else None
            figures.append(Figure(name=f"{page}, 1/{part}: p95", value=taken[part][page], unit="ms", most=most))
        growth = largest[page] / smallest[page]
        figures.append(Figure(name=f"{page}: growth", value=growth, unit="x", most=MOST_GROWTH))
    return figures


def _filling(part: int, filled: Filled) -> list[Figure]:
    is_whole = part == PARTS[-1]
    return [
        Figure(
            name=f"1/{part}: filling {filled.rows:,} rows",
            value=filled.seconds,
            unit="s",
            most=MOST_FILLING_SECONDS if is_whole else None,
            note=f"{filled.summing_seconds:.0f} s of it sums up usage",
        ),
        Figure(name=f"1/{part}: size", value=filled.gigabytes, unit="GB", most=MOST_GIGABYTES if is_whole else None),
    ]


def _pages(database: Database, url: str, secret: str, organization_id: UUID) -> dict[str, float]:
    """The server's time for a rerun of each page, in ms."""
    from lib.identity.cookie import session_cookie_name

    shown = _find_shown(database, organization_id)
    cookie = f"{session_cookie_name()}={secret}"
    found = {}
    for page in navigation.PAGES:
        parameters = {page.url_path: shown[page.url_path]} if page.url_path in shown else {}
        if page is navigation.TEMPLATE_EDIT:
            parameters = {"template": shown["template"]}
        with BrowserTab(url, page, cookie=cookie, **parameters) as tab:
            tab.run()
            tab.run()
            found[page.url_path or "overview"] = _p95([tab.run().milliseconds for _ in range(RERUNS)])
    return found


def _find_shown(database: Database, organization_id: UUID) -> dict[str, UUID]:
    with doors.admin(database) as connection:
        rows = {name: connection.execute(query, [organization_id]).fetchone() for name, query in _SHOWN.items()}
    return {name: row[0] for name, row in rows.items() if row}


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1] if values else statistics.nan
