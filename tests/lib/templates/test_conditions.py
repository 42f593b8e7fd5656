"""Conditions of phases: what they may read, what is wrong with them, and what they come to."""

from typing import Any

import pytest

from lib.errors import PlanInvalid
from lib.providers.base import ModelChoice
from lib.templates.conditions import Surroundings, find_condition_doubts, find_condition_faults
from lib.templates.plan import PlannedPhase, make_plan
from lib.templates.rendering import SKIPPED, PhaseAnswer, PromptContext, is_condition_met, render_prompt
from lib.templates.structure import PhaseOutput, parse_template
from lib.templates.versions.service import check_data

JSON = {
    "kind": "json",
    "schema": {"type": "object", "properties": {"score": {"type": "integer"}, "why": {"type": "string"}}},
}


def data(condition: str, prompt: str = "x") -> dict[str, Any]:
    return {
        "inputs": [{"name": "audience", "label": "Audience"}],
        "phases": [
            {"code": "Text", "name": "Text", "prompt": "x"},
            {"code": "Check", "name": "Check", "prompt": "x", "output": JSON},
            {"code": "Last", "name": "Last", "prompt": prompt, "condition": condition},
            {"code": "Beside", "name": "Beside", "prompt": "x", "depends_on": []},
        ],
    }


def last(condition: str, prompt: str = "x") -> PlannedPhase:
    plan = make_plan(
        parse_template(data(condition, prompt)), template_name="T", template_version=1, model=ModelChoice("openai", "m")
    )
    return plan.get_phase("Last")


def context(text: str | None = "Yes, it is", check: str | None = '{"score": 7, "why": "new"}') -> PromptContext:
    def answer(code: str, response: str | None, output: PhaseOutput) -> PhaseAnswer:
        status = SKIPPED if response is None else "completed"
        return PhaseAnswer(code, code, response or "", status=status, output=output)

    return PromptContext(
        topic="A hinge",
        project_name="P",
        inputs={"audience": "kids"},
        answers={
            "Text": answer("Text", text, PhaseOutput()),
            "Check": answer("Check", check, PhaseOutput.model_validate(JSON)),
        },
    )


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ("true", True),
        ("inputs.audience == 'kids' and not topic == 'x'", True),
        ("'yes' in phases['Text'].response | lower", True),
        ("phases['Check'].json.score >= 7", True),
        ("phases['Check'].json.score > 7", False),
        ("phases['Check'].status == 'completed'", True),
        ("previous | length == 2", True),
        ("project.description", False),
    ],
)
def test_condition_is_asked_of_what_is_there(condition: str, is_met: bool) -> None:
    check_data(data(condition))
    assert is_condition_met(last(condition), context()) is is_met


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ("phases['Check'].status == 'skipped'", True),
        ("phases['Check'].json.score > 7", False),
        ("phases['Check'].json.score < 7", False),
        ("phases['Check'].json.why == ''", True),
        ("phases['Check'].response", False),
        ("previous | length == 1", True),
    ],
)
def test_everything_of_a_skipped_phase_is_empty(condition: str, is_met: bool) -> None:
    assert is_condition_met(last(condition), context(check=None)) is is_met


def test_prompt_reads_the_answers_that_are_there() -> None:
    prompt = (
        "{% for each in previous %}[{{ each.name }}]{% endfor %} <{{ phases['Check'].response }}>"
        "<{{ phases['Check'].json.why }}>{% for x in phases['Check'].json.why %}!{% endfor %}"
        " {{ phases['Text'] | notes }}"
    )
    assert render_prompt(last("true", prompt), context(check=None)) == "[Text] <><> Yes, it is"
    assert "<new>" in render_prompt(last("true", prompt), context())


def test_answer_that_is_no_json_any_more_fails_by_name() -> None:
    with pytest.raises(
        PlanInvalid, match="condition of Phase 3 “Last” can't be used: the answer of “Check” is no JSON"
    ):
        is_condition_met(last("phases['Check'].json.score > 1"), context(check="edited by hand"))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("topic ==", "something is missing at its end"),
        ("true %}x{% if true", "“%}” and “}}” can't stand there"),
        ("true }} and {{ true", "more than one expression"),
        ("1 2", "expression"),
        ("topic.upper()", "nothing but range can be called"),
        ("topik", "“topik”, which is not there; did you mean “topic”?"),
        ("inputs.audiense == 'a'", "did you mean “audience”?"),
        ("model.is_small", "“model"),
        ("phases['Chek'].response", "did you mean “Check”?"),
        ("phases['Beside'].response", "no phase that this one waits for"),
        ("phases['Last'].response", "no phase that this one waits for"),
        ("phases['Text'].json.score > 1", "whose answer is text"),
        ("phases['Text'].respons", "did you mean “response”?"),
        ("phases['Check'].json.scor > 1", "did you mean “score”?"),
        ("x" * 1_001, "1,000 characters"),
    ],
)
def test_condition_that_can_not_be_used_is_refused_when_the_template_is_saved(condition: str, said: str) -> None:
    with pytest.raises(PlanInvalid) as refused:
        check_data(data(condition))
    assert said in refused.value.message


def test_what_is_read_as_perhaps_missing_may_be() -> None:
    check_data(data("inputs.age is defined and phases['Check'].json.mood | default('') == 'x'"))


def test_condition_has_the_limits_of_a_prompt() -> None:
    with pytest.raises(PlanInvalid, match="a number becomes too large"):
        is_condition_met(last("999999999 * 999999999 > 1"), context())
    with pytest.raises(PlanInvalid, match="a range has more than"):
        is_condition_met(last("range(99999) | length > 1"), context())


def test_prompt_for_json_asks_for_it_with_its_schema() -> None:
    plan = make_plan(
        parse_template(data("true")), template_name="T", template_version=1, model=ModelChoice("openai", "m")
    )
    assert render_prompt(plan.get_phase("Check"), context()).startswith("x\n\nAnswer with JSON alone")
    assert '"score": {"type": "integer"}' in render_prompt(plan.get_phase("Check"), context())
    assert render_prompt(plan.get_phase("Text"), context()) == "x"


AROUND = Surroundings({"season": ("winter", "summer"), "audience": ()}, {"Check": ("score",)})


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("season is winter", "inputs.season == 'winter'"),
        ("inputs.season = 'winter'", "inputs.season == 'winter'"),
        ("inputs.season is 'winter'", "inputs.season == 'winter'"),
        ("inputs.season is not deep winter", "inputs.season != 'deep winter'"),
        ("season == winter", "inputs.season == 'winter'"),
        ("inputs.season = “winter”", "inputs.season == 'winter'"),
        ("season is winter and topic", "inputs.season == 'winter' and topic"),
        ("phases['Check'].json.score is more than 7", "phases['Check'].json.score > 7"),
    ],
)
def test_comparison_that_is_none_is_answered_with_one(condition: str, meant: str) -> None:
    (fault,) = find_condition_faults(condition, AROUND)
    assert fault == f"to compare, write two equals signs and put words in quotes: {meant}"
    assert find_condition_faults(meant, AROUND) == ()


def test_comparison_that_nobody_can_guess_says_how_to_compare() -> None:
    (fault,) = find_condition_faults("seson is winter", AROUND)
    assert fault.endswith("two equals signs and put words in quotes, as in inputs.season == 'winter'")


@pytest.mark.parametrize(
    "condition",
    ["inputs.season is defined", "inputs.season == 'winter'", "'win' in inputs.season", "topic == 'witner'"],
)
def test_good_comparison_has_no_fault_and_no_doubt(condition: str) -> None:
    assert find_condition_faults(condition, AROUND) == find_condition_doubts(condition, AROUND) == ()


@pytest.mark.parametrize("condition", ["inputs.season == 'witner'", "'witner' != inputs['season'] or topic"])
def test_word_that_is_no_choice_is_doubted(condition: str) -> None:
    assert find_condition_doubts(condition, AROUND) == (
        "“witner” is no choice of inputs.season; did you mean “winter”?",
    )
    check_data({**data("topic"), "inputs": [{"name": "audience", "label": "A", "kind": "choice", "choices": ["kids"]}]})
