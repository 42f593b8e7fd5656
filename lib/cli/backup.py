"""`orchestrator backup …` and `orchestrator restore`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lib.config import get_settings
from lib.errors import Conflict
from lib.figures import size
from lib.processes import follow_parent

if TYPE_CHECKING:
    from lib.backup.making import Made

app = typer.Typer(help="Backups of the whole installation: make one, list them, look whether one is whole.")
FolderArgument = Annotated[Path, typer.Argument(help="The folder of one backup.")]
ToOption = Annotated[
    Path | None, typer.Option("--to", help="Where backups lie, instead of ORCHESTRATOR_BACKUP_DIR.", metavar="FOLDER")
]


def add_to(commands: typer.Typer) -> None:
    """Put them at the top: `orchestrator backup`, `orchestrator restore`."""
    commands.add_typer(app, name="backup")
    commands.command()(restore)


@app.callback(invoke_without_command=True)
def backup(
    context: typer.Context,
    *,
    to: ToOption = None,
    with_keys: Annotated[
        Path | None,
        typer.Option(help="Write the master key to this new file: keep it apart from the backup.", metavar="FILE"),
    ] = None,
    keep_daily: Annotated[
        int | None, typer.Option(min=1, help="Afterwards keep one backup of each of so many days, and remove others.")
    ] = None,
    keep_weekly: Annotated[int | None, typer.Option(min=0, help="Keep one of each of so many weeks as well.")] = None,
    if_due: Annotated[
        bool, typer.Option("--if-due", help="Only where none was made since ORCHESTRATOR_BACKUP_HOUR last came.")
    ] = False,
    supervised: Annotated[bool, typer.Option("--supervised", hidden=True)] = False,
) -> None:
    """Make a backup, also while everything runs."""
    if context.invoked_subcommand is not None:
        return
    wait_for_go = follow_parent() if supervised else None
    from lib.backup import daily, keys, shelf, telling  # noqa: PLC0415 - half a second of imports

    if wait_for_go is not None:
        wait_for_go()
    folder = shelf.shelf(to)
    if with_keys is not None:
        keys.write_keys(with_keys, apart_from=folder)
        typer.echo(f"The master key is in {with_keys}. Keep that file apart from the backup.")
        telling.tell("export_key", {"file": str(with_keys.absolute())}, say=_warn)
    if (made := _make(folder, if_due=if_due)) is None:
        return
    if with_keys is None:
        typer.echo(
            "The master key is not in it. `orchestrator backup --with-keys FILE` writes it to a file of its own."
        )
    rule = daily.rule(keep_daily, keep_weekly, by_settings=if_due)
    removed = shelf.remove_old(folder, made.manifest.installation_id, rule) if rule else []
    for old in removed:
        typer.echo(f"Removed {old.name}.")
    if removed:
        telling.tell("remove_backups", {"folders": [str(old) for old in removed]}, say=_warn)


def _make(folder: Path, *, if_due: bool) -> "Made | None":
    """Make it, say so, and tell the trail; also where it fails. None where there is nothing to do."""
    from lib.backup import daily, making, telling  # noqa: PLC0415 - half a second of imports

    try:
        made = making.make_backup(folder, is_wanted=lambda: not if_due or daily.is_due(folder))
    except Conflict as error:
        if not if_due:
            raise
        typer.echo(error.message)
        return None
    except Exception as error:
        telling.tell_failure(error)
        raise
    if made is None:
        typer.echo("Nothing to do: the last backup is new enough.")
        return None
    typer.echo(f"Made {made.folder}: {made.manifest.rows:,} rows, {size(made.manifest.bytes)}.")
    said = {"folder": str(made.folder), "rows": made.manifest.rows, "bytes": made.manifest.bytes}
    telling.tell("backup", said, say=_warn)
    return made


@app.command("list")
def list_all(*, to: ToOption = None) -> None:
    """List the backups, the newest first: when, by which version, how much, and whether all of it is there."""
    from lib.backup import shelf  # noqa: PLC0415 - half a second of imports

    folder = shelf.shelf(to)
    found = shelf.list_backups(folder)
    for kept in found:
        manifest = kept.manifest
        if manifest is None:
            typer.echo(f"{kept.folder.name:<28} damaged: its manifest can't be read")
            continue
        made = f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
        what = f"version {manifest.version}, schema {manifest.schema_revision}"
        typer.echo(f"{kept.folder.name:<28} {made}  {size(manifest.bytes):>12}  {manifest.rows:>12,} rows  {what}")
    for path in shelf.list_unfinished(folder):
        typer.echo(f"{path.name:<28} is being made, or was interrupted: the next backup removes it")
    if not found:
        typer.echo(f"There is no backup in {folder}.")


@app.command()
def verify(folder: FolderArgument) -> None:
    """Read all of a backup, and say whether it is as it was written."""
    from lib import clock  # noqa: PLC0415 - as the next ones
    from lib.backup import shelf  # noqa: PLC0415 - half a second of imports
    from lib.backup.checking import verify as check  # noqa: PLC0415 - half a second of imports

    manifest = check(folder)
    shelf.note_verified(folder, clock.now())
    typer.echo(
        f"It is whole: {manifest.rows:,} rows in {len(manifest.tables):,} tables, {size(manifest.bytes)}, "
        f"made {manifest.made_at:%Y-%m-%d %H:%M} UTC by version {manifest.version}."
    )


def restore(
    folder: FolderArgument,
    *,
    keys: Annotated[
        Path | None, typer.Option(help="The file that `backup --with-keys` has written.", metavar="FILE")
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="The key is lost: stored secrets are to be entered anew.")
    ] = False,
) -> None:
    """Restore a backup into an installation that is empty. Interrupted, it is begun again by the same command."""
    from lib.backup import telling  # noqa: PLC0415 - as the next one
    from lib.backup.restoring import restore as begin  # noqa: PLC0415 - a second of imports
    from lib.db.logins import Login  # noqa: PLC0415 - as the one before
    from lib.db.server import database_url  # noqa: PLC0415 - as the one before

    manifest = begin(folder, keys_file=keys, without_keys=without_keys, say=typer.echo)
    said = {"folder": str(folder.absolute()), "rows": manifest.rows, "made_at": manifest.made_at}
    telling.tell("restore", said, say=_warn, url=database_url(Login.OWNER))
    where = f" at {get_settings().public_url}" if get_settings().public_url else ""
    typer.echo(f"It is restored. Everybody signs in anew{where}. Next: start it as before, `orchestrator up` for one.")


def _warn(text: str) -> None:
    typer.echo(text, err=True)
