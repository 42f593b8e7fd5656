"""Two tabs on one draft: nothing that was typed is lost without a word, and nothing is overwritten without one."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.errors import DatabaseUnavailable
from lib.templates.editing.content import Content, set_phase_field
from lib.templates.editing.phases import remove_phase
from lib.templates.editing.service import edit_draft
from lib.templates.service import TemplateDetails, create_template
from lib.ui.components.template_editor import notebook
from lib.ui.navigation import TEMPLATE_EDIT
from tests.cast import Cast
from tests.drafts import TWO_PHASES, find_draft, kept_phases
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, press, selectbox, shown, text_area, text_input


@pytest.fixture(autouse=True)
def _models(endpoint: LLMockServer) -> None:
    """One is on offer."""


@pytest.fixture
def template_id(cast: Cast) -> UUID:
    return create_template(cast.max, TemplateDetails(name="Brief"), {"phases": list(TWO_PHASES)})


@pytest.fixture
def at(open_as: OpenAs, cast: Cast, template_id: UUID) -> AppTest:
    return open_as(cast.max, TEMPLATE_EDIT, template=template_id)


def elsewhere(cast: Cast, template_id: UUID, path: tuple[str, ...], value: Any, *, code: str = "Phase 1") -> None:
    """Another tab of the same person writes that."""
    edit_draft(cast.max, template_id, lambda content: set_phase_field(content, code, path, value))


def test_prompt_that_another_tab_changed_is_not_overwritten_and_both_can_be_chosen(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    elsewhere(cast, template_id, ("prompt",), "Theirs")
    text_area(at, "Prompt").set_value("Mine").run()
    assert "“Prompt” of “Ideas” was changed meanwhile, while you wrote here." in shown(at)
    assert [code.value for code in at.code[:2]] == ["Mine", "Theirs"]
    assert (kept_phases(cast.max, template_id)[0]["prompt"], text_area(at, "Prompt").value) == ("Theirs", "Mine")
    press(at, "Keep mine")
    assert (kept_phases(cast.max, template_id)[0]["prompt"], text_area(at, "Prompt").value) == ("Mine", "Mine")
    assert "changed meanwhile" not in shown(at)
    elsewhere(cast, template_id, ("prompt",), "Theirs again")
    text_area(at, "Prompt").set_value("Mine again").run()
    press(at, "Keep the draft's")
    assert (kept_phases(cast.max, template_id)[0]["prompt"], text_area(at, "Prompt").value) == ("Theirs again",) * 2
    assert "changed meanwhile" not in shown(at)


def test_choice_is_asked_for_again_where_the_other_tab_goes_on(at: AppTest, cast: Cast, template_id: UUID) -> None:
    elsewhere(cast, template_id, ("prompt",), "Theirs")
    text_area(at, "Prompt").set_value("Mine").run()
    elsewhere(cast, template_id, ("prompt",), "Theirs, later")
    press(at, "Keep mine")
    assert [code.value for code in at.code[:2]] == ["Mine", "Theirs, later"]
    assert kept_phases(cast.max, template_id)[0]["prompt"] == "Theirs, later"


def test_what_another_tab_wrote_is_shown_where_nothing_was_typed(at: AppTest, cast: Cast, template_id: UUID) -> None:
    elsewhere(cast, template_id, ("prompt",), "Theirs")
    text_input(at, "Name of the phase").set_value("Mine").run()
    assert text_area(at, "Prompt").value == "Theirs"
    assert "changed meanwhile" not in shown(at)
    text_area(at, "Prompt").set_value("On top").run()
    assert [kept_phases(cast.max, template_id)[0][key] for key in ("name", "prompt")] == ["Mine", "On top"]


def test_text_for_a_phase_that_is_gone_is_put_into_a_new_one(at: AppTest, cast: Cast, template_id: UUID) -> None:
    selectbox(at, "Phase").select("Phase 2").run()
    edit_draft(cast.max, template_id, partial(remove_phase, code="Phase 2"))
    text_area(at, "Prompt").set_value("A long text").run()
    assert "was removed, or given another code, meanwhile" in shown(at)
    assert "A long text" in [code.value for code in at.code]
    press(at, "Add a phase with it")
    assert text_area(at, "Prompt").value == "A long text"
    assert [phase["prompt"] for phase in kept_phases(cast.max, template_id)] == ["Ideas for {{ topic }}", "A long text"]
    assert "was removed" not in shown(at)


def test_text_for_a_phase_that_is_gone_is_forgotten_when_its_writer_says_so(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    selectbox(at, "Phase").select("Phase 2").run()
    edit_draft(cast.max, template_id, partial(remove_phase, code="Phase 2"))
    text_area(at, "Prompt").set_value("A long text").run()
    press(at, "Forget it")
    assert "A long text" not in shown(at)
    assert len(kept_phases(cast.max, template_id)) == 1


def test_text_is_kept_once_the_database_is_back(
    at: AppTest, cast: Cast, template_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        message = "PostgreSQL does not answer"
        raise DatabaseUnavailable(message)

    with monkeypatch.context() as broken:
        broken.setattr(notebook, "edit_draft", away)
        text_area(at, "Prompt").set_value("Typed meanwhile").run()
        assert find_draft(cast.max, template_id) is None
        selectbox(at, "Phase").select("Phase 2").run()  # the field is not drawn any more
    at.run()
    assert kept_phases(cast.max, template_id)[0]["prompt"] == "Typed meanwhile"


def test_what_is_pressed_at_once_comes_after_what_was_typed(at: AppTest, cast: Cast, template_id: UUID) -> None:
    text_area(at, "Prompt").set_value("Typed")
    (insert,) = (one for one in at.button if one.label.startswith("`topic`"))
    insert.click().run()
    assert kept_phases(cast.max, template_id)[0]["prompt"] == text_area(at, "Prompt").value == "Typed {{ topic }}"
    text_area(at, "Prompt").set_value("Saved")
    press(at, "Save version")
    press(at, "Save version", "Save as version 2")
    assert find_draft(cast.max, template_id) is None


def test_launch_says_that_the_draft_is_no_part_of_it(at: AppTest) -> None:
    text_area(at, "Prompt").set_value("Not saved").run()
    press(at, "Launch")
    assert "What you have written since is in your draft alone." in shown(at)
    press(at, "Launch", "Save the draft first")
    assert button(at, "Save as version 2")


def test_review_alone_can_be_saved_and_is_named(at: AppTest, cast: Cast, template_id: UUID) -> None:
    def with_review(content: Content) -> Content:
        return set_phase_field(content, "Phase 1", ("review",), {})

    edit_draft(cast.max, template_id, with_review)
    press(at)
    press(at, "Save version")
    assert "Phase “Ideas”: review" in shown(at)
    assert not button(at, "Save as version 2").disabled
