"""Whether a backup is as it was written: each file's size and SHA-256, and the manifest's own digest."""

from pathlib import Path

from lib.backup.files import sum_file
from lib.backup.manifest import Manifest, read_manifest
from lib.errors import InvalidInput

#: More of them say no more.
_MOST_FAULTS = 20


def verify(folder: Path) -> Manifest:
    """Read all of the backup. Raises `InvalidInput` with a line for each file that is not as it was written."""
    manifest = read_manifest(folder)
    faults = [fault for path in manifest.files if (fault := _fault(folder, path, manifest))]
    if faults:
        more = [f"… and {len(faults) - _MOST_FAULTS:,} more"] if len(faults) > _MOST_FAULTS else []
        lines = "\n".join(faults[:_MOST_FAULTS] + more)
        raise InvalidInput(
            f"{folder} is damaged. Take another backup.\n{lines}", field=str(folder), problems=tuple(faults)
        )
    return manifest


def _fault(folder: Path, path: str, manifest: Manifest) -> str | None:
    try:
        found = sum_file(folder / path)
    except FileNotFoundError:
        return f"{path} is missing"
    except OSError as error:
        return f"{path} can't be read: {error.strerror}"
    written = manifest.files[path]
    if found.bytes != written.bytes:
        return f"{path} has {found.bytes:,} bytes instead of {written.bytes:,}"
    return None if found == written else f"{path} holds something else than was written"
