"""What the pages see of exports."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib.exports import ExportFormat
from lib.models.export_job import UNDER_WAY, ExportKind, ExportStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEntry:
    """A long file that somebody has asked for."""

    id: UUID
    kind: ExportKind
    #: Which rows, as the address of the file has it.
    query: str
    format: ExportFormat
    status: ExportStatus
    #: Why there is no file, or not yet.
    failure: str | None
    bytes: int | None
    rows: int | None
    #: There were more rows than a file has.
    is_cut: bool
    asked_at: datetime
    made_at: datetime | None
    expires_at: datetime | None
    #: It has more than its person sees by now.
    is_beyond: bool

    @property
    def is_under_way(self) -> bool:
        """Whether its person waits for a worker."""
        return self.status in UNDER_WAY

    @property
    def has_file(self) -> bool:
        """Whether it can be taken along."""
        return self.status is ExportStatus.MADE and not self.is_beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportList:
    """A person's exports of a kind, the newest first."""

    entries: tuple[ExportEntry, ...]
    #: How many workers live.
    live_workers: int

    @property
    def is_under_way(self) -> bool:
        """Whether one of them is waited for."""
        return any(entry.is_under_way for entry in self.entries)
