"""All commands, put together."""

import typer

from lib.cli import archives, audit, backup, database, demo, keys, organizations, retention, serving, users

app = typer.Typer(
    help="AI Orchestrator: run multi-phase work with language models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would print local variables, passwords among them
)
serving.add_to(app)
demo.add_to(app)
backup.add_to(app)
retention.add_to(app)
app.add_typer(archives.app, name="archives")
app.add_typer(audit.app, name="audit")
app.add_typer(database.app, name="db")
app.add_typer(keys.app, name="keys")
app.add_typer(organizations.app, name="organizations")
app.add_typer(users.app, name="users")
