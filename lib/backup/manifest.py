"""What a backup says of itself: `manifest.json`, which is sealed by a digest of its own."""

import hashlib
import json
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from lib.errors import InvalidInput

MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
ARTIFACTS: Final = "artifacts"
ARCHIVES: Final = "archives"


def _within(path: str) -> str:
    """Nothing that leads out of the backup, or, restored, out of the data folder."""
    parts = PurePosixPath(path).parts
    is_ours = path == DUMP or (len(parts) > 1 and parts[0] in {ARTIFACTS, ARCHIVES})
    if not is_ours or ".." in parts or str(PurePosixPath(path)) != path:
        message = "is no file of a backup"
        raise ValueError(message)
    return path


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableSum(_Part):
    """What was in a table at that moment: see `lib.backup.tables`."""

    rows: int = Field(ge=0)
    checksum: str


class FileSum(_Part):
    """A file of the backup."""

    bytes: int = Field(ge=0)
    sha256: str


class Manifest(_Part):
    """What a backup was made from, and what is in it."""

    format: Literal[1] = 1
    #: Of AI Orchestrator.
    version: str
    made_at: datetime
    installation_id: UUID
    schema_revision: str
    #: As in `server_version_num`.
    postgres: int
    #: The major of the pg_dump that wrote it: an older pg_restore can't read that.
    pg_dump: int
    #: Of the master key at that time, then of those before it.
    key_fingerprints: tuple[str, ...]
    tables: dict[str, TableSum]
    #: That making it took; None where a version before noted none.
    seconds: float | None = Field(default=None, ge=0)
    files: dict[Annotated[str, AfterValidator(_within)], FileSum]

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for table in self.tables.values())

    @property
    def bytes(self) -> int:
        """Of all files beside the manifest."""
        return sum(file.bytes for file in self.files.values())

    def to_text(self) -> str:
        """As it stands in the file, with the digest of all the rest."""
        content = self.model_dump(mode="json")
        return json.dumps(content | {"sha256": _digest(content)}, indent=1, sort_keys=True) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Of the backup in the folder. Raises `InvalidInput` where there is none, or it is not as it was written."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(
            f"{folder} is no backup: {MANIFEST} can't be read ({error.strerror}). "
            "`orchestrator backup list` names those that are there.",
            field=MANIFEST,
        ) from None
    except ValueError:
        raise _damaged(folder) from None
    if not isinstance(content, dict):
        raise _damaged(folder)
    if content.get("format") != 1:
        raise InvalidInput(
            f"{folder} was made by a newer version of AI Orchestrator. Install that version.", field=MANIFEST
        )
    digest = content.pop("sha256", None)
    if digest != _digest(content):
        raise _damaged(folder)
    try:
        return Manifest.model_validate(content)
    except ValidationError:
        raise _damaged(folder) from None


def _damaged(folder: Path) -> InvalidInput:
    return InvalidInput(f"{folder / MANIFEST} is not as it was written. Take another backup.", field=MANIFEST)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
