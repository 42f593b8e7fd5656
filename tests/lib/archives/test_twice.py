"""Runs that lie in several archives: each is counted once, where it is, and so is what it cost."""

from decimal import Decimal
from uuid import UUID

import pytest
from typer.testing import CliRunner

from lib.archives import service
from lib.archives.views import ArchiveView
from lib.cli.commands import app
from lib.db import migrate
from lib.db.logins import Login
from lib.models.archive import ArchiveStatus
from lib.models.project import ProjectStatus
from lib.projects.service import move_project
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_archives import ask_database, fill_project, make_archive, work
from tests.made_runs import end_run, make_comment, make_run


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return fill_project(installation, cast)


def restore(installation: Installation, cast: Cast, archive: ArchiveView) -> None:
    service.ask_restore(cast.alice, archive.id)
    work(installation)


def restore_by_command(archive: ArchiveView) -> None:
    result = CliRunner().invoke(app, ["archives", "restore", str(archive.id)])
    assert result.exit_code == 0, result.exception


def add_run(installation: Installation, cast: Cast, project_id: UUID, *, cost_usd: float) -> None:
    move_project(cast.alice, project_id, ProjectStatus.ACTIVE)
    run = make_run(installation.database, cast.alice, project_id=project_id)
    end_run(installation.database, cast.alice, run, cost_usd=cost_usd)
    move_project(cast.alice, project_id, ProjectStatus.COMPLETED)


def cost_here(installation: Installation, project_id: UUID) -> tuple[int, Decimal, int]:
    """How many runs are in the database, what they cost, and of how many that is unknown."""
    question = (
        "SELECT count(*), coalesce(sum(cost_usd), 0), count(*) FILTER (WHERE cost_usd IS NULL) "
        "FROM orchestration_runs WHERE project_id = %s"
    )
    ((runs, cost, unknown),) = ask_database(installation.database, question, project_id)
    return runs, cost, unknown


def away(installation: Installation, project_id: UUID) -> tuple[int, Decimal, int]:
    """The same of what is in archives and nowhere else; each run of it is listed once, as away."""
    of_project = "FROM archives a {} WHERE project_id = %s AND status IN ('made', 'restoring')"
    question = (
        "SELECT coalesce(sum(away_count), 0), coalesce(sum(away_cost_usd), 0), coalesce(sum(away_unknown_costs), 0) "
        f"{of_project.format('')} AND away_count > 0"
    )
    ((runs, cost, unknown),) = ask_database(installation.database, question, project_id)
    listed = of_project.format("JOIN archived_runs r ON r.archive_id = a.id AND r.is_away")
    counted = ask_database(installation.database, f"SELECT count(*), count(DISTINCT run_id) {listed}", project_id)
    assert counted == [(runs, runs)]
    return runs, cost, unknown


def together(installation: Installation, cast: Cast, project_id: UUID) -> tuple[int, Decimal, int]:
    here, there = cost_here(installation, project_id), away(installation, project_id)
    return here[0] + there[0], here[1] + there[1], here[2] + there[2]


def test_runs_that_came_back_by_another_archive_are_away_in_none(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    before = cost_here(installation, project_id)
    first = make_archive(installation, cast.alice, project_id)
    assert away(installation, project_id) == before
    restore(installation, cast, first)
    second = make_archive(installation, cast.alice, project_id)
    assert away(installation, project_id) == before
    restore_by_command(first)
    assert away(installation, project_id) == (0, 0, 0)
    newest, oldest = service.list_archives(cast.alice, project_id).archives
    assert (newest.id, newest.status, newest.restored_at is not None) == (second.id, ArchiveStatus.RESTORED, True)
    assert (oldest.id, oldest.status) == (first.id, ArchiveStatus.RESTORED)


def test_archive_that_has_more_of_a_run_than_came_back_is_not_restored(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    first = make_archive(installation, cast.alice, project_id)
    restore(installation, cast, first)
    found = "SELECT id FROM orchestration_runs WHERE project_id = %s LIMIT 1"
    ((run_id,),) = ask_database(installation.database, found, project_id)
    make_comment(installation.database, cast.alice, run_id, text="Said in between")
    second = make_archive(installation, cast.alice, project_id)
    restore_by_command(first)
    newest, _ = service.list_archives(cast.alice, project_id).archives
    assert (newest.id, newest.status, newest.away) == (second.id, ArchiveStatus.MADE, 0)
    said = "SELECT count(*) FROM run_comments WHERE comment_text = 'Said in between'"
    assert ask_database(installation.database, said) == [(0,)], "it is in the second file alone"


def test_runs_of_two_archives_that_share_some_count_once(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    first = make_archive(installation, cast.alice, project_id)
    restore(installation, cast, first)
    add_run(installation, cast, project_id, cost_usd=0.7)
    before = cost_here(installation, project_id)
    second = make_archive(installation, cast.alice, project_id)
    restore_by_command(first)
    assert away(installation, project_id) == (1, Decimal("1.4"), 0), "two phases of the one that is in the second alone"
    add_run(installation, cast, project_id, cost_usd=0.3)
    make_archive(installation, cast.alice, project_id)
    assert cost_here(installation, project_id) == (0, 0, 0)
    assert away(installation, project_id) == (before[0] + 1, before[1] + Decimal("0.6"), before[2])
    restore_by_command(second)  # which brings back what the third holds too
    assert together(installation, cast, project_id) == (before[0] + 1, before[1] + Decimal("0.6"), before[2])
    assert away(installation, project_id) == (1, Decimal("0.6"), 0)


def test_archives_of_before_the_upgrade_count_what_is_in_them(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    first = make_archive(installation, cast.alice, project_id)
    restore(installation, cast, first)
    add_run(installation, cast, project_id, cost_usd=0.7)
    make_archive(installation, cast.alice, project_id)
    restore_by_command(first)
    found = away(installation, project_id)
    url = installation.database.url(Login.OWNER)
    migrate.downgrade(url, "0059")
    migrate.upgrade(url)
    assert away(installation, project_id) == found == (1, Decimal("1.4"), 0)


def test_version_before_finds_lists_of_the_runs_in_each_archive(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    """0062: back and forth nothing is lost, also of an archive whose file was removed, and no trail tells of it."""
    removed = make_archive(installation, cast.alice, project_id)
    restore(installation, cast, removed)
    service.remove_archive(cast.alice, removed.id)
    work(installation)
    first = make_archive(installation, cast.alice, project_id)
    restore(installation, cast, first)
    add_run(installation, cast, project_id, cost_usd=0.7)
    second = make_archive(installation, cast.alice, project_id)
    restore_by_command(first)
    rows = ("SELECT to_jsonb(a) FROM archives a ORDER BY id", "SELECT * FROM archived_runs ORDER BY archive_id, run_id")
    trail = "SELECT count(*) FROM audit_logs"
    before = [ask_database(installation.database, question) for question in (*rows, trail)]
    url = installation.database.url(Login.OWNER)
    migrate.downgrade(url, "0061")
    lists = (
        "SELECT id, cardinality(run_ids), cardinality(away_ids), away_ids <@ run_ids, "
        "run_count = cardinality(run_ids) AND away_count = cardinality(away_ids) FROM archives ORDER BY asked_at"
    )
    assert ask_database(installation.database, lists) == [
        (removed.id, 4, 0, True, True),
        (first.id, 4, 0, True, True),
        (second.id, 5, 1, True, True),
    ]
    migrate.upgrade(url)
    assert [ask_database(installation.database, question) for question in (*rows, trail)] == before
