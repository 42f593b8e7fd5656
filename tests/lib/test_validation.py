from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator

from lib.errors import InvalidInput
from lib.validation import read_stored, validate


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: Annotated[int, Field(ge=10, le=30)] = 20
    color: Color = Color.RED


class Bike(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=8)]
    wheels: Annotated[tuple[Wheel, ...], Field(max_length=2)] = ()
    bell: bool = False
    bought: date | None = None
    kind: Literal["city", "race"] = "city"
    extras: dict[str, Any] = {}

    @field_validator("name")
    @classmethod
    def _no_car(cls, value: str) -> str:
        if value == "car":
            message = "a car is no bike."
            raise ValueError(message)
        return value


def problems(data: object) -> tuple[str, ...]:
    with pytest.raises(InvalidInput) as caught:
        validate(Bike, data, what="The bike")
    assert caught.value.message.startswith("The bike can't be used")
    assert all(line in caught.value.message for line in caught.value.problems)
    return caught.value.problems


def test_what_fits_comes_back_as_the_model() -> None:
    bike = validate(Bike, {"name": "Anna", "wheels": [{"size": 28}]}, what="The bike")
    assert bike.wheels == (Wheel(size=28),)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({}, "name: is missing"),
        ({"name": ""}, "name: is empty"),
        ({"name": "much too long"}, "name: is longer than 8 characters"),
        ({"name": 5}, "name: must be text"),
        ({"name": "car"}, "name: a car is no bike"),
        ({"name": "a", "nmae": 1}, "“nmae” is not known; did you mean “name”"),
        ({"name": "a", "zzz": 1}, "“zzz” is not known; known are name, wheels, bell, bought, kind, extras"),
        (
            {"name": "a", "wheels": [{"size": 20}, {"colour": "red"}]},
            "wheels 2: “colour” is not known; did you mean “color”",
        ),
        ({"name": "a", "wheels": [{"size": 9}]}, "wheels 1, size: must be at least 10"),
        ({"name": "a", "wheels": [{"size": 31}]}, "wheels 1, size: must be at most 30"),
        ({"name": "a", "wheels": [{"size": 20.5}]}, "wheels 1, size: must be a whole number"),
        (
            {"name": "a", "wheels": [{"color": "green"}]},
            "wheels 1, color: must be one of: 'red' or 'blue', not “green”",
        ),
        ({"name": "a", "wheels": [{}, {}, {}]}, "wheels: has more than 2 entries"),
        ({"name": "a", "wheels": "two"}, "wheels: must be a list"),
        ({"name": "a", "wheels": ["round"]}, "wheels 1: must be a group of named values"),
        ({"name": "a", "bell": "loud"}, "bell: must be true or false"),
        ({"name": "a", "bought": "yesterday"}, "bought: must be a date like 2026-01-31"),
        ({"name": "a", "kind": "truck"}, "kind: must be one of: 'city' or 'race', not “truck”"),
        ([], "must be a group of named values"),
        ("text", "must be a group of named values"),
        (None, "must be a group of named values"),
        ({"name": "a\x00"}, "name: has a character that can't be stored"),
        ({"name": "a", "extras": {"b": ["\ud800"]}}, "extras, b 1: has a character that can't be stored"),
        ({"name": "a", "extras": {"\x00": 1}}, "extras, a name: has a character that can't be stored"),
        ({"name": "a", "extras": {"b": float("nan")}}, "extras, b: must be a finite number"),
    ],
)
def test_each_fault_is_one_line_in_plain_words(data: object, line: str) -> None:
    assert problems(data) == (line,)


def test_all_faults_are_named_at_once() -> None:
    lines = problems({"name": "", "bell": "loud", "hand": 1})
    assert len(lines) == 3


def test_many_faults_are_counted_and_not_listed() -> None:
    lines = problems({"name": "a"} | {f"key{n}": n for n in range(50)})
    assert len(lines) == 21
    assert lines[-1] == "and 30 more"


def test_what_contains_itself_is_refused() -> None:
    inner: list[Any] = []
    inner.append(inner)
    assert "nested too deeply" in problems({"name": "a", "extras": {"b": inner}})[0]


def test_aliases_that_multiply_are_refused_in_no_time() -> None:
    value: Any = "lol"
    for _ in range(30):
        value = [value] * 10
    assert "too many entries" in problems({"name": "a", "extras": {"b": value}})[0]


def test_what_a_newer_version_wrote_is_kept_on_reading() -> None:
    bike = read_stored(Bike, {"name": "Anna", "motor": True, "wheels": [{"spokes": 32}]}, what="The bike")
    assert bike.model_extra == {"motor": True}
    assert bike.wheels[0].model_extra == {"spokes": 32}


def test_what_is_stored_wrong_is_said_on_reading() -> None:
    with pytest.raises(InvalidInput, match="name: is missing"):
        read_stored(Bike, {}, what="The bike")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def refusal(data: object) -> InvalidInput | None:
    try:
        validate(Bike, data, what="The bike")
    except InvalidInput as error:
        return error
    return None


@given(st.dictionaries(st.sampled_from(["name", "wheels", "bell", "bought", "kind", "extras", "size"]), json_values))
def test_whatever_is_wrong_is_said_in_lines_that_a_person_reads(data: dict[str, Any]) -> None:
    error = refusal(data)
    if error is not None:
        assert error.problems
        assert not any("max_length" in line or "pydantic" in line for line in error.problems)
