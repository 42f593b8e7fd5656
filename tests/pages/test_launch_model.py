"""Launch, while an admin takes the chosen model away: nobody launches with another one that they did not see."""

from collections.abc import Callable
from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.connections import service
from lib.ui.navigation import LAUNCH
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.own_endpoint import MODEL, entry_for, llm
from tests.pages.conftest import OpenAs
from tests.pages.reading import press, selectbox, shown, text_area, text_input
from tests.records import rows

__all__ = ["llm"]

FIRST, SECOND = f"{MODEL} · A first", f"{MODEL} · B second"
GONE = "is no longer offered since this page was drawn. Now chosen: "
NOTHING = "Nothing was launched: what is chosen is not what you saw when you pressed Launch."


@pytest.fixture
def first(cast: Cast, llm: LLMockServer) -> UUID:
    """The connection whose model is the default."""
    return service.create_connection(cast.alice, entry_for(llm, name="A first"), slug="first")


@pytest.fixture
def second(cast: Cast, llm: LLMockServer) -> UUID:
    """Another one."""
    return service.create_connection(cast.alice, entry_for(llm, name="B second"), slug="second")


@pytest.fixture
def at(open_as: OpenAs, installation: Installation, cast: Cast, first: UUID, second: UUID) -> AppTest:
    """The page, as max finds it, with something typed into it."""
    make_project(installation.database, cast.max)
    make_template(installation.database, cast.mona, status="published")
    at = open_as(cast.max, LAUNCH)
    text_area(at, "Topic").set_value("A boat that folds")
    text_input(at, "Title").set_value("First try")
    return at.run()


def choose(at: AppTest, name: str) -> None:
    box = selectbox(at, "Model")
    box.select_index(box.options.index(name)).run()


def launched(installation: Installation) -> list[object]:
    return [run["model"] for run in rows(installation, "SELECT model FROM orchestration_runs")]


def _deactivate(cast: Cast, connection_id: UUID) -> None:
    service.set_active(cast.alice, connection_id, is_active=False)


def _delete(cast: Cast, connection_id: UUID) -> None:
    service.delete_connection(cast.alice, connection_id)


def _withdraw(cast: Cast, connection_id: UUID) -> None:
    service.set_models(cast.alice, (), seen=service.get_connection(cast.alice, connection_id))


@pytest.mark.parametrize("take_away", [_deactivate, _delete, _withdraw])
def test_chosen_model_that_is_gone_at_the_click_is_said_and_not_replaced(
    at: AppTest, installation: Installation, cast: Cast, second: UUID, take_away: Callable[[Cast, UUID], None]
) -> None:
    choose(at, SECOND)
    take_away(cast, second)
    press(at, "Launch")
    assert launched(installation) == []
    assert f"“{SECOND}” {GONE}“{FIRST}”." in shown(at)
    assert NOTHING in shown(at)
    assert selectbox(at, "Model").options == [f"Default: {FIRST}", FIRST]
    assert (text_area(at, "Topic").value, text_input(at, "Title").value) == ("A boat that folds", "First try")

    press(at, "Launch")  # now they say so
    assert launched(installation) == [f"first:{MODEL}"]
    assert at.title[0].value == "First try"


def test_default_that_is_gone_at_the_click_is_said_and_not_replaced(
    at: AppTest, installation: Installation, cast: Cast, first: UUID
) -> None:
    _deactivate(cast, first)
    press(at, "Launch")
    assert launched(installation) == []
    assert f"“{FIRST}” {GONE}“{SECOND}”." in shown(at)
    assert NOTHING in shown(at)
    press(at, "Launch")
    assert launched(installation) == [f"second:{MODEL}"]


def test_another_default_is_said_also_while_the_one_before_is_offered(
    at: AppTest, installation: Installation, cast: Cast, llm: LLMockServer
) -> None:
    service.create_connection(cast.alice, entry_for(llm, name="A better one"), slug="better")
    press(at, "Launch")
    assert launched(installation) == []
    said = "is no longer the default since this page was drawn. Now chosen: "
    assert f"“{FIRST}” {said}“{MODEL} · A better one”." in shown(at)


def test_what_became_of_the_model_stays_said_until_one_is_chosen(at: AppTest, cast: Cast, second: UUID) -> None:
    choose(at, SECOND)
    _deactivate(cast, second)
    for title in ("Another", "And another"):
        text_input(at, "Title").set_value(title).run()
        assert f"“{SECOND}” {GONE}" in shown(at)
        assert NOTHING not in shown(at), "nobody has pressed Launch"
    choose(at, FIRST)
    assert GONE not in shown(at)


def test_choice_stays_when_others_come_and_go(
    at: AppTest, installation: Installation, cast: Cast, first: UUID, llm: LLMockServer
) -> None:
    choose(at, SECOND)
    service.create_connection(cast.alice, entry_for(llm, name="A better one"), slug="better")
    _deactivate(cast, first)
    press(at, "Launch")
    assert launched(installation) == [f"second:{MODEL}"]


def test_models_that_are_called_alike_are_told_apart(
    at: AppTest, installation: Installation, cast: Cast, llm: LLMockServer
) -> None:
    service.create_connection(cast.alice, entry_for(llm, name="B second"), slug="twin")
    at.run()
    choose(at, f"{SECOND} · second")
    press(at, "Launch")
    assert launched(installation) == [f"second:{MODEL}"]


def test_last_model_that_is_gone_is_said(at: AppTest, cast: Cast, first: UUID, second: UUID) -> None:
    _deactivate(cast, first)
    _deactivate(cast, second)
    press(at, "Launch")
    assert f"“{FIRST}” is no longer offered since this page was drawn. Nothing else is on offer." in shown(at)
    assert NOTHING in shown(at)
