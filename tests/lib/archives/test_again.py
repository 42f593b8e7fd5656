"""An archive whose runs are gone again, or whose file was to go: nothing is lost, and nobody is told otherwise."""

import shutil
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from lib.archives import making, service
from lib.archives.shelf import archive_folder
from lib.cli.commands import app
from lib.db import migrate
from lib.db.logins import Login
from lib.errors import ConfigurationError, Conflict
from lib.integrations.folder import artifact_folder
from lib.models.archive import ArchiveStatus
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_archives import (
    ask_database,
    count_moved,
    fill_project,
    make_archive,
    make_archive_row,
    newest,
    sums,
    work,
)
from tests.made_retention import make_hold, release_hold


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return fill_project(installation, cast)


def the_file() -> Path:
    (path,) = archive_folder().rglob("*.zip")
    return path


def remove_runs(installation: Installation, project_id: UUID) -> None:
    """As retention does."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            "SELECT api.remove_runs(organization_id, array_agg(id), NULL) FROM orchestration_runs "
            "WHERE project_id = %s GROUP BY organization_id",
            [project_id],
        )


def restore(*arguments: object) -> str | BaseException | None:
    result = CliRunner().invoke(app, ["archives", "restore", *map(str, arguments)])
    return result.exception or result.output


def test_what_retention_removed_again_comes_back_again(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    before = sums(installation.database)
    archive = make_archive(installation, cast.alice, project_id)
    for _ in range(2):
        service.ask_restore(cast.alice, archive.id)
        work(installation)
        assert sums(installation.database) == before
        remove_runs(installation, project_id)
    ((run_id,),) = ask_database(installation.database, "SELECT run_id FROM archived_runs LIMIT 1")
    found = service.find_archive_of_run(cast.alice, run_id)
    assert found is not None
    assert found.id == archive.id, "which its link says"
    assert restore(archive.id) == "4 runs of “Folding bicycle” are back.\n"
    assert sums(installation.database) == before


def test_runs_that_are_there_are_not_restored_and_not_said_to_be(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    before = sums(installation.database)
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    now = newest(cast.alice, project_id)
    assert now.status is ArchiveStatus.RESTORED
    assert (now.failure or "").startswith("Some of these runs are there already. Nothing was changed.")
    error = restore(archive.id)
    assert isinstance(error, Conflict)
    assert "are there already" in error.message
    assert sums(installation.database) == before


def test_copy_brings_back_what_was_restored_deleted_and_removed(
    installation: Installation, cast: Cast, project_id: UUID, tmp_path: Path
) -> None:
    before = sums(installation.database)
    archive = make_archive(installation, cast.alice, project_id)
    copy = Path(shutil.copy(the_file(), tmp_path / "copy.zip"))
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    service.remove_archive(cast.alice, archive.id)
    work(installation)
    remove_runs(installation, project_id)
    assert restore(copy) == "4 runs of “Folding bicycle” are back.\n"
    assert sums(installation.database) == before


def test_hold_that_comes_before_the_worker_keeps_the_file(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    service.remove_archive(cast.mona, archive.id)
    hold_id = make_hold(installation.database, cast.alice, project_id=project_id)
    work(installation)
    now = newest(cast.alice, project_id)
    assert (now.status, now.has_file, the_file().is_file()) == (ArchiveStatus.MADE, True, True)
    assert now.failure == "A legal hold keeps this archive, so its file was not deleted."
    release_hold(installation.database, cast.alice, hold_id)
    work(installation)
    assert the_file().is_file(), "nobody wants it gone any more"


def test_command_line_saves_what_is_about_to_be_deleted(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    before = sums(installation.database)
    archive = make_archive(installation, cast.alice, project_id)
    service.remove_archive(cast.mona, archive.id)
    assert restore(archive.id) == "4 runs of “Folding bicycle” are back.\n"
    assert sums(installation.database) == before
    assert the_file().is_file()
    by = "SELECT DISTINCT user_agent FROM audit_logs WHERE new_values ->> 'status' = 'restored'"
    assert ask_database(installation.database, by) == [("orchestrator archives",)]


def test_what_was_only_asked_for_is_not_made_by_who_restores(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    before = count_moved(installation.database)
    error = restore(service.ask_archive(cast.alice, project_id))
    assert isinstance(error, Conflict)
    assert "is not made" in error.message
    assert count_moved(installation.database) == before


def test_file_that_can_not_be_read_leaves_all_runs(
    installation: Installation, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = count_moved(installation.database)
    monkeypatch.setattr(making, "read_artifact", lambda *_: None)
    archive = make_archive(installation, cast.alice, project_id)
    assert archive.status is ArchiveStatus.FAILED
    assert "can't be read" in (archive.failure or "")
    assert count_moved(installation.database) == before


def test_worker_without_the_artifact_folder_leaves_all_runs(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("""UPDATE integration_operations SET result = '{"path": "plan.md", "place": "folder"}'""")
    before = count_moved(installation.database)
    shutil.rmtree(artifact_folder())
    archive = make_archive(installation, cast.alice, project_id)
    assert archive.status is ArchiveStatus.FAILED
    assert "has no artifact folder" in (archive.failure or "")
    assert count_moved(installation.database) == before


@pytest.mark.parametrize(("table", "first"), [("archives", "Restore or delete"), ("legal_holds", "Release them")])
def test_schema_does_not_go_back_over_archives_and_open_holds(
    installation: Installation, cast: Cast, project_id: UUID, table: str, first: str
) -> None:
    if table == "archives":
        make_archive_row(installation.database, cast.alice, project_id=project_id)
    else:
        make_hold(installation.database, cast.alice)
    with pytest.raises(ConfigurationError, match=first):
        migrate.downgrade(installation.database.url(Login.OWNER), "0053")
    assert ask_database(installation.database, f"SELECT count(*) FROM {table}") == [(1,)]
