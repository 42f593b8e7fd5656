from datetime import date
from typing import Any

import pytest

from lib.ui import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "not set"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (148_220, "148,220"),
        (1.5, "1.5"),
        (40.0, "40"),
        (-0.0, "0"),
        (1e21, "1e+21"),
        ([40.0, 2.5], "40, 2.5"),
        ("", "empty"),
        ([], "empty"),
        ({}, "empty"),
        ("[]", "[]"),
        ("ü", "ü"),
        (["a", 1200, True], "a, 1,200, yes"),
        ([{"a": None}], '[{"a": null}]'),
        ({"a": "ü"}, '{"a": "ü"}'),
    ],
)
def test_stored_value_is_said_as_a_person_would(value: Any, said: str) -> None:
    assert words.said(value) == said


def test_verb_agrees_with_the_count() -> None:
    assert [words.are(count) for count in (0, 1, 2)] == ["are", "is", "are"]


def test_count_that_went_no_further_says_so() -> None:
    assert [words.at_most(count, most=9) for count in (0, 9, 10, 5000)] == ["0", "9", "9+", "9+"]


def test_day_is_short_in_a_column_and_sorts_in_the_name_of_a_file() -> None:
    assert words.short_day(date(2025, 11, 2)) == "2 Nov 2025"
    assert words.file_day(date(2025, 11, 2)) == "2025-11-02"


def test_share_has_a_point_and_its_digits() -> None:
    assert words.css_percent(100 / 3) == "33.33%"
    assert words.css_percent(82.4499, digits=1) == "82.4%"
