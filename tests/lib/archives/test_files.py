"""The file of an archive: anybody can open it, it is told from every other one, and it goes when nobody needs it."""

import json
import re
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from lib.archives import making, reading, service
from lib.archives.shelf import archive_folder
from lib.archives.working import clear_leftovers
from lib.db.logins import Login
from lib.errors import InvalidInput
from lib.models.archive import ArchiveStatus
from lib.shelf.shelves import LocalShelf
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_archives import (
    ask_database,
    count_moved,
    fill_project,
    make_archive,
    newest,
    sums,
    work,
)


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return fill_project(installation, cast)


def stored() -> list[Path]:
    return [path for path in archive_folder().rglob("*") if path.is_file()]


def test_file_is_a_zip_that_anybody_can_open(installation: Installation, cast: Cast, project_id: UUID) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    (path,) = stored()
    assert (path.stat().st_size, reading.sum_file(path)) == (archive.bytes, archive.sha256)
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
        runs = [json.loads(line) for line in file.read("tables/orchestration_runs.jsonl").splitlines()]
    assert len(runs) == 4
    assert sum(name.startswith("files/") for name in names) == 2
    manifest = reading.verify(path)
    assert (manifest.run_count, manifest.project_id) == (4, project_id)


def test_file_is_taken_and_the_trail_says_so(installation: Installation, cast: Cast, project_id: UUID) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    file = BytesIO()
    assert archive.made_at
    name = f"archive-folding-bicycle-{archive.made_at:%Y-%m-%d}.zip"
    assert service.export_archive(cast.mona, archive.id, file) == name
    assert sha256(file.getvalue()).hexdigest() == archive.sha256
    entries = ask_database(
        installation.database,
        "SELECT user_id, new_values ->> 'sha256' FROM audit_logs WHERE action = 'archives.export'",
    )
    assert entries == [(cast.mona.user_id, archive.sha256)]


def test_tampered_file_is_refused_and_says_which_part(installation: Installation, cast: Cast, project_id: UUID) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    (path,) = stored()
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["tables/phase_executions.jsonl"] = parts["tables/phase_executions.jsonl"].replace(b"Fold", b"Told")
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    now = newest(cast.alice, project_id)
    assert now.status is ArchiveStatus.MADE
    assert "tables/phase_executions.jsonl holds something else than was written" in (now.failure or "")
    left = ask_database(installation.database, "SELECT 1 FROM orchestration_runs WHERE project_id = %s", project_id)
    assert left == []


def test_file_made_up_whole_is_refused(installation: Installation, cast: Cast, project_id: UUID) -> None:
    """One whose sums all agree, as somebody can make it who reads our source, is still not the one that was made."""
    archive = make_archive(installation, cast.alice, project_id)
    (path,) = stored()
    manifest = reading.verify(path)
    again = making.ArchiveWriter(path.with_suffix(".new"))
    for table in manifest.tables:
        again.add(f"tables/{table}.jsonl", [])
    again.finish(manifest.model_copy(update={"parts": again.parts}))
    path.with_suffix(".new").replace(path)
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    assert "is not the file that was made" in (newest(cast.alice, project_id).failure or "")


@pytest.mark.parametrize("cut", [0.0, 0.5, 0.99])
def test_cut_off_file_is_no_archive(installation: Installation, cast: Cast, project_id: UUID, cut: float) -> None:
    make_archive(installation, cast.alice, project_id)
    (path,) = stored()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * cut)])
    with pytest.raises(InvalidInput, match="damaged, or is no archive"):
        reading.verify(path)


@pytest.mark.parametrize(
    ("entry", "said"), [(0, "orchestration_runs.jsonl can't be unpacked"), (-1, "its list of parts")]
)
def test_part_that_asks_for_a_password_is_damaged(
    installation: Installation, cast: Cast, project_id: UUID, entry: int, said: str
) -> None:
    """One bit of the zip's list of parts does that."""
    make_archive(installation, cast.alice, project_id)
    (path,) = stored()
    whole = bytearray(path.read_bytes())
    listed = [found.start() for found in re.finditer(b"PK\x01\x02", whole)]
    whole[listed[entry] + 8] |= 1
    path.write_bytes(whole)
    with pytest.raises(InvalidInput, match=said):
        reading.verify(path)


def test_file_that_is_read_back_otherwise_leaves_all_runs(
    installation: Installation, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that keeps something else than was written to it."""
    put = LocalShelf.put

    def spoil(shelf: LocalShelf, path: Path, name: str) -> None:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        put(shelf, path, name)

    monkeypatch.setattr(LocalShelf, "put", spoil)
    before = sums(installation.database)
    archive = make_archive(installation, cast.alice, project_id)
    assert (archive.status, stored()) == (ArchiveStatus.FAILED, [])
    assert "not what was written when it is read back" in (archive.failure or "")
    assert sums(installation.database) == before


def test_lost_file_is_told_of(installation: Installation, cast: Cast, project_id: UUID) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    (path,) = stored()
    path.unlink()
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    now = newest(cast.alice, project_id)
    assert (now.status, "is not where it was put" in (now.failure or "")) == (ArchiveStatus.MADE, True)


def test_deleted_archive_leaves_a_record_and_no_file(installation: Installation, cast: Cast, project_id: UUID) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    service.remove_archive(cast.mona, archive.id)
    work(installation)
    assert stored() == []
    assert service.list_archives(cast.alice, project_id).archives == ()
    question = "SELECT status, removed_by, run_count FROM archives WHERE id = %s"
    assert ask_database(installation.database, question, archive.id) == [("removed", cast.mona.user_id, 4)]


def test_file_without_a_row_goes_and_the_others_stay(installation: Installation, cast: Cast, project_id: UUID) -> None:
    make_archive(installation, cast.alice, project_id)
    (path,) = stored()
    url = installation.database.url(Login.WORKER)
    stray = path.with_name(f"{uuid4()}-{path.name.rpartition('-')[2]}")
    others = path.with_name("ours.txt")
    for made in (stray, others):
        made.write_bytes(b"x")
    assert clear_leftovers(url) == 1
    assert sorted(stored()) == sorted([path, others])
    with doors.admin(installation.database) as connection:
        connection.execute("DELETE FROM archives")
        connection.execute("UPDATE engine_settings SET installation_id = gen_random_uuid()")
    assert clear_leftovers(url) == 0, "it is another installation's folder"
    assert path in stored()


def test_disk_that_is_full_leaves_all_runs(
    installation: Installation, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = count_moved(installation.database)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making.ArchiveWriter, "finish", full)
    archive = make_archive(installation, cast.alice, project_id)
    assert archive.status is ArchiveStatus.FAILED
    assert "No space left on device" in (archive.failure or "")
    assert count_moved(installation.database) == before
    assert stored() == []
