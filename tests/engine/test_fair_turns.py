"""Two organizations and two workers: the large one's many runs do not hold up the small one's few."""

from uuid import UUID

import pytest
from llmock.scenarios import Delay
from llmock.testing import LLMockServer

from lib.access.actor import Actor
from lib.runs.launch import LaunchRequest, launch_run
from tests.conftest import Installation
from tests.engine.conftest import CHAT, Bench, chain
from tests.factories import make_project, make_template
from tests.place_log import log_places, most_at_once
from tests.records import row, rows
from tests.waiting_runs import set_limit
from tests.workers import MODEL, Workers, until

LIMIT, LARGE, SMALL = 2, 60, 6
ONE = {"phases": [{"code": "a", "name": "A", "prompt": "{{ topic }}"}]}
_OPEN = "SELECT 1 FROM orchestration_runs WHERE completed_at IS NULL"
#: From the launch of an organization's first run to its last one's end.
_TOOK = """
    SELECT extract(epoch FROM max(completed_at) - min(created_at))::float AS seconds FROM orchestration_runs
     WHERE organization_id = %s AND created_at > %s"""
_ORDER = "SELECT organization_id FROM orchestration_runs ORDER BY started_at"
_WALKERS = "SELECT count(DISTINCT executor_id) AS walkers FROM dbos.workflow_status WHERE status = 'SUCCESS'"


def _launch(actor: Actor, project_id: UUID, template_id: UUID, count: int) -> None:
    for _ in range(count):
        launch_run(actor, LaunchRequest(project_id=project_id, template_id=template_id, model=MODEL))


@pytest.mark.slow
def test_few_runs_of_a_small_organization_are_done_in_a_quarter_of_the_time_of_many_of_a_large_one(
    bench: Bench, workers: Workers, endpoint: LLMockServer, installation: Installation
) -> None:
    cast, database = bench.cast, installation.database
    theirs = make_project(database, cast.charlie), make_template(database, cast.charlie, data=ONE, status="published")
    ours = bench.project_id, bench.template(chain("a"))
    endpoint.state.scenarios.add(Delay(seconds=0.3, times=None, match=CHAT))
    workers.start("first")
    workers.start("second")
    while row(installation, _WALKERS)["walkers"] < 2:  # the first call of a worker waits for its imports
        _launch(cast.alice, *ours, 1)
    until(lambda: rows(installation, _OPEN) == [])
    for organization_id in (cast.organization_a, cast.organization_b):
        set_limit(installation, organization_id, str(LIMIT))
    log_places(installation)
    began = row(installation, "SELECT clock_timestamp() AS at")["at"]
    _launch(cast.alice, *ours, LARGE)
    _launch(cast.charlie, *theirs, SMALL)
    until(lambda: rows(installation, _OPEN) == [], seconds=150)
    large, small = (
        row(installation, _TOOK, each, began)["seconds"] for each in (cast.organization_a, cast.organization_b)
    )
    assert small <= large / 4, f"{small:.1f} s of {large:.1f} s"
    assert most_at_once(installation) == {cast.organization_a: LIMIT, cast.organization_b: LIMIT}


@pytest.mark.slow
def test_one_run_begins_next_where_another_organization_has_every_place_and_many_that_wait(
    bench: Bench, workers: Workers, endpoint: LLMockServer, installation: Installation
) -> None:
    """One worker with eight places. Seven others may be freed, and taken, in the same look at the queue."""
    cast, database = bench.cast, installation.database
    theirs = make_project(database, cast.charlie), make_template(database, cast.charlie, data=ONE, status="published")
    ours = bench.project_id, bench.template(chain("a"))
    rows(installation, "UPDATE organizations SET subscription_tier = 'enterprise' RETURNING 1")
    endpoint.state.scenarios.add(Delay(seconds=3, times=None, match=CHAT))
    _launch(cast.alice, *ours, 20)
    workers.start()
    begun = "SELECT count(*) AS n FROM orchestration_runs WHERE started_at IS NOT NULL"
    until(lambda: row(installation, begun)["n"] == 8)
    _launch(cast.charlie, *theirs, 1)
    until(lambda: rows(installation, _OPEN) == [], seconds=150)
    order = [each["organization_id"] for each in rows(installation, _ORDER)]
    assert order.index(cast.organization_b) < 16, "after the twenty, as they came, it would have been the last"
