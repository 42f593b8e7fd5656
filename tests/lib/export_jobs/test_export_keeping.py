"""How long a file is kept that a worker has written, and what becomes of it when something goes wrong."""

from pathlib import Path
from typing import Any

import pytest

from lib.backup.making import _copy_files
from lib.db.logins import Login
from lib.errors import DatabaseFull, FileGone, NotFound
from lib.export_jobs.service import list_exports, remove_export
from lib.export_jobs.shelf import EXPORTS
from lib.export_jobs.working import clear_leftovers
from lib.models.export_job import ExportStatus
from lib.usage.calls import service as calls
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_exports import (
    CALLS,
    ask,
    change,
    expire,
    newest,
    stored,
    taken,
    work,
)
from tests.records import row, rows


def test_what_is_not_written_yet_is_not_to_be_had(installation: Installation, cast: Cast) -> None:
    export_id = ask(cast.mona)
    with pytest.raises(NotFound):
        taken(cast.mona, export_id)


@pytest.mark.parametrize("column", ["suspended_at", "deleted_at"])
def test_organization_that_is_suspended_or_has_ended_waits(installation: Installation, cast: Cast, column: str) -> None:
    ask(cast.mona)
    change(installation, f"UPDATE organizations SET {column} = now() WHERE id = %s", cast.organization_a)
    work(installation)
    assert row(installation, "SELECT status FROM export_jobs")["status"] == "asked"
    change(installation, f"UPDATE organizations SET {column} = NULL WHERE id = %s", cast.organization_a)
    work(installation)
    assert row(installation, "SELECT status FROM export_jobs")["status"] == "made"


def test_file_goes_after_a_week_whatever_its_organization_is(installation: Installation, cast: Cast) -> None:
    export_id = ask(cast.mona)
    work(installation)
    found = newest(cast.mona)
    assert found.made_at
    assert found.expires_at
    assert (found.expires_at - found.made_at).days in (6, 7)
    expire(installation)
    assert list_exports(cast.mona, CALLS).entries == ()
    with pytest.raises(NotFound):
        taken(cast.mona, export_id)
    change(installation, "UPDATE organizations SET suspended_at = now() WHERE id = %s", cast.organization_a)
    work(installation)
    assert rows(installation, "SELECT 1 FROM export_jobs") == []
    assert stored() == []


def test_what_failed_goes_after_a_week(installation: Installation, cast: Cast) -> None:
    ask(cast.mona)
    change(installation, "UPDATE users SET deactivated_at = now() WHERE id = %s", cast.mona.user_id)
    work(installation)
    expire(installation)
    work(installation)
    assert rows(installation, "SELECT 1 FROM export_jobs") == []


def test_what_nobody_needs_any_more_goes_with_its_file(installation: Installation, cast: Cast) -> None:
    export_id = ask(cast.mona)
    work(installation)
    remove_export(cast.mona, export_id)
    assert list_exports(cast.mona, CALLS).entries == ()
    work(installation)
    assert rows(installation, "SELECT 1 FROM export_jobs") == []
    assert stored() == []
    with pytest.raises(NotFound):
        remove_export(cast.mona, export_id)


def test_what_is_removed_while_it_is_written_is_not_kept(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id = ask(cast.mona)
    write = calls.export_calls

    def meanwhile(*arguments: Any, **named: Any) -> Any:
        remove_export(cast.mona, export_id)
        return write(*arguments, **named)

    monkeypatch.setattr(calls, "export_calls", meanwhile)
    work(installation)
    assert rows(installation, "SELECT 1 FROM export_jobs") == []
    assert stored() == []


def test_lost_file_is_said_to_be_gone(installation: Installation, cast: Cast) -> None:
    export_id = ask(cast.mona)
    work(installation)
    for path in stored():
        path.unlink()
    with pytest.raises(FileGone, match="Ask for the file anew"):
        taken(cast.mona, export_id)


def test_files_go_with_their_organization(installation: Installation, cast: Cast) -> None:

    url = installation.database.url(Login.WORKER)
    ask(cast.mona)
    work(installation)
    begun = EXPORTS.folder() / ".unfinished" / f"{row(installation, 'SELECT id FROM export_jobs')['id']}-0123abcd"
    begun.mkdir(parents=True)
    (begun / "export.csv").write_bytes(b"half")
    assert clear_leftovers(url) == 0
    assert len(stored()) == 2, "their row is there"
    change(installation, "DELETE FROM export_jobs")
    assert clear_leftovers(url) == 1
    assert stored() == []
    assert not begun.exists()


def test_disk_that_is_full_is_told(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(calls, "export_calls", fail)
    ask(cast.mona)
    work(installation)
    found = newest(cast.mona)
    assert (found.status, found.failure) == (
        ExportStatus.FAILED,
        "The file can't be written or removed: No space left on device.",
    )
    assert stored() == []


def test_what_passes_by_itself_is_tried_again(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:

    def fail(*_: Any, **__: Any) -> Any:
        raise DatabaseFull("The database's disk is full.")

    ask(cast.mona)
    with monkeypatch.context() as patched:
        patched.setattr(calls, "export_calls", fail)
        work(installation)
    found = newest(cast.mona)
    assert (found.status, found.failure) == (ExportStatus.MAKING, "The database's disk is full.")
    work(installation)
    assert newest(cast.mona).status is ExportStatus.MAKING, "not before a minute has gone by"
    change(installation, "UPDATE export_jobs SET next_at = now()")
    work(installation)
    assert (newest(cast.mona).status, newest(cast.mona).failure) == (ExportStatus.MADE, None)


def test_backup_has_none_of_them(installation: Installation, cast: Cast, tmp_path: Path) -> None:
    ask(cast.mona)
    work(installation)
    assert len(stored()) == 1
    assert _copy_files(tmp_path / "backup") == {}
    assert not (tmp_path / "backup").exists()
