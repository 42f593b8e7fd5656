"""`orchestrator users …`."""

import sys
from typing import Annotated

import typer

from lib.access.permissions import Role
from lib.db.logins import Login
from lib.installation import prepare_database

app = typer.Typer(help="People of an organization.", no_args_is_help=True)


@app.command()
def create(
    *,
    organization: Annotated[str, typer.Option(help="Slug of the organization.")],
    email: Annotated[str, typer.Option(help="What the person signs in with.")],
    username: Annotated[str, typer.Option(help="Or this.")],
    full_name: Annotated[str, typer.Option(help="As others read it.")],
    role: Annotated[Role, typer.Option(help="What the person is in the organization.")] = Role.MEMBER,
    operator: Annotated[bool, typer.Option("--operator", help="May also create organizations and set quotas.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input, and ask nothing.")
    ] = False,
) -> None:
    """Create a person, who can sign in at once. The password is asked for."""
    from lib.identity.registration import create_user  # noqa: PLC0415 - half a second of imports

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask_for_password()
    prepare_database(Login.IDENTITY)
    user_id = create_user(
        organization_slug=organization,
        email=email,
        username=username,
        full_name=full_name,
        role=role,
        password=password,
        is_operator=operator,
    )
    typer.echo(f"Created {full_name} ({username}) as {role} of {organization}, {user_id}.")


@app.command()
def password(
    *,
    email: Annotated[str, typer.Option(help="Whose password it is.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input, and ask nothing.")
    ] = False,
) -> None:
    """Set somebody's password, for who forgot it and gets no mail. It ends all their sessions. It is asked for."""
    from lib.identity.reset import set_password  # noqa: PLC0415 - half a second of imports

    new = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask_for_password()
    prepare_database(Login.IDENTITY)
    name = set_password(email, new)
    typer.echo(f"{name} has a new password now, and no session any more.")


@app.command("reset-second-factor")
def reset_second_factor(
    *, email: Annotated[str, typer.Option(help="Whose phone and recovery codes are lost; or the user name.")]
) -> None:
    """Let somebody in by the password alone again, and end their sessions. The audit trail of theirs says so."""
    from lib.identity.second_factor import reset  # noqa: PLC0415 - half a second of imports

    prepare_database(Login.IDENTITY)
    name = reset(email)
    typer.echo(
        f"{name} signs in by the password alone now. Where their organization requires a second factor, they are asked "
        "to set up a new one."
    )


def _ask_for_password() -> str:
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
