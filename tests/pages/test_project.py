"""One project: what it says, its runs, and what each person may do with it."""

from uuid import UUID, uuid4

import pytest
from streamlit.testing.v1 import AppTest

from lib.audit.service import list_project_changes
from lib.models.project import ProjectStatus
from lib.projects.service import ProjectEntry, create_project, get_project, move_project
from lib.ui.navigation import LAUNCH, PROJECT
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, edit_project, make_connection, make_project, make_template
from tests.made_runs import make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, facts, headings, press, selectbox, shown, table, text_area, text_input
from tests.records import row

ARCHIVE = "Archive…"


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)


def status_of(installation: Installation, project_id: UUID) -> str:
    return str(row(installation, "SELECT status FROM projects WHERE id = %s", project_id)["status"])


def actions(at: AppTest) -> list[str]:
    """Buttons, and what the menu offers."""
    return [*buttons(at), *(option for menu in at.menu_button for option in menu.options)]


def choose(at: AppTest, action: str, *labels: str) -> AppTest:
    """Choose from the menu, and press what the dialog that it opens asks."""
    at.menu_button[0].click(action)
    return press(at, *labels)


def test_each_person_finds_what_they_may_do(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    moves = ["Mark as completed", "Mark as failed", ARCHIVE]
    whole = ["Edit", "Launch run", "Launch the first run", *moves]
    for actor in (cast.alice, cast.mona, cast.max):
        assert actions(open_as(actor, PROJECT, project=project_id)) == whole
    assert actions(open_as(cast.vera, PROJECT, project=project_id)) == []
    theirs = make_project(installation.database, cast.mona)
    assert actions(open_as(cast.max, PROJECT, project=theirs)) == ["Launch run", "Launch the first run"]


def test_it_says_what_was_entered(open_as: OpenAs, cast: Cast) -> None:
    entry = ProjectEntry(
        name="Heat pumps",
        topic="Selling heat pumps",
        description="For installers",
        priority="urgent",
        metadata={"estimated_duration": "3 months", "team_size": 1, "budget": 0.004, "technologies": ["A", "B"]}
        | {"custom": {"Sponsor": "Mona"}},
    )
    at = open_as(cast.vera, PROJECT, project=create_project(cast.max, entry))
    assert headings(at) == ["Heat pumps", "No runs yet", "Details"]
    assert "Urgent priority · owned by Max" in shown(at)
    assert (
        facts(at).items()
        >= {
            "Topic": "Selling heat pumps",
            "Description": "For installers",
            "Owner": "Max",
            "Runs": "0",
            "Spent": "$0.00",
            "Duration": "3 months",
            "Team": "1 person",
            "Budget": "<$0.01",
            "Technologies": "A, B",
            "Sponsor": "Mona",
        }.items()
    )
    assert "Complexity" not in facts(at)


def test_default_template_is_chosen_when_a_run_is_launched_for_it(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    for name in ("Another", "Usual"):
        usual = make_template(installation.database, cast.max, name=name)
    at = press(open_as(cast.max, PROJECT, project=project_id), "Edit")
    selectbox(at, "Default template").set_value(usual)
    press(at, "Edit", "Save changes")
    assert get_project(cast.max, project_id).settings.default_template_id == usual
    launched = open_as(cast.max, LAUNCH, project=project_id)
    assert selectbox(launched, "Template").value.id == usual


def test_its_runs_are_listed_and_no_others(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    template = make_template(installation.database, cast.mona, name="Two steps", status="published")
    make_run(installation.database, cast.max, project_id=project_id, template_id=template, title="Mine")
    other = make_project(installation.database, cast.max)
    make_run(installation.database, cast.max, project_id=other, title="Another's")
    at = open_as(cast.vera, PROJECT, project=project_id)
    assert table(at, "Run") == ["Mine"]
    assert table(at, "Template") == ["Two steps v1"]


def test_damaged_link_into_its_runs_or_its_changes_leaves_the_rest(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    make_run(installation.database, cast.max, project_id=project_id, title="b")
    at = open_as(cast.alice, PROJECT, project=project_id, page="nonsense", changes="nonsense")
    assert headings(at) == ["Folding bicycle", "This page of the list is empty", "Activity", "Details"]
    press(at, "Go to the beginning")
    assert table(at, "Run") == ["b"]
    at.button(key="changes-newer").click().run()
    assert at.query_params == {"project": str(project_id)}
    assert "created the project" in shown(at)


def test_page_after_the_end_of_its_runs_is_not_taken_for_no_runs(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID, past_the_end: str
) -> None:
    make_run(installation.database, cast.max, project_id=project_id, title="b")
    at = open_as(cast.vera, PROJECT, project=project_id, page=past_the_end)
    assert headings(at) == ["Folding bicycle", "This page of the list is empty", "Details"]
    press(at, "Go to the beginning")
    assert table(at, "Run") == ["b"]
    assert at.query_params == {"project": str(project_id)}


def test_project_that_is_not_there_is_said(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    for parameters in ({}, {"project": "nonsense"}, {"project": uuid4()}):
        at = open_as(cast.vera, PROJECT, **parameters)
        assert [title.value for title in at.title] == ["Not found"]
        assert "There is no such project, or it is not yours to see" in shown(at)


def test_stranger_is_told_the_same(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    hidden = shown(open_as(cast.charlie, PROJECT, project=project_id))
    assert hidden == shown(open_as(cast.charlie, PROJECT, project=uuid4()))
    assert TOPIC not in hidden


def test_edit_begins_with_what_is_there_and_keeps_the_rest(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    at = press(open_as(cast.max, PROJECT, project=project_id), "Edit")
    assert text_input(at, "Name").value == "Folding bicycle"
    assert text_area(at, "Topic").value == TOPIC
    text_input(at, "Name").set_value("Folding boat")
    press(at, "Edit", "Save changes")

    saved = row(installation, "SELECT * FROM projects WHERE id = %s", project_id)
    assert (saved["name"], saved["topic"], saved["metadata"]) == ("Folding boat", TOPIC, {})
    assert at.title[0].value == "Folding boat"
    assert [toast.value for toast in at.toast] == [r"The changes are saved\."]


def test_default_model_is_chosen_from_those_on_offer_and_proposed_at_the_launch(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    make_connection(installation.database, cast.alice, models=["gpt-4o", "gpt-4o-mini"])
    edit_project(cast.max, project_id, ProjectEntry(name="A", topic=TOPIC, settings={"cost_limit_usd": 5}))
    at = press(open_as(cast.max, PROJECT, project=project_id), "Edit")
    selectbox(at, "Default model").set_value("acme-llm:gpt-4o-mini")
    press(at, "Edit", "Save changes")
    assert facts(at)["Default model"] == "acme-llm:gpt-4o-mini"
    saved = row(installation, "SELECT settings FROM projects WHERE id = %s", project_id)["settings"]
    assert saved == {"cost_limit_usd": 5, "default_ai_model": "acme-llm:gpt-4o-mini"}
    make_template(installation.database, cast.mona, status="published")
    launch = open_as(cast.max, LAUNCH, project=project_id)
    assert "It is the project's default, which comes before the organization's." in shown(launch)

    at = press(open_as(cast.max, PROJECT, project=project_id), "Edit")
    assert selectbox(at, "Default model").value == "acme-llm:gpt-4o-mini"
    selectbox(at, "Default model").select_index(0)
    press(at, "Edit", "Save changes")
    assert "Default model" not in facts(at)


@pytest.mark.parametrize("entered", [-5.0, 0.000001, 1_000_000.0])
def test_cost_limit_that_can_not_be_is_told_at_its_field_as_at_a_launch(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID, entered: float
) -> None:
    at = press(open_as(cast.max, PROJECT, project=project_id), "Edit")
    (limit,) = (each for each in at.number_input if each.label.startswith("Cost limit"))
    limit.set_value(entered)
    press(at, "Edit", "Save changes")
    refused = "Cost limit must be at least $0.01 and at most $999,999."
    assert refused in shown(at).partition("Cost limit of a run")[2].partition("Reviewers")[0]
    assert "cost_limit_usd" not in shown(at)
    saved = row(installation, "SELECT settings FROM projects WHERE id = %s", project_id)["settings"]
    assert "cost_limit_usd" not in saved


def test_project_is_completed_made_active_and_marked_as_failed(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    at = choose(open_as(cast.max, PROJECT, project=project_id), "Mark as completed")
    assert status_of(installation, project_id) == "completed"
    assert [toast.value for toast in at.toast] == [r"The project is completed\."]
    assert "Completed" in facts(at)
    assert actions(at) == ["Edit", "Make active again", ARCHIVE]

    choose(at, "Make active again")
    assert status_of(installation, project_id) == "active"

    choose(at, "Mark as failed")
    assert status_of(installation, project_id) == "failed"
    assert actions(at) == ["Edit", "Make active again", ARCHIVE]


def test_project_is_archived_after_a_question_and_restored(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    at = choose(open_as(cast.max, PROJECT, project=project_id), ARCHIVE)
    assert "It leaves the list of active projects" in shown(at)
    assert status_of(installation, project_id) == "active", "nothing is done before it is confirmed"
    choose(at, ARCHIVE, "Not now")
    assert status_of(installation, project_id) == "active"

    choose(at, ARCHIVE)
    choose(at, ARCHIVE, "Archive the project")
    assert status_of(installation, project_id) == "archived"
    assert actions(at) == ["Restore"]
    assert "Archived" in facts(at)

    choose(at, "Restore")
    assert status_of(installation, project_id) == "active"
    assert "Edit" in actions(at)


def test_what_somebody_else_did_meanwhile_is_said(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    at = open_as(cast.max, PROJECT, project=project_id)
    move_project(cast.mona, project_id, ProjectStatus.ARCHIVED)
    choose(at, "Mark as completed")
    assert actions(at) == ["Restore"], "the page shows how it is by now"
    assert "This project is archived; it can't become completed from there." in shown(at)
    assert status_of(installation, project_id) == "archived"


def test_right_that_was_taken_away_meanwhile_is_missed(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    at = open_as(cast.max, PROJECT, project=project_id)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET role = 'viewer' WHERE id = %s", [cast.max.user_id])
    choose(at, "Mark as completed")
    assert actions(at) == []
    assert status_of(installation, project_id) == "active"


@pytest.mark.parametrize("label", ["Launch run", "Launch the first run"])
def test_launch_begins_with_this_project(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID, label: str
) -> None:
    make_project(installation.database, cast.mona, name="Newer")
    at = press(open_as(cast.max, PROJECT, project=project_id), label)
    assert at.title[0].value == "Launch"
    assert at.query_params == {"project": str(project_id)}
    assert at.selectbox[0].value.id == project_id  # type: ignore[union-attr] # one is chosen


def test_project_that_is_completed_is_not_launched_for(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    move_project(cast.max, project_id, ProjectStatus.COMPLETED)
    at = open_as(cast.max, PROJECT, project=project_id)
    assert "Launch run" not in buttons(at)
    assert button(at, "Edit")


def test_who_may_read_the_trail_finds_what_was_done_and_nobody_else_does(
    open_as: OpenAs, cast: Cast, project_id: UUID
) -> None:
    edit_project(cast.max, project_id, ProjectEntry(name="Folding boat", topic=TOPIC))
    at = open_as(cast.alice, PROJECT, project=project_id)
    assert "Activity" in headings(at)
    labels = [expander.label.partition(" :gray")[0] for expander in at.expander]
    assert labels == ["**Max** edited the project", "**Max** created the project"]
    for actor in (cast.mona, cast.max, cast.vera):
        at = open_as(actor, PROJECT, project=project_id)
        assert "Activity" not in headings(at)
        assert not at.expander


def test_change_opens_to_what_was_there_before(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    edit_project(cast.max, project_id, ProjectEntry(name="Folding boat", topic=TOPIC))
    at = open_as(cast.alice, PROJECT, project=project_id)
    newest = list_project_changes(cast.alice, project_id).items[0]
    at.session_state[f"change-{newest.id}"] = True
    at.run()
    assert "Folding bicycle +Folding boat" in " ".join(shown(at).split())
    assert "Max (member)" in shown(at)


def test_older_changes_are_a_page_further(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    for number in range(11):
        edit_project(cast.max, project_id, ProjectEntry(name=f"Boat {number}", topic=TOPIC))
    at = open_as(cast.alice, PROJECT, project=project_id)
    assert len(at.expander) == 10
    press(at, "Older")
    assert [expander.label.partition(" :gray")[0] for expander in at.expander] == [
        "**Max** edited the project",
        "**Max** created the project",
    ]
    press(at, "Newer")
    assert len(at.expander) == 10
