"""The audit trail at two million rows beside twenty thousand: each filter, the page, sealing, verifying, and a file."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Final
from uuid import UUID

import psutil
import psycopg

from lib import clock
from lib.access.actor import Actor
from lib.audit.sealing import verify_organization
from lib.audit.trail import count_entries, export_entries, list_entries, list_findings
from lib.audit.views import EntryFilter, Outcome, Thing
from lib.db.logins import Login
from lib.exports import ExportFormat
from lib.identity.cookie import session_cookie_name
from lib.ui import navigation
from tests import doors
from tests.benchmarks.browser import BrowserTab
from tests.benchmarks.ground import Ground, settings_of, web_process
from tests.benchmarks.measuring import Figure, median_of, milliseconds
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.factories import make_project

FEW, MANY = 20_000, 2_000_000
ROUNDS = 9
MOST_RERUN_MS, MOST_RATIO = 150, 1.5
_PEOPLE: Final = """
    INSERT INTO users (organization_id, email, username, full_name)
    SELECT %s, n || '@people.example', 'person-' || n, 'Person ' || n FROM generate_series(1, 200) n
"""
# Four hundred days, the newest now. Nine in ten are A's; one in a hundred was refused; one in five thousand is rare.
_ROWS: Final = """
    SELECT overlay(gen_random_uuid()::text PLACING left(api.first_id(made)::text, 15) FROM 1 FOR 15)::uuid,
           CASE WHEN n %% 10 = 0 THEN %(b)s::uuid ELSE %(a)s::uuid END,
           CASE WHEN n %% 10 = 0 THEN %(charlie)s::uuid ELSE people[1 + hashint4(n) %% 100 + 100] END,
           CASE WHEN n %% 5000 = 1 THEN 'webhooks.delete' WHEN n %% 100 = 1 THEN 'identity.sign_in_refused'
                WHEN n %% 7 = 1 THEN 'identity.sign_in' WHEN n %% 5 = 1 THEN 'projects.update'
                WHEN n %% 2 = 0 THEN 'orchestrations.end' ELSE 'orchestrations.launch' END,
           CASE WHEN n %% 5000 = 1 THEN 'webhooks' WHEN n %% 100 = 1 OR n %% 7 = 1 THEN 'users'
                WHEN n %% 5 = 1 THEN 'projects' ELSE 'orchestrations' END,
           CASE WHEN n %% 5000 <> 1 AND n %% 100 <> 1 AND n %% 7 <> 1 AND n %% 5 = 1 THEN projects[1 + n %% 40]
                ELSE gen_random_uuid() END,
           '{"status": "running"}', '{"status": "completed", "cost_usd": 0.0421, "total_tokens": 18211}',
           ('81.2.' || n %% 90 || '.' || hashint4(n) %% 100 + 100)::inet,
           'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0', made
      FROM (SELECT n, now() - (%(count)s - n) * interval '400 days' / %(count)s AS made
              FROM generate_series(1, %(count)s) n) numbered,
           (SELECT array_agg(id) AS people FROM users WHERE username LIKE 'person-%%') p,
           (SELECT array_agg(id) AS projects FROM projects) q
"""
_COLUMNS: Final = (
    "id, organization_id, user_id, action, resource_type, resource_id, old_values, new_values, ip_address, user_agent, "
    "created_at"
)


@dataclass(frozen=True, slots=True)
class _Trail:
    """A trail of a length, and what is asked of it: use cases, and what the page's address says."""

    database: ClonedDatabase
    cast: Cast
    questions: Mapping[str, Callable[[], object]]
    addresses: Mapping[str, Mapping[str, object]]

    def open(self, url: str, name: str) -> BrowserTab:
        """The page at that address."""
        cookie = f"{session_cookie_name()}={self.cast.secret_of(self.cast.alice)}"
        return BrowserTab(url, navigation.AUDIT, cookie=cookie, **self.addresses[name])


def main(ground: Ground) -> list[Figure]:
    """The same on both, in turn; and what only matters on the long one, to which the settings lead."""
    with ground.database() as few, ground.database() as many:
        short, long = _prepare(few, FEW), _prepare(many, MANY)
        figures = _compare(short, long)
        figures += _reruns(short, long)
        figures.append(_findings(long.cast))
        figures += _seals(many, long.cast)
        figures += _file(many, long.cast)
    return figures


def _prepare(database: ClonedDatabase, count: int) -> _Trail:
    cast = make_cast(database)
    project_id = [make_project(database, cast.alice, name=f"Project {number}") for number in range(40)][7]
    person_id = _fill(database, cast, count)
    cases = _cases(person_id, project_id)
    with settings_of(database):
        questions = dict(_questions(cast.alice, cases))
        return _Trail(database, cast, questions, _addresses(cast.alice, person_id, project_id))


def _questions(
    alice: Actor, cases: Mapping[str, tuple[EntryFilter, float]]
) -> Iterator[tuple[str, Callable[[], object]]]:
    """A page of each case, and what a few of them come to."""
    for name, (chosen, share) in cases.items():
        cursor = None
        if share:  # so much of the list lies before the page
            middle = EntryFilter(user_id=chosen.user_id, before=clock.now() - timedelta(days=400 * share))
            cursor = list_entries(alice, middle, limit=1).older
        yield name, partial(list_entries, alice, chosen, cursor=cursor)
    for name in ("newest", "refused", "person", "rare action"):
        yield f"count of {name}", partial(count_entries, alice, cases[name][0], most=10_001)


def _compare(short: _Trail, long: _Trail) -> list[Figure]:
    """Each question's medians, and the median of their ratios.

    Each question is asked of one side right after the other, in every second round of the long one first: whatever
    slows the machine down meanwhile slows both down.
    """
    found: dict[str, dict[int, list[float]]] = {name: {FEW: [], MANY: []} for name in short.questions}
    sides = [(FEW, short), (MANY, long)]
    for number in range(ROUNDS):
        for name, times in found.items():
            for count, trail in sides[:: 1 if number % 2 else -1]:
                with settings_of(trail.database):
                    trail.questions[name]()  # a new connection has planned nothing yet
                    times[count].append(milliseconds(trail.questions[name]))
    medians = {name: (statistics.median(times[FEW]), statistics.median(times[MANY])) for name, times in found.items()}
    figures = [
        Figure(name=f"audit: {name}", value=many, unit="ms", note=f"{few:.1f} ms at {FEW:,} rows, {many / few:.1f} x")
        for name, (few, many) in medians.items()
    ]
    ratio = statistics.median(many / few for few, many in medians.values())
    return [*figures, Figure(name="audit: median ratio", value=ratio, unit="x")]


def _fill(database: ClonedDatabase, cast: Cast, count: int) -> UUID:
    """Rows as they would stand there, past triggers; one of the people who did it."""
    names = {"a": cast.organization_a, "b": cast.organization_b, "charlie": cast.charlie.user_id, "count": count}
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_PEOPLE, [cast.organization_a])
        connection.execute(f"INSERT INTO audit_logs ({_COLUMNS}) {_ROWS}".encode(), names)
        row = connection.execute(
            "SELECT user_id FROM audit_logs WHERE organization_id = %s AND action = 'projects.update' LIMIT 1",
            [cast.organization_a],
        ).fetchone()
    assert row is not None
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE audit_logs")
    return UUID(str(row[0]))


def _cases(person_id: UUID, project_id: UUID) -> Mapping[str, tuple[EntryFilter, float]]:
    """What is asked for, and how much of the list lies before the page."""
    now = clock.now()
    month = {"since": now - timedelta(days=230), "before": now - timedelta(days=200)}
    return {
        "newest": (EntryFilter(), 0),
        "half way down": (EntryFilter(), 0.5),
        "person": (EntryFilter(user_id=person_id), 0),
        "person, half way down": (EntryFilter(user_id=person_id), 0.5),
        "by or about a person": (EntryFilter(with_id=person_id), 0),
        "action": (EntryFilter(action="projects.update"), 0),
        "rare action": (EntryFilter(action="webhooks.delete"), 0),
        "kind": (EntryFilter(kind="users"), 0),
        "rare kind": (EntryFilter(kind="webhooks"), 0),
        "thing": (EntryFilter(thing=Thing("projects", project_id)), 0),
        "address": (EntryFilter(search="81.2.7.150"), 0),
        "id": (EntryFilter(search=str(project_id)), 0),
        "name": (EntryFilter(search="Project 7"), 0),
        "name of a person": (EntryFilter(search="Person 17"), 0),
        "name of forty projects": (EntryFilter(search="Project"), 0),
        "nobody's name": (EntryFilter(search="Zebra"), 0),
        "month": (EntryFilter(**month), 0),
        "month of a person": (EntryFilter(user_id=person_id, **month), 0),
        "refused": (EntryFilter(outcome=Outcome.REFUSED), 0),
        "refused of a person": (EntryFilter(outcome=Outcome.REFUSED, user_id=person_id), 0),
        "done": (EntryFilter(outcome=Outcome.DONE), 0),
        "person and rare action": (EntryFilter(user_id=person_id, action="webhooks.delete"), 0),
        "person and action of another kind": (
            EntryFilter(user_id=person_id, action="projects.update", kind="users"),
            0,
        ),
        "kind and action that never meet": (EntryFilter(kind="orchestrations", action="projects.update"), 0),
        "month and rare action": (EntryFilter(action="webhooks.delete", **month), 0),
    }


def _addresses(alice: Actor, person_id: UUID, project_id: UUID) -> Mapping[str, Mapping[str, object]]:
    """The cases, as far as a page has them."""
    days = [(clock.now() - timedelta(days=days)).date() for days in (230, 200)]
    middle = list_entries(alice, EntryFilter(before=clock.now() - timedelta(days=200)), limit=1).older
    return {
        "newest": {},
        "half way down": {"page": middle},
        "person": {"person": person_id},
        "by or about a person": {"with": person_id},
        "action": {"action": "projects.update"},
        "rare action": {"action": "webhooks.delete"},
        "kind": {"kind": "users"},
        "thing": {"about": f"projects:{project_id}"},
        "address": {"search": "81.2.7.150"},
        "id": {"search": project_id},
        "name": {"search": "Project 7"},
        "name of forty projects": {"search": "Project"},
        "nobody's name": {"search": "Zebra"},
        "month": {"from": days[0], "to": days[1]},
        "refused": {"outcome": "refused"},
        "kind and action that never meet": {"kind": "orchestrations", "action": "projects.update"},
    }


def _findings(cast: Cast) -> Figure:
    found = len(list_findings(cast.alice))
    value = median_of(lambda: milliseconds(lambda: list_findings(cast.alice)), rounds=3)
    note = f"{found} findings of two weeks, habits of ninety days"
    return Figure(name="audit: unusual access", value=value, unit="ms", note=note)


def _reruns(short: _Trail, long: _Trail) -> Iterator[Figure]:
    """The page itself, with each of the filters that its address can hold, in turn as above."""
    sides = {FEW: short, MANY: long}
    found: dict[str, dict[int, float]] = {name: {} for name in short.addresses}
    with ExitStack() as stack:
        urls = {}
        for count, trail in sides.items():
            with settings_of(trail.database):
                urls[count] = stack.enter_context(web_process())[1]
        for name in found:
            tabs = {count: stack.enter_context(trail.open(urls[count], name)) for count, trail in sides.items()}
            times: dict[int, list[float]] = {FEW: [], MANY: []}
            for number in range(ROUNDS + 1):
                for count in list(sides)[:: 1 if number % 2 else -1]:
                    times[count].append(tabs[count].run().milliseconds)
            found[name] = {count: statistics.median(each[1:]) for count, each in times.items()}
    for name, times in found.items():
        few, many = times[FEW], times[MANY]
        note = f"{few:.1f} ms at {FEW:,} rows, {many / few:.2f} x"
        yield Figure(name=f"audit: the page, {name}", value=many, unit="ms", most=MOST_RERUN_MS, note=note)
    worst = max(times[MANY] / times[FEW] for times in found.values())
    yield Figure(name="audit: the page, worst ratio", value=worst, unit="x", most=MOST_RATIO)


def _seals(database: ClonedDatabase, cast: Cast) -> Iterator[Figure]:
    began, most = time.perf_counter(), 0.0
    with doors.login(database, Login.WORKER) as connection:
        mark = connection.execute("SELECT now() - interval '1 minute', pg_current_xact_id()::text").fetchone()
        connection.commit()
        assert mark is not None
        count = 1
        while count:
            step = time.perf_counter()
            row = connection.execute("SELECT api.seal_audit(%s, %s::xid8, 4)", mark).fetchone()
            connection.commit()
            count, most = row[0] if row else 0, max(most, time.perf_counter() - step)
    took = time.perf_counter() - began
    note = f"the longest transaction {most * 1000:.0f} ms"
    yield Figure(name=f"audit: sealing {MANY:,} rows", value=took, unit="s", note=note)
    process, state = psutil.Process(), None
    before, peak, began = process.memory_info().rss, 0, time.perf_counter()
    longest = 0.0
    while state is None or not state.is_done:
        step = time.perf_counter()
        state = verify_organization(cast.organization_a, state)
        longest = max(longest, time.perf_counter() - step)
        peak = max(peak, process.memory_info().rss)
    assert not state.fault_count
    note = f"{state.rows:,} rows, {state.number} seals, a step at most {longest * 1000:.0f} ms"
    yield Figure(name="audit: verifying", value=time.perf_counter() - began, unit="s", note=note)
    yield Figure(name="audit: memory of verifying", value=(peak - before) / 1e6, unit="MB more", most=50)


def _file(database: ClonedDatabase, cast: Cast) -> Iterator[Figure]:
    with doors.admin(database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro'")
    chosen = EntryFilter(since=clock.now() - timedelta(days=20))
    out = BytesIO()
    took = milliseconds(lambda: export_entries(cast.alice, chosen, out, file_format=ExportFormat.LINES)) / 1000
    lines = out.getvalue().count(b"\n")
    yield Figure(
        name=f"audit: {lines:,} entries as lines", value=took, unit="s", note=f"{len(out.getvalue()) / 1e6:.0f} MB"
    )
