"""Files that are copied, summed up and brought to the disk."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from lib.backup.manifest import FileSum
from lib.data_folder import sync_file
from lib.integrations.folder import UNFINISHED

_CHUNK: Final = 1 << 20


def list_files(folder: Path) -> Iterator[Path]:
    """Every file in that folder, as a path within it; what is being written in this moment is none yet."""
    for current, folders, files in os.walk(folder):  # follows no symbolic link
        here = Path(current)
        if here == folder:
            folders[:] = [name for name in folders if name != UNFINISHED]
        for name in sorted(files):
            if not (here / name).is_symlink():
                yield (here / name).relative_to(folder)


def copy_file(source: Path, target: Path) -> FileSum | None:
    """Copy it to where nothing is, down to the disk. None where it is gone meanwhile."""
    digest = hashlib.sha256()
    size = 0
    try:
        reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(reading, "rb") as opened, private_file(target) as written:
        while chunk := opened.read(_CHUNK):
            written.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        written.flush()
        os.fsync(written.fileno())
    return FileSum(bytes=size, sha256=digest.hexdigest())


def sum_file(path: Path) -> FileSum:
    """Size and SHA-256 of a file as it is read now. Raises OSError."""
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256")
        return FileSum(bytes=opened.tell(), sha256=digest.hexdigest())


def private_file(path: Path) -> BinaryIO:
    """Open a new file for writing that its owner alone can read. Raises FileExistsError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def make_folders(folder: Path, within: Path) -> None:
    """Make a folder and those between it and `within`, for their owner alone."""
    for path in reversed([folder, *folder.parents][: len(folder.relative_to(within).parts)]):
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)


def sync_folders(folder: Path) -> None:
    """Bring the names in a folder and in all below it to the disk."""
    for current, _, _ in os.walk(folder):
        sync_file(Path(current))
