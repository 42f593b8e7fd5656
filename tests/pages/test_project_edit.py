"""The form of a project: what is entered is kept, whatever others save meanwhile."""

from uuid import UUID

import pytest

from lib.projects.service import ProjectEntry, create_project
from lib.ui.navigation import PROJECT
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_project
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, facts, press, shown, text_area, text_input
from tests.records import row


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)


def test_wrong_edit_is_said_at_the_form_which_keeps_it(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    at = press(open_as(cast.max, PROJECT, project=project_id), "Edit")
    text_input(at, "Name").set_value("x" * 300)
    text_area(at, "Topic").set_value("Another topic")
    press(at, "Edit", "Save changes")

    assert "Name has 300 characters; 255 is the most. Shorten it." in shown(at)
    assert text_input(at, "Name").value == "x" * 300
    assert text_area(at, "Topic").value == "Another topic"
    assert row(installation, "SELECT topic FROM projects WHERE id = %s", project_id)["topic"] == TOPIC


def test_facts_of_ones_own_stand_with_the_others_that_open(open_as: OpenAs, cast: Cast) -> None:
    made = create_project(cast.max, ProjectEntry(name="A", topic=TOPIC, metadata={"custom": {"Sponsor": "Mona"}}))
    at = press(open_as(cast.max, PROJECT, project=made), "Edit")
    (more,) = (each for each in at.expander if each.label == "More about it")
    assert [list(frame.value["Name"]) for frame in more.dataframe] == [["Sponsor"]]


def test_number_that_is_stored_is_taken_out_again(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    made = create_project(cast.max, ProjectEntry(name="A", topic=TOPIC, metadata={"budget": 1500.5, "team_size": 4}))
    at = press(open_as(cast.max, PROJECT, project=made), "Edit")
    fields = {each.label: each for each in at.number_input}
    assert [fields[label].value for label in ("Budget (US dollars)", "Team size (people)")] == [1500.5, 4]
    assert not any(each.proto.HasField("default") for each in fields.values()), "the browser lets nobody empty those"
    fields["Budget (US dollars)"].set_value(None)
    press(at, "Edit", "Save changes")
    assert row(installation, "SELECT metadata FROM projects WHERE id = %s", made) == {"metadata": {"team_size": 4}}


def test_two_who_edit_at_once_change_what_they_changed_and_nothing_else(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    first, second = (press(open_as(actor, PROJECT, project=project_id), "Edit") for actor in (cast.max, cast.mona))
    text_input(first, "Name").set_value("Max's")
    press(first, "Edit", "Save changes")
    text_area(second, "Description").set_value("Mona's")
    press(second, "Edit", "Save changes")
    saved = row(installation, "SELECT * FROM projects WHERE id = %s", project_id)
    assert (saved["name"], saved["topic"], saved["description"]) == ("Max's", TOPIC, "Mona's")


@pytest.mark.parametrize(
    "choice", [("Save mine over it", "Mona's *name*"), ("Keep that, save the rest", "Max's *name*")]
)
def test_of_two_who_change_the_same_the_second_is_told_and_decides(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID, choice: tuple[str, str]
) -> None:
    decision, name = choice
    first, second = (press(open_as(actor, PROJECT, project=project_id), "Edit") for actor in (cast.max, cast.mona))
    text_input(first, "Name").set_value("Max's *name*")
    press(first, "Edit", "Save changes")
    text_input(second, "Name").set_value("Mona's *name*")
    text_area(second, "Topic").set_value("Mona's topic")
    press(second, "Edit", "Save changes")

    assert "Somebody else has changed this since you began, so nothing is saved yet." in shown(second)
    assert facts(second)["Name"] == "Max's *name*"
    assert (text_input(second, "Name").value, text_area(second, "Topic").value) == ("Mona's *name*", "Mona's topic")
    assert row(installation, "SELECT name, topic FROM projects WHERE id = %s", project_id) == {
        "name": "Max's *name*",
        "topic": TOPIC,
    }
    assert "Save changes" not in buttons(second)

    press(second, "Edit", decision)
    saved = row(installation, "SELECT name, topic FROM projects WHERE id = %s", project_id)
    assert saved == {"name": name, "topic": "Mona's topic"}
