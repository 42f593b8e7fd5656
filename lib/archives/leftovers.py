"""Files of archives whose rows are gone with their organization, as the sample workspace's: they go too.

Rows are there before their files are. A bucket is left alone: it may be another installation's as well.
"""

import logging
from typing import Any, Final
from uuid import UUID

import psycopg

from lib.archives.shelf import LocalShelf, find_archive_folder
from lib.integrations.folder import artifact_folder
from lib.integrations.leftovers import belongs_to

log = logging.getLogger(__name__)

_ID_LETTERS: Final = 36


def clear(connection: psycopg.Connection[Any]) -> int:
    """Remove files in the data folder that no row knows of; says how many. Another installation's are left alone."""
    if find_archive_folder() is None:
        return 0
    shelf = LocalShelf()
    names = {name: archive_id for name in shelf.list_names("*/") if (archive_id := _id_of(name))}
    if not names:
        return 0
    row = connection.execute("SELECT * FROM api.gone_archives(%s)", ([*set(names.values())],)).fetchone()
    if row is None or not row[1] or not belongs_to(artifact_folder(), row[0]):
        return 0
    gone_ids = set(row[1])
    gone = [name for name, archive_id in names.items() if archive_id in gone_ids]
    for name in gone:
        shelf.remove(name)
    log.info("removed the files of %d archives that are gone", len(gone))
    return len(gone)


def _id_of(name: str) -> UUID | None:
    """What `lib.archives.shelf.new_name` has put there; None where it is no file of ours."""
    folder, _, file = name.partition("/")
    try:
        UUID(folder)
        return UUID(file[:_ID_LETTERS]) if file.endswith(".zip") else None
    except ValueError:
        return None
