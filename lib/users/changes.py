"""What is done to people: role, permissions, deactivation, sessions.

Nobody gives or takes more than they may do themselves, and the last active admin and the installation's last operator
stay. All of it is looked at once the rows are locked, and PostgreSQL keeps it as well (`api.guard_users`,
`api.guard_operators`).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.db.session import tenant_session
from lib.errors import BeyondOwnRights, Conflict, NotFound, NotPermitted, NotSignedIn
from lib.models.user import User
from lib.organizations.seats import check_seats
from lib.users import queries, refusals
from lib.users.rights import Rights, beyond, may_change


def change_rights(actor: Actor, user_id: UUID, *, role: str, permissions: Iterable[str], seen: Rights) -> None:
    """Give somebody that role, and those permissions beside it; `seen` is what they had when this was asked for.

    Raises `NotFound`, `NotPermitted`, `InvalidInput` for words that are none, and `Conflict` when somebody else was
    faster, or when the last admin would be gone.
    """
    wanted = Rights.enter(role, permissions)
    actor.require(Permission.USERS_EDIT)
    with _changing(actor, Permission.USERS_EDIT) as session:
        admins = _hold_admins(session, actor) if wanted.role is not Role.ADMIN else ()
        row = _hold(session, actor, user_id, Permission.USERS_EDIT)
        before = Rights.read(row.role, row.permissions)
        if before != seen:
            raise Conflict("Somebody else has changed this person's rights meanwhile. Look at them again, then decide.")
        if not may_change(actor, before, wanted):
            raise BeyondOwnRights(Permission.USERS_EDIT, who=actor)
        if admins == (user_id,):
            raise Conflict(refusals.LAST_ADMIN)
        if wanted != before:
            # what a newer version has granted stays
            newer = [word for word in row.permissions if word not in set(Permission)]
            _update(session, user_id, role=wanted.role, permissions=[*sorted(wanted.permissions), *newer])


def deactivate(actor: Actor, user_id: UUID) -> None:
    """Let somebody in no more, and end their sessions; what they made stays.

    Raises `NotFound`, `NotPermitted`, and `Conflict` for oneself, for the last admin, for the last operator of the
    installation, and for who is deactivated.
    """
    actor.require(Permission.USERS_DEACTIVATE)
    if user_id == actor.user_id:
        raise Conflict("You can't deactivate yourself. Ask another admin to do it.")
    with _changing(actor, Permission.USERS_DEACTIVATE) as session:
        admins = _hold_admins(session, actor)
        row = _hold(session, actor, user_id, Permission.USERS_DEACTIVATE)
        if row.deactivated_at is not None:
            raise Conflict("This person is deactivated already. Reload to see it.")
        _require_within(actor, row)
        if admins == (user_id,):
            raise Conflict(refusals.LAST_ADMIN)
        if queries.is_last_operator(session, user_id):
            raise Conflict(refusals.LAST_OPERATOR)
        # or they would live on once somebody reactivates the person
        session.execute(select(func.api.end_sessions(user_id)))
        _update(session, user_id, deactivated_at=func.now())


def reactivate(actor: Actor, user_id: UUID) -> None:
    """Let somebody in again, with the rights that they had. Sessions that were ended stay so.

    Raises `NotFound`, `NotPermitted`, and `Conflict` for who is active, and where the tier lets nobody more in.
    """
    actor.require(Permission.USERS_DEACTIVATE)
    with _changing(actor, Permission.USERS_DEACTIVATE) as session:
        row = _hold(session, actor, user_id, Permission.USERS_DEACTIVATE)
        if row.deactivated_at is None:
            raise Conflict("This person is active already. Reload to see it.")
        _require_within(actor, row)
        check_seats(session, actor.organization_id)
        _update(session, user_id, deactivated_at=None)


def end_sessions(actor: Actor, user_id: UUID) -> int:
    """End every session of somebody, who may sign in again; returns how many that were.

    Raises `NotFound`, and `NotPermitted` without `users.edit` or `users.deactivate`, and for who may do more.
    """
    if not actor.may(Permission.USERS_EDIT):
        actor.require(Permission.USERS_DEACTIVATE)
    with _changing(actor, Permission.USERS_DEACTIVATE) as session:
        row = queries.find_person(session, actor.organization_id, user_id)
        if row is None:
            raise NotFound("person")
        _require_within(actor, row)
        ended: int = session.execute(select(func.api.end_sessions(user_id))).scalar_one()
        return ended


@contextmanager
def _changing(actor: Actor, permission: Permission) -> Iterator[Session]:
    """The transaction, whose refusals are said in words."""
    with refusals.in_words(permission), tenant_session(actor) as session:
        yield session


def _hold(session: Session, actor: Actor, user_id: UUID, permission: Permission) -> Row[*tuple[Any, ...]]:
    """The person's row, locked: the policy lets nobody lock what they may not change."""
    row = queries.hold_person(session, actor.organization_id, user_id)
    if row is not None:
        return row
    # they could when this began: somebody may have changed their own rights meanwhile
    if queries.find_person(session, actor.organization_id, user_id) is not None:
        raise NotPermitted(permission, who=actor)
    if queries.find_person(session, actor.organization_id, actor.user_id) is None:
        raise NotSignedIn
    raise NotFound("person")


def _hold_admins(session: Session, actor: Actor) -> tuple[UUID, ...]:
    """Before the person's own row, for everybody alike: or two who begin with different rows wait for each other."""
    return tuple(queries.hold_admins(session, actor.organization_id))


def _require_within(actor: Actor, row: Row[*tuple[Any, ...]]) -> None:
    if any(beyond(actor, Rights.read(row.role, row.permissions))):
        raise BeyondOwnRights(Permission.USERS_DEACTIVATE, who=actor)


def _update(session: Session, user_id: UUID, **values: Any) -> None:
    session.execute(update(User).where(User.id == user_id).values(values).execution_options(synchronize_session=False))
