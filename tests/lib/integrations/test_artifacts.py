import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from lib.config import ROOT, get_settings
from lib.integrations.base import FailureKind, Occasion, OpenConnection, OperationFailed, Performed
from lib.integrations.folder import artifact_folder, read_artifact, write_artifact
from lib.integrations.kinds.artifact_write import KIND, MAX_BYTES, ArtifactParameters
from tests.receiver import Receiver

PATH = PurePosixPath("reports/answer.md")


@pytest.fixture
def place() -> tuple[UUID, UUID, UUID]:
    return uuid4(), uuid4(), uuid4()


def bucket(receiver: Receiver) -> OpenConnection:
    settings = {"region": "eu-central-1", "access_key_id": "AKIAEXAMPLE", "prefix": "runs"}
    return OpenConnection(name="Bucket", target=f"{receiver.url}/our-reports", settings=settings, secret="s" * 40)


def test_file_is_written_whole_and_only_its_owner_reads_it(tmp_path: Path, place: tuple[UUID, UUID, UUID]) -> None:
    write_artifact(tmp_path, place, PATH, b"one")
    assert read_artifact(tmp_path, place, PATH) == b"one"
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert file.relative_to(tmp_path).parts == (*map(str, place), "reports", "answer.md")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_attempt_that_nobody_recorded_is_done_again_and_leaves_one_file(
    tmp_path: Path, place: tuple[UUID, UUID, UUID]
) -> None:
    write_artifact(tmp_path, place, PATH, b"one")
    write_artifact(tmp_path, place, PATH, b"one")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["answer.md"]


def test_another_operation_writes_another_file_of_the_same_name(tmp_path: Path) -> None:
    organization_id, run_id, first, second = (uuid4() for _ in range(4))
    write_artifact(tmp_path, (organization_id, run_id, first), PATH, b"first")
    write_artifact(tmp_path, (organization_id, run_id, second), PurePosixPath("reports/ANSWER.md"), b"second")
    assert read_artifact(tmp_path, (organization_id, run_id, first), PATH) == b"first"


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_no_symbolic_link_on_the_way_is_followed(tmp_path: Path, place: tuple[UUID, UUID, UUID], depth: int) -> None:
    folder, outside = tmp_path / "artifacts", tmp_path / "outside"
    outside.mkdir()
    parts = [*map(str, place), "reports"]
    (folder / Path(*parts[:depth])).mkdir(parents=True)
    (folder / Path(*parts[: depth + 1])).symlink_to(outside)
    with pytest.raises(OperationFailed, match="Something else stands"):
        write_artifact(folder, place, PATH, b"one")
    assert list(outside.rglob("*")) == []
    (outside / "answer.md").write_text("theirs")
    assert read_artifact(folder, place, PATH) is None


@pytest.mark.parametrize("outside", [True, False])
def test_path_that_leaves_the_folder_is_not_read_whoever_has_written_it(
    tmp_path: Path, place: tuple[UUID, UUID, UUID], outside: bool
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("planted")
    folder = tmp_path / "artifacts"
    folder.mkdir()
    write_artifact(folder, place, PATH, b"one")
    leaving = secret if outside else PurePosixPath("../../../../secret")
    assert read_artifact(folder, place, PurePosixPath(leaving)) is None


def test_link_in_the_place_of_the_file_is_replaced_and_not_written_through(
    tmp_path: Path, place: tuple[UUID, UUID, UUID]
) -> None:
    write_artifact(tmp_path, place, PATH, b"one")
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    file.unlink()
    file.symlink_to(theirs)
    assert read_artifact(tmp_path, place, PATH) is None
    write_artifact(tmp_path, place, PATH, b"two")
    assert theirs.read_text() == "theirs"
    assert read_artifact(tmp_path, place, PATH) == b"two"


def test_full_disk_is_a_clear_failure_and_leaves_nothing(tmp_path: Path, place: tuple[UUID, UUID, UUID]) -> None:
    """The limit of a file's size stands for the disk: the system refuses the write in the same way."""
    script = (
        "import resource, sys, pathlib, uuid\n"
        "from lib.integrations.folder import write_artifact\n"
        "from lib.integrations.base import OperationFailed\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "place = tuple(map(uuid.UUID, sys.argv[2:5]))\n"
        "try:\n    write_artifact(pathlib.Path(sys.argv[1]), place, pathlib.PurePosixPath('answer.md'), b'x' * 5000)\n"
        "except OperationFailed as error:\n    print(error.kind, error.is_retryable, error.message)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), *map(str, place)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ})
    assert told.stdout.startswith("disk_full False The disk of the installation's artifact folder is full")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_kind_writes_into_the_installations_folder(
    perform: Callable[..., Performed], occasion: Occasion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(tmp_path))
    get_settings.cache_clear()
    done = perform(KIND, ArtifactParameters(path="a/ü.md", content="Grüße"))
    assert done.result["path"] == "a/ü.md"
    assert done.result["bytes"] == 7
    place = (occasion.organization_id, occasion.run_id, occasion.operation_id)
    assert artifact_folder().is_relative_to(tmp_path)
    assert read_artifact(artifact_folder(), place, PurePosixPath("a/ü.md")) == "Grüße".encode()


def test_file_that_is_too_long_is_refused_before_anything_is_written() -> None:
    with pytest.raises(OperationFailed, match="is the most") as told:
        KIND.check(ArtifactParameters(content="x" * (MAX_BYTES + 1)))
    assert told.value.kind is FailureKind.INVALID


def test_bucket_gets_the_object_signed_and_never_over_another(
    perform: Callable[..., Performed], receiver: Receiver
) -> None:
    done = perform(KIND, ArtifactParameters(path="a/b.md", content="hello", connection="b"), bucket(receiver))
    (put,) = receiver.received
    assert (put.method, urlsplit(put.path).path, put.body) == ("PUT", "/our-reports/runs/a/b.md", b"hello")
    assert "X-Amz-Signature=" in put.path
    assert put.headers["if-none-match"] == "*"
    assert "s" * 40 not in str(put)
    assert done.result["key"] == "runs/a/b.md"


def test_workers_own_environment_signs_nothing(
    perform: Callable[..., Performed], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"SESSION_TOKEN": "planted", "ACCESS_KEY_ID": "planted", "SECRET_ACCESS_KEY": "planted", "REGION": "planted"}
    more = {"ENDPOINT_URL": "https://planted.example", "SKIP_SIGNATURE": "true", "REQUEST_PAYER": "true"}
    for name, value in {**said, **more, "S3_EXPRESS": "true", "VIRTUAL_HOSTED_STYLE_REQUEST": "true"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    perform(KIND, ArtifactParameters(path="b.md", connection="b"), bucket(receiver))
    (put,) = receiver.received
    assert "X-Amz-Credential=AKIAEXAMPLE%2F" in put.path
    assert "planted" not in str(put)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://planted.example")  # goes before what obstore is told
    with pytest.raises(OperationFailed, match="environment has settings of its own"):
        perform(KIND, ArtifactParameters(path="b.md", connection="b"), bucket(receiver))
    assert len(receiver.received) == 1


@pytest.mark.parametrize(("there", "is_same"), [(b"hello", True), (b"hello you", False), (b"other", False)])
def test_object_that_is_there_is_ours_where_it_holds_the_same(
    perform: Callable[..., Performed], receiver: Receiver, there: bytes, is_same: bool
) -> None:
    receiver.answers = [(412, {}, b""), (200, {}, there)]
    params = ArtifactParameters(path="b.md", content="hello", connection="b")
    if is_same:
        assert perform(KIND, params, bucket(receiver)).status == 200
    else:
        with pytest.raises(OperationFailed, match="not overwritten") as told:
            perform(KIND, params, bucket(receiver))
        assert told.value.kind is FailureKind.EXISTS
    assert [each.method for each in receiver.received] == ["PUT", "GET"]


def test_bucket_at_an_address_of_ours_is_not_called(receiver: Receiver) -> None:
    with pytest.raises(OperationFailed, match="ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS"):
        asyncio.run(KIND.test(bucket(receiver), allowed_hosts=frozenset()))
    assert receiver.received == []
    asyncio.run(KIND.test(bucket(receiver), allowed_hosts=frozenset({receiver.host})))
    assert [each.method for each in receiver.received] == ["GET"]
