"""An archive of before an upgrade: what tables have got since gets its default, and nothing is dropped in silence."""

from uuid import UUID

import pytest

from lib.archives import service
from lib.archives.views import ArchiveView
from lib.models.archive import ArchiveStatus
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_archives import ask_database, count_moved, fill_project, make_archive, newest, sums, work


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return fill_project(installation, cast)


def migrate(installation: Installation, *statements: str) -> None:
    with doors.admin(installation.database) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def restored(installation: Installation, cast: Cast, archive: ArchiveView) -> ArchiveView:
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    return newest(cast.alice, archive.project_id)


def test_column_that_came_since_gets_its_default(installation: Installation, cast: Cast, project_id: UUID) -> None:
    before = sums(installation.database)
    archive = make_archive(installation, cast.alice, project_id)
    migrate(
        installation,
        "ALTER TABLE phase_executions ADD COLUMN mood text NOT NULL DEFAULT 'calm'",
        "ALTER TABLE orchestration_runs ADD COLUMN tags jsonb NOT NULL DEFAULT '[]', ADD COLUMN remark text",
    )
    now = restored(installation, cast, archive)
    assert (now.status, now.failure) == (ArchiveStatus.RESTORED, None)
    question = (
        "SELECT DISTINCT mood, tags::text, remark FROM phase_executions p JOIN orchestration_runs r ON r.id = run_id"
    )
    assert ask_database(installation.database, question) == [("calm", "[]", None)]
    migrate(
        installation,
        "ALTER TABLE phase_executions DROP COLUMN mood",
        "ALTER TABLE orchestration_runs DROP COLUMN tags, DROP COLUMN remark",
    )
    assert sums(installation.database) == before, "and all else is as it was"


def test_column_that_is_gone_is_not_dropped_in_silence(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    migrate(installation, "ALTER TABLE run_comments ADD COLUMN mood text NOT NULL DEFAULT 'calm'")
    before = sums(installation.database)
    archive = make_archive(installation, cast.alice, project_id)
    migrate(installation, "ALTER TABLE run_comments DROP COLUMN mood")
    now = restored(installation, cast, archive)
    assert now.status is ArchiveStatus.MADE
    assert "the version that runs now has no place any more for run_comments.mood" in (now.failure or "")
    assert now.away == 4
    assert count_moved(installation.database) == 0
    migrate(installation, "ALTER TABLE run_comments ADD COLUMN mood text NOT NULL DEFAULT 'calm'")
    assert restored(installation, cast, archive).status is ArchiveStatus.RESTORED
    assert sums(installation.database) == before


def test_column_that_every_row_needs_is_named(installation: Installation, cast: Cast, project_id: UUID) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    migrate(installation, "ALTER TABLE run_comments ADD COLUMN mood text NOT NULL")
    now = restored(installation, cast, archive)
    assert now.status is ArchiveStatus.MADE
    assert "the version that runs now needs run_comments.mood" in (now.failure or "")
    assert count_moved(installation.database) == 0


def test_rule_that_came_since_is_named(installation: Installation, cast: Cast, project_id: UUID) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    migrate(installation, "ALTER TABLE run_comments ADD CONSTRAINT short_comments CHECK (length(comment_text) < 3)")
    now = restored(installation, cast, archive)
    assert now.status is ArchiveStatus.MADE
    assert "does not allow what is in this archive (short_comments)" in (now.failure or "")
    assert count_moved(installation.database) == 0
