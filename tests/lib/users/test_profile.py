from datetime import UTC, datetime
from typing import Any

import pytest

from lib.access.actor import Actor
from lib.errors import InvalidInput, NotSignedIn
from lib.users.service import get_profile, update_preferences, update_profile
from tests.cast import Cast
from tests.conftest import Installation
from tests.records import row, rows, signature, trail

pytestmark = pytest.mark.usefixtures("installation")


def stored(installation: Installation, actor: Actor) -> dict[str, Any]:
    return row(installation, "SELECT * FROM users WHERE id = %s", actor.user_id)


def prefer(actor: Actor, **entered: Any) -> None:
    """Save the preferences, these and otherwise the usual ones."""
    update_preferences(actor, **{"time_zone": "UTC", "landing_page": "overview", "notifications": {}, **entered})


def test_person_of_any_role_reads_and_changes_their_own_profile(installation: Installation, cast: Cast) -> None:
    for actor in (*cast.of_a, cast.charlie):
        update_profile(actor, full_name=f"  {actor.username}   van  Dijk ")

        profile = get_profile(actor)
        assert profile.full_name == f"{actor.username} van Dijk"
        assert (profile.email, profile.username) == (actor.email, actor.username)
        (entry,) = trail(installation, "users.update", actor.user_id)
        assert entry.items() >= signature(actor).items()
        assert entry["old_values"] == {"full_name": actor.username.capitalize()}
        assert entry["new_values"] == {"full_name": f"{actor.username} van Dijk"}


def test_person_of_any_role_chooses_their_preferences(installation: Installation, cast: Cast) -> None:
    for actor in (*cast.of_a, cast.charlie):
        prefer(actor, time_zone="Europe/Amsterdam", landing_page="runs", notifications={"run_failed": False})

        preferences = get_profile(actor).preferences
        assert (preferences.time_zone, preferences.landing_page) == ("Europe/Amsterdam", "runs")
        told = preferences.notifications
        assert (told.run_finished, told.run_failed, told.review_waiting) == (True, False, True)
        (entry,) = trail(installation, "users.update", actor.user_id)
        assert entry.items() >= signature(actor).items()


def test_change_of_ones_profile_touches_nobody_else(installation: Installation, cast: Cast) -> None:
    others = "SELECT * FROM users WHERE id <> %s ORDER BY id"
    before = rows(installation, others, cast.max.user_id)
    update_profile(cast.max, full_name="Max Moritz")
    prefer(cast.max, time_zone="Asia/Tokyo")
    assert rows(installation, others, cast.max.user_id) == before


@pytest.mark.parametrize(
    ("full_name", "said"),
    [
        ("", "Name is empty. Enter something."),
        ("   ", "Name is empty"),
        ("x" * 300, "Name has 300 characters; 255 is the most"),
        ("Max\u202e", "invisible control character"),
    ],
)
def test_wrong_name_is_said_and_changes_nothing(
    installation: Installation, cast: Cast, full_name: str, said: str
) -> None:
    before = stored(installation, cast.max)
    with pytest.raises(InvalidInput) as wrong:
        update_profile(cast.max, full_name=full_name)
    assert said in wrong.value.message
    assert stored(installation, cast.max) == before


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"time_zone": "Atlantis/Centre"}, "time_zone: must be a time zone like Europe/Berlin"),
        ({"time_zone": ""}, "time_zone: must be a time zone"),
        ({"landing_page": "https://evil.example"}, "landing_page: must be one of"),
        ({"notifications": {"runs_finished": True}}, "“runs_finished” is not known"),
        ({"notifications": {"run_failed": "perhaps"}}, "must be true or false"),
    ],
)
def test_wrong_preference_is_said_and_changes_nothing(
    installation: Installation, cast: Cast, entered: dict[str, Any], said: str
) -> None:
    before = stored(installation, cast.max)
    with pytest.raises(InvalidInput) as wrong:
        prefer(cast.max, **entered)
    assert said in wrong.value.message
    assert stored(installation, cast.max) == before


def test_markup_in_a_name_is_kept_as_it_was_typed(cast: Cast) -> None:
    name = "<i>Max</i> ![x](https://evil.example/x.png)"
    update_profile(cast.max, full_name=name)
    assert get_profile(cast.max).full_name == name


def test_preferences_of_a_newer_version_survive_a_change(installation: Installation, cast: Cast) -> None:
    rows(
        installation,
        "UPDATE users SET preferences = %s::jsonb WHERE id = %s RETURNING 1",
        '{"density": "compact", "notifications": {"budget": true, "run_failed": true}}',
        cast.max.user_id,
    )
    prefer(cast.max, time_zone="Asia/Tokyo", landing_page="projects", notifications={"run_failed": False})
    assert stored(installation, cast.max)["preferences"] == {
        "density": "compact",
        "landing_page": "projects",
        "notifications": {"budget": True, "run_failed": False},
        "time_zone": "Asia/Tokyo",
    }


@pytest.mark.parametrize("column", ["deleted_at", "deactivated_at"])
def test_person_who_is_gone_changes_nothing(installation: Installation, cast: Cast, column: str) -> None:
    change = f"UPDATE users SET {column} = %s WHERE id = %s RETURNING 1"
    rows(installation, change, datetime.now(UTC), cast.max.user_id)
    with pytest.raises(NotSignedIn):
        get_profile(cast.max)
    with pytest.raises(NotSignedIn):
        update_profile(cast.max, full_name="Still here")
    with pytest.raises(NotSignedIn):
        prefer(cast.max, time_zone="Asia/Tokyo")
    assert stored(installation, cast.max)["full_name"] == "Max"
