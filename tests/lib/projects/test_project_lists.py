"""Lists of projects: their order, their filters, their pages; and which a run can be launched for."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from lib.errors import InvalidInput
from lib.exports import ExportFormat
from lib.models.project import Priority, ProjectStatus
from lib.projects.lists import count_projects_by_status, export_projects, is_search_cut, list_owners
from lib.projects.queries import ProjectFilter
from lib.projects.service import create_project, get_project, list_project_choices, list_projects, move_project
from lib.projects.views import MOST_RUNS_COUNTED, ProjectSort
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, show_members_their_own_only
from tests.lib.projects.entries import ENTRY
from tests.made_archives import fill_project, make_archive
from tests.made_runs import end_run, make_run
from tests.records import row, rows

pytestmark = pytest.mark.usefixtures("installation")


def names(actor: Actor, **chosen: Any) -> list[str]:
    cursor, sort = chosen.pop("cursor", None), chosen.pop("sort", ProjectSort.NEWEST)
    return [project.name for project in list_projects(actor, ProjectFilter(**chosen), sort=sort, cursor=cursor).items]


def exported(actor: Actor) -> list[dict[str, Any]]:
    """What a file of projects says."""
    data = export_projects(actor, ProjectFilter(), sort=ProjectSort.NAME, file_format=ExportFormat.JSON)
    found: list[dict[str, Any]] = json.loads(data)
    return found


def at(installation: Installation, project_id: UUID, moment: datetime) -> None:
    rows(installation, "UPDATE projects SET created_at = %s WHERE id = %s RETURNING 1", moment, project_id)


def test_list_begins_with_the_newest(installation: Installation, cast: Cast) -> None:
    now = datetime.now(UTC)
    for days, name in ((3, "oldest"), (1, "newest"), (2, "between")):
        at(
            installation,
            make_project(installation.database, cast.alice, name=name),
            now - timedelta(days=days),
        )
    assert names(cast.vera) == ["newest", "between", "oldest"]
    assert [choice.name for choice in list_project_choices(cast.vera)] == ["newest", "between", "oldest"]
    first = list_projects(cast.vera, limit=2)
    assert (first.newer, [project.name for project in first.items]) == (None, ["newest", "between"])
    second = list_projects(cast.vera, limit=2, cursor=first.older)
    assert (second.older, [project.name for project in second.items]) == (None, ["oldest"])
    assert list_projects(cast.vera, limit=2, cursor=second.newer) == first


def test_list_is_filtered_by_status(installation: Installation, cast: Cast) -> None:
    for status in ProjectStatus:
        project_id = make_project(installation.database, cast.alice, name=status)
        if status is not ProjectStatus.ACTIVE:
            move_project(cast.alice, project_id, status)
    for status in ProjectStatus:
        assert names(cast.vera, status=status) == [status]


def test_list_is_filtered_by_priority_and_owner(installation: Installation, cast: Cast) -> None:
    for actor in (cast.alice, cast.max):
        for priority in Priority:
            create_project(actor, replace(ENTRY, name=f"{actor.username} {priority}", priority=priority))
    assert names(cast.vera, priority=Priority.HIGH) == ["max high", "alice high"]
    assert names(cast.vera, priority=Priority.LOW, created_by=cast.alice.user_id) == ["alice low"]
    assert names(cast.vera, created_by=cast.charlie.user_id) == []
    assert set(list_owners(cast.vera)) == {cast.alice.user_id, cast.max.user_id}
    assert list_owners(cast.charlie, wanted=cast.alice.user_id) == {}


def test_list_is_sorted_by_age_and_by_name(installation: Installation, cast: Cast) -> None:
    for name in ("boat", "Zeppelin", "Bicycle", "apple"):
        make_project(installation.database, cast.alice, name=name)
    assert names(cast.vera, sort=ProjectSort.NAME) == ["apple", "Bicycle", "boat", "Zeppelin"]
    assert names(cast.vera, sort=ProjectSort.OLDEST) == ["boat", "Zeppelin", "Bicycle", "apple"]
    first = list_projects(cast.vera, sort=ProjectSort.NAME, limit=3)
    assert names(cast.vera, sort=ProjectSort.NAME, cursor=first.older) == ["Zeppelin"]
    with pytest.raises(InvalidInput, match="Start from the newest entries"):
        names(cast.vera, sort=ProjectSort.NEWEST, cursor=first.older)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("HEAT", {"Heat pumps"}),
        ("  pumps ", {"Heat pumps"}),
        ("old houses", {"Heat pumps"}),
        ("%", {"100 % rye"}),
        ("_", {"snake_case"}),
        ("\\", {"back\\slash"}),
        ("e_c", {"snake_case"}),
        ("' OR true --", set()),
        ("nothing like it", set()),
        ("", {"Heat pumps", "100 % rye", "snake_case", "back\\slash"}),
        ("\x00", {"Heat pumps", "100 % rye", "snake_case", "back\\slash"}),
        ("pu\x00mps\ud800", {"Heat pumps"}),
    ],
)
def test_search_looks_into_name_and_topic_for_what_was_typed(
    installation: Installation, cast: Cast, search: str, found: set[str]
) -> None:
    create_project(cast.alice, ENTRY)
    for name in ("100 % rye", "snake_case", "back\\slash"):
        make_project(installation.database, cast.alice, name=name, topic="Something else")
    assert set(names(cast.vera, search=search)) == found


@pytest.mark.parametrize("cursor", ["nonsense", "%%%", "ü", "b25vbnNlbnNl", "bw", "x" * 5000])
def test_cursor_that_is_none_is_said(cast: Cast, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="Start from the newest entries") as wrong:
        list_projects(cast.vera, cursor=cursor)
    assert wrong.value.field == "cursor"


def test_cursor_of_another_organization_opens_nothing_of_it(installation: Installation, cast: Cast) -> None:
    for name in ("first", "second", "third"):
        make_project(installation.database, cast.alice, name=name)
    make_project(installation.database, cast.charlie, name="own")
    theirs = list_projects(cast.alice, limit=1)
    assert names(cast.charlie, cursor=theirs.older) == []
    older = list_projects(cast.alice, limit=1, cursor=theirs.older)
    assert names(cast.charlie, cursor=older.newer) == ["own"]


def test_runs_are_counted_with_their_project(installation: Installation, cast: Cast) -> None:
    project_id, other = (make_project(installation.database, cast.max, name=name) for name in ("busy", "idle"))
    make_run(installation.database, cast.max, project_id=project_id)
    last = make_run(installation.database, cast.alice, project_id=project_id)
    busy = get_project(cast.vera, project_id)
    assert busy.run_count == 2
    launched = row(installation, "SELECT created_at FROM orchestration_runs WHERE id = %s", last.id)
    assert busy.last_run_at == launched["created_at"]
    assert get_project(cast.vera, other).run_count == 0


def test_what_the_runs_cost_is_added_up(installation: Installation, cast: Cast) -> None:
    project_id, other = (make_project(installation.database, cast.max, name=name) for name in ("busy", "idle"))
    for model in ("local:known", "local:known", "local:unknown"):
        end_run(
            installation.database,
            cast.max,
            make_run(installation.database, cast.max, project_id=project_id, model=model),
        )
    busy, idle = get_project(cast.vera, project_id), get_project(cast.vera, other)
    assert (busy.spent_usd, busy.known_cost_count, busy.is_spent_all) == (Decimal("0.168"), 3, True)
    assert (idle.spent_usd, idle.known_cost_count, idle.is_spent_all) == (Decimal(0), 0, True)
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # past the guard of what has ended
        connection.execute("UPDATE orchestration_runs SET cost_usd = NULL WHERE model = 'local:unknown'")
    listed, _ = sorted(list_projects(cast.vera).items, key=lambda project: project.name)
    assert (listed.spent_usd, listed.known_cost_count, listed.is_spent_all) == (Decimal("0.112"), 2, False)
    (file,) = [each for each in exported(cast.vera) if each["name"] == "busy"]
    assert (file["runs"], file["spent_usd"], file["runs_of_unknown_cost"]) == (3, 0.112, 1)


def test_runs_in_an_archive_are_counted_and_paid_for_as_before(installation: Installation, cast: Cast) -> None:
    project_id = fill_project(installation, cast, name="busy")
    (before,), (file,) = list_projects(cast.vera).items, exported(cast.vera)
    assert (before.away_count, file["runs_in_archives"]) == (0, 0)
    make_archive(installation, cast.alice, project_id)
    (listed,), (written,) = list_projects(cast.vera).items, exported(cast.vera)
    assert listed == replace(before, run_count=0, away_count=4)
    assert written == file | {"runs": 0, "runs_in_archives": 4}
    assert get_project(cast.vera, project_id).away_count == 4
    rows(installation, "UPDATE projects SET created_by = %s WHERE id = %s RETURNING 1", cast.max.user_id, project_id)
    show_members_their_own_only(installation.database, cast.organization_a)
    (own,) = list_projects(replace(cast.max, sees_own_only=True)).items
    assert (own.run_count, own.away_count, own.spent_usd, own.last_run_at) == (0, 0, 0, None)


def test_sum_of_a_project_with_very_many_runs_is_the_least_that_it_cost(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max)
    fill_runs = (
        "INSERT INTO orchestration_runs (organization_id, project_id, user_id, title, topic, cost_usd) "
        "SELECT %s, %s, %s, 'Run', 'Anything', 0.01 FROM generate_series(1, %s) RETURNING 1"
    )
    whose = (cast.organization_a, project_id, cast.max.user_id)
    rows(installation, fill_runs, *whose, MOST_RUNS_COUNTED + 5)
    project = get_project(cast.vera, project_id)
    assert (project.spent_usd, project.has_more_runs, project.is_spent_all) == (Decimal(10), True, False)
    assert exported(cast.vera)[0]["spent_usd"] == 10.05, "a file has them all"


def test_projects_are_counted_by_status_under_the_other_filters(installation: Installation, cast: Cast) -> None:
    for actor, name in ((cast.alice, "boat"), (cast.max, "Boat"), (cast.max, "bicycle")):
        project_id = make_project(installation.database, actor, name=name, topic="Anything")
    move_project(cast.max, project_id, ProjectStatus.COMPLETED)
    none = dict.fromkeys(ProjectStatus, 0)
    both = none | {ProjectStatus.ACTIVE: 2, ProjectStatus.COMPLETED: 1}
    for actor in cast.of_a:
        assert count_projects_by_status(actor, ProjectFilter(), most=9) == both
        assert count_projects_by_status(actor, ProjectFilter(status=ProjectStatus.FAILED), most=9) == both
        found = count_projects_by_status(actor, ProjectFilter(created_by=cast.max.user_id, search="BOAT"), most=9)
        assert found == none | {ProjectStatus.ACTIVE: 1}
    assert count_projects_by_status(cast.charlie, ProjectFilter(), most=9) == none


def test_project_that_is_wanted_is_a_choice_however_old_it_is(installation: Installation, cast: Cast) -> None:
    oldest, _, newest = (make_project(installation.database, cast.max, name=name) for name in ("a", "b", "c"))
    for wanted, chosen in ((None, ["c"]), (newest, ["c"]), (oldest, ["a"]), (uuid4(), ["c"])):
        assert [choice.name for choice in list_project_choices(cast.max, wanted=wanted, limit=1)] == chosen
    move_project(cast.max, oldest, ProjectStatus.ARCHIVED)
    assert [choice.name for choice in list_project_choices(cast.max, wanted=oldest, limit=1)] == ["c"]
    assert list_project_choices(cast.charlie, wanted=newest) == ()


def test_stranger_sees_none_in_a_list(installation: Installation, cast: Cast) -> None:
    make_project(installation.database, cast.alice, name="Secret plan")
    make_project(installation.database, cast.charlie, name="Own boat")
    assert names(cast.charlie) == ["Own boat"]
    assert names(cast.charlie, search="secret") == []
    assert [choice.name for choice in list_project_choices(cast.charlie)] == ["Own boat"]


def test_projects_are_sorted_by_what_they_are_and_by_what_their_runs_add_up_to(
    installation: Installation, cast: Cast
) -> None:
    idle, spent, cheap = (make_project(installation.database, cast.mona, name=name) for name in ("I", "S", "C"))
    for project_id in (spent, spent, cheap):
        run = make_run(installation.database, cast.mona, project_id=project_id)
        end_run(installation.database, cast.mona, run)
    make_run(installation.database, cast.mona, project_id=spent)
    move_project(cast.mona, cheap, ProjectStatus.COMPLETED)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE projects SET priority = 'urgent' WHERE id = %s", [idle])

    def found(actor: Actor, sort: ProjectSort) -> list[UUID]:
        return [project.id for project in list_projects(actor, sort=sort).items]

    assert found(cast.vera, ProjectSort.SPENT) == [spent, cheap, idle]
    assert found(cast.vera, ProjectSort.LAST_RUN) == [spent, cheap, idle]
    assert found(cast.vera, ProjectSort.PRIORITY)[0] == idle
    assert found(cast.vera, ProjectSort.STATUS)[-1] == cheap
    kept = row(installation, "SELECT spent_millionths FROM projects WHERE id = %s", spent)
    assert kept == {"spent_millionths": 2 * 56_000}
    make_run(installation.database, cast.max, project_id=idle)
    show_members_their_own_only(installation.database, cast.organization_a)
    member = replace(cast.max, sees_own_only=True)
    assert found(member, ProjectSort.LAST_RUN) == found(member, ProjectSort.SPENT) == [idle]


def test_search_looks_through_the_newest_and_says_so(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.projects.queries.MOST_SEARCHED", 2)
    for name in ("Old bicycle", "New bicycle", "Boat"):
        make_project(installation.database, cast.mona, name=name, topic="x")
    chosen = ProjectFilter(search="bicycle")
    assert [project.name for project in list_projects(cast.vera, chosen).items] == ["New bicycle"]
    assert is_search_cut(cast.vera, chosen)
    assert not is_search_cut(cast.vera, ProjectFilter())
    assert not is_search_cut(cast.charlie, chosen)
