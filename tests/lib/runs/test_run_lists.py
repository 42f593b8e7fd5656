"""Around the list of runs: its filters and orders, what can be chosen, and all of it as a file."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pyarrow.parquet as pq
import pytest

from lib.access.actor import Actor
from lib.audit import exports
from lib.db import counting
from lib.exports import ExportFormat
from lib.models.run import RunStatus
from lib.projects.lists import export_projects
from lib.projects.queries import ProjectFilter
from lib.projects.views import ProjectSort
from lib.runs.lists.service import COLUMNS, RunChoices, count_runs, count_runs_by_status, export_runs, list_run_choices
from lib.runs.queries import RunFilter
from lib.runs.service import list_runs
from lib.runs.views import RunSort
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import MODEL, end_run, make_run
from tests.records import Record, rows, signature
from tests.workspace import make_workspace

pytestmark = pytest.mark.usefixtures("installation")

#: The same columns by plain SQL, past every policy and every line of ours.
RAW = """
    SELECT r.id::text, r.title, r.status, r.project_id::text, p.name AS project, r.user_id::text AS launched_by_id,
           u.full_name AS launched_by, r.template_id::text, r.plan ->> 'template_name' AS template, r.template_version,
           r.model, r.created_at, r.started_at, r.completed_at, r.execution_time_ms, r.total_phases,
           r.completed_phases, r.total_tokens, r.cost_usd
    FROM orchestration_runs r JOIN projects p ON p.id = r.project_id JOIN users u ON u.id = r.user_id
    WHERE r.organization_id = %s ORDER BY r.cost_usd DESC NULLS LAST, r.id DESC"""
FORMATS = pytest.mark.parametrize("file_format", list(ExportFormat))


@pytest.fixture
def some_runs(installation: Installation, cast: Cast) -> list[Record]:
    """In A: a completed run, a failed and a waiting one, one with unknown cost; and one of B."""
    database = installation.database
    for actor in (cast.alice, cast.max):
        project_id = make_project(database, actor, name=f"=Project of {actor.username}")
        template_id = make_template(database, actor, name=f"Template of {actor.username}")
        for ended in ("completed", "failed", None):
            model = MODEL if ended else "local:other"
            run = make_run(
                database, actor, project_id=project_id, template_id=template_id, title=f"@{ended}", model=model
            )
            if ended:
                end_run(database, actor, run, status=ended)
    rows(installation, "UPDATE orchestration_runs SET cost_usd = NULL WHERE status = 'queued' RETURNING 1")
    make_workspace(database, cast.charlie)
    return rows(installation, RAW, cast.organization_a)


def exported(actor: Actor, file_format: ExportFormat, chosen: RunFilter | None = None) -> list[Record]:
    """What the file says, as Python values where it has types."""
    data = export_runs(actor, chosen or RunFilter(), sort=RunSort.COST, file_format=file_format)
    if file_format is ExportFormat.CSV:
        return list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    if file_format is ExportFormat.JSON:
        found: list[Record] = json.loads(data, parse_float=Decimal)
        return found
    if file_format is ExportFormat.LINES:
        return [json.loads(line, parse_float=Decimal) for line in data.splitlines()]
    return list(pq.read_table(io.BytesIO(data)).to_pylist())


def as_file(record: Record, file_format: ExportFormat) -> Record:
    """A raw row as such a file has it."""

    def say(value: object) -> object:
        if isinstance(value, datetime):
            value = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if file_format in {ExportFormat.JSON, ExportFormat.LINES}:
            return value
        text = "" if value is None else str(value)
        return f"'{text}" if text.startswith(("=", "@")) else text

    return record if file_format is ExportFormat.PARQUET else {name: say(value) for name, value in record.items()}


@FORMATS
def test_file_is_what_the_tables_have(some_runs: list[Record], cast: Cast, file_format: ExportFormat) -> None:
    assert len(some_runs) == 6
    assert list(some_runs[0]) == [column.name for column in COLUMNS]
    for actor in cast.of_a:
        assert exported(actor, file_format) == [as_file(record, file_format) for record in some_runs]


@FORMATS
def test_file_is_whole_however_many_pages_it_is_read_in(
    some_runs: list[Record], cast: Cast, file_format: ExportFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at_once in (1, 2, 6, 7):
        monkeypatch.setattr(exports, "_AT_ONCE", at_once)
        assert exported(cast.vera, file_format) == [as_file(record, file_format) for record in some_runs]


def test_stranger_gets_no_row_of_it(some_runs: list[Record], cast: Cast) -> None:
    own = exported(cast.charlie, ExportFormat.JSON)
    assert {run["launched_by"] for run in own} == {"Charlie"}
    project_id = UUID(some_runs[0]["project_id"])
    for chosen in (RunFilter(project_id=project_id), RunFilter(user_id=cast.max.user_id), RunFilter(search="@")):
        assert exported(cast.charlie, ExportFormat.JSON, chosen) == []
        assert count_runs(cast.charlie, chosen, most=9) == 0


@FORMATS
@pytest.mark.usefixtures("some_runs")
def test_export_is_written_into_the_trail(installation: Installation, cast: Cast, file_format: ExportFormat) -> None:
    chosen = RunFilter(user_id=cast.max.user_id, status=RunStatus.FAILED, search=" @fail\x00 ")
    export_runs(cast.vera, chosen, sort=RunSort.LONGEST, file_format=file_format)
    export_projects(cast.vera, ProjectFilter(), sort=ProjectSort.NAME, file_format=file_format)
    found = rows(
        installation,
        "SELECT *, host(ip_address) AS address FROM audit_logs WHERE action LIKE '%%.export' ORDER BY created_at, id",
    )
    assert [(entry["action"], entry["resource_type"]) for entry in found] == [
        ("orchestrations.export", "orchestrations"),
        ("projects.export", "projects"),
    ]
    said = {"format": file_format, "is_cut": False}
    filters = {"status": "failed", "user_id": str(cast.max.user_id), "search": "@fail"}
    assert found[0]["new_values"] == said | {"rows": 1, "sort": "longest", "filters": filters}
    assert found[1]["new_values"] == said | {"rows": 2, "sort": "name", "filters": {}}
    for entry in found:
        assert entry.items() >= signature(cast.vera).items()


def test_export_that_fails_is_not_in_the_trail(
    installation: Installation, some_runs: list[Record], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that could not be written into it gives no file: both are one transaction."""

    def refuse(*arguments: object, **options: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(exports, "record_event", refuse)
    with pytest.raises(RuntimeError):
        exported(cast.vera, ExportFormat.CSV)
    assert rows(installation, "SELECT 1 FROM audit_logs WHERE action LIKE '%%.export'") == []


def test_file_ends_after_the_most_rows_and_the_trail_says_so(
    installation: Installation, some_runs: list[Record], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_AT_ONCE", 2)
    for most, is_cut in ((3, True), (5, True), (6, False)):
        monkeypatch.setattr(exports, "MOST_ROWS", most)
        assert exported(cast.vera, ExportFormat.PARQUET) == some_runs[:most]
        newest = "SELECT new_values FROM audit_logs WHERE action = 'orchestrations.export' ORDER BY id DESC LIMIT 1"
        (entry,) = rows(installation, newest)
        assert entry["new_values"].items() >= {"rows": most, "is_cut": is_cut}.items()


def test_project_is_exported_with_all_its_runs(some_runs: list[Record], cast: Cast) -> None:
    data = export_projects(cast.vera, ProjectFilter(), sort=ProjectSort.NAME, file_format=ExportFormat.JSON)
    found = json.loads(data)
    assert [(each["name"], each["owner"], each["runs"], each["priority"]) for each in found] == [
        ("=Project of alice", "Alice", 3, "medium"),
        ("=Project of max", "Max", 3, "medium"),
    ]
    assert (
        json.loads(
            export_projects(cast.charlie, ProjectFilter(), sort=ProjectSort.NAME, file_format=ExportFormat.JSON)
        )[0]["owner"]
        == "Charlie"
    )


def test_runs_are_counted_by_status_under_the_other_filters(some_runs: list[Record], cast: Cast) -> None:
    by_status = dict.fromkeys(RunStatus, 0)
    both = by_status | {RunStatus.COMPLETED: 2, RunStatus.FAILED: 2, RunStatus.QUEUED: 2}
    one = by_status | {RunStatus.COMPLETED: 1, RunStatus.FAILED: 1, RunStatus.QUEUED: 1}
    for actor in cast.of_a:
        assert count_runs_by_status(actor, RunFilter(), most=9) == both
        assert count_runs_by_status(actor, RunFilter(status=RunStatus.FAILED), most=9) == both
        assert count_runs_by_status(actor, RunFilter(user_id=cast.max.user_id), most=9) == one
        assert count_runs_by_status(actor, RunFilter(search="@COMP"), most=9) == by_status | {RunStatus.COMPLETED: 2}
    assert count_runs_by_status(cast.vera, RunFilter(), most=1)[RunStatus.FAILED] == 2, "more than the most"
    assert count_runs_by_status(cast.charlie, RunFilter(), most=9) == by_status | {
        RunStatus.RUNNING: 1,
        RunStatus.WAITING_REVIEW: 2,
    }
    assert count_runs_by_status(cast.charlie, RunFilter(user_id=cast.max.user_id), most=9) == by_status


def test_count_that_a_search_would_take_long_for_is_left_out(
    some_runs: list[Record], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_SEARCHED", 2)
    found = count_runs_by_status(cast.vera, RunFilter(search="@failed"), most=1)
    assert found[RunStatus.FAILED] == 2, "enough of them were seen"
    assert RunStatus.COMPLETED not in found, "others may come after those that were read"
    assert found[RunStatus.CANCELLED] == 0


FILTERS: dict[str, tuple[Callable[[Cast, Record], RunFilter], Callable[[Cast, Record, Record], bool]]] = {
    "project": (
        lambda cast, one: RunFilter(project_id=UUID(one["project_id"])),
        lambda cast, one, row: row["project_id"] == one["project_id"],
    ),
    "person": (
        lambda cast, one: RunFilter(user_id=cast.max.user_id),
        lambda cast, one, row: row["launched_by"] == "Max",
    ),
    "template": (
        lambda cast, one: RunFilter(template_id=UUID(one["template_id"])),
        lambda cast, one, row: row["template_id"] == one["template_id"],
    ),
    "model": (lambda cast, one: RunFilter(model=MODEL), lambda cast, one, row: row["model"] == MODEL),
    "since": (
        lambda cast, one: RunFilter(since=one["created_at"]),
        lambda cast, one, row: row["created_at"] >= one["created_at"],
    ),
    "before": (
        lambda cast, one: RunFilter(before=one["created_at"]),
        lambda cast, one, row: row["created_at"] < one["created_at"],
    ),
    "all": (
        lambda cast, one: RunFilter(user_id=cast.max.user_id, model=MODEL, status=RunStatus.COMPLETED),
        lambda cast, one, row: (row["launched_by"], row["status"]) == ("Max", "completed"),
    ),
}


#: What a row is sorted by, from the smallest on.
BY: dict[RunSort, Callable[[Record], tuple[object, ...]]] = {
    RunSort.NEWEST: lambda row: (row["created_at"], row["id"]),
    RunSort.OLDEST: lambda row: (row["created_at"], row["id"]),
    RunSort.COST: lambda row: (row["cost_usd"] is not None, row["cost_usd"] or 0, row["id"]),
    RunSort.LONGEST: lambda row: (row["execution_time_ms"] is not None, row["execution_time_ms"] or 0, row["id"]),
}


@pytest.mark.parametrize("name", FILTERS)
def test_list_is_narrowed_and_sorted(some_runs: list[Record], cast: Cast, name: str) -> None:
    choose, matches = FILTERS[name]
    chosen = choose(cast, some_runs[2])
    narrowed = [row for row in some_runs if matches(cast, some_runs[2], row)]
    assert 0 < len(narrowed) < 6
    for sort in RunSort:
        expected = [row["id"] for row in sorted(narrowed, key=BY[sort], reverse=sort is not RunSort.OLDEST)]
        assert [str(run.id) for run in list_runs(cast.vera, chosen, sort=sort).items] == expected, sort
    assert count_runs(cast.vera, chosen, most=100) == len(narrowed)
    assert count_runs(cast.vera, chosen, most=1) == 1


def test_choices_are_what_the_organization_has_used(some_runs: list[Record], cast: Cast) -> None:
    for actor in cast.of_a:
        choices = list_run_choices(actor)
        assert set(choices.projects) == {UUID(row["project_id"]) for row in some_runs}
        assert choices.people == {cast.alice.user_id: "Alice", cast.max.user_id: "Max"}
        drafts = {"max": ["Template of max"], "vera": []}.get(actor.username, ["Template of alice", "Template of max"])
        assert sorted(choices.templates.values()) == drafts
        assert list(choices.models) == sorted([MODEL, "local:other"])


def test_choice_of_another_organization_is_none(some_runs: list[Record], cast: Cast) -> None:
    """Whether it exists there or nowhere, the answer is the same."""
    theirs = RunFilter(
        project_id=UUID(some_runs[0]["project_id"]),
        user_id=cast.max.user_id,
        template_id=UUID(some_runs[0]["template_id"]),
    )
    nowhere = RunFilter(project_id=uuid4(), user_id=uuid4(), template_id=uuid4())
    own = list_run_choices(cast.charlie)
    assert (own.people, len(own.projects)) == ({cast.charlie.user_id: "Charlie"}, 1)
    assert list_run_choices(cast.charlie, theirs) == list_run_choices(cast.charlie, nowhere) == own


def test_choice_that_the_address_names_is_there_however_old(
    some_runs: list[Record], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.runs.lists.service.MOST_CHOICES", 1)
    wanted = RunFilter(project_id=UUID(min(row["project_id"] for row in some_runs)), user_id=cast.max.user_id)
    choices = list_run_choices(cast.vera, wanted)
    assert (len(choices.projects), wanted.project_id in choices.projects) == (2, True)
    assert (list(choices.people.values()), len(choices.models)) == (["Alice", "Max"], 1)


def test_organization_without_runs_has_nothing_to_choose(cast: Cast) -> None:
    assert list_run_choices(cast.alice) == RunChoices(projects={}, people={}, templates={}, schedules={}, models=())
    assert exported(cast.alice, ExportFormat.JSON) == []


def test_since_is_inclusive_and_before_is_not(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max)
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    for title, seconds in (("before", -1), ("at", 0), ("after", 1)):
        run = make_run(installation.database, cast.max, project_id=project_id, title=title)
        moment = midnight + timedelta(seconds=seconds)
        rows(installation, "UPDATE orchestration_runs SET created_at = %s WHERE id = %s RETURNING 1", moment, run.id)
    found = [run.title for run in list_runs(cast.vera, RunFilter(since=midnight)).items]
    assert found == ["after", "at"]
    assert [run.title for run in list_runs(cast.vera, RunFilter(before=midnight)).items] == ["before"]
