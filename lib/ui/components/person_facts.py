"""What a person's page says of them beside their rights: who they are, when they were here, what was done to them."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permission_names import PERMISSIONS
from lib.access.permissions import Permission
from lib.audit.service import list_person_changes
from lib.audit.views import Thing
from lib.ui import words
from lib.ui.components.activity import current_change, show_activity
from lib.ui.components.facts import show_facts
from lib.ui.components.moment import moment_inline
from lib.ui.components.permission_words import ROLES
from lib.ui.components.person import person_inline
from lib.users.views import PersonDetail

#: What the fields of a person are called.
_NAMES: Final[Mapping[str, str]] = {
    "full_name": "Name",
    "username": "User name",
    "email": "E-mail",
    "role": "Role",
    "permissions": "Permissions beside the role",
    "preferences": "Preferences",
    "preferences.time_zone": "Time zone",
    "preferences.landing_page": "Landing page",
    "deactivated_at": "Deactivated",
    "email_verified_at": "E-mail confirmed",
    "is_operator": "Runs the installation",
    "sessions": "Sessions",
}
_SESSIONS = Markup("{}, last used {}")


def show_person_facts(person: PersonDetail, *, time_zone: str) -> None:
    """Draw who they are and when they were here."""
    moments = (("Joined", person.created_at), ("Last sign-in", person.last_login_at))
    show_facts(
        [
            ("E-mail", person.email),
            ("User name", person.username),
            ("Role", f"{person.role.capitalize()}: {ROLES[person.role]}"),
            *([("Beside it", _permissions(person))] if person.permissions else []),
            ("Second factor", "On" if person.has_second_factor else "Off"),
            *([("Invited by", person_inline(person.invited_by))] if person.invited_by else []),
            *((label, moment_inline(moment, time_zone=time_zone)) for label, moment in moments),
            *([("Sessions", _sessions(person, time_zone=time_zone))] if person.sessions is not None else []),
            *(
                [("Deactivated", moment_inline(person.deactivated_at, time_zone=time_zone))]
                if person.deactivated_at
                else []
            ),
        ]
    )


def show_person_activity(actor: Actor, person: PersonDetail) -> None:
    """Draw what was done to the person and when they signed in, for whoever may read the audit trail."""
    if not actor.may(Permission.AUDIT_VIEW):
        return
    changes = list_person_changes(actor, person.id, cursor=current_change())
    show_activity(actor, Thing("users", person.id), changes, names=_NAMES)


def _permissions(person: PersonDetail) -> str:
    return "\n".join(words for permission, words in PERMISSIONS.items() if permission in person.permissions)


def _sessions(person: PersonDetail, *, time_zone: str) -> str:
    if not person.sessions:
        return "None: they are signed in nowhere"
    count = words.count(person.sessions, "session")
    return _SESSIONS.format(count, moment_inline(person.last_seen_at, time_zone=time_zone))
