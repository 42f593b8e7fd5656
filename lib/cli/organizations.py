"""`orchestrator organizations …`."""

from typing import Annotated

import typer

from lib.db.logins import Login
from lib.installation import prepare_database

app = typer.Typer(help="Organizations of this installation.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `create` a word of its own while it is the only command."""


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="As people read it.")],
    slug: Annotated[str, typer.Option(help="Short name for addresses: small letters, digits, hyphens.")],
    tier: Annotated[str, typer.Option(help="Its subscription tier.")] = "free",
) -> None:
    """Create an organization. People join it by `orchestrator users create`."""
    from lib.identity.registration import create_organization  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.IDENTITY)
    organization_id = create_organization(name=name, slug=slug, tier=tier)
    typer.echo(f"Created the organization “{name}” ({slug}), {organization_id}.")
