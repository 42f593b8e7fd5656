"""What is left in the artifact folder: files of operations that are gone, and what a killed worker did not finish."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

from lib.data_folder import kept_secret
from lib.integrations.folder import UNFINISHED, Place

#: Writing a file takes moments: what is older was left by a worker that died.
_UNFINISHED_SECONDS: Final = 3600.0
#: The advisory lock of who looks which rows are gone and removes their files; rows that come back wait for it.
SWEEPING: Final = 4719
#: Says whose folder it is.
_OWNER: Final = "installation"


def list_places(folder: Path) -> list[Place]:
    """Of every operation that has a folder there. What is called otherwise than ours is not ours."""
    return [
        (organization_id, run_id, operation_id)
        for organization_id in _list_ids(folder)
        for run_id in _list_ids(folder / str(organization_id))
        for operation_id in _list_ids(folder / str(organization_id) / str(run_id))
    ]


def belongs_to(folder: Path, installation_id: UUID) -> bool:
    """Whether it is that installation's; who asks first makes it theirs."""
    return kept_secret(folder / _OWNER, lambda: str(installation_id)) == str(installation_id)


def remove_place(folder: Path, place: Place) -> None:
    """Remove the folder of an operation with what is in it, and those around it that are empty then."""
    organization, run, operation = map(str, place)
    shutil.rmtree(folder / organization / run / operation, ignore_errors=True)
    with suppress(OSError):  # there is more in it
        (folder / organization / run).rmdir()
        (folder / organization).rmdir()


def remove_unfinished(folder: Path, *, now: float | None = None) -> int:
    """Remove what was begun long ago and never became a file; says how much."""
    oldest = (time.time() if now is None else now) - _UNFINISHED_SECONDS
    count = 0
    with suppress(FileNotFoundError), os.scandir(folder / UNFINISHED) as found:
        for each in found:
            with suppress(FileNotFoundError):
                if each.stat(follow_symlinks=False).st_mtime < oldest:
                    os.unlink(each)
                    count += 1
    return count


def _list_ids(folder: Path) -> Iterator[UUID]:
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for each in found:
            with suppress(ValueError):
                if each.is_dir(follow_symlinks=False) and str(named := UUID(each.name)) == each.name:
                    yield named
