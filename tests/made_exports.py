"""Exports as people ask for them and workers write them, for tests."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from lib import clock
from lib.access.actor import Actor
from lib.audit.address import write_address as write_entries_address
from lib.audit.views import EntryFilter
from lib.db.logins import Login
from lib.export_jobs.service import ask_export, list_exports, open_export
from lib.export_jobs.shelf import EXPORTS
from lib.export_jobs.views import ExportEntry
from lib.export_jobs.working import do_all
from lib.exports import ExportFormat
from lib.models.export_job import ExportKind
from lib.usage.calls.address import write_address as write_calls_address
from lib.usage.calls.views import CallFilter
from lib.usage.periods import last_days, today_in
from lib.usage.views import UsageQuery
from tests import doors
from tests.conftest import Installation
from tests.doors import Database
from tests.factories import insert
from tests.records import Record, rows

AUDIT, CALLS = ExportKind.AUDIT, ExportKind.CALLS


def all_calls() -> CallFilter:
    """The calls of the last month."""
    return CallFilter(query=UsageQuery(period=last_days(30, today_in("UTC"), "UTC"), chosen={}))


def address_of(kind: ExportKind, *, chosen: EntryFilter | None = None) -> str:
    """The address of a file of everything, or of those entries."""
    return write_entries_address(chosen or EntryFilter()) if kind is AUDIT else write_calls_address(all_calls())


def ask(
    actor: Actor,
    kind: ExportKind = CALLS,
    *,
    file_format: ExportFormat = ExportFormat.CSV,
    chosen: EntryFilter | None = None,
) -> UUID:
    """Ask for a file of everything, or of those entries."""
    return ask_export(actor, kind, query=address_of(kind, chosen=chosen), file_format=file_format)


def work(installation: Installation) -> None:
    """What a worker does about exports, once."""
    do_all(installation.database.url(Login.WORKER))


def newest(actor: Actor, kind: ExportKind = CALLS) -> ExportEntry:
    return list_exports(actor, kind).entries[0]


def taken(actor: Actor, export_id: UUID) -> bytes:
    """The file, as its person takes it along."""
    file = BytesIO()
    open_export(actor, export_id, file)
    return file.getvalue()


def stored() -> list[Path]:
    """Every file in the data folder's folder of exports, also those that were begun."""
    return [path for path in EXPORTS.folder().rglob("*") if path.is_file()]


def expire(installation: Installation) -> None:
    """Let a week go by for all that are there."""
    rows(installation, "UPDATE export_jobs SET next_at = now(), expires_at = now() RETURNING 1")


def make_export_row(database: Database, actor: Actor, **columns: Any) -> UUID:
    """The row of an export of calls that was made, without its file."""
    now = clock.now()
    said = {
        "organization_id": actor.organization_id,
        "user_id": actor.user_id,
        "kind": CALLS,
        "query": address_of(CALLS),
        "format": ExportFormat.CSV,
        "status": "made",
        "store": "local",
        "file": f"{actor.organization_id}/{actor.user_id}.csv",
        "bytes": 123_400_000,
        "rows": 1_000_000,
        "is_cut": True,
        "saw_own_only": False,
        "made_at": now,
        "expires_at": now + timedelta(days=7),
        "next_at": now + timedelta(days=7),
    } | columns
    with doors.admin(database) as connection:
        return insert(connection, "export_jobs", **said)


def change(installation: Installation, statement: str, *values: object) -> None:
    """What a superuser changes."""
    with doors.admin(installation.database) as connection:
        connection.execute(statement.encode(), values)


def fill_calls(installation: Installation, actor: Actor, count: int) -> None:
    """So many calls of this person, one a second, until a minute ago."""
    change(
        installation,
        "INSERT INTO api_usage (organization_id, user_id, provider, model, endpoint, method, response_time_ms, "
        "cost_usd, created_at) SELECT %s, %s, 'local', 'tiny', 'model', 'POST', n, 0.5, %s - n * interval '1 second' "
        "FROM generate_series(1, %s) n",
        actor.organization_id,
        actor.user_id,
        clock.now() - timedelta(minutes=1),
        count,
    )


def set_tier(installation: Installation, organization_id: UUID, tier: str) -> None:
    change(installation, "UPDATE organizations SET subscription_tier = %s WHERE id = %s", tier, organization_id)


def notes(installation: Installation, action: str) -> list[Record]:
    """What the trails have of an action, the oldest first."""
    return rows(installation, "SELECT * FROM audit_logs WHERE action = %s ORDER BY id", action)
