import psycopg

from lib.access.actor import Actor
from lib.runs.launch import LaunchRequest, launch_run
from tests.benchmarks.ground import Ground, settings_with, wait_until, workers
from tests.benchmarks.instant_model import MODEL, instant_model
from tests.benchmarks.measuring import Figure
from tests.cast import make_cast
from tests.database import ClonedDatabase
from tests.factories import make_project, make_template

LARGE, SMALL, PHASES, LIMIT = 60, 6, 7, 2
#: The small organization's time as a part of the large one's.
MOST_OF_LARGE = 0.25

_OPEN = "SELECT count(*) FROM orchestration_runs WHERE completed_at IS NULL"
_WALKERS = "SELECT count(DISTINCT executor_id) FROM dbos.workflow_status WHERE status = 'SUCCESS'"
#: From the launch of an organization's first run to its last one's end.
_TOOK = """
    SELECT extract(epoch FROM max(completed_at) - min(created_at))::float FROM orchestration_runs
     WHERE organization_id = %s AND created_at > %s"""


def main(ground: Ground) -> list[Figure]:
    """Two workers, sixty runs of a large organization and six of a small one, two at a time each."""
    with ground.database() as database, instant_model() as endpoint, settings_with(endpoint):
        cast = make_cast(database)
        large, small = _request(database, cast.alice), _request(database, cast.charlie)
        with psycopg.connect(database.admin_url, autocommit=True) as admin, workers(database, 2):
            admin.execute("UPDATE organizations SET api_quota_limit = NULL")
            while admin.execute(_WALKERS).fetchone() != (2,):  # the first call of a worker waits for its imports
                launch_run(cast.alice, large)
            wait_until(lambda: admin.execute(_OPEN).fetchone() == (0,))
            admin.execute(
                """UPDATE organizations SET settings = jsonb_build_object('limits', jsonb_build_object(
                   'concurrent_runs', %s::integer))""",
                [LIMIT],
            )
            began = admin.execute("SELECT clock_timestamp()").fetchone()
            # in turn, for the large one's first runs end while its last are launched
            for number in range(LARGE):
                launch_run(cast.alice, large)
                if number >= LARGE - SMALL:
                    launch_run(cast.charlie, small)
            wait_until(lambda: admin.execute(_OPEN).fetchone() == (0,))
            assert began is not None
            found = [
                admin.execute(_TOOK, [each, began[0]]).fetchone() for each in (cast.organization_a, cast.organization_b)
            ]
    took = [float(str(row[0])) for row in found if row]
    return [
        Figure(name=f"{LARGE} runs of the large one", value=took[0], unit="s"),
        Figure(name=f"{SMALL} runs of the small one", value=took[1], unit="s"),
        Figure(name="small to large", value=took[1] / took[0], unit="x", most=MOST_OF_LARGE),
    ]


def _request(database: ClonedDatabase, actor: Actor) -> LaunchRequest:
    phases = [{"code": f"P{n}", "name": f"Step {n}", "prompt": "Ideas for {{ topic }}"} for n in range(PHASES)]
    template_id = make_template(database, actor, data={"phases": phases}, status="published")
    return LaunchRequest(project_id=make_project(database, actor), template_id=template_id, model=f"openai:{MODEL}")
