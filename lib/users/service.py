"""What people do with their own profile."""

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


def update_profile(actor: Actor, *, full_name: str, time_zone: str) -> None:
    """Change one's own name and preferences. Raises `InvalidInput`."""
    name = clean_name(full_name, field="Name")
    changed = validate(Preferences, {"time_zone": time_zone}, what="Your preferences").to_json()
    with tenant_session(actor) as session:
        user = queries.get_user(session, actor.user_id)
        user.preferences = user.preferences | changed  # the rest stays, also what a newer version has stored
        user.full_name = name
