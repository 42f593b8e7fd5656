"""Every statement that the pages send, on large tables: found by an index, and no more rows than the page needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.audit.service import list_person_changes, list_project_changes, list_template_changes
from lib.audit.trail import count_entries, find_named, list_entries
from lib.audit.views import EntryFilter, Outcome, Thing
from lib.budgets.gauges import list_gauges
from lib.budgets.service import list_budgets
from lib.config import get_settings
from lib.db import session
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from lib.exports import MOST_ROWS
from lib.maintenance.upgrade import publish_builtin_templates
from lib.models.project import Priority, ProjectStatus
from lib.models.run import RunStatus
from lib.organizations.service import get_frame
from lib.projects.lists import count_projects, count_projects_by_status, list_owners
from lib.projects.queries import ProjectFilter
from lib.projects.service import get_project, list_project_choices, list_projects
from lib.projects.views import ProjectSort
from lib.reviews.inbox.queries import ReviewFilter
from lib.reviews.service import count_reviews_by_split, list_reviewer_choices, list_reviews
from lib.reviews.views import ReviewSort, ReviewSplit
from lib.runs.launch import LaunchRequest, preview_launch
from lib.runs.lists.service import count_runs, count_runs_by_status, list_run_choices
from lib.runs.queries import RunFilter
from lib.runs.service import cancel_run, find_earlier_texts, get_overview, get_texts, list_runs, watch_run
from lib.runs.views import RunSort
from lib.runs.watching.service import Reader, look_at_run
from lib.schedules.queries import ScheduleFilter
from lib.schedules.service import list_schedules, list_stopped
from lib.templates.gallery import (
    count_templates_by_scope,
    list_gallery_words,
    list_template_choices,
    list_templates,
)
from lib.templates.queries import TemplateFilter
from lib.templates.service import get_template
from lib.templates.versions.service import list_versions
from lib.templates.views import TemplateSort
from lib.usage.calls.service import list_calls
from lib.usage.calls.views import CallFilter
from lib.usage.hours import HourOfWeek
from lib.usage.periods import last_days, last_months, today_in
from lib.usage.service import list_choices, read_dashboard
from lib.usage.views import Dimension, UsageQuery
from lib.users.invitations import count_invitations, list_invitations
from lib.users.people import count_people, get_person, list_people
from lib.users.queries import PersonFilter
from lib.users.service import get_profile
from lib.users.views import PersonSort, PersonStatus
from tests.cast import Cast, make_cast
from tests.database import SECRET_KEY, ClonedDatabase
from tests.doors import admin, login
from tests.factories import TEMPLATE_DATA, make_template
from tests.filling import fill, fill_one, fill_people, fill_reviews, fill_schedules, fill_sums, fill_trail
from tests.made_runs import MODEL, admit_run, answer, beginning
from tests.plans.plan import LARGE, Sending, Sent, explain, faults, read_whole

#: Of the organization that looks, and of each of the others: half of the table is theirs.
OWN_RUNS, OTHERS, RUNS_EACH = 20_000, 40, 500
OWN_PEOPLE, PEOPLE_EACH = 400, 200


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with large tables, who looks into it, and what they look at."""

    database: ClonedDatabase
    cast: Cast
    run_id: UUID
    attempt_id: UUID
    project_id: UUID
    template_id: UUID
    #: Another one under way, for the engine.
    walked_run_id: UUID

    @property
    def looking(self) -> Actor:
        return self.cast.alice

    @property
    def mona(self) -> Actor:
        """Who launched nothing, and so is asked about everything."""
        return self.cast.mona


@pytest.fixture(scope="module")
def filled(module_database: ClonedDatabase) -> Filled:
    cast = make_cast(module_database)
    template_id = make_template(module_database, cast.alice, status="published", data=TEMPLATE_DATA)
    publish_builtin_templates(module_database.url(Login.OWNER))
    fill_one(module_database, cast.organization_a, cast.alice.user_id, projects=200, runs=OWN_RUNS)
    fill(module_database, organizations=OTHERS, runs_each=RUNS_EACH)
    with admin(module_database) as connection:
        seen, walked = connection.execute(
            "SELECT r.id, p.id, r.project_id FROM orchestration_runs r JOIN phase_executions p ON p.run_id = r.id "
            "JOIN projects j ON j.id = r.project_id AND j.status = 'active' "
            "WHERE r.organization_id = %s AND r.status = 'running' AND p.status = 'running' LIMIT 2",
            [cast.organization_a],
        )
        others = connection.execute("SELECT id FROM organizations WHERE id <> %s", [cast.organization_a]).fetchall()
    for organization_id, people in ((cast.organization_a, OWN_PEOPLE), *((other, PEOPLE_EACH) for (other,) in others)):
        fill_people(module_database, organization_id, people=people)
    fill_reviews(module_database)
    fill_trail(module_database, seen[2], rows=5_000)
    fill_schedules(module_database, template_id, each=100)
    fill_sums(module_database, cast.organization_a)
    return Filled(module_database, cast, *seen, template_id, walked[0])


@pytest.fixture(autouse=True)
def _settings(filled: Filled, monkeypatch: pytest.MonkeyPatch, _no_settings_of_this_machine: None) -> Iterator[None]:
    for who in Login:
        monkeypatch.setenv(URL_VARIABLES[who], filled.database.url(who))
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("ORCHESTRATOR_LOCAL_MODEL", "false")
    get_settings.cache_clear()
    yield
    session.dispose()


def turn_pages(read: Callable[..., object]) -> None:
    """The first page of a list, the next one, and back."""
    first = read()
    older = read(cursor=first.older)  # type: ignore[attr-defined] # a Page
    read(cursor=older.newer)  # type: ignore[attr-defined] # a Page


def preview(made: Filled) -> None:
    request = LaunchRequest(project_id=made.project_id, template_id=made.template_id, model=MODEL)
    preview_launch(made.looking, request)


#: What the list of runs can be narrowed to.
CHOSEN: dict[str, Callable[[Filled], dict[str, Any]]] = {
    "of a person": lambda made: {"user_id": made.looking.user_id},
    "of nobody": lambda made: {"user_id": made.cast.vera.user_id},
    "of a template": lambda made: {"template_id": made.template_id},
    "of a schedule": lambda made: {"schedule_id": made.template_id},
    "of a model": lambda made: {"model": MODEL},
    "of another model": lambda made: {"model": "local:other"},
    "of a month": lambda made: {
        "since": clock.now() - timedelta(days=100),
        "before": clock.now() - timedelta(days=70),
    },
}

#: What each page asks for, by every choice that it offers.
ASKED: dict[str, Callable[[Filled], object]] = {
    "sidebar": lambda made: get_frame(made.looking),
    "sidebar, of a reviewer": lambda made: get_frame(made.mona),
    "overview": lambda made: get_overview(made.looking),
    "runs": lambda made: turn_pages(lambda **at: list_runs(made.looking, **at)),
    **{
        f"runs, {status}": lambda made, status=status: list_runs(made.looking, RunFilter(status=status))
        for status in RunStatus
    },
    "runs, failed, turned": lambda made: turn_pages(
        lambda **at: list_runs(made.looking, RunFilter(status=RunStatus.FAILED), **at)
    ),
    "runs, search": lambda made: list_runs(made.looking, RunFilter(search="Run 77")),
    **{
        f"runs, {sort}": lambda made, sort=sort: turn_pages(lambda **at: list_runs(made.looking, sort=sort, **at))
        for sort in RunSort
    },
    **{
        f"runs, {name}, {sort}": lambda made, choose=choose, sort=sort: list_runs(
            made.looking, RunFilter(**choose(made)), sort=sort
        )
        for name, choose in CHOSEN.items()
        for sort in RunSort
    },
    "runs, by status": lambda made: count_runs_by_status(made.looking, RunFilter(), most=99),
    **{
        f"runs, by status, {name}": lambda made, choose=choose: count_runs_by_status(
            made.looking, RunFilter(**choose(made)), most=99
        )
        for name, choose in CHOSEN.items()
    },
    "runs, by status, of a project": lambda made: count_runs_by_status(
        made.looking, RunFilter(project_id=made.project_id), most=99
    ),
    "runs, by status, search": lambda made: count_runs_by_status(made.looking, RunFilter(search="nothing"), most=99),
    "runs, choices": lambda made: list_run_choices(made.looking, RunFilter(project_id=made.project_id)),
    "runs, export": lambda made: count_runs(made.looking, RunFilter(), most=MOST_ROWS),
    "run": lambda made: watch_run(made.looking, made.run_id),
    "run, a look": lambda made: look_at_run(
        made.looking, made.run_id, reader=Reader(attempt_id=made.attempt_id, after=0, has_bytes=0)
    ),
    "run, changes": lambda made: find_earlier_texts(made.looking, made.run_id, made.attempt_id),
    "run, an attempt": lambda made: get_texts(made.looking, made.run_id, made.attempt_id),
    **{
        f"reviews, {split}, {sort}": lambda made, split=split, sort=sort: turn_pages(
            lambda **at: list_reviews(made.mona, ReviewFilter(split=split), sort=sort, **at)
        )
        for split in (None, *ReviewSplit)
        for sort in ReviewSort
    },
    "reviews, by split": lambda made: count_reviews_by_split(made.mona, ReviewFilter(), most=99),
    "reviews, overdue": lambda made: list_reviews(made.mona, ReviewFilter(is_overdue=True)),
    "reviews, of a project": lambda made: list_reviews(made.mona, ReviewFilter(project_id=made.project_id)),
    "reviews, reviewers": lambda made: list_reviewer_choices(made.looking),
    "projects": lambda made: turn_pages(lambda **at: list_projects(made.looking, **at)),
    **{
        f"projects, {status}": lambda made, status=status: list_projects(made.looking, ProjectFilter(status=status))
        for status in ProjectStatus
    },
    "projects, search": lambda made: list_projects(made.looking, ProjectFilter(search="Project 77")),
    **{
        f"projects, {sort}": lambda made, sort=sort: turn_pages(
            lambda **at: list_projects(made.looking, sort=sort, **at)
        )
        for sort in ProjectSort
    },
    "projects, of a person": lambda made: list_projects(
        made.looking, ProjectFilter(created_by=made.looking.user_id, priority=Priority.HIGH)
    ),
    "projects, by status": lambda made: count_projects_by_status(made.looking, ProjectFilter(search="77"), most=99),
    "projects, owners": lambda made: list_owners(made.looking, wanted=made.looking.user_id),
    "projects, export": lambda made: count_projects(made.looking, ProjectFilter(), most=MOST_ROWS),
    "project": lambda made: get_project(made.looking, made.project_id),
    "project, runs": lambda made: turn_pages(
        lambda **at: list_runs(made.looking, RunFilter(project_id=made.project_id), **at)
    ),
    **{
        f"trail, {how}": lambda made, chosen=chosen: turn_pages(
            lambda **at: list_entries(made.looking, chosen(made), limit=2, **at)
        )
        for how, chosen in {
            "all": lambda _: EntryFilter(),
            "person": lambda made: EntryFilter(user_id=made.looking.user_id),
            "with": lambda made: EntryFilter(with_id=made.looking.user_id),
            "action": lambda _: EntryFilter(action="projects.update"),
            "kind": lambda _: EntryFilter(kind="projects"),
            "thing": lambda made: EntryFilter(thing=Thing("projects", made.project_id)),
            "id": lambda made: EntryFilter(search=str(made.project_id)),
            "name": lambda _: EntryFilter(search="Project 77"),
            "name of many": lambda _: EntryFilter(search="Project", kind="projects"),
            "name of runs": lambda _: EntryFilter(search="Run 77"),
        }.items()
    },
    "trail, none": lambda made: [
        list_entries(made.looking, EntryFilter(search="81.2.69.142")),
        list_entries(made.looking, EntryFilter(outcome=Outcome.REFUSED)),
        count_entries(made.looking, EntryFilter(outcome=Outcome.REFUSED), most=100),
        count_entries(made.looking, EntryFilter(), most=10_001),
        count_entries(made.looking, EntryFilter(search="Run", outcome=Outcome.REFUSED), most=100),
        find_named(made.looking, EntryFilter(search="nobody is called so")),
    ],
    "project, activity": lambda made: turn_pages(
        lambda **at: list_project_changes(made.looking, made.project_id, limit=2, **at)
    ),
    **{
        f"templates, {sort}": lambda made, sort=sort: list_templates(
            made.looking, TemplateFilter(search="two"), sort=sort
        )
        for sort in TemplateSort
    },
    "templates, by scope": lambda made: count_templates_by_scope(made.looking, TemplateFilter(search="two"), most=99),
    "templates, words": lambda made: list_gallery_words(made.looking),
    "template": lambda made: get_template(made.looking, made.template_id),
    "template, versions": lambda made: list_versions(made.looking, made.template_id),
    "template, activity": lambda made: list_template_changes(made.looking, made.template_id),
    "schedules": lambda made: turn_pages(lambda **at: list_schedules(made.looking, **at)),
    "schedules, of a project": lambda made: list_schedules(made.looking, ScheduleFilter(project_id=made.project_id)),
    "schedules, of a template": lambda made: list_schedules(made.looking, ScheduleFilter(template_id=made.template_id)),
    "schedules, stopped": lambda made: list_stopped(made.looking),
    "launch, projects": lambda made: list_project_choices(made.looking, wanted=made.project_id, limit=5),
    "launch, templates": lambda made: list_template_choices(made.looking),
    "launch, preview": preview,
    **{
        f"users, {sort}": lambda made, sort=sort: turn_pages(lambda **at: list_people(made.looking, sort=sort, **at))
        for sort in PersonSort
    },
    **{
        f"users, {status}": lambda made, status=status: list_people(made.looking, PersonFilter(status=status))
        for status in PersonStatus
    },
    "users, of a role": lambda made: list_people(made.looking, PersonFilter(role=Role.VIEWER)),
    "users, search": lambda made: list_people(made.looking, PersonFilter(search="Larsen 77")),
    "users, export": lambda made: count_people(made.looking, PersonFilter(), most=MOST_ROWS),
    "users, invited": lambda made: turn_pages(lambda **at: list_invitations(made.looking, **at)),
    "users, invited, search": lambda made: list_invitations(made.looking, search="77@", role=Role.MEMBER),
    "users, invited, export": lambda made: count_invitations(made.looking, search="", role=None, most=MOST_ROWS),
    "person": lambda made: get_person(made.looking, made.cast.max.user_id),
    "person, activity": lambda made: list_person_changes(made.looking, made.cast.max.user_id),
    "account": lambda made: get_profile(made.looking),
    "usage, calls": lambda made: turn_pages(lambda **at: list_calls(made.looking, calls(), **at)),
    "usage, failed calls": lambda made: list_calls(made.looking, calls(is_failed=True)),
    "usage, calls of an hour of the week": lambda made: turn_pages(
        lambda **at: list_calls(made.looking, calls(hour=last_hour()), limit=2, **at)
    ),
    "cancel": lambda made: cancel_run(made.looking, made.run_id),
}


def calls(*, is_failed: bool = False, hour: HourOfWeek | None = None) -> CallFilter:
    """Those of a month."""
    query = UsageQuery(period=last_days(30, today_in("UTC"), "UTC"))
    return CallFilter(query=query, is_failed=is_failed, hour=hour)


def last_hour() -> HourOfWeek:
    """The one that has just ended."""
    moment = clock.now() - timedelta(hours=1)
    return HourOfWeek(moment.weekday(), moment.hour)


def sent_for(made: Filled, ask: Callable[[Filled], object]) -> list[Sent]:
    """What goes to the database for it, but for the announcement of who asks."""
    with Sending() as sending:
        ask(made)
    return [sent for sent in sending.statements if "set_config" not in sent.statement]


def test_no_statement_of_a_page_grows_with_the_tables(filled: Filled) -> None:
    """One test for all pages: the tables take longer to fill than the statements to explain."""
    found = {}
    for name, ask in ASKED.items():
        statements = sent_for(filled, ask)
        assert statements, name
        for sent in statements:
            if wrong := list(faults(explain(filled.looking, sent))):
                found[name, sent.statement] = wrong
            assert " OFFSET " not in sent.statement.upper(), name
    assert not found


def test_no_figure_of_usage_reads_a_whole_table(filled: Filled) -> None:
    """Sums are of many rows by their nature: those of the period, each found by an index."""
    month = UsageQuery(period=last_days(30, today_in("UTC"), "UTC"))
    narrowed = replace(month, chosen={Dimension.MODEL: frozenset({"local:model-1"})})
    asked: dict[str, Callable[[], object]] = {
        "a month": lambda: read_dashboard(filled.looking, month),
        "a year": lambda: read_dashboard(filled.looking, UsageQuery(period=last_months(12, today_in("UTC"), "UTC"))),
        "a day": lambda: read_dashboard(filled.looking, UsageQuery(period=last_days(1, today_in("UTC"), "UTC"))),
        "one model": lambda: read_dashboard(filled.looking, narrowed, by=Dimension.PERSON, with_latency=True),
        "operations": lambda: read_dashboard(filled.looking, replace(month, is_model=False)),
        **{f"choices, {by}": lambda by=by: list_choices(filled.looking, month, by) for by in Dimension},
        "budgets": lambda: list_budgets(filled.looking),
        "gauges": lambda: list_gauges(filled.looking, project_id=filled.project_id),
    }
    found = {}
    for name, ask in asked.items():
        for sent in sent_for(filled, lambda _, ask=ask: ask()):
            if whole := [*read_whole(explain(filled.looking, sent))]:
                found[name, sent.statement] = whole
    assert not found


def test_no_step_of_the_engine_reads_a_whole_table(filled: Filled) -> None:
    """Its statements stand inside functions, where EXPLAIN does not see them: PostgreSQL counts what they read."""
    run, token = (filled.cast.organization_a, filled.walked_run_id), uuid4()
    admit_run(filled.database, *run)
    with login(filled.database, Login.WORKER) as connection:

        def call(function: str, *arguments: object) -> Any:
            connection.execute("RESET ROLE")  # each is a transaction of its own in earnest
            marks = ", ".join(["%s"] * len(arguments))
            row = connection.execute(f"SELECT api.{function}({marks})".encode(), arguments).fetchone()
            assert row is not None
            return row[0]

        call("open_segment", *run, token)
        begun = call("advance_run", *run, token, Jsonb({"begin": [beginning("Phase 1", attempt=2)]}))["begun"]
        call("write_stream", run[0], token, begun[0]["id"], "Fold it tw")
        call("advance_run", *run, token, Jsonb({"finish": [answer(begun[0]["id"])]}))
        call("advance_run", *run, token, Jsonb({"end": {"status": "completed", "error": {}}}))
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the next one's admission
        call("requeue_lost_runs")
        call("claim_schedule", 60)
        read = connection.execute("SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0").fetchall()
        connection.rollback()
    assert not LARGE & {table for (table,) in read}
