"""What the template's latest version takes over: no answer that it wants looked at by more or other people."""

from typing import Any

import pytest

from lib.providers.base import ModelChoice, ModelParameters, ModelTraits
from lib.runs.replan import Difference, find_differences, find_reused
from lib.templates.plan import Plan, make_plan
from lib.templates.structure import parse_template
from tests.workers import MODEL

MONA, ALICE = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"


def plan(gate: dict[str, Any] | None) -> Plan:
    """Four phases one after another, a gate at the second, and one that stands alone."""
    codes = {"a": [], "b": ["a"], "c": ["b"], "d": ["c"], "alone": []}
    phases = [
        {"code": code, "name": f"Name of {code}", "prompt": code, "depends_on": before}
        | ({"review": gate} if gate is not None and code == "b" else {})
        for code, before in codes.items()
    ]
    return make_plan(
        parse_template({"phases": phases}),
        template_name="T",
        template_version=1,
        model=ModelChoice.parse(MODEL),
        traits_of=lambda _: ModelTraits(is_small=True, notes_characters=2000, parameters=ModelParameters()),
    )


def reused(was: dict[str, Any] | None, latest: dict[str, Any] | None) -> list[str]:
    completed = {"a", "b", "c", "alone"}
    return list(find_reused(plan(latest), before=plan(was), completed=completed, begins_with="d"))


@pytest.mark.parametrize(
    ("was", "latest"),
    [
        (None, {}),
        ({}, {"required_approvals": 2}),
        ({}, {"reviewers": ["admin"]}),
        ({"reviewers": [MONA]}, {"reviewers": [ALICE]}),
        ({"reviewers": [MONA, ALICE]}, {"reviewers": [MONA]}),
    ],
)
def test_answer_that_the_latest_version_wants_looked_at_is_asked_anew_with_what_is_behind_it(was, latest):
    assert reused(was, latest) == ["a", "alone"]


@pytest.mark.parametrize(
    ("was", "latest"),
    [
        ({}, None),
        ({}, {}),
        ({"required_approvals": 2}, {}),
        ({"reviewers": ["admin"]}, {}),
        ({"reviewers": [MONA]}, {"reviewers": [ALICE, MONA]}),
        ({}, {"instructions": "Look at the figures.", "due_hours": 4}),
    ],
)
def test_answer_that_has_passed_as_much_is_taken_over(was, latest):
    assert reused(was, latest) == ["a", "b", "c", "alone"]


def test_another_review_is_named_among_the_differences():
    assert list(find_differences(plan(None), plan({}))) == [Difference("Another review", ("Name of b",))]
