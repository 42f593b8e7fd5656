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
#: A run's are those of all tables that belong to it.
_REMOVED: Final = _NOUNS | {"runs": "rows"}


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
    accept_seal: Annotated[
        int | None,
        typer.Option(
            help="Number of a seal that does not hold, to go on past it; of one organization. The trail has it."
        ),
    ] = None,
) -> None:
    """Remove at once what organizations have set to be kept no longer; workers do so once a day.

    Fails where something of a trail was not removed because a seal does not hold.
    """
    from lib.cli.audit import list_all  # noqa: PLC0415 - half a second of imports
    from lib.organizations.operator import CommandLine, find_organization  # noqa: PLC0415 - half a second of imports

    if accept_seal is not None and (organization is None or dry_run):
        raise typer.BadParameter(
            "A seal is one organization's, and accepted for good: use --organization, no --dry-run."
        )
    prepare_database(Login.IDENTITY)
    chosen = list_all() if organization is None else iter([find_organization(CommandLine(), organization)])
    stopped = 0
    for each in chosen:
        if accept_seal is not None:
            _accept(each, accept_seal)
        stopped += _handle(each, dry_run=dry_run, without_waiting=without_waiting)
    if stopped and not dry_run:
        raise typer.Exit(1)


def _accept(organization: "OrganizationSummary", seal: int) -> None:
    from lib.retention.operator import accept_seal  # noqa: PLC0415 - half a second of imports

    accept_seal(organization.id, seal)
    typer.echo(f"{organization.slug}: seal {seal} is accepted; once its entries are gone it is called broken for good")


def _handle(organization: "OrganizationSummary", *, dry_run: bool, without_waiting: bool) -> bool:
    """Whether a seal that does not hold keeps something."""
    from lib.retention.operator import preview_organization  # noqa: PLC0415 - half a second of imports

    found = preview_organization(organization.id)
    if not found:
        typer.echo(f"{organization.slug}: everything is kept for ever.")
    is_stopped = False
    for each in found:
        for line in _say(organization.slug, each):
            typer.echo(line)
        is_stopped |= each.stopped > 0
        if not dry_run and (each.count or each.stopped) and (without_waiting or not each.waits_until):
            is_stopped |= _remove(organization, each, without_waiting=without_waiting) < each.count and _stops(
                organization
            )
    return is_stopped


def _stops(organization: "OrganizationSummary") -> bool:
    """Whether a seal has turned out not to hold that no preview had reached; says so."""
    from lib.retention.counting import say_broken  # noqa: PLC0415 - half a second of imports
    from lib.retention.operator import preview_organization  # noqa: PLC0415 - half a second of imports

    seals = [each.broken_seal for each in preview_organization(organization.id) if each.broken_seal is not None]
    for seal in seals:
        typer.echo(f"  {say_broken(seal)} See docs/audit.md.")
    return bool(seals)


def _remove(organization: "OrganizationSummary", what: "Removable", *, without_waiting: bool) -> int:
    from lib.retention.operator import remove_now  # noqa: PLC0415 - half a second of imports

    total = 0
    for count in remove_now(organization.id, what.kind, without_waiting=without_waiting):
        if count is None:
            typer.echo(f"{organization.slug}: a worker is at it, waiting…", err=True)
            time.sleep(_WAIT_SECONDS)
        total += count or 0
    if total or not what.stopped:
        typer.echo(f"{organization.slug}: removed {total:,} {_REMOVED[what.kind]}")
    return total


def _say(slug: str, what: "Removable") -> Iterator[str]:
    from lib.figures import count as count_of  # noqa: PLC0415 - half a second of imports
    from lib.retention.counting import say_broken  # noqa: PLC0415 - half a second of imports
    from lib.retention.views import MOST_COUNTED  # noqa: PLC0415 - half a second of imports

    noun = _NOUNS[what.kind]
    is_cut = what.count > MOST_COUNTED and what.kind != "audit"
    count = f"more than {MOST_COUNTED:,}" if is_cut else f"{what.count:,}"
    oldest = f", the oldest of {what.oldest:%Y-%m-%d}" if what.oldest else ""
    yield f"{slug}: {count} {noun} from before {what.before:%Y-%m-%d %H:%M} UTC{oldest}"
    if what.seals:
        yield f"  under {count_of(what.seals, 'seal')}, which stay"
    if what.broken_seal is not None:
        yield f"  {say_broken(what.broken_seal)} See docs/audit.md."
        yield f"  kept from that seal on: {what.stopped:,}"
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
