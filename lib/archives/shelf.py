"""Where the files of archives lie: in the data folder, or in a bucket of S3.

A file is written in `.unfinished` of the data folder first, and has its name once it is whole and on the disk, or in
the bucket. Each try has a name of its own, so that nobody writes over what another one has made.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from lib.config import get_settings
from lib.data_folder import data_folder, find_folder, make_private_folder, sync_file
from lib.errors import ConfigurationError, FileGone
from lib.models.archive import ArchiveStore

_NAME: Final = "archives"
_UNFINISHED: Final = ".unfinished"


class Shelf(Protocol):
    """A place for files."""

    store: ArchiveStore

    def put(self, path: Path, name: str) -> None:
        """Keep the file there, whole, under that name. The path may be gone then."""

    def remove(self, name: str) -> None:
        """Remove it; one that is gone is removed."""

    def fetch(self, name: str, beside: Path, /) -> Path:
        """Where it can be read: where it lies, or copied to `beside`. Raises FileGone, OSError."""

    def list_names(self, beginning: str) -> list[str]:
        """Names that begin so."""


class LocalShelf:
    """The data folder, in a folder an organization."""

    store = ArchiveStore.LOCAL

    def put(self, path: Path, name: str) -> None:
        """Rename it there: it is in the same file system."""
        target = archive_folder() / name
        make_private_folder(target.parent)
        path.rename(target)
        for folder in (target.parent, target.parent.parent):
            sync_file(folder)

    def remove(self, name: str) -> None:
        """Remove it, and the organization's folder with its last one."""
        target = archive_folder() / name
        target.unlink(missing_ok=True)
        with suppress(OSError):
            target.parent.rmdir()

    def fetch(self, name: str, _: Path, /) -> Path:
        """Where it lies."""
        path = archive_folder() / name
        if not path.is_file():
            raise gone(name)
        return path

    def list_names(self, beginning: str) -> list[str]:
        """Names that begin so."""
        return [str(path.relative_to(archive_folder())) for path in archive_folder().glob(f"{beginning}*")]


def gone(name: str) -> FileGone:
    """What is said of a file that is not there."""
    said = (
        f"The file of this archive, {name}, is not where it was put: somebody removed it, or this machine does not "
        "share that folder. Ask whoever runs this installation; a copy of the file can be restored by "
        "`orchestrator archives restore FILE`."
    )
    return FileGone(name, said=said)


def archive_folder() -> Path:
    """Where archives lie in the data folder, made when it is missing."""
    folder = data_folder() / _NAME
    make_private_folder(folder)
    return folder


def find_archive_folder() -> Path | None:
    """The same where it is there already: who only looks makes none."""
    return find_folder(_NAME)


def new_shelf() -> Shelf:
    """Where what is made now is kept: ORCHESTRATOR_ARCHIVES, else the data folder."""
    return open_shelf(ArchiveStore.S3 if get_settings().archives else ArchiveStore.LOCAL)


def open_shelf(store: ArchiveStore) -> Shelf:
    """Where that lies. Raises ConfigurationError where it lies in a bucket and none is set."""
    if store is ArchiveStore.LOCAL:
        return LocalShelf()
    url = get_settings().archives
    if url is None:
        raise ConfigurationError(
            "This archive lies in S3. Whoever runs this installation sets ORCHESTRATOR_ARCHIVES to where that is."
        )
    from lib.archives.bucket import Bucket  # noqa: PLC0415 - obstore is loaded by who has a bucket

    return Bucket(url)


def new_name(organization_id: UUID, archive_id: UUID) -> str:
    """What the file of one try is called."""
    return f"{organization_id}/{archive_id}-{secrets.token_hex(4)}.zip"


def remove_leftovers(shelf: Shelf, organization_id: UUID, archive_id: UUID) -> None:
    """Remove every file of an archive, whichever try has made it: killed workers have left some of them."""
    for name in shelf.list_names(f"{organization_id}/{archive_id}-"):
        shelf.remove(name)
    for path in (archive_folder() / _UNFINISHED).glob(f"{archive_id}-*"):
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def desk(archive_id: UUID) -> Iterator[Path]:
    """A folder to write in, which goes with what is in it."""
    folder = archive_folder() / _UNFINISHED / f"{archive_id}-{secrets.token_hex(4)}"
    make_private_folder(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
