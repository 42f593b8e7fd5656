"""The sample workspace from the pages: added, looked around in as everybody, left, removed."""

from dataclasses import replace
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor, Origin
from lib.access.permissions import Role
from lib.identity import sessions
from lib.models.run import RunStatus
from lib.retention.counting import KINDS
from lib.samples.service import Sample, drop_sample, find_sample, leave_sample, load_sample, visit_sample
from lib.ui import set_up
from lib.ui.navigation import ACCOUNT, ORGANIZATION, OVERVIEW, PAGES, PROJECT, PROJECTS, RUN, PageEntry
from tests.cast import Cast
from tests.conftest import Installation
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, press, shown, table, text_area, text_input
from tests.pages.test_set_up import _page as set_up_page
from tests.pages.test_set_up import _send as send
from tests.records import row, rows
from tests.sample import cast, database, operator, sample, together, worlds, written_once
from tests.workspace import make_workspace

__all__ = ["cast", "database", "operator", "sample", "together", "worlds", "written_once"]

pytestmark = pytest.mark.usefixtures("written_once")

ORIGIN = Origin(request_id=uuid4())
VISITS = ["Admin", "Manager", "Member", "Viewer"]


@pytest.fixture
def is_furnished() -> bool:
    return False


def badge(at: AppTest) -> bool:
    """Whether the foot of the sidebar says that all of this is made up."""
    return any("Sample workspace" in element.value for element in at.sidebar.markdown)


def foot(at: AppTest) -> list[str]:
    return [button.label for button in at.sidebar.button]


def went_wrong(at: AppTest) -> bool:
    return "Something went wrong" in shown(at) or "This did not work" in headings(at)


def test_operator_of_an_empty_organization_is_offered_a_sample(open_as: OpenAs, operator: Actor) -> None:
    at = open_as(operator, OVERVIEW)
    assert headings(at) == ["Overview", "First steps", "This month"]
    assert buttons(at) == ["Create", "Add"]
    press(at, "Add")
    assert headings(at) == ["Overview", "First steps", "This month", "Sample workspace"]
    assert buttons(at) == ["Create", *VISITS, "Remove"]
    assert find_sample(operator)


def test_operator_who_may_only_read_is_offered_it_too(
    open_as: OpenAs, installation: Installation, operator: Actor
) -> None:
    rows(installation, "UPDATE users SET role = 'viewer' WHERE id = %s RETURNING 1", operator.user_id)
    at = open_as(operator, OVERVIEW)
    assert buttons(at) == ["Add a sample workspace"]
    press(at, "Add a sample workspace")
    assert buttons(at) == [*VISITS, "Remove"]


def test_operator_who_works_is_not_bothered(open_as: OpenAs, installation: Installation, operator: Actor) -> None:
    make_workspace(installation.database, operator)
    assert "Add" not in buttons(open_as(operator, OVERVIEW))


def test_nobody_else_hears_of_it(open_as: OpenAs, cast: Cast) -> None:
    for actor in (*cast.of_a, cast.charlie):
        assert "Add a sample workspace" not in shown(open_as(actor, OVERVIEW))
    load_sample()
    for actor in (*cast.of_a, cast.charlie):
        at = open_as(actor, OVERVIEW)
        assert "Sample workspace" not in shown(at)
        assert not badge(at)


def test_second_to_ask_finds_the_first_ones(open_as: OpenAs, installation: Installation, operator: Actor) -> None:
    at = open_as(operator, OVERVIEW)
    load_sample()
    press(at, "Add")
    assert buttons(at) == ["Create", *VISITS, "Remove"]
    assert len(rows(installation, "SELECT 1 FROM organizations WHERE sample_made_at IS NOT NULL")) == 1


@pytest.mark.parametrize("role", Role)
def test_operator_looks_around_and_leaves(open_as: OpenAs, operator: Actor, sample: Sample, role: Role) -> None:
    person = sample.find_first(role)
    assert person
    at = press(open_as(operator, OVERVIEW), role.capitalize())
    assert person.full_name in shown(at)
    assert "Running now" in headings(at)
    assert "Sample workspace" not in headings(at), "an operator's card is not for who visits"
    assert badge(at)
    assert foot(at) == ["Leave", "Sign out"]
    press(at, "Leave")
    assert headings(at) == ["Overview", "First steps", "This month", "Sample workspace"]
    assert not badge(at)
    assert "Olga" in shown(at)


def test_leaving_from_any_page_leads_to_ones_own_overview(open_as: OpenAs, operator: Actor, sample: Sample) -> None:
    visit_sample(operator, Role.VIEWER)
    for page in (PROJECTS, ACCOUNT):
        at = open_as(operator, page)
        assert badge(at)
    assert headings(press(at, "Leave"))[0] == "Overview"


def test_sample_is_removed_after_a_question(open_as: OpenAs, operator: Actor, sample: Sample) -> None:
    at = press(open_as(operator, OVERVIEW), "Remove")
    assert "its twelve people, their projects, templates and runs, its audit trail" in shown(at)
    assert find_sample(operator)
    press(at, "Remove", "Remove the sample")
    assert find_sample(operator) is None
    assert "The sample workspace is removed." in shown(at)
    assert headings(at) == ["Overview", "First steps", "This month"]


def test_visitor_of_a_sample_that_is_removed_is_home(open_as: OpenAs, operator: Actor, sample: Sample) -> None:
    at = press(open_as(operator, OVERVIEW), "Admin")
    assert badge(at)
    drop_sample()
    at.run()
    assert not at.exception
    assert headings(at) == ["Overview", "First steps", "This month"]
    assert "Olga" in shown(at)


def test_form_of_another_tab_is_not_sent_to_the_other_organization(
    open_as: OpenAs, installation: Installation, cast: Cast, operator: Actor, sample: Sample
) -> None:
    """A visit is the browser's; a tab that stands open was drawn for who one was before."""
    at = press(open_as(operator, PROJECTS), "New project")
    text_input(at, "Name").set_value("Ours")
    text_area(at, "Topic").set_value("Something real")
    visit_sample(operator, Role.ADMIN)
    press(at, "Create project")
    assert rows(installation, "SELECT 1 FROM projects WHERE name = 'Ours'") == []
    visitor = sessions.find_actor(cast.secret_of(operator), origin=ORIGIN)
    assert visitor
    leave_sample(visitor)
    assert "Olga" in shown(at.run())


@pytest.mark.parametrize("role", Role)
def test_every_page_shows_the_sample_to_every_role(
    open_as: OpenAs, installation: Installation, operator: Actor, sample: Sample, role: Role
) -> None:
    visit_sample(operator, role)
    person = replace(operator, role=role, is_operator=False)
    for page in PAGES:
        if page is RUN:
            continue
        at = open_as(operator, page, **_parameters(installation, page))
        assert badge(at)
        assert ("This page is not open to you" in headings(at)) == (not page.is_open_to(person))
        assert not went_wrong(at)
    assert table(open_as(operator, PROJECTS), "Project")
    for status in RunStatus:
        found = row(
            installation,
            "SELECT id, title FROM orchestration_runs WHERE organization_id = %s AND status = %s "
            "ORDER BY created_at DESC LIMIT 1",
            sample.organization_id,
            status,
        )
        at = open_as(operator, RUN, run=found["id"])
        assert at.title[0].value.replace("\\", "") == found["title"]
        assert not went_wrong(at)


def test_nothing_of_the_sample_is_offered_to_be_removed_by_age(
    open_as: OpenAs, operator: Actor, sample: Sample
) -> None:
    visit_sample(operator, Role.ADMIN)
    at = open_as(operator, ORGANIZATION, tab="Retention and limits")
    assert "Nothing of the sample workspace is removed by age" in shown(at)
    assert [field.label for field in at.number_input if not field.disabled and field.label in KINDS.values()] == []
    assert "Removed by retention" not in headings(at)
    assert "Save retention and limits" in buttons(at), "how much may run can be set"


def test_run_with_a_rejected_phase_is_shown(
    open_as: OpenAs, installation: Installation, operator: Actor, sample: Sample
) -> None:
    visit_sample(operator, Role.MANAGER)
    rejected = row(installation, "SELECT run_id FROM phase_executions WHERE status = 'rejected'")
    assert "2 attempts" in shown(open_as(operator, RUN, run=rejected["run_id"]))


def test_set_up_adds_no_sample_unasked(installation: Installation) -> None:
    at = set_up_page()
    (box,) = at.checkbox
    assert (box.label, box.value) == ("Add a sample workspace to look around in", False)
    send(at)
    assert rows(installation, "SELECT 1 FROM organizations WHERE sample_made_at IS NOT NULL") == []


def test_set_up_adds_a_sample_on_request(installation: Installation) -> None:
    at = set_up_page()
    at.checkbox[0].check()
    send(at)
    assert at.title[0].value == "Sign in"
    assert not any("could not be made" in element.value for element in at.markdown)
    assert len(rows(installation, "SELECT 1 FROM organizations")) == 2
    assert rows(installation, "SELECT 1 FROM organizations WHERE sample_made_at IS NOT NULL")


def test_set_up_holds_though_the_sample_fails(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new organization's short name is the one that the sample would need."""
    monkeypatch.setattr(set_up.fields, "suggest_slug", lambda _: "fjord-and-field-sample")
    at = set_up_page()
    at.checkbox[0].check()
    send(at)
    assert at.title[0].value == "Sign in"
    assert any("The sample workspace could not be made" in element.value for element in at.markdown)
    assert rows(installation, "SELECT slug FROM organizations") == [{"slug": "fjord-and-field-sample"}]


def _parameters(installation: Installation, page: PageEntry) -> dict[str, object]:
    if page is not PROJECT:
        return {}
    project = row(installation, "SELECT id FROM projects WHERE name = 'Folding kayak'")
    return {"project": project["id"]}
