"""`orchestrator archives …`."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from lib.db.logins import Login
from lib.figures import count, size
from lib.installation import prepare_database

app = typer.Typer(help="Archives of projects: runs that lie in a compressed file.", no_args_is_help=True)


@app.command("list")
def list_all() -> None:
    """List them, the newest first: whose, how they stand, how many runs, how large, and where the file lies."""
    from lib.archives.operating import list_all as read  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.WORKER)
    found = read()
    for each in found:
        made = f"{each.made_at:%Y-%m-%d %H:%M} UTC" if each.made_at else ""
        where = f"{each.store}: {each.file}" if each.file else ""
        runs = count(each.run_count, "run")
        typer.echo(
            f"{each.archive_id}  {each.status:<9}  {made:<20}  {runs:>13}  {_size(each.bytes):>7}  "
            f"{each.organization_slug} “{each.project_name}”  {where}".rstrip()
        )
        if each.failure:
            typer.echo(f"    {each.failure}")
    if not found:
        typer.echo("There is no archive.")


@app.command()
def make(project: Annotated[UUID, typer.Argument(help="The project's id, as its page's address has it.")]) -> None:
    """Move the runs of a project that is done with to an archive, and say where it lies."""
    from lib.archives import operating  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.WORKER)
    made = operating.make(project)
    typer.echo(
        f"Made {made.archive_id}: {count(made.run_count, 'run')}, {_size(made.bytes)}, {made.store}: {made.file}"
    )
    typer.echo(f"SHA-256 {made.sha256}")


@app.command()
def verify(file: Annotated[Path, typer.Argument(help="An archive's file.", exists=True, dir_okay=False)]) -> None:
    """Read all of a file, and say whether it is as it was written. Needs no database."""
    from lib.archives import reading  # noqa: PLC0415 - half a second of imports

    manifest = reading.verify(file)
    rows = sum(table.rows for table in manifest.tables.values())
    typer.echo(
        f"It is whole: {count(manifest.run_count, 'run')} of “{manifest.project_name}”, {count(rows, 'row')} in all, "
        f"{count(manifest.file_count, 'file')}, made {manifest.made_at:%Y-%m-%d %H:%M} UTC by version "
        f"{manifest.version}."
    )
    typer.echo(f"SHA-256 {reading.sum_file(file)}")


@app.command()
def restore(archive: Annotated[str, typer.Argument(help="Its id, or a copy of its file.")]) -> None:
    """Bring the runs of an archive back, as they were."""
    from lib.archives import operating  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.WORKER)
    found = operating.restore(archive)
    are = "is" if found.run_count == 1 else "are"
    typer.echo(f"{count(found.run_count, 'run')} of “{found.project_name}” {are} back.")


def _size(bytes_: int | None) -> str:
    return size(bytes_) if bytes_ else ""
