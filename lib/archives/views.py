"""What the pages see of archives."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from lib.models.archive import AWAY, UNDER_WAY, ArchiveStatus
from lib.shelf.store import Store

#: A question before an archive counts no further.
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveForesight:
    """What an archive of a project would hold now; each at most `MOST_COUNTED`."""

    runs: int
    phases: int
    operations: int
    #: A legal hold keeps them where they are: while it is open they are not moved.
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveView:
    """An archive of a project's runs."""

    id: UUID
    project_id: UUID
    project_name: str
    status: ArchiveStatus
    failure: str | None
    #: None is the command line.
    asked_by: str | None
    asked_at: datetime
    made_at: datetime | None
    runs: int
    #: Those of its runs that are in it and nowhere else; the others came back, by this archive or by another one.
    away: int
    phases: int
    files: int
    bytes: int | None
    sha256: str | None
    store: Store | None
    #: What its runs cost, as far as that is known, and of how many it is not.
    cost_usd: Decimal | None
    unknown_costs: int
    restored_by: str | None
    restored_at: datetime | None
    removed_by: str | None
    removed_at: datetime | None

    @property
    def is_under_way(self) -> bool:
        """Whether a worker is to do something about it."""
        return self.status in UNDER_WAY

    @property
    def holds_runs(self) -> bool:
        """Whether runs are in it and nowhere else."""
        return self.away > 0 and self.status in AWAY

    @property
    def has_file(self) -> bool:
        """Whether there is a file to take or to remove."""
        return self.removed_at is None and self.status in {
            ArchiveStatus.MADE,
            ArchiveStatus.RESTORING,
            ArchiveStatus.RESTORED,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectArchives:
    """What a project's page says of its archives, the newest first, and what the person who asks may do."""

    archives: tuple[ArchiveView, ...]
    #: Whether its runs could be moved to an archive now.
    may_archive: bool
    #: Whether this person may have archives made, restored and removed.
    may_manage: bool

    @property
    def hold_runs(self) -> bool:
        """Whether runs of the project are in one of them and nowhere else."""
        return any(archive.holds_runs for archive in self.archives)
