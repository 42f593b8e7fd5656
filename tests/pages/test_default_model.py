"""Connections, where a change gives another model to runs that name none: said before it is made, and after."""

from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.connections import service
from lib.ui.navigation import CONNECTIONS
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.own_endpoint import KEY, MODEL, entry_for, llm
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, press, selectbox, shown, text_input

__all__ = ["llm"]

FIRST, SECOND = f"“{MODEL} · M first”", f"“{MODEL} · N second”"


@pytest.fixture
def first(cast: Cast, llm: LLMockServer) -> UUID:
    """The connection whose model is the default."""
    return service.create_connection(cast.alice, entry_for(llm, name="M first"), slug="first")


@pytest.fixture
def second(cast: Cast, llm: LLMockServer) -> UUID:
    """The next one."""
    return service.create_connection(cast.alice, entry_for(llm, name="N second"), slug="second")


def choose(at: AppTest, slug: str, action: str) -> AppTest:
    """Open what is behind "More" of that connection."""
    (menu,) = (each for each in at.get("menu_button") if each.key == f"more-{slug}")
    menu.set_value(action).run()
    assert not at.exception
    return at


def toasts(at: AppTest) -> str:
    return "\n".join(toast.value.replace("\\", "") for toast in at.toast)


def confirm(at: AppTest, slug: str, action: str, label: str) -> None:
    (menu,) = (each for each in at.get("menu_button") if each.key == f"more-{slug}")
    menu.set_value(action)
    press(at, label)


def use_as_default(installation: Installation, cast: Cast, model: str) -> None:
    with doors.admin(installation.database) as connection:
        statement = "UPDATE organizations SET settings = jsonb_build_object('default_ai_model', %s::text) WHERE id = %s"
        connection.execute(statement, [model, cast.organization_a])


def enter(open_as: OpenAs, cast: Cast, llm: LLMockServer, *, name: str) -> AppTest:
    """The dialog of a new connection, filled in, but for its button."""
    at = press(open_as(cast.alice, CONNECTIONS), "Add connection")
    for _ in range(2):  # the form of that vendor is there in the next run
        opener(at).click()
        selectbox(at, "Vendor").select_index(4)
        at.run()
    opener(at).click()
    text_input(at, "Name").set_value(name)
    text_input(at, "Base URL").set_value(llm.base_url())
    text_input(at, "Key").set_value(KEY)
    at.multiselect[0].set_value(["gpt-4o"])
    at.run()
    assert not at.exception
    return at


def opener(at: AppTest) -> object:
    (found,) = (each for each in at.button if each.label == "Add connection" and each.key != "new-connection-save")
    return found


@pytest.mark.parametrize(("name", "is_first"), [("A new one", True), ("Z last", False)])
def test_new_connection_says_whose_place_it_takes(
    *, open_as: OpenAs, cast: Cast, llm: LLMockServer, first: UUID, name: str, is_first: bool
) -> None:
    at = enter(open_as, cast, llm, name=name)
    said = f"Runs that name no model will use “gpt-4o · {name}” instead of {FIRST}."
    assert (said in shown(at)) is is_first
    opener(at).click()
    at.button(key="new-connection-save").click().run()
    assert not at.exception
    assert "The connection is there." in toasts(at)
    assert (said in toasts(at)) is is_first


def test_first_connection_says_that_runs_have_a_model_now(open_as: OpenAs, cast: Cast, llm: LLMockServer) -> None:
    at = enter(open_as, cast, llm, name="The first")
    assert "Runs that name no model will use “gpt-4o · The first”; until now they have none." in shown(at)


@pytest.mark.parametrize(
    ("action", "label", "done"),
    [
        ("Deactivate…", "Deactivate it", "The connection is deactivated."),
        ("Delete…", "Delete it", "The connection and its key are deleted."),
    ],
)
def test_connection_that_goes_says_what_comes_after_it(
    *, open_as: OpenAs, cast: Cast, first: UUID, second: UUID, action: str, label: str, done: str
) -> None:
    said = f"Runs that name no model will use {SECOND} instead of {FIRST}."
    at = choose(open_as(cast.alice, CONNECTIONS), "first", action)
    assert said in shown(at)
    confirm(at, "first", action, label)
    assert f"{done} {said}" in toasts(at)
    last = f"Runs that name no model will have none instead of {SECOND}: nothing else is on offer."
    question = shown(choose(open_as(cast.alice, CONNECTIONS), "second", action))
    assert last in question
    assert "Nothing uses it now" not in question


def test_connection_that_is_nobodys_default_goes_without_a_word(
    open_as: OpenAs, cast: Cast, first: UUID, second: UUID
) -> None:
    at = choose(open_as(cast.alice, CONNECTIONS), "second", "Deactivate…")
    assert "Deactivate it" in shown(at)
    confirm(at, "second", "Deactivate…", "Deactivate it")
    assert toasts(at) == "The connection is deactivated."
    at = choose(at, "second", "Activate")
    assert toasts(at) == "The connection is active again.", "nothing to ask"


def test_connection_that_comes_back_asks_first_where_it_is_the_default_again(
    open_as: OpenAs, cast: Cast, first: UUID, second: UUID
) -> None:
    service.set_active(cast.alice, first, is_active=False)
    at = choose(open_as(cast.alice, CONNECTIONS), "first", "Activate")
    said = f"Runs that name no model will use {FIRST} instead of {SECOND}."
    assert said in shown(at)
    assert not service.get_connection(cast.alice, first).is_active
    confirm(at, "first", "Activate", "Activate it")
    assert f"The connection is active again. {said}" in toasts(at)
    assert service.get_connection(cast.alice, first).is_active


def test_models_on_offer_say_which_one_is_asked_by_default(open_as: OpenAs, cast: Cast, first: UUID) -> None:
    at = choose(open_as(cast.alice, CONNECTIONS), "first", "Models…")
    assert "Runs that name no model" not in shown(at)
    (menu,) = at.get("menu_button")
    menu.set_value("Models…")
    at.multiselect[0].set_value(["gpt-4o"]).run()
    said = f"Runs that name no model will use “gpt-4o · M first” instead of {FIRST}."
    assert said in shown(at)
    (menu,) = at.get("menu_button")
    menu.set_value("Models…")
    button(at, "Save").click().run()
    assert f"The models are saved. {said}" in toasts(at)


def test_another_name_says_that_another_connection_comes_first(
    open_as: OpenAs, cast: Cast, first: UUID, second: UUID
) -> None:
    at = choose(open_as(cast.alice, CONNECTIONS), "first", "Edit…")
    assert "Runs that name no model" not in shown(at)
    (menu,) = (each for each in at.get("menu_button") if each.key == "more-first")
    menu.set_value("Edit…")
    text_input(at, "Name").set_value("Z last").run()
    assert f"Runs that name no model will use {SECOND} instead of {FIRST}." in shown(at)


def test_connection_of_the_organizations_default_says_that_runs_will_not_start(
    *, open_as: OpenAs, installation: Installation, cast: Cast, first: UUID, second: UUID
) -> None:
    use_as_default(installation, cast, f"second:{MODEL}")
    assert "Runs that name no model" not in shown(choose(open_as(cast.alice, CONNECTIONS), "first", "Deactivate…"))
    at = choose(open_as(cast.alice, CONNECTIONS), "second", "Deactivate…")
    said = f"Runs that name no model will not start: your organization's default, {SECOND}, is not on offer then."
    assert said in shown(at)
    confirm(at, "second", "Deactivate…", "Deactivate it")
    assert said in toasts(at)
    at = choose(at, "second", "Activate")
    assert f"Runs that name no model will start again, with your organization's default, {SECOND}." in shown(at)
