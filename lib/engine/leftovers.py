"""A worker's eye on the artifact folder: files whose operations are gone go too, and so does what was never finished.

Rows are there before their files are, so a file without a row has lost it for good: with the sample workspace, or with
whatever removes runs. A folder is its first database's: another one, which knows none of its rows, leaves it alone.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psycopg

from lib.engine.aside import do_aside
from lib.engine.connected import first_line
from lib.integrations.folder import Place, find_artifact_folder
from lib.integrations.leftovers import SWEEPING, belongs_to, list_places, remove_place, remove_unfinished

log = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 3600.0
#: Operations asked for at once.
_BATCH: Final = 1000
_ANOTHERS: Final = (
    "%s holds files of another installation's database, and none of them is removed. Give each database a data folder "
    "of its own; or remove the file “installation” there, where this one is to have it"
)


async def clear_for_ever(url: str) -> None:
    """Clear the artifact folder once an hour. What can't be done now is done then."""
    while True:
        try:
            await do_aside(lambda: clear(url), name="leftovers")
        except psycopg.OperationalError as error:
            log.warning("the artifact folder is cleared later, the database is away: %s", first_line(error))
        except Exception:  # a disk that is away, for instance: no reason to end a worker
            log.exception("the artifact folder could not be cleared, and is tried again in an hour")
        await asyncio.sleep(_EVERY_SECONDS)


def clear(url: str) -> int:
    """Remove what is left in the artifact folder; says of how many operations."""
    folder = find_artifact_folder()
    if folder is None:
        return 0
    if unfinished := remove_unfinished(folder):
        log.info("removed %d files that a worker had begun and not finished", unfinished)
    places = list_places(folder)
    if not places:
        return 0
    count = 0
    with psycopg.connect(url, autocommit=True, application_name="orchestrator-leftovers", connect_timeout=5) as asking:
        for start in range(0, len(places), _BATCH):
            asking.execute("SELECT pg_advisory_lock(%s)", (SWEEPING,))
            for place in _find_gone(asking, folder, places[start : start + _BATCH]):
                remove_place(folder, place)
                count += 1
            asking.execute("SELECT pg_advisory_unlock(%s)", (SWEEPING,))
    if count:
        log.info("removed the files of %d operations that are gone", count)
    return count


def _find_gone(connection: psycopg.Connection, folder: Path, places: Sequence[Place]) -> list[Place]:
    """Those whose operation has no row, where the folder is this database's."""
    ids = [operation_id for _, _, operation_id in places]
    row = connection.execute("SELECT * FROM api.gone_operations(%s)", [ids]).fetchone()
    if row is None:
        return []
    installation_id, gone = row
    if not belongs_to(folder, installation_id):
        log.warning(_ANOTHERS, folder)
        return []
    without_row = set(gone)
    return [place for place in places if place[2] in without_row]
