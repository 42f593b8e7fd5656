"""All prompts of a launch before it: within one limit of time, and made once of the same plan and words."""

from typing import Any
from uuid import uuid4

import pytest

from lib.errors import PlanInvalid
from lib.templates import previews
from lib.templates.plan import Plan
from lib.templates.previews import preview_again
from lib.templates.rendering import PromptContext, preview_prompts
from tests.lib.templates.test_rendering import CONTEXT, plan_of

SLOW = "{% for a in range(1000) %}{% set b = topic | upper %}{% endfor %}x"


def test_phase_that_uses_up_the_time_of_all_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.templates.rendering.MAX_PREVIEW_SECONDS", 1e-6)
    plan = plan_of({"code": "Quick"}, {"code": "Slow", "prompt": SLOW}, {"code": "Next"})
    with pytest.raises(
        PlanInvalid, match=r"takes \d\.\d s to be filled in, and the prompts of all phases together more"
    ):
        preview_prompts(plan, CONTEXT)
    monkeypatch.setattr("lib.templates.rendering.MAX_PREVIEW_SECONDS", 60)
    seconds = {"Quick": 0.1, "Slow": 30.0, "Next": 40.0}
    monkeypatch.setattr("lib.templates.rendering.render", _taking(seconds, plan))
    with pytest.raises(
        PlanInvalid, match=r"The prompt of Phase 3 “Name of Next” can't be used: it takes 40\.0 s"
    ) as caught:
        preview_prompts(plan, CONTEXT)
    assert caught.value.field == "Next"


def _taking(seconds: dict[str, float], plan: Plan) -> Any:
    """Renders each phase in so many seconds of everybody's."""
    from lib.templates import renderers

    left = iter(phase.code for phase in plan.phases)

    def render(source: str, variables: object) -> str:
        together = renderers._left.get()
        assert together is not None
        together.seconds -= seconds[next(left)]
        return "rendered"

    return render


def test_same_plan_and_words_are_rendered_once_and_never_for_another_organization(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[PromptContext] = []

    def preview(plan: Plan, context: PromptContext) -> Any:
        made.append(context)
        return preview_prompts(plan, context)

    monkeypatch.setattr(previews, "preview_prompts", preview)
    plan, ours, theirs = plan_of({"code": "A"}), uuid4(), uuid4()
    first = preview_again(ours, plan, CONTEXT)
    assert preview_again(ours, plan, CONTEXT) is first
    assert len(made) == 1
    assert preview_again(theirs, plan, CONTEXT) is not first
    preview_again(ours, plan_of({"code": "A", "prompt": "Of {{ topic }}"}), CONTEXT)
    (again,) = preview_again(ours, plan, PromptContext(topic="Another", project_name="Shop"))
    assert again.prompt == "Another"
    assert len(made) == 4


def test_what_is_wrong_is_found_once_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, ours = plan_of({"code": "A", "prompt": "{{ gone }}"}), uuid4()
    with pytest.raises(PlanInvalid) as first:
        preview_again(ours, plan, CONTEXT)
    monkeypatch.setattr(previews, "preview_prompts", lambda *_: pytest.fail("it was rendered again"))
    with pytest.raises(PlanInvalid) as second:
        preview_again(ours, plan, CONTEXT)
    assert (second.value.message, second.value.field) == (first.value.message, "A")
