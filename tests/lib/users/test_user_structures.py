import json

import pytest

from lib.access.permissions import Permission
from lib.errors import InvalidInput
from lib.users.structures import Preferences, UserPermissions
from lib.validation import read_stored, validate

#: From the specification, verbatim.
EXAMPLE = """
[
  "projects.create",
  "projects.edit",
  "orchestrations.run",
  "templates.create",
  "analytics.view"
]
"""


def test_example_of_the_specification_is_taken_and_kept() -> None:
    example = json.loads(EXAMPLE)
    permissions = validate(UserPermissions, example, what="The permissions")
    assert permissions.root == tuple(Permission(word) for word in example)
    assert permissions.to_json() == sorted(example)


def test_permission_is_stored_once() -> None:
    twice = ["analytics.view", "analytics.view"]
    assert validate(UserPermissions, twice, what="The permissions").to_json() == ["analytics.view"]


@pytest.mark.parametrize(
    "wrong", [["analytics.view", "projects.delete"], ["Projects.create"], [""], [1], "projects.create"]
)
def test_word_that_is_no_permission_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidInput, match="The permissions can't be used"):
        validate(UserPermissions, wrong, what="The permissions")


def test_preferences_are_taken_and_kept() -> None:
    whole = {
        "time_zone": "Europe/Berlin",
        "landing_page": "runs",
        "notifications": {"run_finished": False, "run_failed": True, "review_waiting": False},
    }
    assert set(whole) == set(Preferences.model_fields)
    assert validate(Preferences, whole, what="The preferences").to_json() == whole


def test_preferences_that_nobody_set_have_defaults_and_are_not_stored() -> None:
    preferences = validate(Preferences, {}, what="The preferences")
    assert preferences.to_json() == {}
    assert (preferences.time_zone, preferences.landing_page) == ("UTC", "overview")
    assert preferences.notifications.run_failed


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"time_zone": "Berlin"}, "time_zone: must be a time zone like Europe/Berlin"),
        ({"time_zone": "../../etc/passwd"}, "time_zone: must be a time zone"),
        ({"landing_page": "audit"}, "landing_page: must be one of"),
        ({"theme": "dark"}, "“theme” is not known"),
        ({"notifications": {"run_fails": True}}, "notifications: “run_fails” is not known; did you mean “run_failed”"),
    ],
)
def test_wrong_preference_is_refused_by_name(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(Preferences, wrong, what="The preferences")
    assert said in caught.value.message


def test_preferences_of_a_newer_version_are_kept_on_read() -> None:
    read = read_stored(Preferences, {"density": "compact", "time_zone": "Asia/Tokyo"}, what="The preferences")
    assert read.model_extra == {"density": "compact"}
    assert read.time_zone == "Asia/Tokyo"
