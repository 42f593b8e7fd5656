"""Who was of an organization at a moment, and what they were."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib import clock
from lib.access.permissions import Role
from lib.audit.report import queries
from lib.audit.report.past import LONGEST_TRANSACTION, Past
from lib.audit.report.views import PersonThen

_PERSON: Final = (
    "full_name",
    "username",
    "email",
    "role",
    "permissions",
    "deactivated_at",
    "deleted_at",
    "is_operator",
)
_FACTOR: Final = "totp_enabled_at"
#: Fields, and whatever changes one of them.
_CHANGES: Final = (
    (_PERSON, ("users.update", "users.delete")),
    ((_FACTOR,), ("credentials.create", "credentials.update", "credentials.delete")),
)
_ROLES: Final = tuple(Role)


def list_everybody(session: Session, organization_id: UUID, *, before: datetime) -> Sequence[Row[Any]]:
    """Whoever is or was of the organization, as they are now. To be read before `list_people_then` reads the trail."""
    return [*queries.list_people(session, organization_id, before=before)]


def name_everybody(rows: Sequence[Row[Any]]) -> dict[UUID, str]:
    """What they are called now."""
    return {row.id: row.full_name or row.username for row in rows}


def list_people_then(
    session: Session, organization_id: UUID, rows: Sequence[Row[Any]], *, moment: datetime
) -> list[PersonThen]:
    """Of `list_everybody`, those who were there at the moment, by role and name.

    A change that is made in between does no harm: an entry takes it back, whether the row has it already or not.
    """
    since, before = moment - LONGEST_TRANSACTION, clock.now() + timedelta(days=1)
    pasts = []
    for fields, actions in _CHANGES:
        pasts.append(past := Past(moment, fields))
        for action in actions:
            for entry in queries.list_entries(session, organization_id, action, since=since, before=before):
                past.take(entry)
    found = []
    for row in rows:
        then = {name: value for past in pasts for name, value in past.restore(row.id, row._asdict()).items()}
        if row.created_at < moment and not then["deleted_at"]:
            found.append(_person(row, then, moment))
    return sorted(found, key=lambda person: (_rank(person.role), person.name.casefold(), person.id))


def _person(row: Row[Any], then: dict[str, Any], moment: datetime) -> PersonThen:
    is_last = row.last_login_at is not None and row.last_login_at < moment
    return PersonThen(
        id=row.id,
        name=then["full_name"] or then["username"],
        email=then["email"],
        role=then["role"],
        permissions=tuple(str(word) for word in then["permissions"] or ()),
        joined_at=row.created_at,
        deactivated_at=_moment(then["deactivated_at"]),
        has_second_factor=then[_FACTOR] is not None,
        is_operator=bool(then["is_operator"]),
        last_sign_in_at=row.last_login_at if is_last else row.seen_at,
    )


def _rank(role: str) -> int:
    return _ROLES.index(Role(role)) if role in set(Role) else len(_ROLES)


def _moment(stored: object) -> datetime | None:
    """As the row has it, or as the trail has it."""
    return stored if isinstance(stored, datetime) or stored is None else datetime.fromisoformat(str(stored))
