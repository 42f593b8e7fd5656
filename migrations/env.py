"""Runs the migrations: online with a connection handed over by `lib.db.migrate`, offline to print their SQL."""

from alembic import context
from sqlalchemy import Connection, text

from lib.db.migrate import LOCK_TIMEOUT, STATEMENT_TIMEOUT
from lib.models import Base


def run_offline() -> None:
    """Print the SQL (`alembic upgrade head --sql`); squawk reads it."""
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},  # or each % of a RAISE is printed twice
        target_metadata=Base.metadata,
        literal_binds=True,
    )
    context.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    context.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")
    with context.begin_transaction():
        context.run_migrations()


def run_online(connection: Connection) -> None:
    """Each migration in its own transaction, so that an interrupted upgrade goes on where it stopped."""
    connection.execute(
        text("SELECT set_config('lock_timeout', :lock, false), set_config('statement_timeout', :statement, false)"),
        {"lock": LOCK_TIMEOUT, "statement": STATEMENT_TIMEOUT},
    )
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online(context.config.attributes["connection"])
