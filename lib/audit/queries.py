"""Every select on the audit trail and its seals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.audit.filtering import Part
from lib.audit.views import Difference, Kind, Outcome
from lib.db.paging import Order, Rows, count_at_most, read_choices, read_merged
from lib.models.archive import Archive
from lib.models.audit_log import LOCK_OUT, REFUSED, AuditLog, AuditSeal
from lib.models.people import people
from lib.users.queries import person

NEWEST: Final = Order("newest", AuditLog.created_at, AuditLog.id)
#: In bytes, of old and new values together: a list says nothing of longer ones, which the entry itself does.
_LONGEST_LISTED: Final = 16_000


def list_changes(
    session: Session, organization_id: UUID, *, things: Mapping[str, Sequence[UUID]], cursor: str | None, limit: int
) -> Rows:
    """A page of what was done to things, by their kind, the newest first. The first condition is the planner's."""
    statement = select(
        AuditLog.id,
        AuditLog.created_at,
        AuditLog.user_id,
        AuditLog.action,
        AuditLog.old_values,
        AuditLog.new_values,
        person(AuditLog.user_id).label("person"),
    ).where(AuditLog.organization_id == organization_id)
    lists = [
        (statement.where(AuditLog.resource_type == kind, _is_one_of(AuditLog.resource_id, ids)), NEWEST)
        for kind, ids in things.items()
        if ids
    ]
    return read_merged(session, lists, cursor=cursor, limit=limit)


def _is_one_of(column: InstrumentedAttribute[UUID | None], ids: Sequence[UUID]) -> ColumnElement[bool]:
    """For one alone an index has the order as well."""
    return column == ids[0] if len(ids) == 1 else column.in_(ids)


def list_archives_of(session: Session, organization_id: UUID, project_id: UUID) -> Sequence[UUID]:
    """A project's, those whose file is gone among them."""
    of_project = (Archive.organization_id == organization_id) & (Archive.project_id == project_id)
    return session.scalars(select(Archive.id).where(of_project)).all()


def list_entries(
    session: Session, organization_id: UUID, *, parts: Sequence[Part], cursor: str | None, limit: int
) -> Rows:
    """A page of the trail, the newest first. What is long of the values is left out."""
    is_long = func.pg_column_size(AuditLog.old_values) + func.pg_column_size(AuditLog.new_values) > _LONGEST_LISTED
    statement = _entries(*(case((is_long, literal({}, JSONB())), else_=each) for each in _VALUES))
    lists = [(statement.where(AuditLog.organization_id == organization_id, *part), NEWEST) for part in parts]
    return read_merged(session, lists, cursor=cursor, limit=limit)


def find_entry(session: Session, organization_id: UUID, entry_id: UUID) -> Row[Any] | None:
    """One entry, whole."""
    statement = _entries(*_VALUES).where(AuditLog.organization_id == organization_id, AuditLog.id == entry_id)
    return session.execute(statement).one_or_none()


_VALUES: Final = (AuditLog.old_values, AuditLog.new_values)


def _entries(old: ColumnElement[Any] | Any, new: ColumnElement[Any] | Any) -> Select[*tuple[Any, ...]]:
    return select(
        AuditLog.id,
        AuditLog.created_at,
        AuditLog.user_id,
        person(AuditLog.user_id).label("person"),
        AuditLog.action,
        AuditLog.resource_type,
        AuditLog.resource_id,
        old.label("old_values"),
        new.label("new_values"),
        func.host(AuditLog.ip_address).label("address"),
        AuditLog.user_agent,
        AuditLog.session_id,
        AuditLog.request_id,
    )


def count_entries(session: Session, organization_id: UUID, *, parts: Sequence[Part], most: int) -> int:
    """How many there are, counted no further than `most`."""
    count = 0
    for part in parts:
        narrowed = select(AuditLog.id).where(AuditLog.organization_id == organization_id, *part)
        count += count_at_most(session, narrowed, most=most - count)
        if count >= most:
            break
    return count


def export_entries(organization_id: UUID, parts: Sequence[Part]) -> Select[*tuple[Any, ...]]:
    """The columns of a file but the last, in the order of lib.audit.trail.COLUMNS."""
    return select(
        AuditLog.id,
        AuditLog.created_at,
        AuditLog.user_id,
        select(people.c.name).where(people.c.id == AuditLog.user_id).scalar_subquery().label("person"),
        AuditLog.action,
        case((text(REFUSED), Outcome.REFUSED.value), else_=Outcome.DONE.value).label("outcome"),
        AuditLog.resource_type,
        AuditLog.resource_id,
        func.host(AuditLog.ip_address).label("address"),
        AuditLog.user_agent,
        AuditLog.session_id,
        AuditLog.request_id,
        cast(AuditLog.old_values, Text).label("old_values"),
        cast(AuditLog.new_values, Text).label("new_values"),
    ).where(AuditLog.organization_id == organization_id, *_together(parts))


def _together(parts: Sequence[Part]) -> Part:
    """The parts as one list, for who reads it to its end."""
    if len(parts) == 1:
        return parts[0]
    return [or_(*(and_(*part) for part in parts))] if parts else [false()]


def list_people(session: Session, organization_id: UUID, *, wanted: UUID | None, limit: int) -> dict[UUID, str]:
    """Whose entries one can ask for."""
    named = select(people.c.id, people.c.name).where(people.c.organization_id == organization_id)
    return read_choices(session, named.order_by(people.c.name), key=people.c.id, wanted=wanted, limit=limit)


def list_accesses(
    session: Session, organization_id: UUID, *, is_refused: bool, since: datetime, most: int
) -> Sequence[Row[Any]]:
    """The newest sign-ins, or refusals, of that time, the newest first; a lock-out is no refusal of its own."""
    which = and_(text(REFUSED), AuditLog.action != LOCK_OUT) if is_refused else AuditLog.action == "identity.sign_in"
    address = func.host(AuditLog.ip_address).label("address")
    columns = (AuditLog.id, AuditLog.user_id, address, AuditLog.created_at)
    statement = select(*columns).where(AuditLog.organization_id == organization_id, which, AuditLog.created_at >= since)
    return session.execute(statement.order_by(AuditLog.created_at.desc(), AuditLog.id.desc()).limit(most)).all()


def find_newest_seal(session: Session, organization_id: UUID) -> Row[int, bytes, datetime] | None:
    """Number, hash and moment of it."""
    statement = select(AuditSeal.number, AuditSeal.hash, AuditSeal.sealed_at)
    newest = statement.where(AuditSeal.organization_id == organization_id).order_by(AuditSeal.number.desc())
    return session.execute(newest.limit(1)).one_or_none()


def find_seal_over(session: Session, organization_id: UUID, entry_id: UUID) -> int | None:
    """The number of the seal that this entry is under."""
    over = (AuditSeal.organization_id == organization_id) & (AuditSeal.through_id >= entry_id)
    return session.scalar(select(AuditSeal.number).where(over).order_by(AuditSeal.number).limit(1))


def check_seals(session: Session, organization_id: UUID, *, after: int, most: int) -> Sequence[Row[Any]]:
    """The next seals and what their rows come to now, as api.check_seals has them."""
    asked = text("SELECT * FROM api.check_seals(:organization, :after, :most)")
    return session.execute(asked, {"organization": organization_id, "after": after, "most": most}).all()


def compare_seal(session: Session, organization_id: UUID, *, number: int) -> Sequence[Difference]:
    """Which rows of its range differ."""
    asked = text("SELECT id, difference FROM api.compare_seal(:organization, :number)")
    found = session.execute(asked, {"organization": organization_id, "number": number})
    return [Difference(row.id, Kind(row.difference)) for row in found]


def count_unsealed(session: Session, organization_id: UUID, *, most: int) -> int:
    """How many rows no seal covers yet."""
    return session.scalar(select(func.api.count_unsealed(organization_id, most))) or 0
