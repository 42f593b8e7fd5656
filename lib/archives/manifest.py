"""What an archive's file says of itself: `manifest.json`, sealed by a digest of its own."""

import hashlib
import json
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lib.errors import InvalidInput

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
#: As `api.archived_tables` has them: a row after those that it names.
TABLES: Final = (
    "orchestration_runs",
    "phase_executions",
    "integration_operations",
    "review_requests",
    "run_reviews",
    "run_comments",
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableSum(_Part):
    """What was in a table of these runs, as `api.sum_runs` says it."""

    columns: tuple[str, ...]
    rows: int = Field(ge=0)
    checksum: str


class PartSum(_Part):
    """A part of the file as it is unpacked."""

    bytes: int = Field(ge=0)
    sha256: str


class Manifest(_Part):
    """What an archive was made from, and what is in it."""

    format: Literal[1] = FORMAT
    #: Of AI Orchestrator.
    version: str
    schema_revision: str
    made_at: datetime
    archive_id: UUID
    organization_id: UUID
    project_id: UUID
    project_name: str
    tables: dict[str, TableSum]
    #: Each by its name in the file; the manifest itself is none.
    parts: dict[str, PartSum]

    @property
    def run_count(self) -> int:
        """How many runs are in it."""
        return self.tables["orchestration_runs"].rows

    @property
    def file_count(self) -> int:
        """How many files of operations are in it."""
        return len(self.parts) - len(self.tables)

    def to_text(self) -> str:
        """As it stands in the file, with the digest of all the rest."""
        content = self.model_dump(mode="json")
        return json.dumps(content | {"sha256": _digest(content)}, indent=1, sort_keys=True) + "\n"


def table_part(table: str) -> str:
    """What a table's rows are called in the file."""
    return f"tables/{table}.jsonl"


def read_manifest(text: bytes) -> Manifest:
    """The manifest of a file. Raises InvalidInput where it is not as it was written, or a newer version's."""
    try:
        content = json.loads(text)
        digest = content.pop("sha256")
        if content.get("format") != FORMAT:
            message = f"This archive has format {content.get('format')}, and this version reads format {FORMAT}. "
            raise InvalidInput(message + "Restore it with the version that made it, or a newer one.", field=MANIFEST)
        manifest = Manifest.model_validate(content)
    except (ValueError, AttributeError, KeyError, TypeError, ValidationError):
        digest, content, manifest = "", {}, None
    if manifest is None or digest != _digest(content) or set(manifest.tables) != set(TABLES):
        raise InvalidInput(f"The archive is damaged: {MANIFEST} is not as it was written.", field=MANIFEST)
    return manifest


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
