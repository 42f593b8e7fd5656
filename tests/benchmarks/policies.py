import statistics
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.projects.service import list_projects
from lib.runs.queries import RunFilter
from lib.runs.service import get_overview, list_runs, watch_run
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Figure, milliseconds
from tests.cast import make_cast
from tests.doors import Connection, become_person
from tests.filling import analyze, fill, fill_one
from tests.plans.plan import Sending, Sent

ORGANIZATIONS, RUNS_EACH = 200, 500
ROUNDS = 60
MOST = 1.1

#: Views with the names of the tables that show one organization's rows: the condition that a page would write itself.
_TABLES = ("orchestration_runs", "phase_executions", "phase_streams", "projects", "users")


def main(ground: Ground) -> list[Figure]:
    """The pages' own statements under the policies, against the same with an explicit WHERE by a superuser."""
    with ground.database() as database:
        alice = make_cast(database).alice
        fill(database, organizations=ORGANIZATIONS - 2, runs_each=RUNS_EACH)
        fill_one(database, alice.organization_id, alice.user_id, projects=10, runs=RUNS_EACH)
        analyze(database)
        run_id = list_runs(alice).items[0].id
        with (
            psycopg.connect(database.url(Login.WEB)) as under_policies,
            psycopg.connect(database.admin_url) as explicit,
        ):
            _announce(under_policies, alice)
            _narrow(explicit, alice.organization_id)
            pages: dict[str, Callable[[], object]] = {
                "overview": lambda: get_overview(alice),
                "runs": lambda: list_runs(alice),
                "runs, failed": lambda: list_runs(alice, RunFilter(status="failed")),
                "run": lambda: watch_run(alice, run_id),
                "projects": lambda: list_projects(alice),
            }
            return [
                figure
                for name, ask in pages.items()
                for figure in _compare(name, _sent_by(ask), under_policies, explicit)
            ]


def _sent_by(ask: Callable[[], object]) -> list[Sent]:
    with Sending() as sending:
        ask()
    return [sent for sent in sending.statements if "set_config" not in sent.statement]


def _compare(name: str, statements: Sequence[Sent], under_policies: Connection, explicit: Connection) -> list[Figure]:
    """Each in turn, so that a disturbance meets both."""

    def run(connection: Connection) -> None:
        for sent in statements:
            connection.execute(sent.statement.encode(), sent.parameters).fetchall()

    for connection in (under_policies, explicit) * 6:  # until they are prepared
        run(connection)
    pairs = [(milliseconds(lambda: run(under_policies)), milliseconds(lambda: run(explicit))) for _ in range(ROUNDS)]
    policies, where = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    return [
        Figure(name=f"{name}: policies", value=policies, unit="ms", note=f"{len(statements)} statements"),
        Figure(name=f"{name}: explicit WHERE", value=where, unit="ms"),
        Figure(name=f"{name}: ratio", value=ratio, unit="x", most=MOST),
    ]


def _announce(connection: Connection, actor: Actor) -> None:
    become_person(connection, actor)


def _narrow(connection: Connection, organization_id: UUID) -> None:
    connection.execute("CREATE SCHEMA explicit")
    for table, column in (*((table, "organization_id") for table in _TABLES), ("organizations", "id")):
        connection.execute(
            f"CREATE VIEW explicit.{table} AS "
            f"SELECT * FROM public.{table} WHERE {column} = '{organization_id}'".encode()
        )
    connection.execute("SET search_path = explicit, public")
