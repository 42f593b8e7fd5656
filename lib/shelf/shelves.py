"""The shelves of one kind of file: one in the data folder, one in a bucket of S3.

A file is written in `.unfinished` of the data folder first, and has its name once it is whole and on the disk, or in
the bucket. Each try has a name of its own, so that nobody writes over what another one has made.
"""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol
from uuid import UUID

from lib.config import get_settings
from lib.data_folder import data_folder, find_folder, make_private_folder, sync_file
from lib.errors import ConfigurationError, FileGone
from lib.shelf.store import Store

UNFINISHED: Final = ".unfinished"
_CHUNK: Final = 1 << 20


class Shelf(Protocol):
    """A place for files."""

    store: Store

    def put(self, path: Path, name: str) -> None:
        """Keep the file there, whole, under that name. The path may be gone then."""

    def remove(self, name: str) -> None:
        """Remove it; one that is gone is removed."""

    def fetch(self, name: str, beside: Path, /) -> Path:
        """Where it can be read: where it lies, or copied to `beside`. Raises FileGone, OSError."""

    def list_names(self, beginning: str) -> list[str]:
        """Names that begin so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Where files of one kind lie, and what is said of them."""

    #: What one of them is called: "archive".
    noun: str
    #: Their folder in the data folder.
    folder_name: str
    #: Their folder in the bucket, beneath what ORCHESTRATOR_ARCHIVES names; none where they lie there themselves.
    prefix: str = ""
    #: How their names end.
    endings: frozenset[str]
    #: What to do about one that is lost.
    remedy: str

    def folder(self) -> Path:
        """Where they lie in the data folder, made when it is missing."""
        folder = data_folder() / self.folder_name
        make_private_folder(folder)
        return folder

    def find_folder(self) -> Path | None:
        """The same where it is there already: who only looks makes none."""
        return find_folder(self.folder_name)

    def new(self) -> Shelf:
        """Where what is made now is kept: ORCHESTRATOR_ARCHIVES, else the data folder."""
        return self.open(Store.S3 if get_settings().archives else Store.LOCAL)

    def open(self, store: Store) -> Shelf:
        """Where that lies. Raises ConfigurationError where it lies in a bucket and none is set."""
        if store is Store.LOCAL:
            return LocalShelf(self)
        url = get_settings().archives
        if url is None:
            raise ConfigurationError(
                f"This {self.noun} lies in S3. Whoever runs this installation sets ORCHESTRATOR_ARCHIVES to where "
                "that is."
            )
        from lib.shelf.bucket import Bucket  # noqa: PLC0415 - obstore is loaded by who has a bucket

        return Bucket(url, self)

    def copy(self, store: str, name: str, file: BinaryIO) -> None:
        """Copy what lies there into a file that is open. Raises FileGone, ConfigurationError, OSError."""
        with tempfile.TemporaryDirectory(prefix=f"{self.noun}-") as folder:
            path = self.open(Store(store)).fetch(name, Path(folder))
            with path.open("rb") as kept:
                shutil.copyfileobj(kept, file, _CHUNK)

    def gone(self, name: str) -> FileGone:
        """What is said of a file that is not there."""
        said = (
            f"The file of this {self.noun}, {name}, is not where it was put: somebody removed it, or this machine does "
            f"not share that folder. {self.remedy}"
        )
        return FileGone(name, said=said)

    def remove_leftovers(self, shelf: Shelf, organization_id: UUID, thing_id: UUID) -> None:
        """Remove every file of a thing, whichever try has made it: killed workers have left some of them."""
        for name in shelf.list_names(f"{organization_id}/{thing_id}-"):
            shelf.remove(name)
        for path in (self.folder() / UNFINISHED).glob(f"{thing_id}-*"):
            shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def desk(self, thing_id: UUID) -> Iterator[Path]:
        """A folder to write in, which goes with what is in it."""
        folder = self.folder() / UNFINISHED / f"{thing_id}-{secrets.token_hex(4)}"
        make_private_folder(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def new_name(organization_id: UUID, thing_id: UUID, *, ending: str) -> str:
    """What the file of one try is called."""
    return f"{organization_id}/{thing_id}-{secrets.token_hex(4)}{ending}"


class LocalShelf:
    """The data folder, in a folder an organization."""

    store = Store.LOCAL

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves

    def put(self, path: Path, name: str) -> None:
        """Rename it there: it is in the same file system."""
        target = self._shelves.folder() / name
        make_private_folder(target.parent)
        path.rename(target)
        for folder in (target.parent, target.parent.parent):
            sync_file(folder)

    def remove(self, name: str) -> None:
        """Remove it, and the organization's folder with its last one."""
        target = self._shelves.folder() / name
        target.unlink(missing_ok=True)
        with suppress(OSError):
            target.parent.rmdir()

    def fetch(self, name: str, _: Path, /) -> Path:
        """Where it lies."""
        path = self._shelves.folder() / name
        if not path.is_file():
            raise self._shelves.gone(name)
        return path

    def list_names(self, beginning: str) -> list[str]:
        """Names that begin so."""
        folder = self._shelves.folder()
        return [str(path.relative_to(folder)) for path in folder.glob(f"{beginning}*")]
