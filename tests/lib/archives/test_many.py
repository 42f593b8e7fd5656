"""Archives of many runs: ten times as many come back in ten times the time, and nobody waits for them at a button."""

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from lib.archives import job as held
from lib.archives import reading, service
from lib.archives.shelf import archive_folder
from lib.db import session
from lib.db.logins import Login
from lib.errors import DatabaseBusy
from lib.models.archive import ArchiveStatus
from lib.projects.service import ProjectEntry
from lib.retention.service import list_holds, place_hold
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import edit_project
from tests.made_archives import ask_database, fill_project, make_archive, multiply, newest, work

#: What a person waits here, in place of seconds.
SHORT_MS = 300


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return fill_project(installation, cast)


def pages_read(connection: psycopg.Connection[Any], archive_id: UUID, lines: list[str]) -> int:
    """How many pages of tables and indexes a part of what comes back is put back with, after the first one."""
    put = "SELECT api.restore_rows(%s, 'orchestration_runs', %s::jsonb)"
    first, *others = lines
    for _ in range(4):  # what is looked up once is there by then
        with connection.transaction(force_rollback=True):
            connection.execute(put.encode(), (archive_id, f"[{first}]"))
            explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {put}"
            row = connection.execute(explained.encode(), (archive_id, f"[{','.join(others)}]")).fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def test_part_of_a_large_archive_comes_back_as_fast_as_that_of_a_small_one(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    (path,) = archive_folder().rglob("*.zip")
    (lines,) = reading.read_rows(path, "orchestration_runs")
    service.ask_restore(cast.alice, archive.id)
    with held.connect(installation.database.url(Login.WORKER)) as connection:
        assert held.claim(connection) is not None
        few = pages_read(connection, archive.id, lines)
        with doors.admin(installation.database) as admin:
            admin.execute(
                "INSERT INTO archived_runs (run_id, archive_id, organization_id) "
                "SELECT gen_random_uuid(), id, organization_id FROM archives, generate_series(1, 60000)"
            )
        many = pages_read(connection, archive.id, lines)
        assert many < few + 60, "and not all those that hold the ids of its runs"
        other = json.loads(lines[0]) | {"id": str(archive.id)}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            pages_read(connection, archive.id, [lines[0], json.dumps(other)])


def test_row_of_an_archive_is_as_small_with_many_runs_as_with_few(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    """Whoever presses Restore has it written again, with its indexes, and as JSON for its triggers."""
    size = "SELECT pg_column_size(to_jsonb(a)) FROM archives a ORDER BY made_at DESC LIMIT 1"
    restored = make_archive(installation, cast.alice, project_id)
    ((few,),) = ask_database(installation.database, size)
    service.ask_restore(cast.alice, restored.id)
    work(installation)
    multiply(installation.database, project_id, times=100)
    archive = make_archive(installation, cast.alice, project_id)
    ((many,),) = ask_database(installation.database, size)
    assert (archive.runs, archive.away) == (400, 400)
    assert many < few + 200, "numbers of more digits, and no list"


def test_nobody_waits_for_an_archive_that_takes_its_runs_away(
    installation: Installation, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever needs what it holds is told so soon, long before a statement would be ended."""
    edited = ProjectEntry(name="Another name", topic="Folding")

    deeds = (
        lambda: place_hold(cast.alice, None, reason="A case"),
        lambda: edit_project(cast.alice, project_id, edited),
        lambda: service.ask_archive(cast.mona, project_id),
    )
    keep = held.keep
    said: list[str] = []

    def keep_for_long(connection: psycopg.Connection[Any], *rest: Any) -> str:
        with connection.transaction():
            outcome = keep(connection, *rest)
            for deed in deeds:
                with pytest.raises(DatabaseBusy) as caught:
                    deed()
                said.append(caught.value.message)
        return outcome

    monkeypatch.setattr(held, "keep", keep_for_long)
    monkeypatch.setattr(session, "LOCK_TIMEOUT_MS", SHORT_MS)
    session.dispose()
    try:
        make_archive(installation, cast.alice, project_id)
    finally:
        monkeypatch.undo()
        session.dispose()
    assert len(said) == len(deeds)
    assert all("an archive is being made" in each and "try again in a minute" in each for each in said)
    assert newest(cast.alice, project_id).status is ArchiveStatus.MADE
    assert list_holds(cast.alice) == []
    place_hold(cast.alice, None, reason="A case")
