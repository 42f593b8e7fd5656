"""Projects: the list, its filters and pages, and making one."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.models.project import ProjectStatus
from lib.projects.service import move_project
from lib.ui.navigation import OVERVIEW, PROJECTS
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_archives import fill_project, make_archive
from tests.made_runs import end_run, make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, press, selectbox, shown, table, text_area, text_input
from tests.records import row, rows


def entered(at: AppTest, **values: str) -> AppTest:
    """Type into the form of a new project."""
    for label, value in ({"Name": "Heat pumps", "Topic": "Selling heat pumps"} | values).items():
        field = text_input(at, label) if label == "Name" else text_area(at, label)
        field.set_value(value)
    return at


@pytest.fixture
def form(open_as: OpenAs, cast: Cast) -> AppTest:
    """The dialog of a new project, opened by max."""
    return press(open_as(cast.max, PROJECTS), "New project")


def test_who_may_make_one_is_invited_to_make_the_first(open_as: OpenAs, cast: Cast) -> None:
    for actor in (cast.alice, cast.mona, cast.max):
        at = open_as(actor, PROJECTS)
        assert headings(at) == ["Projects", "No projects yet"]
        assert buttons(at) == ["New project", "Create the first project"]


def test_viewer_of_nothing_is_told_what_will_be_here(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.vera, PROJECTS)
    assert headings(at) == ["Projects", "No projects yet"]
    assert buttons(at) == []
    assert not at.text_area


@pytest.mark.parametrize("way", ["New project", "Create the first project"])
def test_form_opens_by_either_button(open_as: OpenAs, cast: Cast, way: str) -> None:
    at = press(open_as(cast.max, PROJECTS), way)
    assert [area.label for area in at.text_area] == ["Topic", "Description"]


def test_form_that_another_page_leads_to_is_open_once(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.max, OVERVIEW), "Create")
    assert text_input(at, "Name").value == ""
    assert not at.query_params, "Back would open it again"
    assert not at.run().text_area


def test_project_that_was_entered_is_made_and_opened(form: AppTest, installation: Installation, cast: Cast) -> None:
    entered(form, Description="For installers")
    text_input(form, "Estimated duration").set_value("3 months")
    selectbox(form, "Complexity").set_value("high")
    numbers = {field.label: field for field in form.number_input}
    numbers["Budget (US dollars)"].set_value(50000)
    numbers["Team size (people)"].set_value(5)
    (technologies,) = (field for field in form.multiselect if field.label == "Technologies")
    technologies.set_value(["React"])
    form.segmented_control[-1].set_value("urgent")
    press(form, "New project", "Create project")

    made = row(installation, "SELECT * FROM projects")
    assert (
        made.items()
        >= {
            "name": "Heat pumps",
            "topic": "Selling heat pumps",
            "description": "For installers",
            "priority": "urgent",
            "created_by": cast.max.user_id,
            "metadata": {
                "estimated_duration": "3 months",
                "complexity": "high",
                "technologies": ["React"],
                "budget": 50000,
                "team_size": 5,
            },
        }.items()
    )
    assert form.title[0].value == "Heat pumps"
    assert form.query_params == {"project": str(made["id"])}
    assert [toast.value for toast in form.toast] == [r"The project is there\. Launch its first run\."]
    facts = shown(form)
    for said in ("Urgent priority", "For installers", "3 months", "High", "$50,000.00", "5 people", "React"):
        assert said in facts


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"Topic": ""}, "Topic is empty. Enter something."),
        ({"Topic": "  \n "}, "Topic is empty"),
        ({"Name": ""}, "Name is empty"),
        ({"Name": "x" * 300}, "Name has 300 characters; 255 is the most. Shorten it."),
        (
            {"Name": "Plan \u202egnp.exe"},
            "invisible control character (U+202E) behind “Plan ”. Delete it there.",
        ),
    ],
)
def test_wrong_entry_is_said_at_the_form_which_keeps_it(
    form: AppTest, installation: Installation, values: dict[str, str], said: str
) -> None:
    press(entered(form, Description="Kept", **values), "New project", "Create project")

    assert said in shown(form)
    expected: dict[str, Any] = {"Name": "Heat pumps", "Topic": "Selling heat pumps", "Description": "Kept"} | values
    assert text_input(form, "Name").value == expected["Name"]
    assert text_area(form, "Topic").value == expected["Topic"]
    assert text_area(form, "Description").value == "Kept"
    assert rows(installation, "SELECT * FROM projects") == []

    press(entered(form), "New project", "Create project")
    assert form.title[0].value == "Heat pumps"


def test_list_says_how_each_project_stands(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max, name="Folding bicycle")
    make_run(installation.database, cast.max, project_id=project_id)
    boat = make_project(installation.database, cast.mona, name="Boat")
    move_project(cast.mona, boat, ProjectStatus.ARCHIVED)
    for actor in cast.of_a:
        at = open_as(actor, PROJECTS)
        assert table(at, "Project") == ["Boat", "Folding bicycle"]
        assert ["Archived" in cell for cell in table(at, "Status")] == [True, False]
        assert table(at, "Owner") == ["Mona", "Max"]
        assert table(at, "Runs") == ["0", "1"]
        assert ("New project" in buttons(at)) == (actor is not cast.vera)


def test_stranger_sees_none_of_it(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_project(installation.database, cast.alice, name="Secret plan")
    for parameters in ({}, {"search": "Secret"}, {"status": "active"}):
        assert "Secret plan" not in shown(open_as(cast.charlie, PROJECTS, **parameters))


@pytest.fixture
def three(installation: Installation, cast: Cast) -> None:
    """Projects to choose among."""
    for name in ("Heat pumps", "100 % rye"):
        make_project(installation.database, cast.max, name=name, topic="Anything")
    done = make_project(installation.database, cast.max, name="Done", topic="Heat")
    move_project(cast.max, done, ProjectStatus.COMPLETED)


@pytest.mark.usefixtures("three")
def test_choice_narrows_the_list_and_stands_in_the_address(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.vera, PROJECTS)
    at.segmented_control(key="projects-status").set_value("completed")
    at.run()
    assert table(at, "Project") == ["Done"]
    assert at.query_params == {"status": "completed"}
    at.segmented_control(key="projects-status").set_value("")
    at.text_input(key="projects-search").set_value("heat")
    at.run()
    assert table(at, "Project") == ["Done", "Heat pumps"]
    assert at.query_params == {"search": "heat"}


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"status": "completed"}, ["Done"]),
        ({"status": "active", "search": "heat"}, ["Heat pumps"]),
        ({"search": "%"}, ["100 % rye"]),
        ({"search": "\x00 heat"}, ["Done", "Heat pumps"]),
        ({"status": "nonsense"}, ["Done", "100 % rye", "Heat pumps"]),
        ({"page": ""}, ["Done", "100 % rye", "Heat pumps"]),
    ],
)
def test_address_is_followed_as_far_as_it_makes_sense(
    open_as: OpenAs, cast: Cast, parameters: dict[str, str], found: list[str]
) -> None:
    assert table(open_as(cast.vera, PROJECTS, **parameters), "Project") == found


@pytest.mark.usefixtures("three")
def test_nothing_that_matches_is_said_with_a_way_back(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.vera, PROJECTS, status="failed", search="<b>*boat*</b>")
    assert headings(at) == ["Projects", "No project matches these filters"]
    assert "Status: Failed · Search: <b>*boat*</b>" in shown(at)
    press(at, "Clear the filters")
    assert len(table(at, "Project")) == 3
    assert at.query_params == {}


def many(installation: Installation, actor: Actor) -> None:
    """More than a page holds."""
    rows(
        installation,
        "INSERT INTO projects (organization_id, created_by, name, topic, created_at) SELECT %s, %s, "
        "'Project ' || n, 'Anything', now() - n * interval '1 minute' FROM generate_series(1, 30) n RETURNING 1",
        actor.organization_id,
        actor.user_id,
    )


def test_long_list_turns_its_pages(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    many(installation, cast.alice)
    at = open_as(cast.max, PROJECTS)
    assert table(at, "Project") == [f"Project {n}" for n in range(1, 26)]
    assert "25 projects on this page" in shown(at), "and nobody has counted the others"
    assert buttons(at) == ["New project", "Older"]
    press(at, "Older")
    assert table(at, "Project") == [f"Project {n}" for n in range(26, 31)]
    assert list(at.query_params) == ["page"]
    assert "5 projects on this page" in shown(at)
    assert buttons(at) == ["New project", "Newer"]
    press(at, "Newer")
    assert table(at, "Project") == [f"Project {n}" for n in range(1, 26)]


def test_another_filter_begins_at_the_newest(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    many(installation, cast.alice)
    at = press(open_as(cast.vera, PROJECTS), "Older")
    at.text_input(key="projects-search").set_value("Project 1")
    at.run()
    assert at.query_params == {"search": "Project 1"}
    assert table(at, "Project") == [f"Project {n}" for n in (1, *range(10, 20))]


def test_page_that_can_not_be_read_offers_the_beginning(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    make_project(installation.database, cast.max, name="There")
    at = open_as(cast.vera, PROJECTS, page="nonsense", sort="name")
    assert headings(at) == ["Projects", "This page of the list is empty"]
    assert table(press(at, "Go to the beginning"), "Project") == ["There"]
    assert at.query_params == {"sort": "name"}


def test_list_says_what_is_in_an_archive(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    project_id = fill_project(installation, cast)
    spent = table(open_as(cast.vera, PROJECTS), "Spent")
    make_archive(installation, cast.alice, project_id)
    at = open_as(cast.vera, PROJECTS)
    assert table(at, "Runs") == ["0, and 4 in an archive"]
    assert table(at, "Spent") == spent != ["$0.00"]


def test_list_says_what_the_runs_of_a_project_cost(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    for name, ended in (("Idle", 0), ("Known", 2), ("Partly known", 2), ("Unknown", 1)):
        project_id = make_project(installation.database, cast.max, name=name)
        for _ in range(ended):
            end_run(installation.database, cast.max, make_run(installation.database, cast.max, project_id=project_id))
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # past the guard of what has ended
        connection.execute(
            "UPDATE orchestration_runs r SET cost_usd = NULL FROM projects p WHERE p.id = r.project_id AND p.name = "
            "'Unknown' OR r.id = (SELECT r.id FROM orchestration_runs r JOIN projects p ON p.id = r.project_id "
            "WHERE p.name = 'Partly known' LIMIT 1)"
        )
    at = open_as(cast.vera, PROJECTS)
    assert table(at, "Project") == ["Unknown", "Partly known", "Known", "Idle"]
    assert table(at, "Spent") == ["unknown", "at least $0.06", "$0.11", "$0.00"]


def test_page_after_the_end_is_not_taken_for_an_empty_list(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    many(installation, cast.alice)
    make_project(installation.database, cast.charlie, name="Own")
    older = press(open_as(cast.vera, PROJECTS), "Older").query_params["page"]
    at = open_as(cast.charlie, PROJECTS, page=older)
    assert headings(at) == ["Projects", "This page of the list is empty"]
    press(at, "Go to the beginning")
    assert table(at, "Project") == ["Own"]
