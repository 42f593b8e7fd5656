"""Cancelling and retrying many runs at once: which, whose, and what is said of the rest."""

from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from llmock.scenarios import Fail
from llmock.testing import LLMockServer

from lib.errors import InvalidInput, NotPermitted
from lib.models.run import RunStatus
from lib.runs import bulk
from lib.runs.bulk import BulkAction
from lib.runs.queries import RunFilter
from lib.runs.service import cancel_run, watch_run
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import end_run, fail_second_phase, make_run, open_run
from tests.records import rows, trail
from tests.workers import MODEL

ALL = RunFilter()


class Runs:
    """Makes runs of people, in a project of each."""

    def __init__(self, installation: Installation, cast: Cast) -> None:
        self._database, self._cast = installation.database, cast

    def make(self, name: str, *, how: str = "queued", title: str = "A run") -> UUID:
        actor = getattr(self._cast, name)
        project_id, template_id = make_project(self._database, actor), make_template(self._database, actor)
        options = {"project_id": project_id, "template_id": template_id, "title": title, "model": MODEL}
        run = make_run(self._database, actor, **options)
        match how:
            case "failed":
                fail_second_phase(self._database, actor, run)
            case "running":
                open_run(self._database, actor.organization_id, run.id)
            case "completed" | "cancelled":
                end_run(self._database, actor, run, status=how)
        return run.id


@pytest.fixture
def runs(installation: Installation, cast: Cast, endpoint: LLMockServer) -> Runs:
    return Runs(installation, cast)


def status(cast: Cast, run_id: UUID) -> RunStatus:
    return watch_run(cast.alice, run_id).summary.status


def nothing(_: int) -> None:
    """How far it is."""


def test_it_says_exactly_which_can_be_cancelled(cast: Cast, runs: Runs) -> None:
    open_ids = [runs.make("max", title=f"Run {n}") for n in range(4)]
    runs.make("max", how="completed")
    offer = bulk.preview_bulk(cast.mona, ALL, BulkAction.CANCEL)
    assert offer.run_ids == tuple(reversed(open_ids))
    assert offer.examples == ("Run 3", "Run 2", "Run 1")
    assert not offer.is_cut
    assert bulk.preview_bulk(cast.mona, RunFilter(search="Run 2"), BulkAction.CANCEL).run_ids == (open_ids[2],)
    assert bulk.preview_bulk(cast.mona, RunFilter(status=RunStatus.COMPLETED), BulkAction.CANCEL).run_ids == ()


def test_member_reaches_their_own_alone_and_a_viewer_none(cast: Cast, runs: Runs) -> None:
    own, theirs = runs.make("max"), runs.make("mona")
    failed, others = runs.make("max", how="failed"), runs.make("mona", how="failed")
    assert bulk.preview_bulk(cast.max, ALL, BulkAction.CANCEL).run_ids == (own,)
    assert bulk.preview_bulk(cast.max, ALL, BulkAction.RETRY).run_ids == (failed,)
    assert set(bulk.preview_bulk(cast.mona, ALL, BulkAction.CANCEL).run_ids) == {own, theirs}
    result = bulk.cancel_runs(cast.max, [own, theirs])
    assert (result.done, result.left) == (1, {"not yours to cancel": 1})
    assert status(cast, theirs) is RunStatus.QUEUED
    result = bulk.retry_runs(cast.max, [others], on_progress=nothing)
    assert (result.done, result.left) == (0, {"not yours to retry": 1})
    for deed in (
        lambda: bulk.preview_bulk(cast.vera, ALL, BulkAction.CANCEL),
        lambda: bulk.preview_bulk(cast.vera, ALL, BulkAction.RETRY),
        lambda: bulk.cancel_runs(cast.vera, [own]),
        lambda: bulk.retry_runs(cast.vera, [failed], on_progress=nothing),
    ):
        with pytest.raises(NotPermitted):
            deed()


def test_stranger_reaches_nothing(cast: Cast, runs: Runs) -> None:
    run_id, failed = runs.make("max"), runs.make("max", how="failed")
    for action in BulkAction:
        assert bulk.preview_bulk(cast.charlie, ALL, action).run_ids == ()
    assert bulk.cancel_runs(cast.charlie, [run_id]).done == 0
    result = bulk.retry_runs(cast.charlie, [failed], on_progress=nothing)
    assert (result.done, result.left) == (0, {"not there any more": 1})
    assert status(cast, run_id) is RunStatus.QUEUED


def test_all_are_cancelled_in_one_go_and_each_is_in_the_trail(
    installation: Installation, cast: Cast, runs: Runs
) -> None:
    waiting, running = [runs.make("max") for _ in range(3)], runs.make("max", how="running")
    ended, asked = runs.make("max", how="completed"), runs.make("max", how="running")
    cancel_run(cast.max, asked)
    result = bulk.cancel_runs(cast.mona, [*waiting, running, ended, asked])
    assert result.done == 4
    assert result.left == {"ended meanwhile": 1, "being cancelled already": 1}
    assert {status(cast, run_id) for run_id in waiting} == {RunStatus.CANCELLED}
    seen = watch_run(cast.mona, running)
    assert (seen.summary.status, seen.is_cancel_requested) == (RunStatus.RUNNING, True), "its worker ends it"
    for run_id in (*waiting, running):
        assert [entry["user_id"] for entry in trail(installation, "orchestrations.cancel", run_id)] == [
            cast.mona.user_id
        ]
    assert len({entry["xmin"] for entry in rows(installation, "SELECT xmin::text FROM orchestration_runs "
                                                "WHERE id = ANY (%s)", [*waiting, running])}) == 1  # fmt: skip


def test_failed_and_cancelled_ones_are_retried_each_where_it_stopped(
    installation: Installation, cast: Cast, runs: Runs
) -> None:
    failed, cancelled = runs.make("max", how="failed"), runs.make("max", how="cancelled")
    runs.make("max", how="completed")
    offer = bulk.preview_bulk(cast.mona, ALL, BulkAction.RETRY)
    assert set(offer.run_ids) == {failed, cancelled}, "what was completed needs no other try"
    seen: list[int] = []
    assert bulk.retry_runs(cast.mona, offer.run_ids, on_progress=seen.append).done == 2
    assert seen == [1, 2]
    made = rows(
        installation,
        "SELECT parent_run_id, forked_from_phase, completed_phases, user_id FROM orchestration_runs "
        "WHERE parent_run_id IS NOT NULL",
    )
    assert {each["parent_run_id"]: each["completed_phases"] for each in made} == {failed: 1, cancelled: 0}
    assert {each["user_id"] for each in made} == {cast.mona.user_id}
    assert bulk.preview_bulk(cast.mona, ALL, BulkAction.RETRY).run_ids == (), "they are under way again"


def test_what_was_retried_once_is_not_retried_again_even_where_that_failed_too(
    installation: Installation, cast: Cast, runs: Runs
) -> None:
    """Of a second press on the same question, or of a list that shows both: the newest try alone goes on."""
    failed = runs.make("max", how="failed")
    offer = bulk.preview_bulk(cast.max, ALL, BulkAction.RETRY)
    assert bulk.retry_runs(cast.max, offer.run_ids, on_progress=nothing).done == 1
    (again,) = rows(installation, "SELECT id FROM orchestration_runs WHERE parent_run_id = %s", failed)
    assert bulk.cancel_runs(cast.max, [again["id"]]).done == 1
    result = bulk.retry_runs(cast.max, offer.run_ids, on_progress=nothing)
    assert (result.done, result.left) == (0, {"retried already": 1})
    assert bulk.preview_bulk(cast.max, ALL, BulkAction.RETRY).run_ids == (again["id"],)


def test_of_ticked_ones_no_other_is_reached_and_each_is_named(cast: Cast, runs: Runs) -> None:
    ids = [runs.make("max", title=f"Run {n}") for n in range(5)]
    offer = bulk.preview_bulk(cast.mona, RunFilter(ids=tuple(ids[:4])), BulkAction.CANCEL)
    assert set(offer.run_ids) == set(ids[:4])
    assert offer.examples == ("Run 3", "Run 2", "Run 1", "Run 0")
    assert bulk.preview_bulk(cast.charlie, RunFilter(ids=tuple(ids)), BulkAction.CANCEL).run_ids == ()


def test_of_ticked_ones_it_says_why_the_others_are_left_out(cast: Cast, runs: Runs) -> None:
    own = {how: runs.make("max", how=how) for how in ("queued", "failed", "cancelled", "completed", "running")}
    ticked = RunFilter(ids=(*own.values(), runs.make("mona", how="failed"), runs.make("mona")))
    assert bulk.retry_runs(cast.max, [own["failed"]], on_progress=nothing).done == 1
    cancel_run(cast.max, own["running"])
    offer = bulk.preview_bulk(cast.max, ticked, BulkAction.RETRY)
    assert offer.run_ids == (own["cancelled"],)
    assert offer.left == {"not yours to retry": 2, "not ended yet": 2, "completed": 1, "retried already": 1}
    offer = bulk.preview_bulk(cast.max, ticked, BulkAction.CANCEL)
    assert offer.run_ids == (own["queued"],)
    assert offer.left == {"not yours to cancel": 2, "ended already": 3, "being cancelled already": 1}
    assert bulk.preview_bulk(cast.max, ALL, BulkAction.CANCEL).left == {}


def test_models_are_asked_once_and_one_that_is_down_is_said(cast: Cast, runs: Runs, endpoint: LLMockServer) -> None:
    failed = [runs.make("max", how="failed") for _ in range(3)]
    endpoint.state.journal.clear()
    assert bulk.retry_runs(cast.max, failed[:2], on_progress=nothing).done == 2
    assert len(endpoint.state.journal.records()) == 1
    endpoint.state.scenarios.add(Fail(status=401, times=None))
    result = bulk.retry_runs(cast.max, failed[2:], on_progress=nothing)
    assert (result.done, result.left) == (0, {"their model does not answer": 1})


def test_used_up_quota_ends_it_and_counts_the_rest(installation: Installation, cast: Cast, runs: Runs) -> None:
    failed = [runs.make("max", how="failed") for _ in range(3)]
    rows(installation, "UPDATE organizations SET api_quota_limit = 1, api_quota_used = 1 RETURNING 1")
    result = bulk.retry_runs(cast.max, failed, on_progress=nothing)
    assert (result.done, result.left) == (0, {"no calls left this month": 3})


def test_run_that_goes_on_by_itself_is_left(cast: Cast, runs: Runs) -> None:
    result = bulk.retry_runs(cast.max, [runs.make("max")], on_progress=nothing)
    assert (result.done, result.left) == (0, {"can't be retried now": 1})


def test_more_than_five_hundred_are_not_taken_at_once(installation: Installation, cast: Cast, runs: Runs) -> None:
    rows(
        installation,
        "INSERT INTO orchestration_runs (organization_id, project_id, user_id, title, topic, status) "
        "SELECT %s, %s, %s, 'Run', 'Anything', 'queued' FROM generate_series(1, 501) RETURNING 1",
        cast.organization_a,
        make_project(installation.database, cast.max),
        cast.max.user_id,
    )
    offer = bulk.preview_bulk(cast.max, ALL, BulkAction.CANCEL)
    assert (len(offer.run_ids), offer.is_cut) == (500, True)
    assert bulk.cancel_runs(cast.max, offer.run_ids).done == 500
    assert len(bulk.preview_bulk(cast.max, ALL, BulkAction.CANCEL).run_ids) == 1
    with pytest.raises(InvalidInput, match="500 is the most"):
        bulk.cancel_runs(cast.max, [*offer.run_ids, offer.run_ids[0]])


def test_retry_does_what_follows_as_the_run_before_did(installation: Installation, cast: Cast, runs: Runs) -> None:
    """Each of them by its own switch, beside limit and priority."""
    before = {is_on: runs.make("max", how="failed") for is_on in (True, False)}
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        bounds = "integration_enabled = true, cost_limit_usd = 2.5, priority = 'high'"
        connection.execute(f"UPDATE orchestration_runs SET {bounds} WHERE id = %s".encode(), [before[True]])
    assert bulk.retry_runs(cast.max, list(before.values()), on_progress=nothing).done == 2
    made = rows(installation, "SELECT * FROM orchestration_runs WHERE parent_run_id IS NOT NULL")
    assert {
        run["parent_run_id"]: (run["integration_enabled"], run["cost_limit_usd"], run["priority"]) for run in made
    } == {
        before[True]: (True, Decimal("2.5"), "high"),
        before[False]: (False, None, "normal"),
    }
