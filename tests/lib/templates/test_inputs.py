from datetime import date, datetime
from typing import Any

import pytest

from lib.errors import InvalidInput
from lib.templates.inputs import InputField, validate_inputs

FIELDS = (
    InputField(name="title", label="Title", max_length=10),
    InputField(name="story", label="Story", kind="long_text", required=False),
    InputField(name="tone", label="Tone", kind="choice", choices=("plain", "warm"), default="plain"),
    InputField(name="people", label="People", kind="number", minimum=1, maximum=10, required=False),
    InputField(name="start", label="Start", kind="date", required=False),
)


def refused(**values: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        validate_inputs(FIELDS, values)
    return caught.value


def test_every_field_is_there_afterwards() -> None:
    assert validate_inputs(FIELDS, {"title": " Fair "}) == {
        "title": "Fair",
        "story": None,
        "tone": "plain",
        "people": None,
        "start": None,
    }


def test_what_was_entered_is_taken() -> None:
    values = {"title": "Fair", "story": "Once\nupon", "tone": "warm", "people": 3, "start": date(2026, 1, 31)}
    assert validate_inputs(FIELDS, values) == values | {"start": "2026-01-31"}


def test_an_empty_field_takes_the_default() -> None:
    assert validate_inputs(FIELDS, {"title": "Fair", "tone": ""})["tone"] == "plain"


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "Title: is missing"),
        ({"title": "   "}, "Title: is missing"),
        ({"title": "x" * 11}, "Title: is longer than 10 characters"),
        ({"title": "two\nlines"}, "Title: must be one line"),
        ({"title": 5}, "Title: must be text"),
        ({"title": "a\x00"}, "Title: has a character that can't be stored"),
        ({"title": "a", "story": "x" * 50_001}, "Story: is longer than 50000 characters"),
        ({"title": "a", "tone": "angry"}, "Tone: must be one of: plain, warm"),
        ({"title": "a", "people": 0}, "People: must be at least 1"),
        ({"title": "a", "people": 11}, "People: must be at most 10"),
        ({"title": "a", "people": "three"}, "People: must be a number"),
        ({"title": "a", "people": True}, "People: must be a number"),
        ({"title": "a", "people": float("nan")}, "People: is too large"),
        ({"title": "a", "start": "soon"}, "Start: must be a date like 2026-01-31"),
        ({"title": "a", "start": datetime(2026, 1, 31, 12)}, "Start: must be a date like 2026-01-31"),  # noqa: DTZ001 - wrong on purpose
        ({"title": "a", "titel": "b"}, "“titel” is not asked for; did you mean “title”"),
        ({"title": "a", "zzz": "b"}, "“zzz” is not asked for"),
    ],
)
def test_a_wrong_answer_is_named_as_the_form_names_it(values: dict[str, Any], line: str) -> None:
    error = refused(**values)
    assert error.problems == (line,)
    assert line in error.message


def test_all_wrong_answers_are_named_and_the_first_is_pointed_at() -> None:
    error = refused(tone="angry", people=99)
    assert len(error.problems) == 3
    assert error.field == "Title"


def test_without_questions_nothing_may_be_answered() -> None:
    assert validate_inputs((), {}) == {}
    with pytest.raises(InvalidInput):
        validate_inputs((), {"a": 1})
