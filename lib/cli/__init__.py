"""`orchestrator`, the command line. One module a group of commands; `orchestrator --help` lists them."""

import sys

import typer

from lib.cli import database, organizations, serving, users
from lib.errors import OrchestratorError

app = typer.Typer(
    help="AI Orchestrator: run multi-phase work with language models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would print local variables, passwords among them
)
serving.add_to(app)
app.add_typer(database.app, name="db")
app.add_typer(organizations.app, name="organizations")
app.add_typer(users.app, name="users")


def main() -> None:
    """Run the command line; what a person can put right is one plain message and exit code 1."""
    try:
        app()
    except OrchestratorError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(1)
