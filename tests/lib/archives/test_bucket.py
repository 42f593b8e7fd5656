"""Archives in a bucket: a real server that speaks S3, and all that is said where it does not answer or has lost one."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest

from lib.archives import reading, service
from lib.archives.shelf import ARCHIVES, archive_folder
from lib.config import get_settings
from lib.errors import ConfigurationError
from lib.models.archive import ArchiveStatus
from lib.shelf.store import Store
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_archives import fill_project, make_archive, newest, sums, work
from tests.workers import until

_KEY, _SECRET = "key-of-the-tests", "secret-of-the-tests"


@pytest.fixture
def bucket(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a bucket that a server has, and settings that lead to it."""
    folder = tmp_path / "buckets" / "our-archives"
    folder.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("rclone"), "serve", "s3", "--addr", f"127.0.0.1:{port}"]
    command += ["--auth-key", f"{_KEY},{_SECRET}", "--config", tmp_path / "none", folder.parent]
    server = subprocess.Popen(
        command, env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]}, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: _answers(port))
        for name, value in (
            ("AWS_ACCESS_KEY_ID", _KEY),
            ("AWS_SECRET_ACCESS_KEY", _SECRET),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT", f"http://127.0.0.1:{port}"),
            ("ORCHESTRATOR_ARCHIVES", "s3://our-archives/of/acme"),
        ):
            monkeypatch.setenv(name, value)
        get_settings.cache_clear()
        yield folder
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return fill_project(installation, cast)


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def stored(bucket: Path) -> list[Path]:
    return [path for path in bucket.rglob("*") if path.is_file()]


def test_archive_lies_in_the_bucket_and_comes_back(
    bucket: Path, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    before = sums(installation.database)
    archive = make_archive(installation, cast.alice, project_id)
    assert (archive.status, archive.store, archive.failure) == (ArchiveStatus.MADE, Store.S3, None)
    (path,) = stored(bucket)
    assert path.parent == bucket / "of" / "acme" / str(cast.organization_a)
    assert reading.sum_file(path) == archive.sha256
    assert [each for each in archive_folder().rglob("*") if each.is_file()] == [], "nothing of it is left here"
    taken = BytesIO()
    assert service.export_archive(cast.alice, archive.id, taken).startswith("archive-folding-bicycle-")
    assert len(taken.getvalue()) == archive.bytes
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    assert newest(cast.alice, project_id).status is ArchiveStatus.RESTORED
    assert sums(installation.database) == before
    service.remove_archive(cast.alice, archive.id)
    work(installation)
    assert stored(bucket) == []


def test_archive_that_the_bucket_has_lost_is_said_to_be_gone(
    bucket: Path, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    archive = make_archive(installation, cast.alice, project_id)
    (path,) = stored(bucket)
    ARCHIVES.open(Store.S3).remove(f"{cast.organization_a}/{path.name}")  # past what the database knows
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    now = newest(cast.alice, project_id)
    assert now.status is ArchiveStatus.MADE
    assert "is not where it was put" in (now.failure or "")


def test_bucket_that_refuses_leaves_all_runs(
    bucket: Path, installation: Installation, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sums(installation.database)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-one")
    archive = make_archive(installation, cast.alice, project_id)
    assert archive.status is ArchiveStatus.FAILED
    assert "The bucket for archives does not do it" in (archive.failure or "")
    assert _SECRET not in (archive.failure or "")
    assert sums(installation.database) == before
    assert stored(bucket) == []


def test_archive_in_the_data_folder_stays_there(
    bucket: Path, installation: Installation, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORCHESTRATOR_ARCHIVES")
    get_settings.cache_clear()
    archive = make_archive(installation, cast.alice, project_id)
    with pytest.raises(ConfigurationError, match="ORCHESTRATOR_ARCHIVES"):
        ARCHIVES.open(Store.S3)
    monkeypatch.setenv("ORCHESTRATOR_ARCHIVES", "s3://our-archives")
    get_settings.cache_clear()
    service.ask_restore(cast.alice, archive.id)
    work(installation)
    assert newest(cast.alice, project_id).status is ArchiveStatus.RESTORED


@pytest.mark.parametrize("wrong", ["https://bucket", "s3://", "s3://key:secret@bucket", "bucket/prefix"])
def test_address_that_is_no_bucket_is_refused(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_ARCHIVES", wrong)
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match="must look like s3://bucket/prefix"):
        get_settings()
    monkeypatch.delenv("ORCHESTRATOR_ARCHIVES")
    get_settings.cache_clear()
