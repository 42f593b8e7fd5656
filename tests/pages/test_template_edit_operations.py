"""The editor of a template: what is done after a phase, as forms; and what the launch says of it."""

from functools import partial
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from lib.connections.integrations.service import create_integration
from lib.connections.integrations.views import IntegrationEntry
from lib.templates.editing.operations import remove_operation
from lib.templates.editing.phases import add_phase, remove_phase
from lib.templates.editing.service import edit_draft
from lib.templates.service import TemplateDetails, create_template
from lib.ui.navigation import TEMPLATE_EDIT
from tests.cast import Cast
from tests.conftest import Installation
from tests.pages.conftest import OpenAs
from tests.pages.reading import press, selectbox, shown, text_area, text_input
from tests.pages.test_template_edit import draft_of

PHASES = [{"code": "Plan", "name": "Plan", "prompt": "{{ topic }}"}]


@pytest.fixture
def template_id(installation: Installation, cast: Cast) -> UUID:
    channel = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    create_integration(cast.alice, IntegrationEntry(kind="notification.send", name="Team channel", secret=channel))
    return create_template(cast.max, TemplateDetails(name="Brief"), {"phases": PHASES})


@pytest.fixture
def at(open_as: OpenAs, cast: Cast, template_id: UUID) -> AppTest:
    return open_as(cast.max, TEMPLATE_EDIT, template=template_id, phase="Plan")


def add(at: AppTest, label: str) -> AppTest:
    (menu,) = (each for each in at.get("menu_button") if each.proto.label == "Add an operation")
    menu.set_value(label).run()
    assert not at.exception
    return at


def test_each_kind_has_a_form_and_what_is_entered_is_kept(at: AppTest, cast: Cast, template_id: UUID) -> None:
    add(at, "Call an address")
    text_input(at, "Address").set_value("https://api.example/items").run()
    text_area(at, "Headers").set_value("X-Kind: report").run()
    text_area(at, "JSON").set_value('{"text": "{{ answer }}"}').run()
    text_input(at, "Name of the operation").set_value("Tell the tracker").run()
    assert draft_of(cast.max, template_id)["phases"][0]["operations"] == [
        {
            "type": "http.request",
            "name": "Tell the tracker",
            "parameters": {
                "method": "POST",
                "url": "https://api.example/items",
                "headers": {"X-Kind": "report"},
                "json_body": {"text": "{{ answer }}"},
            },
        }
    ]
    assert "to mend before" not in shown(at)
    text_input(at, "Only if").set_value("answer ==").run()
    assert "operation 1 can't be used: its condition" in shown(at)
    press(at, "Remove")
    assert "operations" not in draft_of(cast.max, template_id)["phases"][0]


def test_connections_of_its_kind_are_offered_to_who_may_not_see_them_otherwise(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    add(at, "Send a message")
    assert "operation 1 can't be used: Connection is missing" in shown(at)
    box = selectbox(at, "Connection")
    assert box.options == ["Team channel · team-channel"]
    box.set_value("team-channel").run()
    (written,) = draft_of(cast.max, template_id)["phases"][0]["operations"]
    assert written["parameters"]["connection"] == "team-channel"
    selectbox(at, "Somebody approves it first").set_value(False).run()
    (written,) = draft_of(cast.max, template_id)["phases"][0]["operations"]
    assert written["requires_approval"] is False


def test_text_for_an_operation_that_is_gone_is_added_again_and_overwrites_no_other(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    add(add(at, "Write a file"), "Write a file")
    gone = partial(remove_operation, code="Plan", index=1, kind="artifact.write")
    edit_draft(cast.max, template_id, gone)
    inputs(at, "File")[1].set_value("mine.md")
    inputs(at, "Name of the operation")[1].set_value("Mine").run()
    assert "The operation that you wrote into was removed meanwhile." in shown(at)
    assert {"mine.md", "Mine"} <= {code.value for code in at.code}
    again = [each for each in at.button if each.label == "Add it again"]
    again[0].click().run()
    assert not at.exception
    assert files(cast, template_id) == [("answer.md", None), ("mine.md", "Mine")]
    assert [each.value for each in inputs(at, "File")] == ["answer.md", "mine.md"]
    assert "was removed meanwhile" not in shown(at)


def test_text_for_operations_of_a_phase_that_is_gone_is_put_into_a_new_one(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    add(add(at, "Write a file"), "Write a file")
    edit_draft(cast.max, template_id, lambda content: remove_phase(add_phase(content)[0], "Plan"))
    for number, field in enumerate(inputs(at, "File")):
        field.set_value(f"{number}.md")
    at.run()
    assert "phase that you wrote into was removed" in shown(at)
    again = [each for each in at.button if each.label == "Add a phase with it"]
    again[0].click().run()
    assert not at.exception
    assert files(cast, template_id, phase=-1) == [("0.md", None), ("1.md", None)]
    assert "was removed" not in shown(at)


def inputs(at: AppTest, label: str) -> list[TextInput]:
    return [each for each in at.text_input if each.label == label]


def files(cast: Cast, template_id: UUID, *, phase: int = 0) -> list[tuple[str, str | None]]:
    """Path and name of each operation."""
    written = draft_of(cast.max, template_id)["phases"][phase]["operations"]
    return [(each["parameters"]["path"], each.get("name")) for each in written]
