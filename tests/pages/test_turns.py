"""Runs that wait for their turn: what their page, the overview and the launch say, and the choice of a priority."""

from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.config import get_settings
from lib.db.logins import Login
from lib.models.run import RunPriority
from lib.ui.navigation import LAUNCH, OVERVIEW, RUN
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import MadeRun, open_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import facts, press, selectbox, shown
from tests.records import row, rows
from tests.waiting_runs import line_up, set_limit

PRIORITIES = ["Low", "Normal", "High", "Urgent"]


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)


@pytest.fixture
def line(installation: Installation, cast: Cast, project_id: UUID) -> list[MadeRun]:
    """Four runs of max's in an organization that has two at a time."""
    set_limit(installation, cast.organization_a, "2")
    return line_up(installation, cast.max, project_id, 4)


@pytest.fixture
def model(endpoint: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is on offer."""
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_MODELS", "gpt-4o-mini")
    get_settings.cache_clear()


def test_run_says_that_it_waits_and_where_it_stands(open_as: OpenAs, cast: Cast, line: list[MadeRun]) -> None:
    full = "Waits for its turn: 2 of 2 runs of the organization are running."
    for actor in cast.of_a:
        assert f"{full} It is the next one." in shown(open_as(actor, RUN, run=line[2].id))
        assert f"{full} It is number 2 in the line." in shown(open_as(actor, RUN, run=line[3].id))
        assert "its turn" not in shown(open_as(actor, RUN, run=line[1].id))


@pytest.mark.usefixtures("line")
def test_overview_says_how_many_wait(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    with doors.login(installation.database, Login.WORKER) as worker:
        worker.execute("SELECT pg_advisory_lock(4711, 1)")  # it lives
        at = open_as(cast.vera, OVERVIEW)
    assert "2 of 2 at a time, 2 waiting" in shown(at)
    assert shown(at).count("Waits for its turn") == 2


def test_priority_is_changed_by_who_may_cancel_while_the_run_is_queued(
    open_as: OpenAs, installation: Installation, cast: Cast, line: list[MadeRun]
) -> None:
    at = open_as(cast.max, RUN, run=line[3].id)
    assert selectbox(at, "Priority").options == PRIORITIES
    assert "Priority" not in facts(at)
    selectbox(at, "Priority").select_index(3).run()
    assert "The priority is urgent now." in shown(at)
    assert "It is the next one." in shown(at)
    found = row(installation, "SELECT priority FROM orchestration_runs WHERE id = %s", line[3].id)
    assert found == {"priority": RunPriority.URGENT}
    for actor in (cast.vera, cast.max):
        if actor is cast.max:
            open_run(installation.database, cast.organization_a, line[0].id)
        at = open_as(actor, RUN, run=line[3 if actor is cast.vera else 0].id)
        assert not [box for box in at.selectbox if box.label == "Priority"]
        assert facts(at)["Priority"] == ("Urgent" if actor is cast.vera else "Normal")


def test_run_that_began_meanwhile_keeps_its_priority_and_the_page_says_so(
    open_as: OpenAs, installation: Installation, cast: Cast, line: list[MadeRun]
) -> None:
    at = open_as(cast.max, RUN, run=line[0].id)
    open_run(installation.database, cast.organization_a, line[0].id)
    selectbox(at, "Priority").select_index(0).run()
    assert (
        row(installation, "SELECT priority FROM orchestration_runs WHERE id = %s", line[0].id)["priority"] == "normal"
    )


def test_launch_says_beforehand_that_a_run_will_wait_and_takes_the_priority(
    open_as: OpenAs,
    installation: Installation,
    cast: Cast,
    project_id: UUID,
    model: None,
) -> None:
    make_template(installation.database, cast.alice, status="published")
    rows(installation, "UPDATE projects SET priority = 'high' RETURNING 1")
    at = open_as(cast.max, LAUNCH)
    assert "its turn" not in shown(at)
    assert selectbox(at, "Priority").options == PRIORITIES
    assert selectbox(at, "Priority").value is RunPriority.HIGH, "the project's"
    set_limit(installation, cast.organization_a, "1")
    line_up(installation, cast.max, project_id, 2)
    at = open_as(cast.max, LAUNCH)
    said = "It will wait for its turn: 1 of 1 run of the organization is running, and 1 is waiting already."
    assert said in shown(at)
    selectbox(at, "Priority").select_index(3).run()
    at = press(at, "Launch")
    assert "It is the next one." in shown(at)
    newest = row(installation, "SELECT priority, admitted_at FROM orchestration_runs ORDER BY id DESC LIMIT 1")
    assert newest == {"priority": "urgent", "admitted_at": None}
