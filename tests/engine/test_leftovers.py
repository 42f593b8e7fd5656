"""Files without a row go, rows without a file stay, and nobody clears another installation's folder."""

import logging
from pathlib import PurePosixPath
from uuid import UUID, uuid4

import pytest

from lib.db.logins import Login
from lib.engine.leftovers import clear
from lib.integrations.folder import Place, artifact_folder, read_artifact, write_artifact
from lib.integrations.leftovers import belongs_to
from tests import doors
from tests.cast import Cast, make_cast
from tests.conftest import Installation
from tests.made_runs import make_operation
from tests.workspace import make_workspace

PATH = PurePosixPath("plan.md")


@pytest.fixture
def cast(installation: Installation) -> Cast:
    return make_cast(installation.database)


@pytest.fixture
def kept(installation: Installation, cast: Cast) -> list[Place]:
    """Of both organizations, each with its row."""
    found = []
    for actor in (cast.alice, cast.charlie):
        run = make_workspace(installation.database, actor).run
        columns = {"phase_execution_id": run.phases["Phase 0"], "status": "completed"}
        found.append((actor.organization_id, run.id, make_operation(installation.database, actor, run.id, **columns)))
    return found


def write(*places: Place) -> None:
    for place in places:
        write_artifact(artifact_folder(), place, PATH, b"Fold.")


def are_there(*places: Place) -> list[bool]:
    return [read_artifact(artifact_folder(), place, PATH) is not None for place in places]


def test_file_without_a_row_goes_in_every_organization_and_the_others_stay(
    installation: Installation, cast: Cast, kept: list[Place]
) -> None:
    url = installation.database.url(Login.WORKER)
    assert clear(url) == 0, "nothing was written yet"
    gone = [(cast.organization_a, kept[0][1], uuid4()), (cast.organization_b, uuid4(), uuid4()), (uuid4(),) * 3]
    write(*kept, *gone)
    assert clear(url) == 3
    assert are_there(*kept, *gone) == [True, True, False, False, False]
    assert clear(url) == 0


def test_row_without_a_file_is_left_as_it_is(installation: Installation, kept: list[Place]) -> None:
    write(kept[0])
    assert clear(installation.database.url(Login.WORKER)) == 0
    with doors.admin(installation.database) as connection:
        there = connection.execute("SELECT count(*) FROM integration_operations WHERE status = 'completed'").fetchone()
    assert there == (2,)


def test_folder_of_another_installation_is_left_alone(
    installation: Installation, kept: list[Place], caplog: pytest.LogCaptureFixture
) -> None:
    stray = (uuid4(), uuid4(), uuid4())
    write(stray)
    assert belongs_to(artifact_folder(), UUID(int=4711))
    with caplog.at_level(logging.WARNING):
        assert clear(installation.database.url(Login.WORKER)) == 0
    assert are_there(stray) == [True]
    assert "another installation's database" in caplog.text


def test_database_says_whose_it_is_and_which_are_gone(installation: Installation, kept: list[Place]) -> None:
    stray = uuid4()
    whose, gone = _ask(installation, [kept[0][2], stray])
    assert gone == [stray]
    assert _ask(installation, []) == (whose, [])


def _ask(installation: Installation, ids: list[UUID]) -> tuple[UUID, list[UUID]]:
    with doors.login(installation.database, Login.WORKER) as connection:
        found = connection.execute("SELECT * FROM api.gone_operations(%s)", [ids]).fetchone()
    assert found is not None
    return found
