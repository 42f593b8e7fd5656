"""`orchestrator audit …`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lib.clock import is_zone
from lib.db.logins import Login
from lib.installation import prepare_database

if TYPE_CHECKING:
    from lib.audit.views import SealFault, Verification
    from lib.organizations.views import OrganizationSummary

app = typer.Typer(help="Audit trails of the organizations.", no_args_is_help=True)

#: Beside a terminal, how far it has got is said once in so many entries.
_SAID_EVERY = 100_000


@app.callback()
def audit() -> None:
    """Whether the trails are what was sealed, and a report of one."""


@app.command()
def verify(
    *,
    organization: Annotated[str | None, typer.Option(help="Short name; all of them without it.")] = None,
    seal: Annotated[
        str | None,
        typer.Option(help="Number and hash of a seal that was noted down, as “128:ab12…”; of one organization."),
    ] = None,
) -> None:
    """Reckon all seals anew: say whether any entry was changed, removed or added since, and which. Fails if so."""
    from lib.organizations.operator import CommandLine, find_organization  # noqa: PLC0415 - half a second of imports

    noted = _read_seal(seal)
    if noted and organization is None:
        raise typer.BadParameter("A seal is one organization's: name it with --organization.")
    prepare_database(Login.IDENTITY)
    chosen = list_all() if organization is None else iter([find_organization(CommandLine(), organization)])
    # each of them, also after one that is broken
    broken = sum(1 for each in chosen if not _verify(each, noted))
    if broken:
        raise typer.Exit(1)


@app.command()
def report(
    *,
    organization: Annotated[str, typer.Option(help="Short name.")],
    first: Annotated[str, typer.Option("--from", help="First day, as “2026-07-01”.")],
    last: Annotated[str, typer.Option("--to", help="Last day, which is part of it.")],
    out: Annotated[Path, typer.Option(help="The file, which must not be there yet.")],
    zone: Annotated[str, typer.Option(help="Whose days and hours these are, as “Europe/Berlin”.")] = "UTC",
) -> None:
    """Write an organization's compliance report: people, rights, sign-ins, retention, seals and exports of a period."""
    from lib.audit.report.period import read_days  # noqa: PLC0415 - half a second of imports
    from lib.audit.report.service import write_report_of  # noqa: PLC0415 - half a second of imports
    from lib.organizations.operator import CommandLine, find_organization  # noqa: PLC0415 - half a second of imports

    if not is_zone(zone):
        raise typer.BadParameter("There is no such time zone. Say it as in “Europe/Berlin”.")
    if out.exists():  # before a minute's work
        raise typer.BadParameter(f"{out} is there already. Name another file.")
    period = read_days(first, last, zone)
    prepare_database(Login.IDENTITY)
    found = find_organization(CommandLine(), organization)
    # for its owner alone to read, and never half of one under its name
    unfinished = out.with_name(f".unfinished-{out.name}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            write_report_of(found.id, period, file)
        os.link(unfinished, out)
    except FileExistsError:
        raise typer.BadParameter(f"{out} is there already. Name another file.") from None
    except OSError as error:
        raise typer.BadParameter(f"{out} can't be written: {error.strerror}.") from None
    finally:
        unfinished.unlink(missing_ok=True)
    typer.echo(f"{found.slug}: {period.first} to {period.last}, {out}")


def _verify(organization: "OrganizationSummary", noted: tuple[int, str] | None) -> bool:
    from lib.audit.sealing import begin_verification, verify_organization  # noqa: PLC0415 - half a second of imports

    state, said = verify_organization(organization.id, begin_verification(noted)), 0
    while not state.is_done:
        if state.rows >= said + _SAID_EVERY:
            said = state.rows
            typer.echo(f"{organization.slug}: {state.rows:,} entries, {state.number:,} seals so far", file=sys.stderr)
        state = verify_organization(organization.id, state)
    for line in _report(organization.slug, state):
        typer.echo(line)
    return not state.fault_count


def _report(slug: str, done: "Verification") -> Iterator[str]:
    from lib.audit.sealing import MOST_UNSEALED  # noqa: PLC0415 - half a second of imports

    is_cut = done.unsealed > MOST_UNSEALED
    unsealed = f"not sealed yet: more than {MOST_UNSEALED:,}" if is_cut else f"not sealed yet: {done.unsealed:,}"
    if done.fault_count:
        broken = f"{done.fault_count:,} of {done.number:,} seals do not fit"
        yield f"{slug}: BROKEN. {broken}; entries: {done.rows:,}; {unsealed}"
        for fault in done.faults:
            yield from _explain(fault)
    elif done.number:
        yield f"{slug}: intact. Entries under {done.number:,} seals: {done.rows:,}; {unsealed}"
        yield f"  newest seal: {done.number}:{done.last_hash.hex()}"
    else:
        yield f"{slug}: nothing is sealed yet; {unsealed}"
    if done.removed_at:
        last = f"the last on {done.removed_at:%Y-%m-%d %H:%M} UTC"
        yield f"  removed by retention, {last}: {done.removed_rows:,} entries under {done.removed_seals:,} seals"


def _explain(fault: "SealFault") -> Iterator[str]:
    from lib.audit.sealing import REASONS, moment_of  # noqa: PLC0415 - half a second of imports

    since = f"{fault.since:%Y-%m-%d %H:%M}" if fault.since else "the beginning"
    until = f"{fault.until:%Y-%m-%d %H:%M}" if fault.until else "now"
    yield f"  seal {fault.number}, {since} to {until} UTC: {', '.join(REASONS[reason] for reason in fault.reasons)}"
    for each in fault.differences:
        written = moment_of(each.entry_id)
        yield f"    {each.kind} {each.entry_id}" + (f", written {written:%Y-%m-%d %H:%M:%S} UTC" if written else "")


def _read_seal(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, _, digits = text.partition(":")
    if not (number.isascii() and number.isdigit() and digits):
        raise typer.BadParameter("Say it as number and hash: “128:ab12…”.")
    return int(number), digits


def list_all() -> "Iterator[OrganizationSummary]":
    """All organizations, by name, a page at a time."""
    from lib.organizations.operator import CommandLine, list_organizations  # noqa: PLC0415 - half a second of imports
    from lib.organizations.views import OrganizationSort  # noqa: PLC0415 - half a second of imports

    cursor = None
    while True:
        page = list_organizations(CommandLine(), sort=OrganizationSort.NAME, cursor=cursor)
        yield from page.items
        cursor = page.older
        if cursor is None:
            return
