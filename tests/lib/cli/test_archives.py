"""`orchestrator archives …`: what an operator lists, makes, verifies and restores, in whatever organization."""

import re
import shutil
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from lib.archives import service
from lib.archives.shelf import archive_folder
from lib.cli.commands import app
from lib.errors import Conflict, InvalidInput, NotFound
from lib.models.project import ProjectStatus
from lib.projects.service import move_project
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_archives import ask_database, fill_project, make_archive, sums, work
from tests.made_runs import end_run, make_run


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return fill_project(installation, cast)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["archives", *map(str, arguments)])


def said(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> BaseException:
    error = run(*arguments).exception
    assert error is not None
    return error


def the_file() -> Path:
    (path,) = archive_folder().rglob("*.zip")
    return path


def test_archive_is_made_listed_verified_and_restored(installation: Installation, cast: Cast, project_id: UUID) -> None:
    before = sums(installation.database)
    assert said("list") == "There is no archive.\n"
    assert re.search(r": 4 runs, [\d.]+ kB, local: ", said("make", project_id))
    ((archive_id,),) = ask_database(installation.database, "SELECT id FROM archives")
    (line,) = said("list").splitlines()
    assert line.startswith(f"{archive_id}  made ")
    assert "4 runs" in line
    assert "acme “Folding bicycle”" in line
    assert "It is whole: 4 runs of “Folding bicycle”, " in said("verify", the_file())
    assert said("restore", archive_id) == "4 runs of “Folding bicycle” are back.\n"
    assert sums(installation.database) == before
    by = ask_database(installation.database, "SELECT asked_by, restore_asked_by FROM archives")
    assert by == [(None, None)]


def test_one_run_is_no_runs(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.alice, name="Boat")
    end_run(installation.database, cast.alice, make_run(installation.database, cast.alice, project_id=project_id))
    move_project(cast.alice, project_id, ProjectStatus.COMPLETED)
    assert ": 1 run, <10 kB, local: " in said("make", project_id)
    ((archive_id,),) = ask_database(installation.database, "SELECT id FROM archives")
    assert "  1 run  " in said("list")
    assert said("verify", the_file()).startswith("It is whole: 1 run of “Boat”, 3 rows in all, 0 files, made ")
    assert said("restore", archive_id) == "1 run of “Boat” is back.\n"


def test_archive_waits_for_another_one_of_its_project(installation: Installation, cast: Cast, project_id: UUID) -> None:
    first = make_archive(installation, cast.alice, project_id)
    said("restore", first.id)
    second = make_archive(installation, cast.alice, project_id)
    service.ask_restore(cast.alice, second.id)
    error = refused("restore", first.id)
    assert isinstance(error, Conflict)
    assert "being worked on already" in error.message
    assert isinstance(refused("make", project_id), Conflict)


def test_copy_of_a_deleted_file_is_restored(
    installation: Installation, cast: Cast, project_id: UUID, tmp_path: Path
) -> None:
    before = sums(installation.database)
    said("make", project_id)
    copy = Path(shutil.copy(the_file(), tmp_path / "copy.zip"))
    ((archive_id,),) = ask_database(installation.database, "SELECT id FROM archives")
    service.remove_archive(cast.alice, archive_id)
    work(installation)
    assert isinstance(refused("restore", archive_id), Conflict)
    assert said("restore", copy) == "4 runs of “Folding bicycle” are back.\n"
    assert sums(installation.database) == before
    assert isinstance(refused("restore", copy), Conflict), "they are there already"
    assert sums(installation.database) == before


def test_file_of_nobody_is_refused(installation: Installation, cast: Cast, project_id: UUID, tmp_path: Path) -> None:
    said("make", project_id)
    changed = tmp_path / "changed.zip"
    content = bytearray(the_file().read_bytes())
    content[200] ^= 1
    changed.write_bytes(content)
    error = refused("restore", changed)
    assert isinstance(error, InvalidInput)
    assert "changed.zip is damaged: tables/orchestration_runs.jsonl" in str(error)
    assert isinstance(refused("verify", changed), InvalidInput)
    assert isinstance(refused("restore", uuid4()), NotFound)
    assert isinstance(refused("restore", "nothing"), InvalidInput)


def test_active_project_is_refused(installation: Installation, cast: Cast, project_id: UUID) -> None:
    move_project(cast.alice, project_id, ProjectStatus.ACTIVE)
    assert isinstance(refused("make", project_id), Conflict)
    assert isinstance(refused("make", uuid4()), Conflict)
