"""Writes an archive's file part by part, as much at a time as one line has."""

import hashlib
import os
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from lib.archives.manifest import MANIFEST, Manifest, PartSum

#: The oldest that a zip can say: the same rows make the same file, whenever.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)


class ArchiveWriter:
    """A new file that its owner alone can read, and the sums of what was put into it so far."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w+b")
        self._zip = zipfile.ZipFile(self._file, "w")
        self.parts: dict[str, PartSum] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Put a part into it."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_entry(name), "w", force_zip64=True) as part:
            for chunk in chunks:
                part.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.parts[name] = PartSum(bytes=size, sha256=digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Put the manifest last, and bring all of it to the disk."""
        self._zip.writestr(_entry(MANIFEST), manifest.to_text())
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Let go of what was begun; whoever made the path removes it."""
        with suppress(ValueError, OSError):  # it is closed, or the disk is full
            self._zip.close()
        self._file.close()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
