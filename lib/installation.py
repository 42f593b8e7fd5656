"""Brings an installation's database up to date, for the commands that need one that is."""

from typing import Final

from lib.config import get_settings
from lib.db.logins import Login
from lib.db.server import check_server, database_url, require_settings

NEWEST: Final = "head"
#: More than a hundred commits would each wait for the disk; what a power cut takes back the next start does again.
_WITHOUT_WAITING: Final = "&options=-c%20synchronous_commit%3Doff"


def upgrade_database(*, revision: str = NEWEST) -> None:
    """Bring the schema to the revision, as the owner; to the newest one with all that comes with this version.

    Raises as `lib.db.server.check_server`.
    """
    require_settings(Login.OWNER, with_key=revision == NEWEST)
    check_server(Login.OWNER)
    from lib.db import migrate  # noqa: PLC0415 - `orchestrator up` imports it while the database is being made
    from lib.maintenance.upgrade import upgrade_installation  # noqa: PLC0415 - likewise

    url = database_url(Login.OWNER)
    if get_settings().is_embedded:
        url += _WITHOUT_WAITING
    if revision == NEWEST:
        upgrade_installation(url)
    else:
        migrate.upgrade(url, revision=revision)


def prepare_database(*logins: Login) -> None:
    """Upgrade the embedded database, and see that these logins get into whichever it is and find its schema current.

    A configured one is upgraded by `orchestrator db upgrade` only. Raises as `lib.db.server.check_server`.
    """
    if get_settings().is_embedded:
        upgrade_database()
    for login in logins:
        check_server(login)
