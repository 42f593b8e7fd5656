"""Files in the data folder whose rows are gone with their organization, as the sample workspace's: they go too.

Rows are there before their files are. A bucket is left alone: it may be another installation's as well.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

from lib.integrations.folder import artifact_folder
from lib.integrations.leftovers import belongs_to
from lib.shelf.shelves import UNFINISHED, LocalShelf, Shelves

log = logging.getLogger(__name__)

_ID_LETTERS: Final = 36
#: Which of these have no row (any more), and whose database says so.
FindGone = Callable[[list[UUID]], tuple[UUID, list[UUID]] | None]


def clear(shelves: Shelves, find_gone: FindGone) -> int:
    """Remove files in the data folder that no row knows of; says how many. Another installation's are left alone.

    What was begun for them goes as well, and is not counted. What the disk refuses now is tried again another time.
    """
    try:
        return _clear(shelves, find_gone)
    except OSError as error:
        log.warning("the folder of %ss could not be cleared: %s", shelves.noun, error.strerror)
        return 0


def _clear(shelves: Shelves, find_gone: FindGone) -> int:
    folder = shelves.find_folder()
    if folder is None:
        return 0
    shelf = LocalShelf(shelves)
    names = {name: thing_id for name in shelf.list_names("*/") if (thing_id := _id_of(name, shelves.endings))}
    begun = dict(_list_begun(folder / UNFINISHED))
    if not names and not begun:
        return 0
    found = find_gone([*{*names.values(), *begun.values()}])
    if found is None or not found[1] or not belongs_to(artifact_folder(), found[0]):
        return 0
    gone_ids = set(found[1])
    gone = [name for name, thing_id in names.items() if thing_id in gone_ids]
    for name in gone:
        shelf.remove(name)
    for path, thing_id in begun.items():
        if thing_id in gone_ids:
            shutil.rmtree(path, ignore_errors=True)
    if gone:
        log.info("removed the files of %d %ss that are gone", len(gone), shelves.noun)
    return len(gone)


def _id_of(name: str, endings: frozenset[str]) -> UUID | None:
    """What `lib.shelf.shelves.new_name` has put there; None where it is no file of ours."""
    folder, _, file = name.partition("/")
    try:
        UUID(folder)
        return UUID(file[:_ID_LETTERS]) if Path(file).suffix in endings else None
    except ValueError:
        return None


def _list_begun(folder: Path) -> Iterator[tuple[Path, UUID]]:
    """The desks that killed workers left, or that somebody sits at."""
    if folder.is_dir():
        for path in folder.iterdir():
            with suppress(ValueError):
                yield path, UUID(path.name[:_ID_LETTERS])
