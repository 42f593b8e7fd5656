"""Who is in the organization: the list of people, a file of it, one person, and what they may do and why."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from lib.access.actor import Actor
from lib.access.permissions import GRANTS, Permission, Scope
from lib.audit.exports import export_list
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.errors import NotFound
from lib.exports import Column, ExportFormat, Kind
from lib.users import queries
from lib.users.queries import PersonFilter
from lib.users.rights import Rights, beyond
from lib.users.views import (
    Explained,
    InvitationStatus,
    Person,
    PersonDetail,
    PersonSort,
    PersonStatus,
    PersonSummary,
    Reason,
)

#: The columns of a file, as `queries.export_people` finds them.
COLUMNS: Final = (
    Column("id", Kind.WORD),
    Column("name", Kind.TEXT),
    Column("email", Kind.TEXT),
    Column("username", Kind.TEXT),
    Column("role", Kind.WORD),
    Column("permissions", Kind.WORD),
    Column("status", Kind.WORD),
    Column("last_login_at", Kind.MOMENT),
    Column("created_at", Kind.MOMENT),
    Column("deactivated_at", Kind.MOMENT),
)


def list_people(
    actor: Actor,
    chosen: PersonFilter | None = None,
    *,
    sort: PersonSort = PersonSort.NAME,
    cursor: str | None = None,
    limit: int = 25,
) -> Page[PersonSummary]:
    """A page of the organization's people. Raises `InvalidInput` for a cursor that is none of this order."""
    actor.require(Permission.USERS_VIEW)
    chosen = chosen or PersonFilter()
    with tenant_session(actor) as session:
        page = queries.list_people(session, actor.organization_id, chosen=chosen, sort=sort, cursor=cursor, limit=limit)
        secured = queries.find_second_factors(session, [row.id for row in page.rows])
        people = (PersonSummary(**_summary(row), has_second_factor=row.id in secured) for row in page.rows)
        return Page(tuple(people), page.newer, page.older)


def count_people(actor: Actor, chosen: PersonFilter, *, most: int) -> int:
    """How many people the filters leave, counted no further than `most`."""
    actor.require(Permission.USERS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_people(session, actor.organization_id, chosen=chosen, most=most)


def count_people_by_status(
    actor: Actor, chosen: PersonFilter, *, most: int
) -> Mapping[PersonStatus | InvitationStatus, int]:
    """How many of each status the other filters leave; `most` + 1 are more, one that is missing is unknown."""
    actor.require(Permission.USERS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_by_status(session, actor.organization_id, chosen=chosen, most=most)


def export_people(actor: Actor, chosen: PersonFilter, *, sort: PersonSort, file_format: ExportFormat) -> bytes:
    """The people whom the filters leave, as they stand at one moment, as a file; recorded as `users.export`."""
    actor.require(Permission.USERS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        return export_list(
            session,
            queries.export_people(actor.organization_id, chosen),
            order=queries.ORDERS[sort],
            columns=COLUMNS,
            file_format=file_format,
            resource_type="users",
            filters=asdict(chosen),
        )


def get_person(actor: Actor, user_id: UUID) -> PersonDetail:
    """One person of the organization. Raises `NotFound`."""
    actor.require(Permission.USERS_VIEW)
    ends = actor.may(Permission.USERS_EDIT) or actor.may(Permission.USERS_DEACTIVATE)
    with tenant_session(actor) as session:
        row = queries.find_person(session, actor.organization_id, user_id)
        if row is None:
            raise NotFound("person")
        living, last_seen_at = queries.count_sessions(session, user_id) if ends else (None, None)
        secured = queries.find_second_factors(session, [user_id])
    summary = _summary(row)
    is_oneself = user_id == actor.user_id
    is_within = not any(beyond(actor, Rights(summary["role"], summary["permissions"])))
    return PersonDetail(
        **summary,
        has_second_factor=user_id in secured,
        invited_by=Person(**row.invited_by) if row.invited_by else None,
        deactivated_at=row.deactivated_at,
        sessions=living,
        last_seen_at=last_seen_at,
        is_oneself=is_oneself,
        may_edit=is_within and actor.may(Permission.USERS_EDIT),
        may_deactivate=is_within and not is_oneself and actor.may(Permission.USERS_DEACTIVATE),
        may_end_sessions=is_within and ends and not is_oneself,
        may_make_password_link=is_within
        and not is_oneself
        and not actor.is_sample
        and row.deactivated_at is None
        and actor.may(Permission.USERS_EDIT),
    )


def explain(person: PersonSummary) -> Sequence[Explained]:
    """Each permission that there is: whether the person holds it, how far it reaches, and why."""
    rights = Rights(person.role, person.permissions)
    by_role, scopes = GRANTS[person.role], rights.scopes
    return tuple(
        Explained(
            permission=each,
            scope=scopes.get(each),
            reason=_reason(scopes.get(each), by_role.get(each)),
        )
        for each in Permission
    )


def _reason(scope: Scope | None, by_role: Scope | None) -> Reason:
    if scope is None:
        return Reason.NONE
    return Reason.ROLE if scope is by_role else Reason.GRANT


def _summary(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    values = dict(zip(queries.SUMMARY, row, strict=False))  # pages have their key behind it
    rights = Rights.read(values["role"], values["permissions"])
    return values | {
        "role": rights.role,
        "permissions": rights.permissions,
        "status": PersonStatus(values["status"]),
    }
