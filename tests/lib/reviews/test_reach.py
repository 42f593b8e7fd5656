"""Whether there are people enough for the approvals that an answer asks for."""

import pytest

from lib.reviews.reach import say_who_is_missing


@pytest.mark.parametrize(
    ("required", "others", "may_oneself", "is_own_run", "said"),
    [
        (1, 0, True, True, "Nobody but you could approve the plan"),
        (1, 0, False, False, "the plan asks for an approval, and nobody may give one"),
        (2, 0, True, False, "the plan asks for 2 approvals, and only one person may give one"),
        (4, 2, True, True, "the plan asks for 4 approvals, and only 3 people may give one"),
    ],
)
def test_it_is_said_who_is_missing(required, others, may_oneself, is_own_run, said):
    told = say_who_is_missing(
        "the plan", required=required, others=others, may_oneself=may_oneself, is_own_run=is_own_run
    )
    assert told is not None
    assert told.startswith(said)


@pytest.mark.parametrize(
    ("required", "others", "may_oneself", "is_own_run"),
    [(1, 1, True, True), (1, 0, True, False), (1, 1, False, True), (2, 1, True, True), (3, 3, False, False)],
)
def test_nothing_is_said_where_there_are_enough(required, others, may_oneself, is_own_run):
    found = say_who_is_missing(
        "the plan", required=required, others=others, may_oneself=may_oneself, is_own_run=is_own_run
    )
    assert found is None
