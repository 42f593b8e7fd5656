"""Reads an archive's file, and sees first that each part of it is as it was written."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from lib.archives.manifest import MANIFEST, Manifest, read_manifest, table_part
from lib.errors import InvalidInput

_CHUNK: Final = 1 << 20
#: So much of a table is read at a time, or one row where that is longer.
_BATCH_ROWS: Final = 500
_BATCH_BYTES: Final = 2_000_000
_LONGEST_MANIFEST: Final = 64_000_000
#: What zipfile says of bytes that are not as they were: RuntimeError where they have it look for a password or for a
#: way of packing that it does not know. OSError is the disk's, and says nothing of the file.
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


def sum_file(path: Path) -> str:
    """The SHA-256 by which a file is known. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path) -> Manifest:
    """Read all of the file. Raises InvalidInput that names the parts which are not as they were written, OSError."""
    try:
        with zipfile.ZipFile(path) as file:
            manifest = _read_manifest(file)
            found = [entry.filename for entry in file.infolist()]
            faults = [fault for name in manifest.parts if (fault := _fault(file, name, manifest))]
            known = {MANIFEST, *manifest.parts}
            faults += [f"{name} does not belong there" for name in found if name not in known]
            faults += ["a part is there twice"] if len(found) != len(set(found)) else []
    except _DAMAGED:
        raise InvalidInput(
            f"{path.name} is damaged, or is no archive: its list of parts can't be read.", field=str(path)
        ) from None
    if faults:
        raise InvalidInput(f"{path.name} is damaged: {'; '.join(faults[:5])}.", field=str(path), problems=faults)
    return manifest


def read_rows(path: Path, table: str) -> Iterator[list[str]]:
    """The lines of a table, some at a time, in the file's order."""
    batch: list[str] = []
    size = 0
    with zipfile.ZipFile(path) as file, file.open(table_part(table)) as part:
        for line in part:
            if batch and (len(batch) == _BATCH_ROWS or size + len(line) > _BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(line.decode())
            size += len(line)
    if batch:
        yield batch


def read_parts(path: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Files of operations, one at a time."""
    with zipfile.ZipFile(path) as file:
        for name in names:
            yield name, file.read(name)


def _read_manifest(file: zipfile.ZipFile) -> Manifest:
    try:
        entry = file.getinfo(MANIFEST)
    except KeyError:
        raise InvalidInput(f"{file.filename} is no archive: it has no {MANIFEST}.", field=MANIFEST) from None
    if entry.file_size > _LONGEST_MANIFEST:
        raise InvalidInput(f"The archive is damaged: {MANIFEST} is too long.", field=MANIFEST)
    return read_manifest(file.read(entry))


def _fault(file: zipfile.ZipFile, name: str, manifest: Manifest) -> str | None:
    written = manifest.parts[name]
    digest, size = hashlib.sha256(), 0
    try:
        with file.open(name) as part:
            while chunk := part.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > written.bytes:
                    break
    except KeyError:
        return f"{name} is missing"
    except _DAMAGED:
        return f"{name} can't be unpacked"
    if size == written.bytes and digest.hexdigest() == written.sha256:
        return None
    return f"{name} holds something else than was written"
