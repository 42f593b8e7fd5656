"""What a run will probably take: worked out of numbers alone, no database and no model."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from lib.providers.base import ModelChoice, ModelParameters, ModelTraits
from lib.runs.estimating import estimate as estimating
from lib.runs.estimating.estimate import PastAttempt, estimate_run
from lib.runs.structures import RunEstimate
from lib.templates.plan import Plan, make_plan
from lib.templates.rendering import PhaseAnswer, PromptContext
from lib.templates.structure import parse_template

MODEL, OTHER = "openai:gpt-4o", "openai:other"
CONTEXT = PromptContext(topic="Bicycles", project_name="Folding")


def plan_of(*phases: Mapping[str, Any], **more: Any) -> Plan:
    whole = [{"name": phase["code"], "prompt": "x" * 100, **phase} for phase in phases]
    return make_plan(
        parse_template({"phases": whole, **more}),
        template_name="T",
        template_version=1,
        model=ModelChoice.parse(MODEL),
        traits_of=lambda _: ModelTraits(is_small=False, notes_characters=12_000, parameters=ModelParameters()),
    )


def attempts(*completions: int, model: str = MODEL, ms: int = 1_000) -> list[PastAttempt]:
    """Each asked a prompt of 100 bytes, of 25 tokens."""
    return [
        PastAttempt(model=model, prompt_tokens=25, completion_tokens=each, prompt_bytes=100, execution_time_ms=ms)
        for each in completions
    ]


def dollar_a_thousand(_: str, asked: int, answered: int) -> Decimal | None:
    return Decimal(asked + answered) / 1000


def estimate(plan: Plan, past: Mapping[str, Sequence[PastAttempt]] | None = None, **more: Any) -> RunEstimate:
    options = {"asked": [phase.code for phase in plan.phases], "price_of": dollar_a_thousand, **more}
    return estimate_run(plan, options.pop("context", CONTEXT), past=past or {}, **options)


def test_without_a_past_it_says_a_default_and_no_time() -> None:
    (phase,) = estimate(plan_of({"code": "a"})).phases
    assert (phase.completion_tokens, phase.prompt_tokens, phase.based_on) == ((200, 1_500), (20, 30), 0)
    assert phase.cost_usd == (Decimal("0.22"), Decimal("1.53"))
    assert phase.seconds is None
    assert estimate(plan_of({"code": "a"})).seconds is None


def test_answer_is_as_long_as_the_middle_half_of_earlier_ones() -> None:
    (phase,) = estimate(plan_of({"code": "a"}), {"a": attempts(100, 200, 300, 400, 500)}).phases
    assert (phase.completion_tokens, phase.based_on) == ((200, 400), 5)
    assert phase.prompt_tokens == (25, 25), "as many tokens a byte as those before"


def test_attempts_of_the_same_model_come_before_those_of_others() -> None:
    past = {"a": [*attempts(10, 10, 10), *attempts(900, 900, 900, model=OTHER)]}
    (phase,) = estimate(plan_of({"code": "a"}), past).phases
    assert (phase.completion_tokens, phase.based_on) == ((10, 10), 3)
    (phase,) = estimate(plan_of({"code": "a"}), {"a": attempts(900, 900, 900, model=OTHER)}).phases
    assert (phase.completion_tokens, phase.seconds) == ((900, 900), None), "how fast another model was says nothing"


def test_two_attempts_say_nothing_about_the_third() -> None:
    (phase,) = estimate(plan_of({"code": "a"}), {"a": attempts(10, 10)}).phases
    assert phase.based_on == 0


@pytest.mark.parametrize(("past", "expected"), [({}, (40, 160)), ({"a": attempts(300, 300, 300)}, (160, 160))])
def test_no_answer_is_longer_than_max_tokens(past: Any, expected: tuple[int, int]) -> None:
    plan = plan_of({"code": "a", "parameters": {"max_tokens": 160}})
    assert estimate(plan, past).phases[0].completion_tokens == expected


def test_prompt_grows_with_the_answers_that_it_reads() -> None:
    """Ten tokens are 40 bytes of an answer, a thousand 4,000: the prompt is rendered with either."""
    plan = plan_of({"code": "a"}, {"code": "b", "prompt": "{{ phases['a'].response }}"})
    past = {"a": attempts(10, 10, 1_000, 1_000), "b": attempts(10, 10, 10)}
    assert estimate(plan, past).phases[1].prompt_tokens == (10, 1_000)
    cut = plan_of({"code": "a"}, {"code": "b", "prompt": "{{ phases['a'].response | notes(400) }}"})
    assert estimate(cut, past).phases[1].prompt_tokens[1] <= 100, "as far as the prompt takes it"


def test_answer_that_is_there_is_counted_as_it_is_and_not_asked() -> None:
    plan = plan_of({"code": "a"}, {"code": "b", "prompt": "{{ phases['a'].response }}"})
    context = PromptContext(topic="x", project_name="y", answers={"a": PhaseAnswer("a", "a", "z" * 400)})
    found = estimate(plan, {"b": attempts(10, 10, 10)}, context=context, asked=["b"])
    assert [phase.code for phase in found.phases] == ["b"]
    assert found.phases[0].prompt_tokens == (100, 100)
    assert found.calls == (1, 1)


def test_prompt_that_takes_no_stand_in_is_counted_as_the_preview_has_it() -> None:
    only_marked = "{% if '⟨' in phases['a'].response %}" + "y" * 400 + "{% endif %}"
    plan = plan_of({"code": "a"}, {"code": "b", "prompt": only_marked})
    assert estimate(plan, {"a": attempts(10, 10, 10)}).phases[1].prompt_tokens == (100, 100)


def test_time_is_the_longest_way_through_the_graph() -> None:
    plan = plan_of(
        {"code": "a", "depends_on": []},
        {"code": "slow", "depends_on": ["a"]},
        {"code": "fast", "depends_on": ["a"]},
        {"code": "end", "depends_on": ["slow", "fast"]},
    )
    took = {"a": 1_000, "slow": 9_000, "fast": 2_000, "end": 1_000}
    past = {code: attempts(10, 10, 10, ms=ms) for code, ms in took.items()}
    assert estimate(plan, past).seconds == (11, 11)
    assert estimate(plan, past, asked=["fast", "end"]).seconds == (3, 3), "what is reused takes no time"


def test_phase_that_never_ran_takes_its_models_speed_from_the_others() -> None:
    plan = plan_of({"code": "a"}, {"code": "b"})
    found = estimate(plan, {"a": attempts(100, 100, 100, ms=10_000)})
    assert found.phases[1].seconds == (20.0, 150.0), "a tenth of a second a token, for 200 to 1,500"


def test_unknown_price_makes_the_whole_unknown_and_is_named() -> None:
    plan = plan_of({"code": "a"}, {"code": "b", "model": OTHER})
    found = estimate(plan, price_of=lambda model, *_: None if model == OTHER else Decimal(1))
    assert found.cost_usd is None
    assert found.unpriced_models == (OTHER,)
    assert found.phases[0].cost_usd == (1, 1)


def test_free_is_not_unknown() -> None:
    found = estimate(plan_of({"code": "a"}), price_of=lambda *_: Decimal(0))
    assert found.is_free
    assert found.cost_usd == (0, 0)
    assert not estimate(plan_of({"code": "a"}), price_of=lambda *_: None).is_free


def test_it_survives_being_stored() -> None:
    found = estimate(plan_of({"code": "a"}), {"a": attempts(100, 200, 300)})
    assert RunEstimate.model_validate(found.model_dump(mode="json")) == found


def test_fallback_without_a_price_leaves_the_cost_unknown_and_is_named() -> None:
    plan = plan_of({"code": "a", "fallback_models": [OTHER]})
    found = estimate(plan, price_of=lambda model, *_: Decimal("0.01") if model == MODEL else None)
    assert found.cost_usd is None
    assert found.unpriced_models == (OTHER,)


def test_phase_that_may_be_skipped_costs_nothing_in_the_cheaper_case() -> None:
    plan = plan_of(
        {"code": "a"},
        {"code": "b", "condition": "topic == 'x'"},
        {"code": "c"},
        {"code": "d", "depends_on": ["a", "c"]},
    )
    past = {code: attempts(10, 10, 10) for code in "abcd"}
    assert [phase.cost_usd and phase.cost_usd[0] > 0 for phase in estimate(plan, past).phases] == [
        True,
        False,
        False,
        True,
    ]
    assert all(phase.cost_usd and phase.cost_usd[1] > 0 for phase in estimate(plan, past).phases)
    assert estimate(plan, past).seconds == (2.0, 4.0)
    assert estimate(plan, past).calls == (2, 4)


def test_prompts_are_rendered_once_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []
    real = estimating.render_prompt
    monkeypatch.setattr(estimating, "render_prompt", lambda *given: rendered.append(1) or real(*given))
    plan = plan_of({"code": "a", "prompt": "Only in this test."})
    first, again = estimate(plan), estimate(plan)
    assert (first, len(rendered)) == (again, 2), "once as short and once as long as is expected"
    estimate(plan, {"a": attempts(10, 10, 10)})
    assert len(rendered) == 4
