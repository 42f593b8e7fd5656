"""The backups that there are, as the operator reads them: when each was made, how large it is, whether it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final
from uuid import UUID

from lib import clock
from lib.access.actor import Actor
from lib.backup import daily, shelf
from lib.backup.manifest import MANIFEST, read_manifest
from lib.config import get_settings
from lib.errors import InvalidInput
from lib.organizations.operator import Operator, require_operator

#: Whoever makes one a day has missed one by then.
OLDEST_NEWEST: Final = timedelta(days=2)
#: Manifests list every file, and are read once.
_MOST_READ: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBackup:
    """One backup. Of a damaged one nothing is known but its name."""

    name: str
    #: None where it is damaged.
    made_at: datetime | None
    version: str
    bytes: int
    rows: int
    #: None where the version that made it noted none.
    seconds: float | None
    #: When it was last read whole and found to be as it was written.
    verified_at: datetime | None
    #: Whether the next daily backup leaves it there.
    is_kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What lies in the folder of backups, as this process sees it."""

    folder: Path
    #: The newest first.
    backups: Sequence[KeptBackup]
    #: The hour of the daily one, in UTC; None where nobody has set it.
    hour: int | None

    @property
    def newest(self) -> KeptBackup | None:
        """The newest that is whole."""
        return next((each for each in self.backups if each.made_at), None)

    @property
    def age(self) -> timedelta | None:
        """Of the newest; None where there is none."""
        newest = self.newest
        return clock.now() - newest.made_at if newest and newest.made_at else None

    @property
    def is_overdue(self) -> bool:
        """Whether there is none, or none that is new enough."""
        return self.age is None or self.age > OLDEST_NEWEST


def read_history(operator: Operator) -> History:
    """The backups in the folder of the settings. Raises `NotPermitted`."""
    if isinstance(operator, Actor):
        require_operator(operator)
    folder = shelf.shelf()
    found = [(path, _read(path, _changed_at(path))) for path in shelf.list_folders(folder)]
    ours = next((summary.installation_id for _, summary in found if summary), None)
    mine = [summary.made_at for _, summary in found if summary and summary.installation_id == ours]
    rule = daily.rule(None, None, by_settings=True)
    kept = {mine[place] for place in shelf.to_keep(mine, rule)} if rule else set(mine)
    backups = []
    for path, summary in found:
        if summary is None:
            backups.append(_damaged(path))
            continue
        is_kept = summary.installation_id != ours or summary.made_at in kept
        backups.append(
            KeptBackup(
                name=path.name,
                made_at=summary.made_at,
                version=summary.version,
                bytes=summary.bytes,
                rows=summary.rows,
                seconds=summary.seconds,
                verified_at=shelf.find_verified(path),
                is_kept=is_kept,
            )
        )
    return History(folder=folder, backups=backups, hour=get_settings().backup_hour)


@dataclass(frozen=True, slots=True)
class _Summary:
    installation_id: UUID
    made_at: datetime
    version: str
    bytes: int
    rows: int
    seconds: float | None


@lru_cache(maxsize=_MOST_READ)
def _read(folder: Path, changed_at: int) -> _Summary | None:  # noqa: ARG001 - one that was changed is read again
    try:
        found = read_manifest(folder)
    except InvalidInput:
        return None
    return _Summary(found.installation_id, found.made_at, found.version, found.bytes, found.rows, found.seconds)


def _changed_at(folder: Path) -> int:
    try:
        return (folder / MANIFEST).stat().st_mtime_ns
    except OSError:
        return 0


def _damaged(folder: Path) -> KeptBackup:
    return KeptBackup(
        name=folder.name, made_at=None, version="", bytes=0, rows=0, seconds=None, verified_at=None, is_kept=True
    )
