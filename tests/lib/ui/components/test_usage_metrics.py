"""The course beside a number: of what has a value, and never so short that there is no line."""

import pytest

from lib.ui.components.usage_metrics import draw_course


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([3, 0, 1], [3, 0, 1]),
        ([None, 0.5, None, 0.7], [0.5, 0.7]),
        ([None, 2.5, None], [2.5, 2.5]),
        ([None, None], [0, 0]),
        ([], [0, 0]),
    ],
)
def test_course_leaves_out_what_has_no_value_and_is_always_a_line(
    values: list[float | None], drawn: list[float]
) -> None:
    assert draw_course(values) == drawn
