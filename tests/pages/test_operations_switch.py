"""Whether a run does what follows its phases: chosen at its launch and its retry, where the organization lets it."""

from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Toggle

from lib.ui.navigation import LAUNCH, RUN
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TEMPLATE_DATA, let_operate, make_project, make_template
from tests.made_runs import fail_second_phase, make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import press
from tests.records import row
from tests.workers import MODEL

RETRY = "Retry from Research"
SWITCH = "Do what follows the phases"


def switch(at: AppTest) -> Toggle:
    (found,) = (each for each in at.toggle if each.label == SWITCH)
    return found


def data() -> dict[str, object]:
    """With a file after each of its phases."""
    phases = [phase | {"operations": [{"type": "artifact.write"}]} for phase in TEMPLATE_DATA["phases"]]
    return TEMPLATE_DATA | {"phases": phases}


@pytest.mark.parametrize("lets", [True, False])
def test_launch_switch_stands_as_the_organization_lets_runs(
    open_as: OpenAs, installation: Installation, cast: Cast, endpoint: LLMockServer, lets: bool
) -> None:
    let_operate(installation.database, cast.organization_a, is_on=lets)
    make_project(installation.database, cast.max)
    make_template(installation.database, cast.mona, data=data(), status="published")
    at = open_as(cast.max, LAUNCH)
    assert (switch(at).value, switch(at).disabled) == (lets, not lets)


@pytest.mark.parametrize("lets", [True, False])
def test_retry_takes_the_switch_over_and_may_turn_it(
    open_as: OpenAs, installation: Installation, cast: Cast, endpoint: LLMockServer, lets: bool
) -> None:
    database = installation.database
    made = make_run(database, cast.max, project_id=make_project(database, cast.max), data=data(), model=MODEL)
    fail_second_phase(database, cast.max, made)  # a dry run so far
    let_operate(database, cast.organization_a, is_on=lets)
    at = press(open_as(cast.max, RUN, run=made.id), RETRY)
    assert (switch(at).value, switch(at).disabled) == (False, not lets)
    if not lets:
        return
    switch(at).set_value(True)
    press(at, RETRY, "Launch the retry")
    assert _is_on(installation, made.id)


def _is_on(installation: Installation, run_id: UUID) -> bool:
    child = "SELECT integration_enabled FROM orchestration_runs WHERE parent_run_id = %s"
    return bool(row(installation, child, run_id)["integration_enabled"])
