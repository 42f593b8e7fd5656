from datetime import date, datetime
from typing import Any

import pytest

from lib.errors import AnswersInvalid, InvalidInput
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
        ({"title": "a", "people": float("nan")}, "People: must be a number"),
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


def test_limit_of_many_digits_is_said_whole() -> None:
    field = InputField(name="n", label="N", kind="number", minimum=1_234_567, maximum=1_234_567.5)
    for value, words in ((0, "must be at least 1234567"), (2e6, "must be at most 1234567.5")):
        with pytest.raises(AnswersInvalid) as caught:
            validate_inputs([field], {"n": value})
        assert [fault.words for fault in caught.value.faults] == [words]


@pytest.mark.parametrize(
    ("given", "written"),
    [(40.0, "40"), (40, "40"), (2.5, "2.5"), (-0.0, "0"), (0.1, "0.1"), (1e15, "1000000000000000"), (-7.0, "-7")],
)
def test_number_is_stored_as_people_write_it(given: float, written: str) -> None:
    field = InputField(name="n", label="N", kind="number")
    assert str(validate_inputs([field], {"n": given})["n"]) == written
    assert str(validate_inputs([field.model_copy(update={"default": given})], {})["n"]) == written


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (1e21, "is too large"),
        (10**400, "is too large"),
        (float("-inf"), "is too large"),
        (float("nan"), "must be a number"),
    ],
)
def test_number_that_nobody_means_is_refused(given: float, words: str) -> None:
    with pytest.raises(AnswersInvalid) as caught:
        validate_inputs([InputField(name="n", label="N", kind="number")], {"n": given})
    assert [(fault.name, fault.words, fault.is_missing) for fault in caught.value.faults] == [("n", words, False)]


def test_what_is_not_answered_yet_is_told_from_what_is_wrong() -> None:
    with pytest.raises(AnswersInvalid) as caught:
        validate_inputs(FIELDS, {"title": " ", "people": 99})
    assert [(fault.label, fault.is_missing) for fault in caught.value.faults] == [("Title", True), ("People", False)]
