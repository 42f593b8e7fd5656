import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import psutil

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from lib.runs.launch import LaunchRequest, launch_run
from lib.ui import navigation
from tests import doors
from tests.benchmarks.browser import Answered, BrowserTab, Watch
from tests.benchmarks.ground import Ground, settings_with, web_process
from tests.benchmarks.instant_model import instant_model
from tests.benchmarks.live_run import LiveRun, start_live_run
from tests.benchmarks.measuring import Figure, cpu_seconds, median_of, milliseconds
from tests.cast import make_cast
from tests.database import ClonedDatabase
from tests.factories import insert, make_template
from tests.filling import fill_one

RERUNS = 30
REFRESHES = 60
PROJECTS, RUNS = 30, 200
#: What a refresh of a live run may take of the web process, and of the network.
MOST_CPU_MS, MOST_KB = 8, 6
SMALL, LARGE = 10_000, 100_000
#: Of the template in the editor: as large as one can be.
PHASES, PROMPT_BYTES = 40, 5_000
MOST_EDITOR_CPU_MS, MOST_EDITOR_KB = 100, 60
LAUNCHES = 10
#: Nobody is to wait for it visibly.
MOST_LAUNCH_MS = 200


def main(ground: Ground) -> list[Figure]:
    """A rerun of each page and a live refresh: wall time, CPU of the web process, bytes that the browser gets."""
    with ground.database() as database, instant_model() as endpoint, settings_with(endpoint):
        cast = make_cast(database)
        alice = cast.alice
        fill_one(database, alice.organization_id, alice.user_id, projects=PROJECTS, runs=RUNS)
        runs = {size: start_live_run(database, alice, answer_characters=size) for size in (SMALL, LARGE)}
        cookie = f"{session_cookie_name()}={cast.secret_of(alice)}"
        with web_process() as (process, url):
            shown = {"person": cast.max.user_id, "template": make_template(database, alice, status="published")}
            web = Web(process, url, cookie, shown)
            figures = _reruns(web, runs[SMALL])
            large = _write_template(database, alice)
            figures += _edit(web, large)
            figures += _launch(web, alice, LaunchRequest(project_id=runs[SMALL].project_id, template_id=large))
            figures += _refreshes(web, navigation.OVERVIEW, runs[SMALL], name="overview")
            long = start_live_run(database, alice, answer_characters=SMALL, phases=60)
            for size, live in (*runs.items(), (SMALL, long)):
                name = f"run, {live.phases} x {size // 1000} kB"
                figures += _looks(web, live, name=name)
                figures += _refreshes(web, navigation.RUN, live, name=f"the numbers of {name}")
    return figures


@dataclass(frozen=True, slots=True)
class Web:
    """The web process, and what opens its pages."""

    process: psutil.Process
    url: str
    cookie: str
    #: What is looked at where a page shows one thing, by the page's address.
    shown: Mapping[str, UUID]

    def open(self, page: navigation.PageEntry, **parameters: object) -> BrowserTab:
        return BrowserTab(self.url, page, cookie=self.cookie, **parameters)


def _reruns(web: Web, live: LiveRun) -> list[Figure]:
    figures = []
    for page in navigation.PAGES:
        if page is navigation.TEMPLATE_EDIT:
            continue  # measured with a large template
        shown = {"run": live.run_id, "project": live.project_id, **web.shown}
        parameters = {page.url_path: shown[page.url_path]} if page.url_path in shown else {}
        figures += _figures(page.url_path, *_rerun(web, page, **parameters))
    return figures


def _rerun(web: Web, page: navigation.PageEntry, **parameters: object) -> tuple[list[Answered], float]:
    """The warm page, drawn anew so often, and the CPU seconds of the web process for all of it."""
    with web.open(page, **parameters) as tab:
        tab.run()
        tab.run()
        before = cpu_seconds(web.process)
        answers = [tab.run() for _ in range(RERUNS)]
        return answers, cpu_seconds(web.process) - before


def _launch(web: Web, actor: Actor, request: LaunchRequest) -> list[Figure]:
    """What the Launch page shows of that template, every prompt rendered, and what a press on its button takes."""
    name = f"launch of {PHASES} phases, {PHASES * PROMPT_BYTES // 1000} kB of prompts"
    drawn = _rerun(web, navigation.LAUNCH, project=request.project_id, template=request.template_id)
    pressed = median_of(lambda: milliseconds(lambda: launch_run(actor, request)), rounds=LAUNCHES)
    return [
        *_figures(name, *drawn),
        Figure(name=f"{name}: from the press to the queue", value=pressed, unit="ms", most=MOST_LAUNCH_MS),
    ]


def _write_template(database: ClonedDatabase, actor: Actor) -> UUID:
    """One of 40 phases that branch, and 200 kB of prompts."""
    line = "Topic: {{ topic }}. What was written so far: {{ previous | notes }}\n"
    prompt = (line * PROMPT_BYTES)[: PROMPT_BYTES - len(line)].rpartition("\n")[0]
    phases = [
        {
            "code": f"Phase {number}",
            "name": f"Step {number}",
            "prompt": f"{prompt} {number}",
            "depends_on": [f"Phase {number // 2}"] if number else [],
        }
        for number in range(PHASES)
    ]
    template_id = make_template(database, actor, data={"phases": phases})
    mine = {"organization_id": actor.organization_id, "created_by": actor.user_id, "template_id": template_id}
    with doors.person(database, actor) as connection:
        insert(connection, "template_versions", **mine, version=1, template_data={"phases": phases})
    return template_id


def _edit(web: Web, template_id: UUID) -> list[Figure]:
    """A rerun of the editor, as after each change."""
    name = f"editor of {PHASES} phases, {PHASES * PROMPT_BYTES // 1000} kB of prompts"
    drawn = _rerun(web, navigation.TEMPLATE_EDIT, template=template_id, phase="Phase 20")
    return _figures(name, *drawn, most_cpu_ms=MOST_EDITOR_CPU_MS, most_kb=MOST_EDITOR_KB)


def _refreshes(web: Web, page: navigation.PageEntry, live: LiveRun, *, name: str) -> list[Figure]:
    """What the page's only timer asks for, every few seconds."""
    with web.open(page, run=live.run_id) as tab:
        tab.run()
        (fragment_id,) = tab.refreshing
        return _measure(web, live, lambda: tab.refresh(fragment_id), name=f"live refresh of {name}")


def _looks(web: Web, live: LiveRun, *, name: str) -> list[Figure]:
    """What a page that watches a run asks once a second."""
    watch = Watch(web.url, live.run_id, live.writing, cookie=web.cookie)
    return _measure(web, live, watch.look, name=f"live refresh of {name}", most_cpu_ms=MOST_CPU_MS, most_kb=MOST_KB)


def _measure(web: Web, live: LiveRun, ask: Callable[[], Answered], *, name: str, **most: float) -> list[Figure]:
    """A second of writing lies between two of them."""
    ask()
    cpu, answers = 0.0, []
    for _ in range(REFRESHES):
        live.write_more()
        before = cpu_seconds(web.process)
        answers.append(ask())
        cpu += cpu_seconds(web.process) - before
    return _figures(name, answers, cpu, **most)


def _figures(
    name: str,
    answers: list[Answered],
    cpu: float,
    *,
    most_cpu_ms: float | None = None,
    most_kb: float | None = None,
) -> list[Figure]:
    """`cpu` are the seconds that all the answers took of the web process."""
    return [
        Figure(name=f"{name}: wall", value=statistics.median(one.milliseconds for one in answers), unit="ms"),
        Figure(name=f"{name}: CPU", value=1000 * cpu / len(answers), unit="ms", most=most_cpu_ms),
        Figure(
            name=f"{name}: bytes",
            value=statistics.median(one.received_bytes for one in answers) / 1000,
            unit="kB",
            most=most_kb,
        ),
    ]
