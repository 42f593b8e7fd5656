"""The editor of a template: every change is kept at once, by whoever may edit it, in whichever tab it is made."""

from typing import Any
from uuid import UUID

import pytest
from llmock.scenarios import Fail
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.config import get_settings
from lib.templates.editing.comparing import Sign
from lib.templates.editing.questions import put_input
from lib.templates.editing.service import edit_draft
from lib.templates.publishing import publish_template
from lib.templates.service import TemplateDetails, create_template, get_template
from lib.templates.versions.service import save_version
from lib.ui.navigation import TEMPLATE_EDIT
from tests.cast import Cast
from tests.conftest import Installation
from tests.drafts import find_draft
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, headings, press, selectbox, shown, text_area, text_input
from tests.records import row
from tests.workers import until

PHASES = [
    {"code": "Phase 0", "name": "Ideas", "prompt": "Ideas for {{ topic }}"},
    {"code": "Phase 1", "name": "Plan", "prompt": 'Plan {{ phases["Phase 0"].response }}'},
]


@pytest.fixture(autouse=True)
def _models(endpoint: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_MODELS", "gpt-4o-mini,gpt-4o")
    get_settings.cache_clear()


@pytest.fixture
def template_id(cast: Cast) -> UUID:
    return create_template(cast.max, TemplateDetails(name="Brief"), {"phases": PHASES})


@pytest.fixture
def at(open_as: OpenAs, cast: Cast, template_id: UUID) -> AppTest:
    return open_as(cast.max, TEMPLATE_EDIT, template=template_id)


def draft_of(actor: Actor, template_id: UUID) -> dict[str, Any]:
    draft = find_draft(actor, template_id)
    assert draft
    return dict(draft.content["data"])  # type: ignore[call-overload] # a mapping


def choose(at: AppTest, label: str, value: Any) -> AppTest:
    (field,) = (one for one in at.multiselect if one.label == label)
    field.set_value(value).run()
    assert not at.exception
    return at


def test_change_is_kept_at_once_and_seen_after_a_reload(
    at: AppTest, open_as: OpenAs, cast: Cast, template_id: UUID
) -> None:
    assert headings(at)[0] == "Brief"
    assert "Version 1, as it was saved." in shown(at)
    assert button(at, "Save version").disabled
    text_area(at, "Prompt").set_value("Five ideas for {{ topic }}").run()
    assert "Draft on top of version 1 · Kept at " in shown(at)
    assert "Five ideas for A bicycle that folds into a backpack" in at.code[0].value
    text_input(at, "Name of the phase").set_value("Five").run()
    again = open_as(cast.max, TEMPLATE_EDIT, template=template_id)
    assert text_area(again, "Prompt").value == "Five ideas for {{ topic }}"
    assert text_input(again, "Name of the phase").value == "Five"
    assert get_template(cast.max, template_id).data.phases[0].name == "Ideas", "nothing is launched from a draft"


def test_two_tabs_keep_each_others_changes(at: AppTest, open_as: OpenAs, cast: Cast, template_id: UUID) -> None:
    other = open_as(cast.max, TEMPLATE_EDIT, template=template_id)
    text_area(at, "Prompt").set_value("Of the first tab").run()
    text_input(other, "Name of the phase").set_value("Of the second tab").run()
    assert text_area(other, "Prompt").value == "Of the first tab"
    text_area(other, "Prompt").set_value("Later").run()
    phase = draft_of(cast.max, template_id)["phases"][0]
    assert (phase["prompt"], phase["name"]) == ("Later", "Of the second tab")


def test_branch_is_built_by_choosing_what_comes_after_what(at: AppTest, cast: Cast, template_id: UUID) -> None:
    press(at, "Add a phase")
    assert at.query_params["phase"] == text_input(at, "Name of the phase").value == "Phase 3"
    choose(at, "After", ["Phase 0"])
    press(at, "Add a phase")
    choose(at, "After", ["Phase 1", "Phase 3"])
    needs = {phase["code"]: phase.get("depends_on") for phase in draft_of(cast.max, template_id)["phases"]}
    assert needs == {"Phase 0": None, "Phase 1": None, "Phase 3": ["Phase 0"], "Phase 4": ["Phase 1", "Phase 3"]}
    selectbox(at, "Phase").select("Phase 0").run()
    (after,) = (one for one in at.multiselect if one.label == "After")
    assert after.options == [], "whatever waits for it is not offered"


def test_phase_that_another_tab_renames_stays_chosen(
    at: AppTest, open_as: OpenAs, cast: Cast, template_id: UUID
) -> None:
    selectbox(at, "Phase").select("Phase 1").run()
    other = open_as(cast.max, TEMPLATE_EDIT, template=template_id)
    text_input(other, "Name of the phase").set_value("Renamed").run()
    text_input(at, "Name of the phase").set_value("Second").run()
    at.run()
    (after,) = (one for one in at.multiselect if one.label == "After")
    assert (after.value, at.query_params["phase"]) == (["Phase 0"], "Phase 1")
    assert draft_of(cast.max, template_id)["phases"][1].get("depends_on") is None


def test_unknown_name_is_said_with_what_was_meant(at: AppTest) -> None:
    text_area(at, "Prompt").set_value("\n{{ topc }}").run()
    assert "Line 2: “topc” is not there; did you mean “topic”?" in shown(at)
    assert "1 thing that a run would stumble over" in shown(at)


def test_variable_is_put_at_the_end_of_the_prompt(at: AppTest) -> None:
    selectbox(at, "Phase").select("Phase 1").run()
    (insert,) = (one for one in at.button if "the answer of" in one.label)
    insert.click().run()
    assert text_area(at, "Prompt").value.endswith('{{ phases["Phase 0"].response }}')


def test_draft_that_is_no_template_is_kept_and_not_saved(at: AppTest, cast: Cast, template_id: UUID) -> None:
    text_area(at, "Prompt").set_value("{{ topic").run()
    press(at, "Save version")
    assert shown(at).count("“Ideas”: the prompt can't be used: line 1") == 2, "in the list and in the dialog"
    assert draft_of(cast.max, template_id)["phases"][0]["prompt"] == "{{ topic"
    assert get_template(cast.max, template_id).newest_version == 1


def test_version_is_saved_with_a_note_and_the_draft_is_gone(at: AppTest, cast: Cast, template_id: UUID) -> None:
    text_area(at, "Prompt").set_value("Five ideas for {{ topic }}").run()
    press(at, "Save version")
    assert "Phase “Ideas”: prompt" in shown(at)
    assert "somebody else has to agree" not in shown(at)
    text_input(at, "Note").set_value("Clearer")
    press(at, "Save version", "Save as version 2")
    assert "Version 2, as it was saved." in shown(at)
    assert find_draft(cast.max, template_id) is None
    saved = get_template(cast.max, template_id)
    assert (saved.version, saved.data.phases[0].prompt) == (2, "Five ideas for {{ topic }}")


def test_who_has_to_agree_is_said_before_it_is_saved(open_as: OpenAs, cast: Cast, template_id: UUID) -> None:
    publish_template(cast.mona, template_id)
    at = open_as(cast.max, TEMPLATE_EDIT, template=template_id)
    text_input(at, "Name of the phase").set_value("New").run()
    press(at, "Save version")
    assert "somebody else has to agree" in shown(at)


def test_version_saved_meanwhile_is_said_and_mine_goes_on_top(at: AppTest, cast: Cast, template_id: UUID) -> None:
    text_input(at, "Name of the phase").set_value("Mine").run()
    save_version(cast.mona, template_id, {"phases": PHASES[:1]}, base_version=1)
    at.run()
    assert "Mona saved version 2 just now, after your draft began" in shown(at)
    press(at, "Compare the two")
    assert any("+ Phase 0: Mine" in code.value for code in at.code)
    press(at, "Keep mine on top")
    assert "Draft on top of version 2" in shown(at)
    assert "after your draft began" not in shown(at)


def test_draft_is_discarded_after_a_question(at: AppTest, cast: Cast, template_id: UUID) -> None:
    text_input(at, "Name of the phase").set_value("Mine").run()
    for labels in ((), ("Discard the draft",)):  # the dialog, and what is pressed in it
        at.menu_button(key="more-draft").click("Discard the draft…")
        press(at, *labels)
    assert find_draft(cast.max, template_id) is None
    assert text_input(at, "Name of the phase").value == "Ideas"


def test_phase_is_tried_in_earnest_and_its_answer_used(
    at: AppTest, cast: Cast, template_id: UUID, installation: Installation
) -> None:
    press(at, "Try this phase")
    tried = at.session_state[f"try-{template_id.hex[-8:]}-Phase 0"]
    until(lambda: tried.is_over)
    at.run()
    assert "openai" not in shown(at).split("What the model will read")[0]
    assert f"{tried.answer.total_tokens} tokens" in shown(at)
    press(at, "Use it in the previews of later phases")
    selectbox(at, "Phase").select("Phase 1").run()
    assert at.code[0].value == f"Plan {tried.answer.text}".strip()
    used = row(installation, "SELECT user_id, model, error_kind, run_id FROM api_usage")
    assert (used["user_id"], used["error_kind"], used["run_id"]) == (cast.max.user_id, None, None)


def test_try_that_fails_says_so_in_words(at: AppTest, endpoint: LLMockServer, template_id: UUID) -> None:
    endpoint.state.scenarios.add(Fail(401, message="Incorrect API key provided"))
    press(at, "Try this phase")
    until(lambda: at.session_state[f"try-{template_id.hex[-8:]}-Phase 0"].is_over)
    at.run()
    assert "does not accept the key" in shown(at)


def test_question_is_added_in_a_dialog(at: AppTest, cast: Cast, template_id: UUID) -> None:
    press(at, "Add a question")
    press(at, "Add a question", "Keep the question")
    assert "Question is empty" in shown(at)
    text_input(at, "Question").set_value("Who reads it?")
    press(at, "Add a question", "Keep the question")
    assert draft_of(cast.max, template_id)["inputs"] == [{"name": "who_reads_it", "label": "Who reads it?"}]
    assert "One line, required · inputs.who_reads_it" in shown(at)


def test_change_that_is_refused_leaves_what_was_typed(at: AppTest) -> None:
    text_area(at, "Prompt").set_value("x" * 2_000_001).run()
    assert "200 kB is the most. The draft is as it was" in shown(at)
    assert len(text_area(at, "Prompt").value) == 2_000_001
    assert "Version 1, as it was saved." in shown(at)


def test_only_who_may_edit_it_opens_it(open_as: OpenAs, cast: Cast, template_id: UUID) -> None:
    assert headings(open_as(cast.mona, TEMPLATE_EDIT, template=template_id))[0] == "Brief"
    for actor in (cast.vera, cast.charlie):
        at = open_as(actor, TEMPLATE_EDIT, template=template_id)
        assert headings(at) in (["This page is not open to you"], ["Not found"])
    other = create_template(cast.mona, TemplateDetails(name="Hers"), {"phases": PHASES})
    assert headings(open_as(cast.max, TEMPLATE_EDIT, template=other)) == ["Not found"], "her draft"
    publish_template(cast.mona, other)
    assert headings(open_as(cast.max, TEMPLATE_EDIT, template=other)) == ["This page is not open to you"]


def test_only_the_opened_prompt_goes_to_the_browser(open_as: OpenAs, cast: Cast, template_id: UUID) -> None:
    edit_draft(cast.max, template_id, lambda content: content | {"data": {"phases": [*PHASES[:1], PHASES[1] | {
        "prompt": "Seen by nobody"}]}})  # fmt: skip
    at = open_as(cast.max, TEMPLATE_EDIT, template=template_id)
    assert "Seen by nobody" not in str(at._tree)


def test_comparison_is_put_together_and_added(at: AppTest, cast: Cast, template_id: UUID) -> None:
    question = {"name": "season", "label": "Season", "kind": "choice", "choices": ["winter", "summer"]}
    edit_draft(cast.max, template_id, lambda content: put_input(content, question))
    at.run()
    selectbox(at, "How").select(Sign.IS_NOT).run()
    selectbox(at, "With").select("summer").run()
    press(at, "Add to the condition")
    assert text_input(at, "Condition").value == "inputs.season != 'summer'"
    assert draft_of(cast.max, template_id)["phases"][0]["condition"] == "inputs.season != 'summer'"
    text_input(at, "Condition").set_value("inputs.season == 'sumer'").run()
    assert shown(at).count("did you mean “summer”?") == 2, "in the list and at the field"


def test_comparison_is_added_once_and_its_form_is_empty_then(at: AppTest, cast: Cast, template_id: UUID) -> None:
    assert "Nothing to compare yet: ask a question at launch" in shown(at)
    edit_draft(cast.max, template_id, lambda content: put_input(content, {"name": "who", "label": "Who"}))
    at.run()
    press(at, "Add to the condition")
    assert "Enter what it is to be compared with." in shown(at)
    assert not at.toast, "it is told where it happened"
    text_input(at, "With").set_value("kids' parents")
    press(at, "Add to the condition")
    assert text_input(at, "Condition").value == r"inputs.who == 'kids\' parents'"
    assert text_input(at, "With").value == ""
    text_input(at, "With").set_value("kids' parents")
    press(at, "Add to the condition")
    assert "The condition says that already." in shown(at)
    assert text_input(at, "Condition").value == r"inputs.who == 'kids\' parents'"


def test_what_a_condition_may_read_is_told_by_the_names_of_the_draft(at: AppTest) -> None:
    (said,) = (each.value for each in at.markdown if each.value.startswith("For example"))
    assert "topic" in said
    assert "phases[" not in said, "the first phase reads no other"
    at.query_params["phase"] = "Phase 1"
    at.run()
    (said,) = (each.value for each in at.markdown if each.value.startswith("For example"))
    assert "`phases[\"Phase 0\"].status == 'completed'`" in said
    assert "Check" not in said
    assert ".json" not in said


def test_who_reads_a_phase_is_said_before_it_is_removed_and_before_it_is_saved(
    at: AppTest, open_as: OpenAs, cast: Cast, template_id: UUID
) -> None:
    at.menu_button(key="more-phase").click("Remove…")
    at.run()
    assert "Its answer is read by “Plan”: change that afterwards" in shown(at)
    at.menu_button(key="more-phase").click("Remove…")
    press(at, "Remove the phase")
    at = open_as(cast.max, TEMPLATE_EDIT, template=template_id)
    press(at, "Save version")
    assert shown(at).count('“Plan”, line 1: “phases["Phase 0"]” is not there') == 2, "in the list and in the dialog"
    assert "A run of it would stumble over 1 thing:" in shown(at)
