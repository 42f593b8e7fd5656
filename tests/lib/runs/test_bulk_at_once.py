"""Two who cancel, or run again, the same or neighbouring runs by the dozen: nobody fails, nothing is paid twice."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.access.actor import Actor
from lib.runs import bulk
from lib.runs.bulk import BulkAction, BulkResult
from lib.runs.queries import RunFilter
from tests import doors
from tests.at_once import attempt
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import fail_second_phase, make_run
from tests.records import rows
from tests.workers import MODEL, until

WAITING = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted"
AGAIN = "SELECT 1 FROM orchestration_runs WHERE parent_run_id = %s"


@contextmanager
def held(installation: Installation, query: str, *values: object) -> Iterator[None]:
    """Somebody holds these rows while the block runs."""
    with doors.admin(installation.database) as connection:
        connection.execute(f"{query} FOR UPDATE".encode(), values)
        yield
        connection.rollback()


def wait_for(installation: Installation, waiting: int) -> None:
    """Until so many wait for a lock."""
    until(lambda: rows(installation, WAITING)[0]["n"] >= waiting)


@pytest.fixture
def failed(installation: Installation, cast: Cast, endpoint: LLMockServer) -> UUID:
    """A run that anybody who may launch would try again."""
    database = installation.database
    template_id = make_template(database, cast.max)
    run = make_run(
        database, cast.max, project_id=make_project(database, cast.max), template_id=template_id, model=MODEL
    )
    fail_second_phase(database, cast.max, run)
    return run.id


def retry(actor: Actor, run_id: UUID) -> BulkResult:
    return bulk.retry_runs(actor, [run_id], on_progress=lambda _: None)


def test_second_of_two_who_counted_the_same_runs_pays_nothing(
    installation: Installation, cast: Cast, failed: UUID
) -> None:
    offers = [bulk.preview_bulk(actor, RunFilter(), BulkAction.RETRY).run_ids for actor in (cast.alice, cast.mona)]
    assert offers == [(failed,), (failed,)]
    assert retry(cast.alice, failed).done == 1
    assert retry(cast.mona, failed) == BulkResult(done=0, left={"retried already": 1})
    assert len(rows(installation, AGAIN, failed)) == 1


def test_two_who_retry_in_the_same_moment_pay_once(installation: Installation, cast: Cast, failed: UUID) -> None:
    with ExitStack() as asked, held(installation, "SELECT 1 FROM orchestration_runs WHERE id = %s", failed):
        results = [asked.enter_context(attempt(partial(retry, actor, failed))) for actor in (cast.alice, cast.mona)]
        wait_for(installation, 2)
    assert sorted(result.done for (result,) in results) == [0, 1], results
    assert len(rows(installation, AGAIN, failed)) == 1


def test_two_who_cancel_runs_of_the_same_templates_do_not_wait_for_each_other(
    installation: Installation, cast: Cast
) -> None:
    database = installation.database
    kinds = [(make_project(database, cast.max), make_template(database, cast.max)) for _ in "ab"]
    runs = [
        make_run(database, cast.max, project_id=project_id, template_id=template_id).id
        for project_id, template_id in kinds * 2
    ]
    figures = "SELECT 1 FROM template_statistics WHERE template_id = %s"
    orders = ((cast.alice, [runs[1], runs[2]]), (cast.mona, [runs[0], runs[3]]))
    results = []
    with ExitStack() as asked, held(installation, figures, kinds[1][1]):
        for number, (actor, run_ids) in enumerate(orders, 1):
            results.append(asked.enter_context(attempt(partial(bulk.cancel_runs, actor, run_ids))))
            wait_for(installation, number)
    assert [[result.done for result in each] for each in results] == [[2], [2]]
