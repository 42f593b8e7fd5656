"""A project's archives: asked for, told of, restored and deleted on its page, and a run of one says where it is."""

from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from lib.archives import service
from lib.models.archive import ArchiveStatus
from lib.models.project import ProjectStatus
from lib.projects.service import move_project
from lib.ui.navigation import PROJECT, RUN
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_archives import ask_database, fill_project, make_archive, make_archive_row, newest, work
from tests.made_retention import make_hold
from tests.made_runs import end_run, make_comment, make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, facts, headings, press, shown

MOVE = "Move runs to an archive file…"


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return fill_project(installation, cast)


def offers(at: AppTest) -> list[str]:
    return [option for menu in at.menu_button for option in menu.options]


def choose(at: AppTest, action: str, *labels: str) -> AppTest:
    """Choose from the menu that has it, and press what the dialog that it opens asks."""
    (menu,) = (menu for menu in at.menu_button if action in menu.options)
    menu.click(action)
    return press(at, *labels)


def test_runs_are_moved_and_come_back(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    at = choose(open_as(cast.mona, PROJECT, project=project_id), MOVE)
    assert "4 runs, 8 phases and 1 operation leave the database" in shown(at)
    choose(at, MOVE, "Move the runs")
    assert "The runs are to be moved to an archive file" in shown(at)
    assert MOVE not in offers(at)
    work(installation)
    at = open_as(cast.mona, PROJECT, project=project_id)
    assert "4 runs are in an archive of" in shown(at)
    assert headings(at) == ["Folding bicycle", "Archives", "Details"], "and not that there are no runs yet"
    press(at, "Restore")
    assert "The runs are coming back" in shown(at)
    work(installation)
    at = open_as(cast.mona, PROJECT, project=project_id)
    assert "4 runs came back from an archive of" in shown(at)
    assert "Runs" in headings(at)


def test_run_in_two_archives_is_counted_once(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    first = make_archive(installation, cast.alice, project_id)
    before = facts(open_as(cast.vera, PROJECT, project=project_id))
    assert before["Runs"] == "0, and 4 in an archive"
    service.ask_restore(cast.alice, first.id)
    work(installation)
    move_project(cast.alice, project_id, ProjectStatus.ACTIVE)
    end_run(installation.database, cast.alice, make_run(installation.database, cast.alice, project_id=project_id))
    move_project(cast.alice, project_id, ProjectStatus.COMPLETED)
    make_archive(installation, cast.alice, project_id)
    service.ask_restore(cast.alice, first.id)
    work(installation)
    at = open_as(cast.vera, PROJECT, project=project_id)
    assert facts(at)["Runs"] == "4, and 1 in an archive"
    assert "1 run is in an archive of" in shown(at)
    assert "4 of its 5 runs came back by another archive" in shown(at)
    assert "4 runs came back from an archive of" in shown(at)
    assert "Restore" not in offers(open_as(cast.alice, PROJECT, project=project_id)), "it would meet the four"


def test_who_deletes_what_came_back_by_another_archive_is_told_what_goes(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    first = make_archive(installation, cast.alice, project_id)
    service.ask_restore(cast.alice, first.id)
    work(installation)
    found = "SELECT id FROM orchestration_runs WHERE project_id = %s LIMIT 1"
    ((run_id,),) = ask_database(installation.database, found, project_id)
    make_comment(installation.database, cast.alice, run_id, text="Said in between")
    make_archive(installation, cast.alice, project_id)
    service.ask_restore(cast.alice, first.id)
    work(installation)
    at = open_as(cast.alice, PROJECT, project=project_id)
    assert "whose runs came back by another one" in shown(at)
    next(menu for menu in at.menu_button if "Delete…" in menu.options).click("Delete…").run()  # the newest comes first
    assert "What was said and decided between the two is in this file alone" in shown(at)


def test_only_who_may_archive_is_offered_it(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    assert MOVE not in offers(open_as(cast.max, PROJECT, project=project_id))
    make_archive(installation, cast.alice, project_id)
    at = open_as(cast.vera, PROJECT, project=project_id)
    assert "4 runs are in an archive of" in shown(at)
    assert not {"Restore", "Download"} & set(buttons(at))
    assert offers(at) == []


def test_archive_is_deleted_after_a_question(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    at = choose(open_as(cast.alice, PROJECT, project=project_id), "Delete…")
    assert "in this file and nowhere else" in shown(at)
    choose(at, "Delete…", "Delete the archive")
    assert newest(cast.alice, project_id).status is ArchiveStatus.REMOVING
    work(installation)
    at = open_as(cast.alice, PROJECT, project=project_id)
    assert "Archives" not in headings(at)
    for did in ("moved the runs to the archive", "deleted the archive's file"):
        assert did in shown(at), "its activity tells of it"
    assert ask_database(installation.database, "SELECT status FROM archives WHERE id = %s", archive.id) == [
        ("removed",)
    ]


def test_hold_is_named_in_the_question(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    make_hold(installation.database, cast.alice, project_id=project_id)
    at = choose(open_as(cast.mona, PROJECT, project=project_id), MOVE)
    assert "A legal hold keeps what belongs to this project" in shown(at)
    assert "leave the database" not in shown(at)
    assert button(at, "Move the runs").disabled


def test_hold_of_another_project_forbids_nothing(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    make_hold(installation.database, cast.alice, project_id=make_project(installation.database, cast.alice))
    at = choose(open_as(cast.mona, PROJECT, project=project_id), MOVE)
    assert "A legal hold" not in shown(at)
    assert not button(at, "Move the runs").disabled


def test_hold_that_is_placed_after_the_question_is_heeded(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    foresight = service.foresee_archive(cast.mona, project_id)
    make_hold(installation.database, cast.alice, project_id=project_id)
    monkeypatch.setattr(service, "foresee_archive", lambda *_: foresight)  # as it was read a moment ago
    at = open_as(cast.mona, PROJECT, project=project_id)
    choose(choose(at, MOVE), MOVE, "Move the runs")
    assert service.HELD in shown(at)


def test_what_went_wrong_stands_there(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.alice)
    make_archive_row(
        installation.database,
        cast.alice,
        project_id=project_id,
        status="failed",
        made_at=None,
        failure="The file can't be written: No space left on device. <b>*x*</b>",
    )
    at = open_as(cast.alice, PROJECT, project=project_id)
    assert "The runs were not moved to an archive file" in shown(at)
    assert "No space left on device. <b>*x*</b>" in shown(at)


def test_run_in_an_archive_says_where_it_is(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    ((run_id,), *_) = ask_database(
        installation.database, "SELECT id FROM orchestration_runs WHERE project_id = %s", project_id
    )
    make_archive(installation, cast.alice, project_id)
    at = open_as(cast.vera, RUN, run=run_id)
    assert headings(at) == ["This run is in an archive"]
    assert "It lies in the archive of the project “Folding bicycle”, made on" in shown(at)
    assert button(at, "Go to the project")
    at = open_as(cast.charlie, RUN, run=run_id)
    assert headings(at) == ["Not found"]


def test_somebody_else_is_faster(open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    at = choose(open_as(cast.alice, PROJECT, project=project_id), "Delete…")
    service.ask_restore(cast.mona, archive.id)
    press(at, "Delete the archive")
    assert "The runs are coming back from their archive" in shown(at)
    assert newest(cast.alice, project_id).status is ArchiveStatus.RESTORING
