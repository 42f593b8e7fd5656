"""What a retry is called."""

import pytest

from lib.runs.launch import MAX_TITLE
from lib.runs.titles import name_retry


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (None, None),
        ("Plan", "Retry: Plan"),
        ("Retry: Plan", "Retry 2: Plan"),
        ("Retry 9: Plan", "Retry 10: Plan"),
        ("Why retry: a plan", "Retry: Why retry: a plan"),
    ],
)
def test_retry_is_told_from_what_it_goes_on_from(title, expected):
    assert name_retry(title) == expected


def test_long_title_keeps_its_beginning_and_fits():
    assert name_retry("x" * MAX_TITLE) == f"Retry: {'x' * (MAX_TITLE - 7)}"
