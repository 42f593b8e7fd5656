"""Pausing and continuing a run, and a run that stopped for its cost, on its page; the limit before a launch."""

from decimal import Decimal

import pytest

from lib.projects.service import ProjectEntry, create_project, get_project
from lib.ui.navigation import LAUNCH, PROJECT, RUN
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.lib.runs.test_steering import stands, stop_for_cost
from tests.made_runs import MadeRun, beginning, make_run, open_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, deeds, facts, press, shown
from tests.records import row
from tests.workers import endpoint

__all__ = ["endpoint"]

LIMIT = "SELECT cost_limit_usd FROM orchestration_runs"


@pytest.fixture
def run(installation: Installation, cast: Cast) -> MadeRun:
    """A run of max in the queue."""
    return make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))


def test_run_is_paused_after_a_question_and_continued(
    open_as: OpenAs, installation: Installation, cast: Cast, run: MadeRun
) -> None:
    at = press(open_as(cast.max, RUN, run=run.id), "Pause")
    assert "Nothing further begins, and it holds no worker, until somebody continues it." in shown(at)
    assert stands(installation, run) == "queued"
    press(at, "Pause", "Pause the run")
    assert stands(installation, run) == "paused"
    assert "Paused by Max." in shown(at)
    assert deeds(at) == ["Cancel", "Continue"]
    press(at, "Continue")
    assert stands(installation, run) == "queued"


def test_run_that_is_written_says_that_it_pauses_after_that(
    open_as: OpenAs, installation: Installation, cast: Cast, run: MadeRun
) -> None:
    open_run(installation.database, cast.organization_a, run.id).advance(begin=[beginning("Phase 0")])
    at = press(open_as(cast.max, RUN, run=run.id), "Pause")
    assert "What is being written is finished first, for it is paid for. Then nothing further begins" in shown(at)
    press(at, "Pause", "Pause the run")
    assert "This run pauses as soon as what is being written is finished." in shown(at)
    assert deeds(at) == ["Cancel", "Continue"]
    press(at, "Continue")
    assert "This run pauses" not in shown(at)
    assert deeds(at) == ["Pause", "Cancel"]


def test_pause_is_offered_to_who_may_cancel(open_as: OpenAs, cast: Cast, run: MadeRun) -> None:
    for actor, offered in ((cast.alice, True), (cast.mona, True), (cast.max, True), (cast.vera, False)):
        assert ("Pause" in buttons(open_as(actor, RUN, run=run.id))) == offered


def test_run_that_stopped_for_its_cost_says_spent_and_limit_and_asks(
    open_as: OpenAs, installation: Installation, cast: Cast, run: MadeRun
) -> None:
    stop_for_cost(installation, cast, run)
    at = open_as(cast.max, RUN, run=run.id)
    assert "Spent $0.03 of $0.02. 1 finished phase is kept." in shown(at)
    assert facts(at)["Cost limit"] == "$0.02, $0.00 left"
    assert deeds(at) == ["Cancel", "Raise the limit and go on", "End it here"]
    assert buttons(open_as(cast.vera, RUN, run=run.id)) == []
    at.number_input(key="raise-limit").set_value(2.5).run()
    press(at, "Raise the limit and go on")
    assert stands(installation, run) == "queued"
    assert row(installation, LIMIT)["cost_limit_usd"] == Decimal("2.528")


def test_press_beside_a_limit_that_was_raised_meanwhile_raises_nothing(
    open_as: OpenAs, installation: Installation, cast: Cast, run: MadeRun
) -> None:
    stop_for_cost(installation, cast, run)
    at = open_as(cast.mona, RUN, run=run.id)
    with doors.admin(installation.database) as connection:  # raised by somebody, spent, and stopped again
        connection.execute("UPDATE orchestration_runs SET cost_limit_usd = 0.025 WHERE id = %s", [run.id])
    press(at, "Raise the limit and go on")
    assert stands(installation, run) == "paused"
    assert row(installation, LIMIT)["cost_limit_usd"] == Decimal("0.025")
    press(at, "Raise the limit and go on")
    assert stands(installation, run) == "queued"


def test_run_is_ended_where_it_is_after_a_question(
    open_as: OpenAs, installation: Installation, cast: Cast, run: MadeRun
) -> None:
    stop_for_cost(installation, cast, run)
    at = press(open_as(cast.max, RUN, run=run.id), "End it here")
    assert "It counts as completed, with 1 finished phase; the others are skipped." in shown(at)
    assert "It can be run again from there later" in shown(at)
    at.button(key="finish-run").click()
    at.button(key="finish-run-confirm").click().run()
    assert stands(installation, run) == "completed"
    assert "Somebody ended the run here, with 1 of 2 phases." in shown(at)
    assert "Retry from Research" in buttons(at)


def test_run_of_unknown_cost_goes_on_without_a_limit(
    open_as: OpenAs, installation: Installation, cast: Cast, run: MadeRun
) -> None:
    stop_for_cost(installation, cast, run, cost=None)
    at = open_as(cast.max, RUN, run=run.id)
    assert "Spent: unknown. The limit is $0.02." in shown(at)
    press(at, "Go on without a limit")
    assert stands(installation, run) == "queued"
    assert row(installation, LIMIT)["cost_limit_usd"] is None


@pytest.mark.usefixtures("endpoint")
def test_launch_begins_with_the_projects_limit_and_warns(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    settings = {"cost_limit_usd": 4.5}
    project_id = create_project(cast.max, ProjectEntry(name="Bicycle", topic="A bicycle", settings=settings))
    data = {"phases": [{"code": "a", "name": "Draft", "prompt": "x", "review": {"required_approvals": 9}}]}
    template_id = make_template(installation.database, cast.max, data=data)
    at = open_as(cast.max, LAUNCH, project=project_id, template=template_id)
    (limit,) = (one for one in at.number_input if one.label.startswith("Cost limit"))
    assert limit.value == 4.5
    assert "asks for 9 approvals, and only 3 people may give one" in shown(at)
    assert "so the run pauses after the first answer of it" in shown(at)
    limit.set_value(None).run()
    assert "so the run pauses" not in shown(at)


@pytest.mark.usefixtures("endpoint")
def test_project_keeps_its_reviewers_and_its_limit(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max)
    at = press(open_as(cast.max, PROJECT, project=project_id), "Edit")
    (limit,) = (one for one in at.number_input if one.label.startswith("Cost limit"))
    (reviewers,) = (one for one in at.multiselect if one.label == "Reviewers")
    limit.set_value(3.0)
    reviewers.set_value([cast.mona.user_id])
    press(at, "Edit", "Save changes")
    stored = get_project(cast.max, project_id).settings
    assert (stored.cost_limit_usd, stored.reviewer_ids) == (3.0, (cast.mona.user_id,))
