import re
import time

import psycopg

from lib.db.logins import Login
from tests.benchmarks.ground import Ground, workers
from tests.benchmarks.measuring import Figure, cpu_seconds

SETTLE_SECONDS, WATCHED_SECONDS = 5, 40
MOST_STATEMENTS = 5

_COMMITTED = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


def main(ground: Ground) -> list[Figure]:
    """A worker that has nothing to do: transactions a minute, as the server counts them, statements and CPU."""
    with ground.database() as database:
        log = ground.log_statements(database)
        with workers(database) as (worker,):
            time.sleep(SETTLE_SECONDS)
            cpu, before, logged = cpu_seconds(worker), _committed(database.admin_url), log.stat().st_size
            time.sleep(WATCHED_SECONDS)
            committed = _committed(database.admin_url) - before - 1  # our own look at it
            used = cpu_seconds(worker) - cpu
            said = log.read_bytes()[logged:].decode("utf-8", "replace")
    statements = len(re.findall(f" {Login.WORKER.role_name}@{database.name} LOG:  (?:statement|execute )", said))
    return [
        Figure(name="statements", value=statements / WATCHED_SECONDS, unit="/s", most=MOST_STATEMENTS),
        Figure(name="transactions", value=60 * committed / WATCHED_SECONDS, unit="/min"),
        Figure(name="CPU of the worker", value=100 * used / WATCHED_SECONDS, unit="%"),
    ]


def _committed(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(_COMMITTED).fetchone()
    assert row is not None
    return int(row[0])
