"""Runs go into a file and come back as they were, or stay where they are."""

import json
import shutil
import zipfile
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from lib.archives import job as held
from lib.archives import reading, service
from lib.archives.shelf import archive_folder
from lib.archives.working import do_next
from lib.db.logins import Login
from lib.errors import Conflict
from lib.integrations.folder import artifact_folder
from lib.models.archive import ArchiveStatus
from lib.models.project import ProjectStatus
from lib.projects.service import move_project
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_archives import (
    MOVED,
    ask_database,
    fill_project,
    make_archive,
    newest,
    sums,
    work,
)
from tests.made_retention import make_hold, release_hold
from tests.made_runs import end_run, make_comment, make_run
from tests.workspace import make_workspace


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    make_workspace(installation.database, cast.charlie)  # somebody else's, which stays
    return fill_project(installation, cast)


def files() -> dict[str, bytes]:
    folder = artifact_folder()
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stored() -> list[Path]:
    return [path for path in archive_folder().rglob("*") if path.is_file()]


def test_what_comes_back_is_what_went_table_by_table(installation: Installation, cast: Cast, project_id: UUID) -> None:
    before, written = sums(installation.database), files()
    archive = make_archive(installation, cast.alice, project_id)
    assert (archive.status, archive.failure, archive.runs, archive.files) == (ArchiveStatus.MADE, None, 4, 2)
    gone = sums(installation.database)
    assert {table for table in before if gone[table] != before[table]} == MOVED
    left = ask_database(installation.database, "SELECT 1 FROM orchestration_runs WHERE project_id = %s", project_id)
    assert left == []
    shutil.rmtree(artifact_folder() / str(cast.organization_a))  # as the workers' sweep does
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    assert newest(cast.alice, project_id).status is ArchiveStatus.RESTORED
    assert sums(installation.database) == before
    assert files() == written


def test_restoring_tells_nobody_and_counts_nothing(installation: Installation, cast: Cast, project_id: UUID) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    service.ask_restore(cast.mona, archive.id)
    work(installation)
    said = ask_database(
        installation.database,
        "SELECT action, new_values ->> 'status', user_id FROM audit_logs WHERE resource_id = %s "
        "ORDER BY created_at, id",
        archive.id,
    )
    assert said == [
        ("archives.create", "asked", cast.alice.user_id),
        ("archives.update", "making", None),
        ("archives.update", "made", None),
        ("archives.update", "restoring", cast.mona.user_id),
        ("archives.update", "restored", None),
    ]
    others = "SELECT action FROM audit_logs WHERE resource_type <> 'archives' AND created_at > %s"
    assert ask_database(installation.database, others, archive.made_at) == []


def test_calls_stay_with_what_they_cost(installation: Installation, cast: Cast, project_id: UUID) -> None:
    question = "SELECT to_jsonb(u) - 'template_id' FROM api_usage u ORDER BY id"
    before = ask_database(installation.database, question)
    archive = make_archive(installation, cast.alice, project_id)
    assert ask_database(installation.database, question) == before
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    assert ask_database(installation.database, question) == before
    ((cost,),) = ask_database(
        installation.database, "SELECT sum(cost_usd) FROM orchestration_runs WHERE project_id = %s", project_id
    )
    assert archive.cost_usd == cost


def test_comment_that_comes_meanwhile_is_not_lost(
    installation: Installation, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes after the file was, before the runs go: it is made anew, with their words."""
    ((run_id,), *_) = ask_database(
        installation.database, "SELECT id FROM orchestration_runs WHERE project_id = %s", project_id
    )
    keep = held.keep
    came: list[str] = []

    def write_first(*arguments: object) -> str:
        if not came:
            make_comment(installation.database, cast.max, run_id, text="Just in time")
        came.append(keep(*arguments))  # type: ignore[arg-type] # as it was called
        return came[-1]

    monkeypatch.setattr(held, "keep", write_first)
    make_archive(installation, cast.alice, project_id)
    assert came == ["changed", "kept"]
    (path,) = stored()
    with zipfile.ZipFile(path) as file:
        assert b"Just in time" in file.read("tables/run_comments.jsonl")


def test_project_that_is_active_again_keeps_its_runs(installation: Installation, cast: Cast, project_id: UUID) -> None:
    before = sums(installation.database)
    service.ask_archive(cast.alice, project_id)
    move_project(cast.alice, project_id, ProjectStatus.ACTIVE)
    work(installation)
    archive = newest(cast.alice, project_id)
    assert archive.status is ArchiveStatus.FAILED
    assert "active again" in (archive.failure or "")
    assert stored() == []
    assert {table: sums(installation.database)[table] for table in MOVED} == {table: before[table] for table in MOVED}


def test_active_project_and_open_run_are_refused(installation: Installation, cast: Cast, project_id: UUID) -> None:
    move_project(cast.alice, project_id, ProjectStatus.ACTIVE)
    with pytest.raises(Conflict, match="active"):
        service.ask_archive(cast.alice, project_id)
    make_run(installation.database, cast.alice, project_id=project_id)
    with doors.admin(installation.database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE projects SET status = 'completed' WHERE id = %s", [project_id])
    with pytest.raises(Conflict, match="has not ended"):
        service.ask_archive(cast.alice, project_id)


def test_second_archive_waits_for_the_first(installation: Installation, cast: Cast, project_id: UUID) -> None:
    service.ask_archive(cast.alice, project_id)
    with pytest.raises(Conflict, match="being worked on"):
        service.ask_archive(cast.mona, project_id)


def test_legal_hold_keeps_runs_and_files(installation: Installation, cast: Cast, project_id: UUID) -> None:
    hold_id = make_hold(installation.database, cast.alice, project_id=project_id)
    with pytest.raises(Conflict, match="legal hold"):
        service.ask_archive(cast.mona, project_id)
    release_hold(installation.database, cast.alice, hold_id)
    service.ask_archive(cast.mona, project_id)
    hold_id = make_hold(installation.database, cast.alice)
    work(installation)
    assert "legal hold" in (newest(cast.alice, project_id).failure or "")
    release_hold(installation.database, cast.alice, hold_id)
    archive = make_archive(installation, cast.alice, project_id)
    make_hold(installation.database, cast.alice)
    with pytest.raises(Conflict, match="legal hold"):
        service.remove_archive(cast.mona, archive.id)
    with doors.person(installation.database, cast.mona) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("UPDATE archives SET status = 'removing' WHERE id = %s", [archive.id])


def test_archives_are_made_and_restored_again_and_again(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    first = make_archive(installation, cast.alice, project_id)
    move_project(cast.alice, project_id, ProjectStatus.ACTIVE)
    run = make_run(installation.database, cast.alice, project_id=project_id)
    end_run(installation.database, cast.alice, run)
    move_project(cast.alice, project_id, ProjectStatus.FAILED)
    before = sums(installation.database)
    second = make_archive(installation, cast.alice, project_id)
    assert second.runs == 1
    for archive in (second, first):
        service.ask_restore(cast.alice, archive.id)
        work(installation)
    counted = ask_database(
        installation.database, "SELECT count(*) FROM orchestration_runs WHERE project_id = %s", project_id
    )
    assert counted == [(5,)]
    everything = make_archive(installation, cast.alice, project_id)
    assert everything.runs == 5
    service.ask_restore(cast.alice, everything.id)
    work(installation)
    assert sums(installation.database)["public.projects"] == before["public.projects"]


def test_run_in_an_archive_is_known(installation: Installation, cast: Cast, project_id: UUID) -> None:
    ((run_id,), *_) = ask_database(
        installation.database, "SELECT id FROM orchestration_runs WHERE project_id = %s", project_id
    )
    assert service.find_archive_of_run(cast.vera, run_id) is None
    archive = make_archive(installation, cast.alice, project_id)
    found = service.find_archive_of_run(cast.vera, run_id)
    assert found is not None
    assert found.id == archive.id
    assert service.find_archive_of_run(cast.charlie, run_id) is None


def test_nothing_else_may_be_put_back(installation: Installation, cast: Cast, project_id: UUID) -> None:
    """Not another run, not into another project, and not by who has not claimed the archive."""
    archive = make_archive(installation, cast.alice, project_id)
    (path,) = stored()
    lines, *_ = reading.read_rows(path, "orchestration_runs")
    row = json.loads(lines[0])
    service.ask_restore(cast.alice, archive.id)
    put = "SELECT api.restore_rows(%s, 'orchestration_runs', %s::jsonb)"

    def tried(connection: psycopg.Connection, **changed: object) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(put, (archive.id, json.dumps([row | changed])))

    with held.connect(installation.database.url(Login.WORKER)) as connection:
        tried(connection)  # not claimed
        assert held.claim(connection) is not None
        tried(connection, id=str(archive.id))
        tried(connection, organization_id=str(cast.organization_b))
        ((other,),) = ask_database(
            installation.database, "SELECT id FROM projects WHERE organization_id = %s", cast.organization_b
        )
        tried(connection, project_id=str(other))
        forged = json.dumps([row | {"topic": "Forged"}])
        both = f"BEGIN; {put}; SELECT api.settle_archive(%s, 'loaded', NULL)"
        with psycopg.ClientCursor(connection) as cursor, pytest.raises(psycopg.errors.IntegrityError):
            cursor.execute(both.encode(), (archive.id, forged, archive.id))


def test_setting_alone_silences_nobody(installation: Installation, cast: Cast, project_id: UUID) -> None:
    """A web process that is made to say that it restores is heard all the same."""
    archive = make_archive(installation, cast.alice, project_id)
    move_project(cast.alice, project_id, ProjectStatus.ACTIVE)
    with doors.person(installation.database, cast.alice) as connection:
        connection.execute("SELECT set_config('app.restoring', %s, true)", [str(archive.id)])
        row = connection.execute(
            "INSERT INTO orchestration_runs (organization_id, project_id, user_id, topic, status, plan, inputs) "
            "VALUES (%s, %s, %s, 'x', 'queued', '{}', '{}') RETURNING id",
            [cast.organization_a, project_id, cast.alice.user_id],
        ).fetchone()
    assert row is not None
    launched = "SELECT 1 FROM audit_logs WHERE action = 'orchestrations.launch' AND resource_id = %s"
    assert ask_database(installation.database, launched, row[0]) == [(1,)]


def test_only_one_is_at_an_archive(installation: Installation, cast: Cast, project_id: UUID) -> None:
    service.ask_archive(cast.alice, project_id)
    url = installation.database.url(Login.WORKER)
    with held.connect(url) as first:
        assert held.claim(first) is not None
        with held.connect(url) as second:
            assert not do_next(second)
    with held.connect(url) as third:  # the first is gone, and with it its hold
        assert do_next(third)
    assert newest(cast.alice, project_id).status is ArchiveStatus.MADE
