"""The backup of each day: when it is due, and `orchestrator up`'s process that makes it."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from lib import clock
from lib.backup import shelf
from lib.backup.shelf import Rule
from lib.config import get_settings
from lib.processes import Child

#: Between two looks at what is there, and before another try after one that failed.
_LOOK_SECONDS: Final = 60.0
_RETRY_SECONDS: Final = 1800.0


def is_due(folder: Path) -> bool:
    """Whether the newest backup there is from before the last time that the hour came, or there is none.

    Without an hour it is the day's beginning that counts, in UTC as the hour is.
    """
    since = last_time(clock.now(), get_settings().backup_hour or 0)
    newest = shelf.find_newest(folder)
    return newest is None or newest < since


def last_time(now: datetime, hour: int) -> datetime:
    """When that hour of the day last began."""
    today = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def rule(daily: int | None, weekly: int | None, *, by_settings: bool) -> Rule | None:
    """Which backups are kept: as was asked for, else by the settings, else all of them."""
    settings = get_settings()
    if daily is None and weekly is None and not by_settings:
        return None
    return Rule(
        daily=settings.backup_keep_daily if daily is None else daily,
        weekly=settings.backup_keep_weekly if weekly is None else weekly,
    )


class DailyBackup:
    """The process that makes the backup of the day, as `lib.supervisor` looks after its processes."""

    def __init__(self, logs: Path | None) -> None:
        self.child: Child | None = None
        self._log = logs and logs / "backup.log"
        self._look_again_at = 0.0

    def look_after(self, say: Callable[[str], object]) -> None:
        """Start it where a backup is due, and tell how it ended."""
        now = time.monotonic()
        if self.child is not None:
            if (code := self.child.exit_code) is None:
                return
            self.child.end(within_seconds=0)
            self.child = None
            if code:
                self._look_again_at = now + _RETRY_SECONDS
                where = f" See {self._log}." if self._log is not None else ""
                say(f"The backup of today was not made; it is tried again in half an hour.{where}")
        elif now >= self._look_again_at:
            self._look_again_at = now + _LOOK_SECONDS
            if is_due(shelf.shelf()):
                words = ("backup", "--if-due", "--supervised")
                self.child = Child(words, environment=os.environ, log=self._log)
                self.child.go()
