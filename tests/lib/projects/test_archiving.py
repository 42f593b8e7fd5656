"""A project is neither archived nor ended while somebody works for it, whoever comes first and whoever may see it."""

import time
from dataclasses import replace
from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.errors import Conflict
from lib.models.project import ProjectStatus
from lib.projects.service import get_project, move_project
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, show_members_their_own_only
from tests.made_runs import end_run, make_run
from tests.records import row

pytestmark = pytest.mark.usefixtures("installation")


def archive(actor: Actor, project_id: UUID) -> None:
    move_project(actor, project_id, ProjectStatus.ARCHIVED)


def test_runs_in_progress_are_named_and_their_end_lets_it_be_archived(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.mona)
    titles = [f"Run {number}" for number in range(5)]
    runs = [make_run(installation.database, cast.mona, project_id=project_id, title=title) for title in titles]
    with pytest.raises(Conflict, match="in progress for it: “Run 4”, “Run 3”, “Run 2” and 2 more"):
        archive(cast.mona, project_id)
    for run in runs[1:]:
        end_run(installation.database, cast.mona, run, status="failed")
    with pytest.raises(Conflict, match="A run is in progress for it: “Run 0”"):
        archive(cast.mona, project_id)
    end_run(installation.database, cast.mona, runs[0])
    archive(cast.mona, project_id)
    assert get_project(cast.mona, project_id).status is ProjectStatus.ARCHIVED


def test_run_that_its_archiver_may_not_see_counts_and_is_not_named(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max)
    make_run(installation.database, cast.mona, project_id=project_id, title="Secret")
    show_members_their_own_only(installation.database, cast.organization_a)
    with pytest.raises(Conflict, match="A run is in progress for it: 1 of other people"):
        archive(replace(cast.max, sees_own_only=True), project_id)


def test_project_whose_run_is_being_launched_is_archived_by_nobody(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.mona)
    with doors.person(installation.database, cast.max) as connection:
        connection.execute(
            "INSERT INTO orchestration_runs (organization_id, user_id, project_id, title, topic, status) "
            "VALUES (%s, %s, %s, 'Faster', 'Bicycles', 'queued')",
            [cast.organization_a, cast.max.user_id, project_id],
        )
        with attempt(lambda: archive(cast.mona, project_id)) as outcome:
            while not is_waiting(installation):
                time.sleep(0.01)
            connection.commit()
    assert [str(each) for each in outcome if isinstance(each, Conflict)] != []
    assert get_project(cast.mona, project_id).status is ProjectStatus.ACTIVE


@pytest.mark.parametrize(
    ("status", "then"),
    [
        (ProjectStatus.COMPLETED, "then mark the project as completed."),
        (ProjectStatus.FAILED, "then mark the project as failed."),
        (ProjectStatus.ARCHIVED, "then archive the project."),
    ],
)
def test_nobody_ends_a_project_whose_run_is_in_progress(
    installation: Installation, cast: Cast, status: ProjectStatus, then: str
) -> None:
    project_id = make_project(installation.database, cast.max)
    run = make_run(installation.database, cast.max, project_id=project_id, title="Under way")
    with pytest.raises(Conflict, match=f"A run is in progress for it: “Under way”.*{then}"):
        move_project(cast.max, project_id, status)
    write = "UPDATE projects SET status = %s WHERE id = %s"
    with doors.person(installation.database, cast.max) as connection:
        assert doors.refusal(connection, write, [status, project_id]) == "55000"
    assert get_project(cast.max, project_id).status is ProjectStatus.ACTIVE
    end_run(installation.database, cast.max, run)
    assert move_project(cast.max, project_id, status) is status


def test_sql_archives_as_a_person_does(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max)
    run = make_run(installation.database, cast.max, project_id=project_id)
    forge = "UPDATE projects SET status = 'archived', archived_at = '1999-01-01', archived_by = %s WHERE id = %s"
    with doors.person(installation.database, cast.max) as connection:
        assert doors.refusal(connection, forge, [cast.vera.user_id, project_id]) == "55000"
    end_run(installation.database, cast.max, run)
    with doors.person(installation.database, cast.max) as connection:
        connection.execute(forge.encode(), [cast.vera.user_id, project_id])
        later = "UPDATE projects SET archived_at = '1999-01-01', archived_by = %s WHERE id = %s"
        connection.execute(later.encode(), [cast.vera.user_id, project_id])
    stored = row(installation, "SELECT archived_by, archived_at FROM projects WHERE id = %s", project_id)
    assert (stored["archived_by"], stored["archived_at"].year > 1999) == (cast.max.user_id, True)
