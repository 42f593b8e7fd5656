"""What a retry is called."""

import pytest

from lib.runs.launch import MAX_TITLE
from lib.runs.titles import name_retry


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (None, None),
        ("Plan", "Plan (retry)"),
        ("Plan (retry)", "Plan (retry 2)"),
        ("Plan (retry 9)", "Plan (retry 10)"),
        ("Report (2026)", "Report (2026) (retry)"),
        ("(retry) of what", "(retry) of what (retry)"),
    ],
)
def test_retry_is_told_from_what_it_goes_on_from(title, expected):
    assert name_retry(title) == expected


def test_long_title_keeps_its_beginning_and_fits():
    first = name_retry("x" * MAX_TITLE)
    assert first == f"{'x' * (MAX_TITLE - 8)} (retry)"
    second = name_retry(first)
    assert len(second) <= MAX_TITLE
    assert second.endswith("x (retry 2)")
