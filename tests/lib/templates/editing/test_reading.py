"""What a draft's prompts may read and do read, how they come out, and what is wrong with them."""

import pytest

from lib.errors import PlanInvalid
from lib.providers.base import ModelChoice
from lib.providers.catalog import get_traits
from lib.templates.editing import outline
from lib.templates.editing.content import Content, set_phase_field, set_sample, set_template_field
from lib.templates.editing.names import find_unknown, list_variables
from lib.templates.editing.preview import render_phase
from lib.templates.editing.problems import find_problems
from lib.templates.editing.questions import put_input
from tests.lib.templates.editing.drafts import chain

CHOICE = ModelChoice("openai", "gpt-4o-mini")


def branched(**changes: dict[str, object]) -> Content:
    """B and C wait for A, and D for C alone."""
    content = chain("a", "b", "c", "d", c={"depends_on": ["a"]}, **changes)
    return put_input(content, {"name": "audience", "label": "Audience"})


def rendered(content: Content, code: str = "d") -> str:
    return render_phase(content, code, choice=CHOICE, traits=get_traits(CHOICE))


def prompt(text: str) -> Content:
    return branched(d={"prompt": text})


def test_prompt_may_read_questions_and_the_answers_of_what_it_waits_for() -> None:
    offered = [variable.expression for variable in list_variables(branched(), "d")]
    assert offered[:5] == [
        "topic",
        "inputs.audience",
        "previous | notes",
        'phases["a"].response',
        'phases["c"].response',
    ]
    assert 'phases["b"].response' not in offered
    assert "previous | notes" not in [variable.expression for variable in list_variables(branched(), "a")]


def test_all_that_is_offered_can_be_rendered() -> None:
    content = branched()
    for variable in list_variables(content, "d"):
        content = set_phase_field(content, "d", ("prompt",), f"x {variable.written}")
        assert find_unknown(content, "d") == ()
        assert rendered(content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ topc }}", "line 1: “topc” is not there; did you mean “topic”?"),
        ("\n{{ inputs.audiance }}", "line 2: “inputs.audiance” is not there; did you mean “inputs.audience”?"),
        ("{{ audience }}", "line 1: “audience” is not there; did you mean “inputs.audience”?"),
        ("{{ phases['b'].response }}", "this phase does not wait for it; choose it under “After”"),
        ('{{ phases["x"] }}', 'line 1: “phases["x"]” is not there; at hand: phases["a"], phases["c"]'),
        ("{{ project.nme }}", "did you mean “project.name”?"),
    ],
)
def test_what_is_not_there_is_said_with_its_line(text: str, said: str) -> None:
    (line,) = find_unknown(prompt(text), "d")
    assert said in line


@pytest.mark.parametrize(
    "text",
    [
        "{% for answer in previous %}{{ answer.name }}{% endfor %}{% set x = 1 %}{{ x }}",
        "{{ other | default('none') }}{% if another is defined %}x{% endif %}",
        "{% if %}",
    ],
)
def test_names_of_its_own_and_what_may_be_missing_are_not_unknown(text: str) -> None:
    assert find_unknown(prompt(text), "d") == ()


def test_preview_stands_on_the_samples() -> None:
    content = prompt('{{ topic }} for {{ inputs.audience }}: {{ phases["c"].response }} {{ phases["a"].response }}')
    assert rendered(content) == (
        "A bicycle that folds into a backpack for ⟨Audience⟩: ⟨the answer of “C” will stand here⟩ "
        "⟨the answer of “A” will stand here⟩"
    )
    for path, value in ((("topic",), "Boats"), (("inputs", "audience"), "cooks"), (("answers", "c"), "Sail.")):
        content = set_sample(content, path, value)
    assert rendered(content).startswith("Boats for cooks: Sail. ⟨")


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ({"kind": "choice", "choices": ["plain", "warm"]}, "plain"),
        ({"kind": "number", "minimum": 5, "maximum": 9}, "5"),
        ({"kind": "number", "maximum": -2}, "-2"),
        ({"kind": "long_text", "required": False}, ""),
        ({"default": "Everybody"}, "Everybody"),
    ],
)
def test_question_without_a_sample_has_something_fitting(question: dict[str, object], value: str) -> None:
    content = put_input(chain("a", a={"prompt": "[{{ inputs.q }}]"}), {"name": "q", "label": "Q", **question})
    assert rendered(content, "a") == f"[{value}]"


def test_prompt_that_is_none_says_its_line() -> None:
    with pytest.raises(PlanInvalid, match="line 2"):
        rendered(prompt("x\n{{ topic"))


def test_problems_lead_to_where_they_are_mended() -> None:
    content = prompt("{{ topc }}")
    assert [(one.phase, one.is_fatal) for one in find_problems(content)] == [("d", False)]
    content = set_phase_field(content, "b", ("name",), "")
    content = set_phase_field(content, "c", ("review",), {"due_hours": 0})
    content = set_phase_field(content, "a", ("prompt",), "{{ topic")
    content = set_template_field(content, ("model",), "nonsense")
    found = {one.message: (one.phase, one.is_fatal) for one in find_problems(content)}
    assert found.pop("“b”: name is empty.") == ("b", True)
    assert found.pop("“C”: due hours must be at least 1.") == ("c", True)
    (said,) = (message for message in found if message.startswith("“A”: the prompt can't be used: line 1"))
    assert found.pop(said) == ("a", True)
    (said,) = (message for message in found if "is not a model" in message)
    assert found.pop(said) == (None, True)
    assert list(found.values()) == [("d", False)]


def test_changes_are_named_phase_by_phase() -> None:
    old = branched()
    new = set_phase_field(set_phase_field(old, "b", ("prompt",), "x"), "b", ("max_attempts",), 2)
    new = set_phase_field(new, "b", ("depends_on",), [])
    new = put_input(new, {"name": "tone", "label": "Tone"})
    new["data"]["phases"] = [*new["data"]["phases"][:-1], {"code": "e", "name": "E", "prompt": "y"}]
    assert outline.list_changes(old["data"], new["data"]) == (
        "Question “Tone” is new",
        "Phase “B”: prompt, attempts, after",
        "Phase “E” is new",
        "Phase “D” is removed",
    )
    assert outline.list_changes(old["data"], old["data"]) == ()


def test_review_that_says_no_more_is_a_change_when_it_comes_and_when_it_goes() -> None:
    without = branched()
    reviewed = set_phase_field(set_phase_field(without, "b", ("review",), {}), "b", ("output",), {"kind": "json"})
    assert outline.list_changes(without["data"], reviewed["data"]) == ("Phase “B”: review, answer",)
    assert outline.list_changes(reviewed["data"], without["data"]) == ("Phase “B”: review, answer",)
    assert "  Review: yes" in outline.outline(reviewed["data"]).splitlines()


def test_outline_is_readable_by_who_knows_no_format() -> None:
    said = outline.outline(branched()["data"]).splitlines()
    assert "Question “Audience”, read as inputs.audience" in said
    assert said[-3:] == ["d: D", "  After: c", "  Of {{ topic }}"]
