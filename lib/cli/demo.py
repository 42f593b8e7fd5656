"""`orchestrator demo`."""

from typing import Annotated

import typer

from lib.config import get_settings
from lib.db.logins import Login
from lib.errors import Conflict
from lib.installation import prepare_database


def add_to(app: typer.Typer) -> None:
    """Put it at the top: `orchestrator demo`."""
    app.command()(demo)


def demo(
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Remove it with everything in it.")] = False,
) -> None:
    """Make a sample workspace to look around in: an organization of its own, apart from everything real."""
    from lib.samples import service  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.IDENTITY)
    if remove:
        typer.echo("The sample workspace is removed." if service.drop_sample() else "There is no sample workspace.")
        return
    try:
        service.load_sample()
        typer.echo("Made the sample workspace: twelve people, nine projects, ninety days of runs.")
    except Conflict:
        if not service.is_there():
            raise
        typer.echo("There is a sample workspace already. Its people get a new password.")
    password, sample = service.open_to_passwords()
    typer.echo(f"Sign in at {get_settings().public_url or 'the dashboard'} with the password {password} as")
    for person in sample.people:
        typer.echo(f"  {person.username:<16} {person.full_name:<18} {person.role}")
    typer.echo("`orchestrator demo --remove` removes it.")
