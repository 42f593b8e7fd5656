"""What a draft does not take: it is said where it stands, tried again, and never put anywhere else."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.identity.service import issue_ticket, redeem_ticket
from lib.templates.editing.content import set_phase_field
from lib.templates.editing.phases import remove_phase
from lib.templates.editing.service import edit_draft
from lib.templates.service import TemplateDetails, create_template
from lib.ui.navigation import TEMPLATE_EDIT
from lib.users.changes import end_sessions
from tests.cast import Cast
from tests.drafts import TWO_PHASES, find_draft, kept_phases
from tests.opening import open_page
from tests.pages.conftest import OpenAs
from tests.pages.reading import press, selectbox, shown, text_area, text_input

TOO_LONG = "x" * 210_000


@pytest.fixture(autouse=True)
def _models(endpoint: LLMockServer) -> None:
    """One is on offer."""


@pytest.fixture
def template_id(cast: Cast) -> UUID:
    return create_template(cast.max, TemplateDetails(name="Brief"), {"phases": list(TWO_PHASES)})


@pytest.fixture
def at(open_as: OpenAs, cast: Cast, template_id: UUID) -> AppTest:
    return open_as(cast.max, TEMPLATE_EDIT, template=template_id)


def remove_elsewhere(cast: Cast, template_id: UUID, code: str = "Phase 2") -> None:
    edit_draft(cast.max, template_id, partial(remove_phase, code=code))


def number_input(at: AppTest, label: str) -> Any:
    (found,) = (one for one in at.number_input if one.label == label)
    return found


def switch(at: AppTest, *, is_on: bool) -> Any:
    return at.toggle[0].set_value(is_on)


def test_refused_code_is_said_at_its_field_and_kept_once_the_reason_is_gone(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    text_input(at, "Code").set_value("Phase 2").run()
    at.run()  # the passing word is over
    assert not at.toast
    assert "Another phase has the code “Phase 2”. Choose another one. :gray[Not in the draft.]" in shown(at)
    text_input(at, "Name of the phase").set_value("Kept all the same").run()
    press(at, "Save version")
    assert "“Code” of “Kept all the same” has what is not in the draft" in shown(at)
    remove_elsewhere(cast, template_id)
    at.run()
    assert [(phase["code"], phase["name"]) for phase in kept_phases(cast.max, template_id)] == [
        ("Phase 2", "Kept all the same")
    ]
    assert "Not in the draft" not in shown(at)


def test_refused_text_of_another_phase_is_said_and_can_be_forgotten(at: AppTest) -> None:
    text_area(at, "Prompt").set_value(TOO_LONG).run()
    selectbox(at, "Phase").select("Phase 2").run()
    assert "“Prompt” of “Ideas” is not in the draft. The prompt of “Ideas” has 210 kB with that" in shown(at)
    press(at, "Forget it")
    assert "is not in the draft" not in shown(at)


def test_refused_text_of_a_phase_that_is_gone_is_not_that_of_the_next_one(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    selectbox(at, "Phase").select("Phase 2").run()
    text_area(at, "Prompt").set_value(TOO_LONG).run()
    remove_elsewhere(cast, template_id)
    press(at, "Add a phase")
    assert kept_phases(cast.max, template_id)[-1]["code"] == "Phase 2"
    assert text_area(at, "Prompt").value == kept_phases(cast.max, template_id)[-1]["prompt"]
    assert "Here is what you wrote." in shown(at)
    press(at, "Add a phase with it")
    assert len(kept_phases(cast.max, template_id)) == 2, "it is as long as before"
    assert at.toast[0].value.startswith("The prompt of “Phase 3” has 210 kB")
    assert "Here is what you wrote." in shown(at)


def test_text_for_a_phase_that_is_gone_is_not_that_of_the_next_one(at: AppTest, cast: Cast, template_id: UUID) -> None:
    selectbox(at, "Phase").select("Phase 2").run()
    remove_elsewhere(cast, template_id)
    text_area(at, "Prompt").set_value("A long text").run()
    press(at, "Add a phase")
    assert text_area(at, "Prompt").value == kept_phases(cast.max, template_id)[-1]["prompt"] != "A long text"
    assert "A long text" in [code.value for code in at.code]


def test_each_text_of_a_phase_that_is_gone_is_forgotten_by_its_own_button(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    selectbox(at, "Phase").select("Phase 2").run()
    remove_elsewhere(cast, template_id)
    text_input(at, "Name of the phase").set_value("My name")
    text_area(at, "Prompt").set_value("A long text").run()
    first, second = (one.key for one in at.button if one.label == "Forget it")
    at.button(key=first).click().run()
    assert [one.key for one in at.button if one.label == "Forget it"] == [second] != [first]
    assert at.code[0].value == "A long text"


def test_switches_of_a_phase_that_is_gone_go_into_the_new_one(at: AppTest, cast: Cast, template_id: UUID) -> None:
    selectbox(at, "Phase").select("Phase 2").run()
    remove_elsewhere(cast, template_id)
    switch(at, is_on=True)
    text_input(at, "Code").set_value("Of no other phase").run()
    assert [code.value for code in at.code[:1]] == ["on"]
    press(at, "Add a phase with it")
    assert (kept_phases(cast.max, template_id)[-1]["code"], kept_phases(cast.max, template_id)[-1]["review"]) == (
        "Phase 2",
        {},
    )
    assert "Here is what you wrote." not in shown(at)


def test_renamed_phase_stays_open_with_its_fields(at: AppTest, cast: Cast, template_id: UUID) -> None:
    selectbox(at, "Phase").select("Phase 2").run()
    keys = text_area(at, "Prompt").key, text_input(at, "Code").key
    text_input(at, "Code").set_value("Planning").run()
    assert (text_input(at, "Name of the phase").value, at.query_params["phase"]) == ("Plan", "Planning")
    assert (text_area(at, "Prompt").key, text_input(at, "Code").key) == keys
    text_area(at, "Prompt").set_value("Typed while it was renamed").run()
    assert kept_phases(cast.max, template_id)[1]["prompt"] == "Typed while it was renamed"


def test_code_and_prompt_that_come_together_are_both_kept(at: AppTest, cast: Cast, template_id: UUID) -> None:
    text_input(at, "Code").set_value("First")
    text_area(at, "Prompt").set_value("Typed").run()
    assert [kept_phases(cast.max, template_id)[0][key] for key in ("code", "prompt")] == ["First", "Typed"]


def test_review_that_is_switched_off_stays_off(at: AppTest, cast: Cast, template_id: UUID) -> None:
    switch(at, is_on=True).run()
    number_input(at, "Approvals needed").set_value(5)
    switch(at, is_on=False).run()
    assert "review" not in kept_phases(cast.max, template_id)[0]
    assert not at.toggle[0].value
    assert "Not in the draft" not in shown(at)
    switch(at, is_on=True).run()
    assert number_input(at, "Approvals needed").value == 1


def test_answer_that_is_text_by_now_gets_no_schema(at: AppTest, cast: Cast, template_id: UUID) -> None:
    (kind,) = (one for one in at.get("button_group") if one.label == "The answer is")
    kind.set_value("json").run()
    text_area(at, "JSON Schema").set_value('{"type": "object"}')
    (kind,) = (one for one in at.get("button_group") if one.label == "The answer is")
    kind.set_value("text").run()
    assert "output" not in kept_phases(cast.max, template_id)[0]


def test_instructions_for_a_review_that_another_tab_switched_off_wait_for_it(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    switch(at, is_on=True).run()
    edit_draft(cast.max, template_id, lambda content: set_phase_field(content, "Phase 1", ("review",), None))
    text_area(at, "Instructions").set_value("Look at the names").run()
    assert "review" not in kept_phases(cast.max, template_id)[0]
    assert "Switch the review on again to keep this." in shown(at)
    switch(at, is_on=True).run()
    assert kept_phases(cast.max, template_id)[0]["review"] == {"instructions": "Look at the names"}


def test_what_was_typed_when_the_session_ended_is_kept_once_its_writer_is_back(
    at: AppTest, cast: Cast, template_id: UUID
) -> None:
    end_sessions(cast.alice, cast.max.user_id)
    text_area(at, "Prompt").set_value("Typed after the end").run()
    assert find_draft(cast.max, template_id) is None
    assert text_area(_open_again(cast.mona.user_id, cast, template_id), "Prompt").value != "Typed after the end"
    assert text_area(_open_again(cast.max.user_id, cast, template_id), "Prompt").value == "Typed after the end"
    assert kept_phases(cast.max, template_id)[0]["prompt"] == "Typed after the end"


def _open_again(user_id: UUID, cast: Cast, template_id: UUID) -> AppTest:
    secret = redeem_ticket(issue_ticket(user_id), origin=cast.max.origin)
    return open_page(TEMPLATE_EDIT, secret=secret, template=template_id)


def test_removal_of_the_only_phase_is_refused_in_its_dialog(at: AppTest, cast: Cast, template_id: UUID) -> None:
    remove_elsewhere(cast, template_id)
    at.run()
    for labels in ((), ("Remove the phase",)):  # the dialog, and what is pressed in it
        at.menu_button(key="more-phase").click("Remove…")
        press(at, *labels)
    assert "A template has at least one phase." in shown(at)
    assert not at.toast


def test_variable_is_not_put_behind_a_prompt_that_is_refused(at: AppTest, cast: Cast, template_id: UUID) -> None:
    text_area(at, "Prompt").set_value(TOO_LONG).run()
    (insert,) = (one for one in at.button if one.label.startswith("`topic`"))
    insert.click().run()
    assert find_draft(cast.max, template_id) is None
    assert at.toast[0].value.startswith("The prompt is not in the draft")
    text_area(at, "Prompt").set_value("Short now").run()
    assert kept_phases(cast.max, template_id)[0]["prompt"] == "Short now"
