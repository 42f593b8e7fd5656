"""Comparisons that are put together by choosing."""

import pytest

from lib.errors import InvalidInput
from lib.templates.editing.comparing import Sign, add_comparison, list_subjects
from lib.templates.editing.conditions import list_condition_examples, try_condition
from lib.templates.editing.content import Content, get_phase
from lib.templates.editing.problems import find_problems
from lib.templates.editing.questions import put_input
from tests.lib.templates.editing.drafts import chain

SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer"}, "burns": {"type": "boolean"}, "tone": {"enum": ["dry", "warm"]}},
}
CHECK = 'phases["a"].json.'


def draft(condition: str | None = None) -> Content:
    content = chain("a", "b", "c", a={"output": {"kind": "json", "schema": SCHEMA}}, b={"condition": condition})
    content = put_input(
        content, {"name": "season", "label": "Season", "kind": "choice", "choices": ["winter", "summer"]}
    )
    return put_input(content, {"name": "guests", "label": "Guests", "kind": "number", "required": False})


def test_questions_and_fields_of_answers_before_can_be_compared() -> None:
    found = {each.expression: each for each in list_subjects(draft(), "b")}
    assert list(found) == ["inputs.season", "inputs.guests", f"{CHECK}score", f"{CHECK}burns", f"{CHECK}tone"]
    assert found["inputs.season"].choices == ("winter", "summer")
    assert found[f"{CHECK}tone"].choices == ("dry", "warm")
    assert Sign.MORE in found[f"{CHECK}score"].signs
    assert Sign.MORE not in found["inputs.season"].signs
    assert len(list_subjects(draft(), "a")) == 2


@pytest.mark.parametrize(
    ("expression", "sign", "value", "written"),
    [
        ("inputs.season", Sign.IS, "winter", "inputs.season == 'winter'"),
        ("inputs.season", Sign.IS_NOT, "it's", r"inputs.season != 'it\'s'"),
        ("inputs.guests", Sign.MORE, 1234567.0, "inputs.guests is number and inputs.guests > 1234567"),
        (f"{CHECK}score", Sign.IS, 2.5, f"{CHECK}score == 2.5"),
        (f"{CHECK}burns", Sign.IS, False, f"{CHECK}burns == false"),
    ],
)
def test_comparison_is_written_such_that_it_can_be_asked(
    expression: str, sign: Sign, value: str | float | bool, written: str
) -> None:
    content = add_comparison(draft(), "b", expression, sign, value)
    assert get_phase(content, "b")["condition"] == written
    assert try_condition(content, "b").faults == ()


@pytest.mark.parametrize(
    ("before", "begins"), [("topic", "topic and "), ("topic or inputs.season", "(topic or inputs.season) and ")]
)
def test_comparison_is_added_to_what_is_there(before: str, begins: str) -> None:
    content = add_comparison(draft(before), "b", "inputs.season", Sign.IS, "winter")
    assert get_phase(content, "b")["condition"] == f"{begins}inputs.season == 'winter'"


@pytest.mark.parametrize(("expression", "value"), [("inputs.season", None), ("inputs.season", " "), ("inputs.x", "a")])
def test_comparison_with_nothing_is_refused(expression: str, value: str | None) -> None:
    with pytest.raises(InvalidInput):
        add_comparison(draft(), "b", expression, Sign.IS, value)


@pytest.mark.parametrize(
    ("before", "is_refused"),
    [
        ("inputs.guests is number and inputs.guests > 3", True),
        ("topic and (inputs.guests is number) and inputs.guests>3", True),
        ("topic and (inputs.guests is number and inputs.guests > 4)", False),
        ("topic or inputs.guests is number and inputs.guests > 3", False),
        ("topic =", False),
    ],
)
def test_comparison_that_is_there_is_not_added_again(before: str, is_refused: bool) -> None:
    content = draft(before)
    if is_refused:
        with pytest.raises(InvalidInput, match="says that already"):
            add_comparison(content, "b", "inputs.guests", Sign.MORE, 3)
    else:
        written = str(get_phase(add_comparison(content, "b", "inputs.guests", Sign.MORE, 3), "b")["condition"])
        assert written.endswith(" and inputs.guests is number and inputs.guests > 3")


def test_examples_name_what_the_draft_has_and_can_be_asked() -> None:
    content = draft()
    assert [each.expression for each in list_condition_examples(content, "a")] == [
        "'boat' in topic | lower",
        "inputs.season == 'winter'",
    ]
    examples = [each.expression for each in list_condition_examples(content, "b")]
    assert f"{CHECK}score is number and {CHECK}score > 7" in examples
    assert "phases[\"a\"].status == 'completed'" in examples
    for example in examples:
        assert try_condition(draft(example), "b").faults == (), example
    assert [each.expression for each in list_condition_examples(chain("a"), "a")] == ["'boat' in topic | lower"]


def test_word_that_is_no_choice_is_a_problem_that_can_be_saved() -> None:
    (problem,) = find_problems(draft("inputs.season == 'witner'"))
    assert problem.message == "“B”, condition: “witner” is no choice of inputs.season; did you mean “winter”?"
    assert (problem.phase, problem.is_fatal) == ("b", False)


def test_long_names_leave_room_for_the_reason() -> None:
    problems = find_problems(chain("a", a={"name": "n" * 300, "prompt": "{{ topic", "condition": "topic ="}))
    assert len(problems) == 3
    assert all(problem.message.startswith(f"“{'n' * 59}…”") for problem in problems)


def test_comparison_that_is_there_is_not_added_twice() -> None:
    content = add_comparison(draft(), "b", "inputs.season", Sign.IS, "winter")
    with pytest.raises(InvalidInput, match="says that already"):
        add_comparison(content, "b", "inputs.season", Sign.IS, "winter")
