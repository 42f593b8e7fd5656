"""What people do with their own profile."""

from collections.abc import Mapping
from dataclasses import dataclass

from lib.access.actor import Actor
from lib.db.session import tenant_session
from lib.identity.fields import clean_name
from lib.users import queries
from lib.users.structures import Preferences
from lib.validation import read_stored, validate


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person as they see themselves."""

    full_name: str
    email: str
    username: str
    preferences: Preferences


def get_profile(actor: Actor) -> Profile:
    """One's own profile."""
    with tenant_session(actor) as session:
        user = queries.get_user(session, actor.user_id)
        return Profile(
            full_name=user.full_name or "",
            email=user.email,
            username=user.username,
            preferences=read_stored(Preferences, user.preferences, what="Your preferences"),
        )


def update_profile(actor: Actor, *, full_name: str) -> None:
    """Change one's own name. Raises `InvalidInput`."""
    name = clean_name(full_name, field="Name")
    with tenant_session(actor) as session:
        queries.get_user(session, actor.user_id).full_name = name


def update_preferences(actor: Actor, *, time_zone: str, landing_page: str, notifications: Mapping[str, bool]) -> None:
    """Change what one prefers; `notifications` by the names of `Notifications`. Raises `InvalidInput`."""
    entered = {"time_zone": time_zone, "landing_page": landing_page, "notifications": dict(notifications)}
    changed = validate(Preferences, entered, what="Your preferences").to_json()
    with tenant_session(actor) as session:
        user = queries.get_user(session, actor.user_id)
        # the rest stays, also what a newer version has stored
        kept = user.preferences.get("notifications", {})
        user.preferences = user.preferences | changed | {"notifications": kept | dict(notifications)}
