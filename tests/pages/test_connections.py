"""Connections: set up, tested, edited, switched off and deleted by who may; read by who may only read."""

from typing import Any

import pytest
from llmock.scenarios import Fail
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.connections.service import create_connection, list_connections
from lib.ui.navigation import CONNECTIONS, LAUNCH
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import make_run
from tests.own_endpoint import KEY, MODEL, entry_for, llm
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, headings, press, rows_of_buttons, selectbox, shown, text_input
from tests.records import rows

__all__ = ["llm"]


@pytest.fixture
def connected(cast: Cast, llm: LLMockServer) -> None:
    """Alice has set up a connection to it."""
    create_connection(cast.alice, entry_for(llm), slug="acme-llm")


def more(at: AppTest, chosen: str) -> AppTest:
    (menu,) = (each for each in at.get("menu_button"))
    menu.set_value(chosen).run()
    assert not at.exception
    return at


def save(at: AppTest) -> None:
    (found,) = (each for each in at.button if each.key == "new-connection-save")
    found.click()
    at.run()
    assert not at.exception


def test_empty_page_says_what_it_is_for(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    at = open_as(cast.alice, CONNECTIONS)
    assert headings(at)[:2] == ["Connections", "No connections of your own yet"]
    assert buttons(at) == ["Add connection", "Add the first connection"]
    assert "None are offered to your organization." in shown(at)
    assert buttons(open_as(cast.mona, CONNECTIONS)) == [], "who only reads is offered nothing to do"


def test_connection_is_added_with_what_was_entered(open_as: OpenAs, cast: Cast, llm: LLMockServer) -> None:
    at = press(open_as(cast.alice, CONNECTIONS), "Add the first connection")
    box = selectbox(at, "Vendor")
    assert box.options == ["OpenAI", "Anthropic", "Google Gemini", "Azure OpenAI", "OpenAI-compatible"]
    button(at, "Add the first connection").click()
    box.select_index(4).run()
    text_input(at, "Name").set_value("Acme models")
    text_input(at, "Base URL").set_value(llm.base_url())
    text_input(at, "Key").set_value(KEY)
    button(at, "Add the first connection").click()
    save(at)
    (made,) = list_connections(cast.alice)
    assert (made.name, made.slug, made.base_url, made.key_last4) == (
        "Acme models",
        "acme-models",
        llm.base_url(),
        "4860",
    )
    assert "The connection is there" in shown(at)
    assert KEY not in shown(at)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://169.254.169.254/v1", "ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS"),
        ("https://10.0.0.1/v1", "private network"),
        ("llm.example.com", "is no web address"),
    ],
)
def test_address_of_ours_is_refused_in_the_form_with_the_reason(
    open_as: OpenAs, cast: Cast, installation: Installation, url: str, said: str
) -> None:
    at = press(open_as(cast.alice, CONNECTIONS), "Add connection")
    text_input(at, "Name").set_value("Ours")
    text_input(at, "Base URL").set_value(url)
    text_input(at, "Key").set_value(KEY)
    (opener,) = (each for each in at.button if each.label == "Add connection" and each.key != "new-connection-save")
    opener.click()
    save(at)
    assert said in shown(at)
    assert rows(installation, "SELECT id FROM provider_connections") == []


def test_row_says_how_it_stands(open_as: OpenAs, cast: Cast, connected: None) -> None:
    for actor, may in ((cast.alice, True), (cast.mona, False)):
        at = open_as(actor, CONNECTIONS)
        said = shown(at)
        assert "Acme models" in said
        assert "1 model · key …4860 · public price list" in said
        assert "Not tested" in said
        assert KEY not in said
        assert ("Test" in buttons(at)) is may


def test_test_says_what_the_call_took(open_as: OpenAs, cast: Cast, connected: None) -> None:
    at = press(open_as(cast.alice, CONNECTIONS), "Test")
    press(at, "Test", "Ask it")
    said = shown(at)
    assert f"{MODEL} answered." in said
    for fact in ("Time", "Tokens", "Cost", "Endpoint"):
        assert fact in said
    assert "Working" in shown(open_as(cast.mona, CONNECTIONS))


def test_actions_of_the_test_stand_in_one_row(open_as: OpenAs, cast: Cast, connected: None) -> None:
    at = press(open_as(cast.alice, CONNECTIONS), "Test")
    assert ["Close", "Ask it"] in rows_of_buttons(at)


def test_test_that_fails_says_why(open_as: OpenAs, cast: Cast, connected: None, llm: LLMockServer) -> None:
    llm.state.scenarios.add(Fail(401))
    at = press(open_as(cast.alice, CONNECTIONS), "Test")
    press(at, "Test", "Ask it")
    assert "does not accept the key. Check the key on the Connections page" in shown(at)
    assert "Failing" in shown(open_as(cast.alice, CONNECTIONS))


def test_question_before_deleting_names_what_uses_it(
    open_as: OpenAs, cast: Cast, connected: None, installation: Installation
) -> None:
    project_id = make_project(installation.database, cast.max)
    make_run(installation.database, cast.max, project_id=project_id, model=f"acme-llm:{MODEL}")
    at = more(open_as(cast.alice, CONNECTIONS), "Delete…")
    assert "It is used by 1 unfinished run. A run that asks it fails with a message that says so." in shown(at)


def test_launch_says_whose_word_counts_and_which_phase_has_its_own(
    open_as: OpenAs, cast: Cast, connected: None, installation: Installation
) -> None:
    phases = [
        {"code": "a", "name": "First", "prompt": "{{ topic }}"},
        {"code": "b", "name": "Second", "prompt": "{{ topic }}", "model": "acme-llm:gpt-4o"},
    ]
    data = {"model": f"acme-llm:{MODEL}", "phases": phases}
    make_template(installation.database, cast.mona, name="Own", data=data, status="published")
    make_project(installation.database, cast.max)
    at = open_as(cast.max, LAUNCH)
    assert selectbox(at, "Model").options[0] == f"Default: {MODEL} · Acme models"
    said = shown(at)
    assert "The template names it, which comes before the project's and the organization's default." in said
    assert "With a model of their own, which comes before the run's: Second asks acme-llm:gpt-4o." in said
    assert "which is sent the prompts and may charge for them" in said
    box = selectbox(at, "Model")
    box.select_index(1).run()
    assert "Chosen for this run, which comes before" in shown(at)


def test_limit_of_calls_is_entered_shown_and_taken_back(
    open_as: OpenAs, cast: Cast, llm: LLMockServer, connected: None
) -> None:
    def limit(at: AppTest) -> Any:
        (field,) = (one for one in at.number_input if one.label == "Calls a minute")
        return field

    def change(value: int | None) -> None:
        at = more(open_as(cast.alice, CONNECTIONS), "Edit…")
        (menu,) = at.get("menu_button")
        menu.set_value("Edit…")  # AppTest knows no open dialogs
        limit(at).set_value(value)
        press(at, "Save changes")

    assert limit(more(open_as(cast.alice, CONNECTIONS), "Edit…")).value is None
    change(90)
    (seen,) = list_connections(cast.alice)
    assert seen.requests_per_minute == 90
    assert "at most 90 calls a minute" in shown(open_as(cast.mona, CONNECTIONS))
    change(None)
    assert list_connections(cast.alice)[0].requests_per_minute is None
