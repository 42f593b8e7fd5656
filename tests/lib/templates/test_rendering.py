from typing import Any

import pytest

from lib.errors import PlanInvalid
from lib.providers.base import ModelChoice
from lib.providers.local import CHOICE
from lib.templates.plan import Plan, make_plan
from lib.templates.rendering import PhaseAnswer, PromptContext, check_prompts, preview_prompts, render_prompt
from lib.templates.structure import parse_template

LARGE = ModelChoice("openai", "gpt-4.1")
CONTEXT = PromptContext(
    topic="Open a bicycle shop",
    project_name="Shop",
    project_description="In the old town",
    inputs={"budget": 5000, "tone": None},
    answers={
        "A": PhaseAnswer("A", "Ideas", "Repair. " * 200),
        "B": PhaseAnswer("B", "Facts", "Many people cycle."),
    },
)


def plan_of(*phases: dict[str, Any], model: ModelChoice = LARGE) -> Plan:
    listed = [{"name": f"Name of {phase['code']}", "prompt": "{{ topic }}"} | phase for phase in phases]
    return make_plan(parse_template({"phases": listed}), template_name="Test", template_version=1, model=model)


def prompt_of(prompt: str, **more: Any) -> str:
    plan = plan_of({"code": "A"}, {"code": "B"}, {"code": "C", "prompt": prompt} | more.pop("phase", {}), **more)
    return render_prompt(plan.get_phase("C"), CONTEXT)


def test_a_prompt_reads_the_run() -> None:
    text = prompt_of(
        "{{ project.name }}: {{ topic }} ({{ project.description }}), {{ inputs.budget }} {{ inputs.tone }}."
    )
    assert text == "Shop: Open a bicycle shop (In the old town), 5000 ."


@pytest.mark.parametrize(("stored", "read"), [(40.0, "40"), (2.5, "2.5"), (-0.0, "0"), (True, "True"), ("4.0", "4.0")])
def test_a_number_that_was_stored_before_is_read_as_it_is_taken_now(stored: Any, read: str) -> None:
    plan = plan_of({"code": "A", "prompt": "{{ inputs.people }}"})
    context = PromptContext(topic="T", project_name="P", inputs={"people": stored})
    assert render_prompt(plan.get_phase("A"), context) == read


def test_a_prompt_reads_earlier_answers_by_code_and_in_order() -> None:
    assert prompt_of("{{ phases['B'].name }}: {{ phases['B'].response }}") == "Facts: Many people cycle."
    assert prompt_of("{% for phase in previous %}{{ phase.code }} {% endfor %}") == "A B"


def test_a_prompt_does_not_see_what_it_does_not_wait_for() -> None:
    assert prompt_of("{{ previous | length }}", phase={"depends_on": []}) == "0"
    with pytest.raises(PlanInvalid, match="“B”, which is not there; at hand: A"):
        prompt_of("{{ phases['B'].response }}", phase={"depends_on": ["A"]})


def test_notes_are_as_long_as_the_model_can_take() -> None:
    tiny = prompt_of("{{ phases['A'].response | notes }}", model=CHOICE)
    assert 200 < len(tiny) <= 300
    assert tiny.endswith("Repair.")
    assert len(prompt_of("{{ phases['A'].response | notes }}")) == len("Repair. " * 200) - 1


def test_notes_of_several_answers_share_the_room_under_their_names() -> None:
    text = prompt_of("{{ previous | notes }}", model=CHOICE)
    first, second = text.split("\n\n")
    assert first.startswith("Ideas:\nRepair.")
    assert second == "Facts:\nMany people cycle."
    assert len(text) <= 300 + len("Ideas:\n\n\nFacts:\n")


def test_a_template_can_ask_for_less_but_not_for_more() -> None:
    assert len(prompt_of("{{ previous | first | notes(50) }}", model=CHOICE)) <= 50
    assert len(prompt_of("{{ previous | first | notes(5000) }}", model=CHOICE)) <= 300


def test_a_prompt_can_suit_the_model() -> None:
    prompt = "{% if model.is_small %}tiny{% else %}{{ model.name }}{% endif %}"
    assert prompt_of(prompt, model=CHOICE) == "tiny"
    assert prompt_of(prompt) == "gpt-4.1"


def test_the_same_plan_and_answers_give_the_same_prompt() -> None:
    assert prompt_of("{{ topic }}\n{{ previous | notes }}") == prompt_of("{{ topic }}\n{{ previous | notes }}")


def test_what_is_missing_is_named_with_the_phase_and_what_is_at_hand() -> None:
    with pytest.raises(PlanInvalid) as caught:
        prompt_of("{{ inputs.bugdet }}")
    assert caught.value.message == (
        "The prompt of Phase 3 “Name of C” can't be used: it uses “bugdet”, which is not there; at hand: budget, tone. "
        "Did you mean “budget”?"
    )
    assert caught.value.field == "C"


def test_a_prompt_that_comes_out_empty_is_refused() -> None:
    with pytest.raises(PlanInvalid, match="empty"):
        prompt_of("{% if false %}never{% endif %}")


def test_a_preview_marks_the_answers_to_come() -> None:
    plan = plan_of({"code": "A"}, {"code": "B", "prompt": "Read: {{ previous | last | notes }}"}, model=CHOICE)
    first, second = preview_prompts(plan, PromptContext(topic="T", project_name="P"))
    assert (first.code, first.name, first.prompt) == ("A", "Name of A", "T")
    assert second.prompt == "Read: ⟨the answer of Phase 1 “Name of A” will stand here⟩"


def test_a_preview_finds_what_is_missing_before_anything_is_paid() -> None:
    plan = plan_of({"code": "A"}, {"code": "B", "prompt": "{{ inputs.nothing }}"})
    with pytest.raises(PlanInvalid, match="Phase 2 “Name of B”"):
        preview_prompts(plan, CONTEXT)


def test_saving_names_every_prompt_that_is_none() -> None:
    data = parse_template(
        {
            "phases": [
                {"code": "A", "name": "One", "prompt": "{{ topic }}"},
                {"code": "B", "name": "Two", "prompt": "{% if %}"},
                {"code": "C", "name": "Three", "prompt": "{% include 'x' %}"},
            ]
        }
    )
    with pytest.raises(PlanInvalid) as caught:
        check_prompts(data)
    assert len(caught.value.problems) == 2
    assert "Phase 2 “Two”" in caught.value.problems[0]
    assert "Phase 3 “Three”" in caught.value.problems[1]
