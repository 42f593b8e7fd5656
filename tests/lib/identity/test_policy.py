from datetime import timedelta

import pytest

from lib.identity import policy
from lib.identity.policy import SecurityPolicy, read_policy
from lib.organizations.structures import SecuritySettings


def test_organization_that_set_nothing_has_an_hour_and_twelve_characters() -> None:
    assert read_policy({}) == SecurityPolicy(session_timeout=timedelta(hours=1), min_password_length=12)


def test_structure_of_the_specification_is_read() -> None:
    assert read_policy({"require_2fa": False, "session_timeout": 3600}).session_timeout == timedelta(hours=1)


@pytest.mark.parametrize(
    ("stored", "taken"),
    [(900, 900), (1, 300), (-5, 300), (10**12, 30 * 86400), ("900", 3600), (None, 3600), (True, 3600), (1.5, 3600)],
)
def test_session_timeout_that_makes_no_sense_is_taken_as_the_nearest_that_does(stored: object, taken: int) -> None:
    assert read_policy({"session_timeout": stored}).session_timeout == timedelta(seconds=taken)


@pytest.mark.parametrize(("stored", "taken"), [(16, 16), (0, 8), (10**6, 128), ("16", 12), (False, 12)])
def test_password_length_that_makes_no_sense_is_taken_as_the_nearest_that_does(stored: object, taken: int) -> None:
    assert read_policy({"min_password_length": stored}).min_password_length == taken


@pytest.mark.parametrize(("timeout_seconds", "touch_seconds"), [(60, 6), (300, 30), (600, 60), (3600, 60)])
def test_session_is_written_once_a_minute_and_often_enough_for_a_short_timeout(
    timeout_seconds: int, touch_seconds: int
) -> None:
    rules = SecurityPolicy(session_timeout=timedelta(seconds=timeout_seconds))
    assert rules.touch_after == timedelta(seconds=touch_seconds)


def test_whatever_an_organization_may_set_is_taken_as_it_is() -> None:
    for seconds in (policy.SHORTEST_TIMEOUT_SECONDS, policy.LONGEST_TIMEOUT_SECONDS):
        settings = SecuritySettings(session_timeout=seconds)
        assert read_policy(settings.model_dump()).session_timeout == timedelta(seconds=seconds)
    for length in (policy.LEAST_PASSWORD_LENGTH, policy.MOST_PASSWORD_LENGTH):
        settings = SecuritySettings(min_password_length=length)
        assert read_policy(settings.model_dump()).min_password_length == length
