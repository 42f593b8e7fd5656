"""`orchestrator retention`."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lib.db.logins import Login
from lib.installation import prepare_database

if TYPE_CHECKING:
    from lib.organizations.views import OrganizationSummary
    from lib.retention.views import Removable

#: What a worker is at ends within seconds.
_WAIT_SECONDS: Final = 1.0
_NOUNS: Final = {"runs": "runs", "usage": "calls", "audit": "entries of the trail"}


def add_to(commands: typer.Typer) -> None:
    """Put it at the top."""
    commands.command()(retention)


def retention(
    *,
    organization: Annotated[str | None, typer.Option(help="Short name; all of them without it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    without_waiting: Annotated[
        bool, typer.Option("--without-waiting", help="Also what was set or shortened in the last 24 hours.")
    ] = False,
) -> None:
    """Remove at once what organizations have set to be kept no longer; workers do so once a day."""
    from lib.cli.audit import list_all  # noqa: PLC0415 - half a second of imports
    from lib.organizations.operator import CommandLine, find_organization  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.IDENTITY)
    chosen = list_all() if organization is None else iter([find_organization(CommandLine(), organization)])
    for each in chosen:
        _handle(each, dry_run=dry_run, without_waiting=without_waiting)


def _handle(organization: "OrganizationSummary", *, dry_run: bool, without_waiting: bool) -> None:
    from lib.retention.operator import preview_organization  # noqa: PLC0415 - half a second of imports

    found = preview_organization(organization.id)
    if not found:
        typer.echo(f"{organization.slug}: everything is kept for ever.")
    for each in found:
        for line in _say(organization.slug, each):
            typer.echo(line)
        if not dry_run and each.count and (without_waiting or not each.waits_until):
            _remove(organization, each, without_waiting=without_waiting)


def _remove(organization: "OrganizationSummary", what: "Removable", *, without_waiting: bool) -> None:
    from lib.retention.operator import remove_now  # noqa: PLC0415 - half a second of imports

    total = 0
    for count in remove_now(organization.id, what.kind, without_waiting=without_waiting):
        if count is None:
            typer.echo(f"{organization.slug}: a worker is at it, waiting…", err=True)
            time.sleep(_WAIT_SECONDS)
        total += count or 0
    typer.echo(f"{organization.slug}: removed {total:,} rows")


def _say(slug: str, what: "Removable") -> Iterator[str]:
    from lib.retention.views import MOST_COUNTED  # noqa: PLC0415 - half a second of imports

    noun = _NOUNS[what.kind]
    count = f"more than {MOST_COUNTED:,}" if what.count > MOST_COUNTED else f"{what.count:,}"
    oldest = f", the oldest of {what.oldest:%Y-%m-%d}" if what.oldest else ""
    yield f"{slug}: {count} {noun} from before {what.before:%Y-%m-%d %H:%M} UTC{oldest}"
    if what.waits_until and what.count:
        until = f"{what.waits_until:%Y-%m-%d %H:%M} UTC"
        yield f"  waits until {until}, because it was set or shortened in the last 24 hours, unless --without-waiting"
    if what.held:
        yield f"  kept by a legal hold: {what.held:,}"
    if what.retried:
        yield f"  kept because a retry of theirs stays: {what.retried:,}"
    for run in what.runs:
        yield f"  {run.id} {run.title}, ended {run.ended_at:%Y-%m-%d %H:%M} UTC"
    for stretch in what.ranges:
        since = f"{stretch.since:%Y-%m-%d %H:%M}" if stretch.since else "the beginning"
        yield f"  seal {stretch.number}, {since} to {stretch.until:%Y-%m-%d %H:%M} UTC: {stretch.entries:,} entries"
