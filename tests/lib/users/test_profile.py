from datetime import UTC, datetime
from typing import Any

import pytest

from lib.access.actor import Actor
from lib.errors import InvalidInput, NotSignedIn
from lib.users.service import get_profile, update_profile
from tests.cast import Cast
from tests.conftest import Installation
from tests.records import row, rows, signature, trail

pytestmark = pytest.mark.usefixtures("installation")


def stored(installation: Installation, actor: Actor) -> dict[str, Any]:
    return row(installation, "SELECT * FROM users WHERE id = %s", actor.user_id)


def test_person_of_any_role_reads_and_changes_their_own_profile(installation: Installation, cast: Cast) -> None:
    for actor in (*cast.of_a, cast.charlie):
        update_profile(actor, full_name=f"  {actor.username}   van  Dijk ", time_zone="Europe/Amsterdam")

        profile = get_profile(actor)
        assert profile.full_name == f"{actor.username} van Dijk"
        assert profile.preferences.time_zone == "Europe/Amsterdam"
        assert (profile.email, profile.username) == (actor.email, actor.username)
        (entry,) = trail(installation, "users.update", actor.user_id)
        assert entry.items() >= signature(actor).items()
        assert entry["old_values"] == {"full_name": actor.username.capitalize(), "preferences": {}}
        assert entry["new_values"] == {
            "full_name": f"{actor.username} van Dijk",
            "preferences": {"time_zone": "Europe/Amsterdam"},
        }


def test_change_of_ones_profile_touches_nobody_else(installation: Installation, cast: Cast) -> None:
    others = "SELECT * FROM users WHERE id <> %s ORDER BY id"
    before = rows(installation, others, cast.max.user_id)
    update_profile(cast.max, full_name="Max Moritz", time_zone="UTC")
    assert rows(installation, others, cast.max.user_id) == before


@pytest.mark.parametrize(
    ("full_name", "time_zone", "said"),
    [
        ("", "UTC", "Name is empty. Enter something."),
        ("   ", "UTC", "Name is empty"),
        ("x" * 300, "UTC", "Name has 300 characters; 255 is the most"),
        ("Max\u202e", "UTC", "invisible control character"),
        ("Max", "Atlantis/Centre", "time_zone: must be a time zone like Europe/Berlin"),
        ("Max", "", "time_zone: must be a time zone"),
    ],
)
def test_wrong_profile_is_said_and_changes_nothing(
    installation: Installation, cast: Cast, full_name: str, time_zone: str, said: str
) -> None:
    before = stored(installation, cast.max)
    with pytest.raises(InvalidInput) as wrong:
        update_profile(cast.max, full_name=full_name, time_zone=time_zone)
    assert said in wrong.value.message
    assert stored(installation, cast.max) == before


def test_markup_in_a_name_is_kept_as_it_was_typed(cast: Cast) -> None:
    name = "<i>Max</i> ![x](https://evil.example/x.png)"
    update_profile(cast.max, full_name=name, time_zone="UTC")
    assert get_profile(cast.max).full_name == name


def test_preferences_of_a_newer_version_survive_a_change(installation: Installation, cast: Cast) -> None:
    rows(
        installation,
        """UPDATE users SET preferences = '{"density": "compact", "landing_page": "runs"}' WHERE id = %s RETURNING 1""",
        cast.max.user_id,
    )
    update_profile(cast.max, full_name="Max", time_zone="Asia/Tokyo")
    assert stored(installation, cast.max)["preferences"] == {
        "density": "compact",
        "landing_page": "runs",
        "time_zone": "Asia/Tokyo",
    }


@pytest.mark.parametrize("column", ["deleted_at", "deactivated_at"])
def test_person_who_is_gone_changes_nothing(installation: Installation, cast: Cast, column: str) -> None:
    change = f"UPDATE users SET {column} = %s WHERE id = %s RETURNING 1"
    rows(installation, change, datetime.now(UTC), cast.max.user_id)
    with pytest.raises(NotSignedIn):
        get_profile(cast.max)
    with pytest.raises(NotSignedIn):
        update_profile(cast.max, full_name="Still here", time_zone="UTC")
    assert stored(installation, cast.max)["full_name"] == "Max"
