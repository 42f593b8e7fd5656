"""The folder that backups lie in: which are there, what each is called, which are kept, and what was never finished."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from lib import clock
from lib.backup.files import sync_folders
from lib.backup.manifest import Manifest, read_manifest
from lib.config import get_settings
from lib.data_folder import data_folder, sync_file
from lib.errors import ConfigurationError, InvalidInput

_NAME: Final = re.compile(r"backup-(\d{8}T\d{6})Z(-\d+)?")
_UNFINISHED: Final = ".unfinished-"
#: In a backup, when it was last verified; no part of it.
_VERIFIED: Final = "verified"


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder that is called as a backup is."""

    folder: Path
    #: None where it is damaged.
    manifest: Manifest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The newest of each of the last `daily` days and `weekly` weeks (in UTC) that have one."""

    daily: int
    weekly: int


def shelf(folder: Path | None = None) -> Path:
    """Where backups lie: the folder, else ORCHESTRATOR_BACKUP_DIR, else one in the data folder. Makes none."""
    return (folder or get_settings().backup_dir or data_folder() / "backups").expanduser().absolute()


def list_backups(folder: Path) -> list[Kept]:
    """Those in the folder, the newest first."""
    found = []
    for path in list_folders(folder):
        try:
            found.append(Kept(path, read_manifest(path)))
        except InvalidInput:
            found.append(Kept(path, None))
    return found


def list_folders(folder: Path) -> list[Path]:
    """Whatever in the folder is called as a backup is, the newest first."""
    found: list[Path] = []
    with suppress(FileNotFoundError, NotADirectoryError):
        found += [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()]
    return sorted(found, key=_order, reverse=True)


def find_newest(folder: Path) -> datetime | None:
    """When the newest backup in the folder was made, as its name says: one that is not whole has none."""
    with suppress(OSError):  # whoever makes the next one says what is wrong with the folder
        found = [name[1] for path in folder.iterdir() if (name := _NAME.fullmatch(path.name))]
        if found:
            return datetime.strptime(max(found), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return None


def note_verified(folder: Path, moment: datetime) -> None:
    """Note in a backup that it was whole then. One that can't be written to, as a copy on a tape, has no such note."""
    with suppress(OSError):
        (folder / _VERIFIED).write_text(moment.isoformat(), encoding="utf-8")


def find_verified(folder: Path) -> datetime | None:
    """When it was last noted to be whole."""
    with suppress(OSError, ValueError):
        return clock.read_moment((folder / _VERIFIED).read_text(encoding="utf-8"))
    return None


def list_unfinished(folder: Path) -> list[Path]:
    """What is being made in this moment, or never was finished."""
    return sorted(folder.glob(f"{_UNFINISHED}*"))


@contextmanager
def begin(folder: Path) -> Iterator[tuple[Path, int]]:
    """A folder for a backup that has no name yet, and a descriptor that holds it for as long as anybody has it open.

    It is removed where it was not `finish`ed. Raises ConfigurationError where the folder can't be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_unfinished(folder)
        unfinished = folder / f"{_UNFINISHED}{os.getpid()}-{os.urandom(4).hex()}"
        unfinished.mkdir(mode=0o700)
        held = os.open(unfinished, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigurationError(
            f"Backups can't be put into {folder}: {error.strerror}. Name another folder."
        ) from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield unfinished, held
    finally:
        os.close(held)
        shutil.rmtree(unfinished, ignore_errors=True)


def finish(unfinished: Path, *, made_at: datetime) -> Path:
    """Give it its name, once all of it is on the disk."""
    sync_folders(unfinished)
    name = f"backup-{made_at.astimezone(UTC):%Y%m%dT%H%M%S}Z"
    number = 1
    while (target := unfinished.with_name(name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    unfinished.rename(target)
    sync_file(target.parent)
    return target


def remove_old(folder: Path, installation_id: UUID, rule: Rule) -> list[Path]:
    """Remove what the rule does not keep of this installation's whole backups; says which. Others are left alone."""
    whole = [
        kept for kept in list_backups(folder) if kept.manifest and kept.manifest.installation_id == installation_id
    ]
    keeps = to_keep([kept.manifest.made_at for kept in whole if kept.manifest], rule)
    old = [kept.folder for number, kept in enumerate(whole) if number not in keeps]
    for path in old:
        gone = path.with_name(f"{_UNFINISHED}removed-{path.name}")  # half a backup never has a backup's name
        path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
    return old


def to_keep(newest_first: Sequence[datetime], rule: Rule) -> set[int]:
    """Which of these moments the rule keeps, as places in the list; the newest always."""
    keeps = {0} if newest_first else set()
    for most, period in ((rule.daily, "%Y-%m-%d"), (rule.weekly, "%G-%V")):
        seen: set[str] = set()
        for place, moment in enumerate(newest_first):
            of = moment.astimezone(UTC).strftime(period)
            if of not in seen and len(seen) < most:
                seen.add(of)
                keeps.add(place)
    return keeps


def _remove_unfinished(folder: Path) -> None:
    """What a killed process has left. Its pg_dump may live on for a moment, and holds its folder as long."""
    for path in list_unfinished(folder):
        with suppress(OSError):
            held = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(held)


def _order(folder: Path) -> tuple[str, int]:
    found = _NAME.fullmatch(folder.name)
    assert found is not None  # noqa: S101 - only those come here
    return found[1], int((found[2] or "-1")[1:])
