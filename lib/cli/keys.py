"""`orchestrator keys …`."""

import typer

from lib.db.logins import Login
from lib.installation import prepare_database

app = typer.Typer(help="The master key that secrets are sealed with.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `rotate` a word of its own while it is the only command."""


@app.command()
def rotate() -> None:
    """Seal every stored secret with the current key, so that the previous ones are needed no more.

    Set the new key first, and the old one in ORCHESTRATOR_PREVIOUS_SECRET_KEYS, for every process.
    """
    from lib.maintenance.keys import rotate_keys  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.OWNER)
    unreadable = 0
    for rotated in rotate_keys():
        typer.echo(f"{rotated.column}: {rotated.resealed:,} sealed with the current key.")
        if rotated.unreadable:
            typer.echo(f"{rotated.column}: {rotated.unreadable:,} open with none of the keys and stay as they are.")
        unreadable += rotated.unreadable
    if unreadable:
        typer.echo(
            "Add the key that sealed them to ORCHESTRATOR_PREVIOUS_SECRET_KEYS and run this again, or enter them anew."
        )
        raise typer.Exit(1)
    typer.echo("ORCHESTRATOR_PREVIOUS_SECRET_KEYS can be emptied once every process has the current key.")
