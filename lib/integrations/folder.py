"""The installation's artifact folder: what operations write, a folder a run and in it one an operation.

    <data folder>/artifacts/<organization>/<run>/<operation>/<path>

Every folder on the way is opened by its name in the one before and never through a symbolic link, so that a path can't
lead out, whatever was put there meanwhile. A file is whole when it appears: written in `.unfinished`, then renamed. The
operation's own folder makes that no file is another one's, also where letters' case does not count.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final
from uuid import UUID

from lib.data_folder import data_folder, find_folder, make_private_folder
from lib.integrations.base import FailureKind, OperationFailed
from lib.integrations.paths import check_path

_NAME: Final = "artifacts"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: Organization, run and operation.
Place = tuple[UUID, UUID, UUID]
#: No organization's folder, for each of those is called as its id.
UNFINISHED: Final = ".unfinished"
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def artifact_folder() -> Path:
    """Where artifacts lie, made when it is missing."""
    folder = data_folder() / _NAME
    make_private_folder(folder)
    return folder


def find_artifact_folder() -> Path | None:
    """The same where it is there already: who only looks makes none."""
    return find_folder(_NAME)


def write_artifact(folder: Path, place: Place, path: PurePosixPath, content: bytes) -> None:
    """Write the file of an operation (`place` is organization, run, operation). Again, it is the same file anew.

    Raises `OperationFailed`, also where the disk is full.
    """
    try:
        with (
            _open_folders(folder, [UNFINISHED], makes=True) as beside,
            _open_folders(folder, [*map(str, place), *path.parts[:-1]], makes=True) as parent,
        ):
            _write(beside, parent, path.name, content)
    except OSError as error:
        raise _explain(error) from error


def read_artifact(folder: Path, place: Place, path: PurePosixPath) -> bytes | None:
    """What stands in the file of an operation; None where there is none (any more), whatever path its row says."""
    try:
        path = check_path(str(path))  # not that of a file elsewhere
        with _open_folders(folder, [*map(str, place), *path.parts[:-1]], makes=False) as parent:
            file = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=parent)
            with os.fdopen(file, "rb") as opened:
                return opened.read()
    except (OperationFailed, OSError):
        return None


def list_artifacts(folder: Path, organization_id: UUID, run_id: UUID) -> Iterator[tuple[Place, PurePosixPath]]:
    """Of every file that operations of a run have written: whose it is, and its path there. No symbolic link is one."""
    for current, folders, files in os.walk(folder / str(organization_id) / str(run_id)):
        folders.sort()
        here = Path(current).relative_to(folder).parts
        if len(here) > 2:
            place = organization_id, run_id, UUID(here[2])
            for name in sorted(files):
                if not Path(current, name).is_symlink():
                    yield place, PurePosixPath(*here[3:], name)
        elif len(here) == 2:  # a folder that is none of ours is left alone
            folders[:] = [name for name in folders if _is_id(name)]


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


@contextmanager
def _open_folders(folder: Path, names: list[str], *, makes: bool) -> Iterator[int]:
    """The last of the folders, each opened inside of the one before."""
    current = os.open(folder, _OPEN_FOLDER)
    try:
        for name in names:
            if makes:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=current)
            inner = os.open(name, _OPEN_FOLDER, dir_fd=current)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)


def _write(beside: int, parent: int, name: str, content: bytes) -> None:
    unfinished = secrets.token_hex(8)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(unfinished, flags, 0o600, dir_fd=beside)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        os.rename(unfinished, name, src_dir_fd=beside, dst_dir_fd=parent)
        os.fsync(parent)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(unfinished, dir_fd=beside)
        raise


def _explain(error: OSError) -> OperationFailed:
    if error.errno in _FULL:
        message = (
            "The disk of the installation's artifact folder is full, so nothing was written. Ask whoever runs this "
            "installation to make room there, then retry the run."
        )
        return OperationFailed(message, kind=FailureKind.DISK_FULL)
    if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EISDIR}:
        message = "Something else stands where the file is to be written, so nothing was written."
        return OperationFailed(message, kind=FailureKind.EXISTS)
    message = f"The artifact folder can't be written: {error.strerror}. Ask whoever runs this installation."
    # a folder that was empty may be cleared away in the moment in which it is opened
    return OperationFailed(message, kind=FailureKind.INTERNAL, is_retryable=error.errno == errno.ENOENT)
