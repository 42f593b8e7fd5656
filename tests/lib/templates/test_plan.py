from typing import Any

import pytest

from lib.errors import InvalidInput, PlanNotSupported
from lib.providers.base import ModelChoice, ModelParameters, ModelTraits
from lib.providers.local import CHOICE
from lib.templates.operations import refuse_unsupported
from lib.templates.plan import (
    DEFAULT_MAX_ATTEMPTS,
    DEFAULT_TIMEOUT_SECONDS,
    Plan,
    make_plan,
    read_plan,
)
from lib.templates.structure import parse_template

LARGE = ModelChoice("openai", "gpt-4.1")


def plan_of(*phases: dict[str, Any], model: ModelChoice | None = LARGE, **more: Any) -> Plan:
    listed = [{"name": f"Name of {phase['code']}", "prompt": "{{ topic }}"} | phase for phase in phases]
    data = parse_template({"phases": listed} | more)
    return make_plan(data, template_name="Test", template_version=3, model=model)


DIAMOND = (
    {"code": "end", "depends_on": ["left", "right"]},
    {"code": "left", "depends_on": ["start"]},
    {"code": "right", "depends_on": ["start"]},
    {"code": "start", "depends_on": []},
)


def test_phases_are_ordered_and_know_what_they_may_read() -> None:
    plan = plan_of(*DIAMOND)
    assert [phase.code for phase in plan.phases] == ["start", "left", "right", "end"]
    assert [phase.position for phase in plan.phases] == [0, 1, 2, 3]
    assert plan.get_phase("end").depends_on == ("left", "right")
    assert plan.get_phase("end").upstream == ("start", "left", "right")
    assert plan.get_phase("left").upstream == ("start",)


def test_a_plan_survives_the_database() -> None:
    plan = plan_of(*DIAMOND, inputs=[{"name": "a", "label": "A"}])
    assert read_plan(plan.to_json()) == plan


def test_a_plan_with_all_that_can_not_run_yet_survives_the_database_too() -> None:
    plan = plan_of({"code": "A", "output": {"kind": "json", "schema": {"type": "object"}}, "review": {}})
    assert read_plan(plan.to_json()) == plan
    assert plan.to_json()["phases"][0]["output"] == {"kind": "json", "schema": {"type": "object"}}


def test_keys_of_a_newer_version_do_not_break_a_frozen_plan() -> None:
    data = plan_of({"code": "A"}).to_json() | {"mood": "good"}
    assert read_plan(data).phases[0].code == "A"


def test_what_is_left_out_is_decided() -> None:
    phase = plan_of({"code": "A"}).phases[0]
    assert phase.timeout_seconds == DEFAULT_TIMEOUT_SECONDS
    assert phase.max_attempts == DEFAULT_MAX_ATTEMPTS
    assert phase.title == "Phase 1 “Name of A”"


def test_a_phases_own_model_comes_before_the_chosen_one() -> None:
    plan = plan_of({"code": "A", "model": "openai:own"}, {"code": "B"}, model=CHOICE)
    assert [phase.model for phase in plan.phases] == ["openai:own", str(CHOICE)]
    assert plan.models == (ModelChoice("openai", "own"), CHOICE)


def test_the_chosen_model_comes_before_the_templates() -> None:
    data = parse_template({"phases": [{"code": "A", "name": "A", "prompt": "x"}], "model": "openai:proposed"})
    assert make_plan(data, template_name="Test", template_version=1, model=CHOICE).models == (CHOICE,)


def test_the_templates_model_is_taken_where_none_is_chosen() -> None:
    data = parse_template({"phases": [{"code": "A", "name": "A", "prompt": "x"}], "model": "openai:proposed"})
    plan = make_plan(data, template_name="Test", template_version=1)
    assert plan.phases[0].choice == ModelChoice("openai", "proposed")


def test_without_any_model_it_asks_for_one() -> None:
    with pytest.raises(InvalidInput, match="Choose one") as caught:
        plan_of({"code": "A"}, model=None)
    assert caught.value.field == "model"


def test_parameters_come_from_the_phase_then_the_template_then_the_model() -> None:
    plan = plan_of(
        {"code": "A", "parameters": {"temperature": 0.0}}, {"code": "B"}, model=CHOICE, parameters={"top_p": 0.5}
    )
    first, second = plan.phases
    assert first.parameters == ModelParameters(temperature=0.0, top_p=0.5, max_tokens=160)
    assert second.parameters == ModelParameters(temperature=0.4, top_p=0.5, max_tokens=160)


def test_a_large_model_gets_no_limit_of_the_tiny_one() -> None:
    phase = plan_of({"code": "A"}).phases[0]
    assert phase.parameters == ModelParameters()
    assert not phase.is_small_model
    assert phase.notes_characters >= 5_000


def test_traits_are_asked_for_each_phases_model() -> None:
    data = parse_template(
        {
            "phases": [
                {"code": "A", "name": "A", "prompt": "x", "model": "openai:a"},
                {"code": "B", "name": "B", "prompt": "x", "model": "openai:b"},
            ]
        }
    )

    def traits(choice: ModelChoice) -> ModelTraits:
        return ModelTraits(choice.model == "a", 7, ModelParameters())

    plan = make_plan(data, template_name="T", template_version=1, model=LARGE, traits_of=traits)
    assert [phase.is_small_model for phase in plan.phases] == [True, False]


def test_a_plan_that_can_run_is_let_through() -> None:
    refuse_unsupported(
        plan_of(*DIAMOND, {"code": "more", "model": "openai:x", "parameters": {"seed": 1}, "timeout_seconds": 5})
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"operations": [{"type": "file"}]}, "operations, and number 1 can't be used: “file” is no kind"),
        ({"operations": [{"type": "http.request", "parameters": {"uri": "x"}}]}, "operations, and number 1 can't"),
    ],
)
def test_what_can_not_run_yet_is_refused_by_name(more: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanNotSupported) as caught:
        refuse_unsupported(plan_of({"code": "A"}, {"code": "Phase 7", "name": "Judge"} | more))
    assert f"Phase 2 “Judge” asks for {words}" in caught.value.message
    assert "A “" not in caught.value.message


def test_a_plan_does_not_change() -> None:
    plan = plan_of({"code": "A"})
    with pytest.raises(ValueError, match="frozen"):
        plan.phases[0].prompt = "another"
    with pytest.raises(KeyError):
        plan.get_phase("B")


def test_a_fallback_is_planned_with_what_a_prompt_for_it_is_made_of() -> None:
    plan = plan_of(
        {"code": "A", "model": "openai:x", "fallback_models": [str(CHOICE)], "parameters": {"temperature": 0.1}}
    )
    phase = read_plan(plan.to_json()).get_phase("A")
    (other,) = phase.fallbacks
    assert (phase.is_small_model, other.is_small_model, other.notes_characters) == (False, True, 300)
    assert other.parameters == ModelParameters(temperature=0.1, top_p=0.9, max_tokens=160)
    asked = phase.asking(str(CHOICE))
    assert (asked.choice, asked.is_small_model, asked.code) == (CHOICE, True, "A")
    assert (phase.model_after("openai:x"), phase.model_after(str(CHOICE))) == (str(CHOICE), None)
    assert phase.asking("openai:gone") == phase


def test_a_plan_of_the_version_before_is_read() -> None:
    stored = plan_of({"code": "A"}).to_json()
    (phase,) = stored["phases"]  # type: ignore[misc] # a list of mappings
    del phase["fallbacks"]
    phase["fallback_models"] = []
    assert read_plan(stored).get_phase("A").fallbacks == ()
