"""The system's own PostgreSQL, on Debian 12 the oldest that is supported: a selection of the other tests runs on it.

They run in a pytest of their own, which `TESTS_ADMIN_URL` leads to a throw-away cluster.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from lib.config import ROOT
from lib.db.roles import OLDEST_SERVER_MAJOR
from tests.database import ADMIN_URL_VARIABLE, NamedServer
from tests.system_postgres import system_postgres

#: What may differ from one version to the next: SQL of the migrations, the catalog, how policies and rights are taken.
SCHEMA_AND_POLICIES = (
    "tests/migrations/test_round_trip.py::test_down_leaves_nothing_of_ours_and_up_again_makes_the_same",
    "tests/migrations/test_round_trip.py::test_models_are_what_the_migrations_make",
    "tests/migrations/test_round_trip.py::test_upgrade_of_a_current_database_changes_nothing",
    "tests/migrations/test_interruptions.py::test_long_reader_stops_the_queues_migration_and_the_next_one_clears_up",
    "tests/migrations/test_specification.py",
    "tests/tenancy/test_columns.py",
    "tests/tenancy/test_functions.py",
    "tests/tenancy/test_isolation.py",
    "tests/tenancy/test_public_templates.py",
)
#: What people do with it, by real processes.
WORK = (
    "tests/engine/test_walk.py::test_project_plan_is_written_phase_by_phase",
    "tests/installations/test_many_processes.py::test_session_of_one_web_process_is_the_others_too",
    "tests/installations/test_many_processes.py::test_two_workers_share_the_runs_and_ask_for_each_phase_once",
)


@pytest.fixture(scope="module")
def server() -> Iterator[NamedServer]:
    with system_postgres() as found:
        yield found


def test_it_is_new_enough_and_on_debian_12_the_oldest(server: NamedServer) -> None:
    with psycopg.connect(server.admin_url) as connection:
        major = connection.info.server_version // 10000
    assert major >= OLDEST_SERVER_MAJOR


@pytest.mark.slow
@pytest.mark.timeout(900)  # each test inside has its own time
@pytest.mark.parametrize("selection", [SCHEMA_AND_POLICIES, WORK], ids=["schema and policies", "work"])
def test_selection_passes_on_it(server: NamedServer, selection: tuple[str, ...]) -> None:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *selection],
        cwd=ROOT,
        env=outer | {ADMIN_URL_VARIABLE: server.admin_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with psycopg.connect(server.admin_url) as connection:
        made = connection.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'template\\_%'").fetchone()
    assert made is not None
    assert made[0] > 0, "the tests ran elsewhere"
