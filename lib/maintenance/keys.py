"""Another master key: what earlier ones sealed is opened once more and sealed with the current one."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from lib.access.actor import command_line
from lib.connections.integrations.opening import SECRET_PURPOSE
from lib.connections.opening import KEY_PURPOSE
from lib.db.logins import Login
from lib.db.server import database_url
from lib.errors import SecretUnreadable
from lib.identity import second_factor
from lib.mail import outbox
from lib.secrets.vault import current_key_id, seal, unseal
from lib.webhooks import signing

#: Rows a transaction: an interrupted rotation has done the batches before, and goes on after them.
_BATCH: Final = 100
#: What the trail says of who does it.
_COMMAND: Final = {"user_agent": command_line("keys rotate").user_agent}
#: What stands in a column.
_Kept = bytes | str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """A column that `lib.secrets.vault` seals. Its table lets `login` read and update it, in every organization."""

    table: str
    column: str
    purpose: str
    #: Columns whose values the purpose goes on with, parted by colons.
    bound_to: Sequence[str] = ()
    #: The key that the table is ordered by.
    key: str = "id"
    #: SQL for the organization that a row is sealed for; `NULL` for the installation's own.
    organization: str = "organization_id"
    login: Login = Login.OWNER
    #: Whether it holds text, as the specification has it: what is sealed, in base64.
    is_text: bool = False

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


#: Every one of them; a test holds the list against the database.
SEALED_COLUMNS: Final[Sequence[SealedColumn]] = (
    SealedColumn(
        table="provider_connections", column="encrypted_key", purpose=KEY_PURPOSE, bound_to=("vendor", "base_url")
    ),
    SealedColumn(
        table="integration_connections",
        column="encrypted_secret",
        purpose=SECRET_PURPOSE,
        bound_to=("kind", "target"),
    ),
    SealedColumn(table="webhooks", column="secret_key", purpose=signing.PURPOSE, is_text=True),
    SealedColumn(table="webhooks", column="previous_secret_key", purpose=signing.PURPOSE, is_text=True),
    SealedColumn(table="mail_outbox", column="secret", purpose=outbox.PURPOSE),
    SealedColumn(
        table="user_credentials",
        column="totp_secret",
        purpose=second_factor.PURPOSE,
        key="user_id",
        organization="user_id",  # sealed for the person, who may change the organization and not the phone
        login=Login.IDENTITY,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What became of one column."""

    column: SealedColumn
    #: Sealed anew.
    resealed: int
    #: Left as they were: no key of this installation opens them.
    unreadable: int


def rotate_keys() -> list[Rotated]:
    """Seal everything with the current key that is not yet. May be repeated, and interrupted at any time.

    What nobody can open stays as it is and is counted. Raises `ConfigurationError`, `DatabaseUnavailable`.
    """
    return [_rotate(column) for column in SEALED_COLUMNS]


def _rotate(column: SealedColumn) -> Rotated:
    resealed = unreadable = 0
    with psycopg.connect(database_url(column.login), autocommit=True) as connection:
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps(_COMMAND)])
        for batch in _batches(connection, column):
            with connection.transaction():
                for key, organization_id, purpose, kept in batch:
                    anew = _reseal(column, kept, organization_id, purpose)
                    if anew is None:
                        unreadable += 1
                    else:
                        resealed += _write(connection, column, key, before=kept, after=anew)
    return Rotated(column=column, resealed=resealed, unreadable=unreadable)


def _batches(
    connection: psycopg.Connection[Any], column: SealedColumn
) -> Iterator[list[tuple[UUID, UUID | None, str, _Kept]]]:
    """The rows that the current key has not sealed, each once, in the order of their keys."""
    beginning = _keep(column, current_key_id())
    if isinstance(beginning, str):  # the last letter has bits of what comes after
        beginning = beginning.rstrip("=")[: len(current_key_id()) * 8 // 6]
    statement = sql.SQL(
        "SELECT {key}, {organization}, concat_ws(':', {purpose}), {column} FROM {table} "
        "WHERE {column} IS NOT NULL AND substring({column} FROM 1 FOR {length}) <> %s AND {key} > %s "
        "ORDER BY {key} LIMIT {most}"
    ).format(
        **_names(column),
        organization=sql.SQL(column.organization),
        purpose=sql.SQL(", ").join([sql.Literal(column.purpose), *map(sql.Identifier, column.bound_to)]),
        length=len(beginning),
        most=_BATCH,
    )
    after = UUID(int=0)
    while batch := connection.execute(statement, [beginning, after]).fetchall():
        yield batch
        after = batch[-1][0]


def _reseal(column: SealedColumn, kept: _Kept, organization_id: UUID | None, purpose: str) -> _Kept | None:
    try:
        sealed = base64.b64decode(kept, validate=True) if isinstance(kept, str) else bytes(kept)
        plain = unseal(sealed, organization_id=organization_id, purpose=purpose)
    except (SecretUnreadable, binascii.Error):
        return None
    return _keep(column, seal(plain, organization_id=organization_id, purpose=purpose))


def _keep(column: SealedColumn, sealed: bytes) -> _Kept:
    return base64.b64encode(sealed).decode() if column.is_text else sealed


def _write(connection: psycopg.Connection[Any], column: SealedColumn, key: UUID, *, before: _Kept, after: _Kept) -> int:
    """How many rows it were: none where somebody has entered another secret meanwhile, sealed with the current key."""
    statement = sql.SQL("UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s").format(**_names(column))
    return connection.execute(statement, [after, key, before]).rowcount


def _names(column: SealedColumn) -> dict[str, sql.Identifier]:
    return {name: sql.Identifier(getattr(column, name)) for name in ("table", "column", "key")}
