"""Every select on people and invitations."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, func, literal, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.access.permissions import Role
from lib.db.counting import count_each
from lib.db.paging import Order, Rows, count_at_most, read_page
from lib.entry import clean_search
from lib.errors import NotSignedIn
from lib.models.invitation import Invitation
from lib.models.people import people
from lib.models.user import User
from lib.users.views import InvitationStatus, PersonSort, PersonStatus

_NAME: Final = func.coalesce(User.full_name, User.username)
#: What `PersonSummary` has, by its names.
SUMMARY: Final = {
    "id": User.id,
    "name": _NAME.label("name"),
    "email": User.email,
    "username": User.username,
    "role": User.role,
    "permissions": User.permissions,
    "status": case((User.deactivated_at.is_(None), PersonStatus.ACTIVE.value), else_=PersonStatus.DEACTIVATED.value),
    "last_login_at": User.last_login_at,
    "created_at": User.created_at,
}
ORDERS: Final = {
    PersonSort.NAME: Order("name", func.lower(_NAME), User.id, kind=str, is_descending=False, is_leakproof=False),
    PersonSort.NEWEST: Order("newest", User.created_at, User.id),
    PersonSort.LAST_SIGN_IN: Order("last_sign_in", User.last_login_at, User.id, is_nullable=True),
}
#: Open invitations, the newest first.
INVITED_ORDER: Final = Order("invited", Invitation.created_at, Invitation.id)
#: By the database's clock.
_IS_EXPIRED: Final = (Invitation.expires_at <= func.now()).label("is_expired")
_IS_OPEN: Final = Invitation.accepted_at.is_(None) & Invitation.revoked_at.is_(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFilter:
    """Whom a list shows; None is everybody."""

    status: PersonStatus | None = None
    role: Role | None = None
    search: str = ""

    def __post_init__(self) -> None:
        """However it was typed, the search is as `clean_search` leaves it."""
        object.__setattr__(self, "search", clean_search(self.search))


def get_user(session: Session, user_id: UUID) -> User:
    """The row of the person who asks. Raises `NotSignedIn` when they are gone by now."""
    user = session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise NotSignedIn
    return user


def person(user_id: InstrumentedAttribute[Any] | ColumnElement[Any]) -> ColumnElement[Any]:
    """A column for other packages' selects: the person of that id as `Person` takes it, null where there is none."""
    return (
        select(
            func.jsonb_build_object(
                "name",
                people.c.name,
                "role",
                people.c.role,
                "is_deactivated",
                people.c.is_deactivated,
            )
        )
        .where(people.c.id == user_id)
        .scalar_subquery()
    )


def list_people(
    session: Session, organization_id: UUID, *, chosen: PersonFilter, sort: PersonSort, cursor: str | None, limit: int
) -> Rows:
    """A page of people, in that order. The condition on the organization is the planner's, as in lib.runs.queries."""
    statement = _narrow(select(*SUMMARY.values()), organization_id, chosen)
    return read_page(session, statement, order=ORDERS[sort], cursor=cursor, limit=limit)


def count_people(session: Session, organization_id: UUID, *, chosen: PersonFilter, most: int) -> int:
    """How many there are, counted no further than `most`."""
    return count_at_most(session, _narrow(select(User.id), organization_id, chosen), most=most)


def count_by_status(
    session: Session, organization_id: UUID, *, chosen: PersonFilter, most: int
) -> dict[PersonStatus | InvitationStatus, int]:
    """How many people there are in each status, and how many are invited; the other filters hold."""
    texts = select(_NAME.label("name"), User.email, User.username)
    open_invitations = _narrow_open(select(Invitation.email), organization_id, search="", role=chosen.role)
    statements: dict[PersonStatus | InvitationStatus, Select[*tuple[Any, ...]]] = {
        status: _narrow(texts, organization_id, replace(chosen, status=status, search="")) for status in PersonStatus
    }
    statements[InvitationStatus.INVITED] = open_invitations
    return count_each(session, statements, search=chosen.search, most=most)


def export_people(organization_id: UUID, chosen: PersonFilter) -> Select[*tuple[Any, ...]]:
    """What a file of people says, and of whom."""
    columns = SUMMARY | {"permissions": _words(User.permissions)}
    return _narrow(select(*columns.values(), User.deactivated_at), organization_id, chosen)


def _narrow(
    statement: Select[*tuple[Any, ...]], organization_id: UUID, chosen: PersonFilter
) -> Select[*tuple[Any, ...]]:
    """The statement for those alone that are chosen. Who was deleted is in no list."""
    conditions = [User.organization_id == organization_id, User.deleted_at.is_(None)]
    if chosen.status is not None:
        is_active = chosen.status is PersonStatus.ACTIVE
        conditions.append(User.deactivated_at.is_(None) if is_active else User.deactivated_at.is_not(None))
    if chosen.role is not None:
        conditions.append(User.role == chosen.role)
    if chosen.search:
        fields = (_NAME, User.email, User.username)
        conditions.append(or_(*(field.icontains(chosen.search, autoescape=True) for field in fields)))
    return statement.where(*conditions)


def find_person(session: Session, organization_id: UUID, user_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One person as `list_people` lists them, who invited them, since when they are deactivated, and what they run."""
    more = (person(User.created_by).label("invited_by"), User.deactivated_at, User.is_operator)
    return session.execute(select(*SUMMARY.values(), *more).where(_is_one(organization_id, user_id))).one_or_none()


def hold_person(session: Session, organization_id: UUID, user_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """Role, permissions and the moment of deactivation, as they stand once the row is locked."""
    statement = select(User.role, User.permissions, User.deactivated_at)
    return session.execute(statement.where(_is_one(organization_id, user_id)).with_for_update()).one_or_none()


def hold_admins(session: Session, organization_id: UUID) -> Sequence[UUID]:
    """Who is an active admin, once nobody else is changing one of them: two that demote each other come one by one."""
    is_admin = (User.role == Role.ADMIN) & User.deactivated_at.is_(None) & User.deleted_at.is_(None)
    statement = select(User.id).where(User.organization_id == organization_id, is_admin).order_by(User.id)
    return session.scalars(statement.with_for_update()).all()


def is_last_operator(session: Session, user_id: UUID) -> bool:
    """Whether nobody but this person of the organization runs the installation."""
    return bool(session.scalar(select(func.api.is_last_operator(user_id))))


def count_sessions(session: Session, user_id: UUID) -> Row[*tuple[Any, ...]]:
    """`living` and `last_seen_at` of a person's sessions, for who may end them."""
    return session.execute(text("SELECT living, last_seen_at FROM api.count_sessions(:id)"), {"id": user_id}).one()


def find_second_factors(session: Session, user_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these people of the organization sign in with a second factor."""
    found = text("SELECT user_id FROM api.second_factors(:ids) WHERE has_second_factor")
    return frozenset(session.scalars(found, {"ids": list(user_ids)}))


def find_address(session: Session, organization_id: UUID, email: str) -> Row[*tuple[Any, ...]] | None:
    """When the organization's own person of that address was deactivated and deleted; None where there is none.

    Other organizations' people are not asked about, so an invitation tells nothing of them.
    """
    statement = select(User.deactivated_at, User.deleted_at)
    return session.execute(statement.where(User.organization_id == organization_id, User.email == email)).one_or_none()


def list_invitations(
    session: Session, organization_id: UUID, *, search: str, role: Role | None, cursor: str | None, limit: int
) -> Rows:
    """A page of open invitations, the newest first, and whether each is too old, by the database's clock."""
    columns = (
        Invitation.id,
        Invitation.email,
        Invitation.role,
        Invitation.permissions,
        person(Invitation.invited_by).label("invited_by"),
        _IS_EXPIRED,
        Invitation.created_at,
        Invitation.expires_at,
    )
    statement = _narrow_open(select(*columns), organization_id, search=search, role=role)
    return read_page(session, statement, order=INVITED_ORDER, cursor=cursor, limit=limit)


def count_invitations(session: Session, organization_id: UUID, *, search: str, role: Role | None, most: int) -> int:
    """How many there are, counted no further than `most`."""
    statement = _narrow_open(select(Invitation.id), organization_id, search=search, role=role)
    return count_at_most(session, statement, most=most)


def export_invitations(organization_id: UUID, *, search: str, role: Role | None) -> Select[*tuple[Any, ...]]:
    """What a file of open invitations says, and of which."""
    columns = (
        Invitation.id,
        Invitation.email,
        Invitation.role,
        _words(Invitation.permissions),
        Invitation.invited_by,
        Invitation.created_at,
        Invitation.expires_at,
    )
    return _narrow_open(select(*columns), organization_id, search=search, role=role)


def find_open(session: Session, organization_id: UUID, invitation_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """E-mail, role and permissions of an open invitation, and whether it is too old."""
    statement = select(Invitation.id, Invitation.email, Invitation.role, Invitation.permissions, _IS_EXPIRED)
    return session.execute(_open(statement, organization_id).where(Invitation.id == invitation_id)).one_or_none()


def find_open_address(session: Session, organization_id: UUID, email: str) -> Row[*tuple[Any, ...]] | None:
    """The open invitation to that address: its id, and whether it is too old."""
    statement = select(Invitation.id, _IS_EXPIRED)
    return session.execute(_open(statement, organization_id).where(Invitation.email == email)).one_or_none()


def _is_one(organization_id: UUID, user_id: UUID) -> ColumnElement[bool]:
    """Who was deleted is nobody any more."""
    return (User.organization_id == organization_id) & (User.id == user_id) & User.deleted_at.is_(None)


def _words(permissions: InstrumentedAttribute[list[Any]]) -> ColumnElement[str]:
    """The words of a list in one cell of a file."""
    each = func.jsonb_array_elements_text(permissions).table_valued("word").render_derived()
    return select(func.string_agg(each.c.word, literal(" "))).select_from(each).scalar_subquery()


def _narrow_open(
    statement: Select[*tuple[Any, ...]], organization_id: UUID, *, search: str, role: Role | None
) -> Select[*tuple[Any, ...]]:
    statement = _open(statement, organization_id)
    if found := clean_search(search):
        statement = statement.where(Invitation.email.icontains(found, autoescape=True))
    return statement if role is None else statement.where(Invitation.role == role)


def _open(statement: Select[*tuple[Any, ...]], organization_id: UUID) -> Select[*tuple[Any, ...]]:
    return statement.where(Invitation.organization_id == organization_id, _IS_OPEN)


def name_people(session: Session, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """What they are called, as far as they are of the organization."""
    named = select(people.c.id, people.c.name).where(people.c.id.in_(user_ids))
    return {row.id: row.name for row in session.execute(named)}
