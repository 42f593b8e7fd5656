"""What a report asks of the trail: functions that look who asks, so that the command line may ask them too."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, TextClause, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from lib.audit.report.views import Frame

#: Rows held at once, of entries and of people.
_AT_ONCE, _PEOPLE_AT_ONCE = 2_000, 10_000
_FRAME: Final = text("SELECT * FROM api.report_frame(:organization, :since, :before)")
_PEOPLE: Final = text("SELECT * FROM api.report_people(:organization, :before, :after, :most)")
_FROM_ENTRIES: Final = "FROM api.report_entries(:organization, :action, :before, :after, :after_id, :most)"
_ENTRIES: Final = text(f"SELECT * {_FROM_ENTRIES}")
_ACCESSES: Final = text(f"SELECT id, user_id, address, created_at {_FROM_ENTRIES}")
_COUNTS: Final = text("SELECT action, number FROM api.report_counts(:organization, :since, :before)")
_REFUSALS: Final = text("SELECT * FROM api.report_refusals(:organization, :actions, :since, :before, :most)")


def find_frame(session: Session, organization_id: UUID, *, since: datetime, before: datetime) -> Frame | None:
    """What the report begins with; None where there is no such organization."""
    asked = {"organization": organization_id, "since": since, "before": before}
    row = session.execute(_FRAME, asked).one_or_none()
    return None if row is None else Frame(**row._mapping)


def list_people(session: Session, organization_id: UUID, *, before: datetime) -> Iterator[Row[Any]]:
    """Everybody who is or was of the organization, as they are now; `seen_at` is the last sign-in before then."""
    after = UUID(int=0)
    while True:
        asked = {"organization": organization_id, "before": before, "after": after, "most": _PEOPLE_AT_ONCE}
        rows = session.execute(_PEOPLE, asked).all()
        yield from rows
        if len(rows) < _PEOPLE_AT_ONCE:
            return
        after = rows[-1].id


def list_entries(
    session: Session, organization_id: UUID, action: str, *, since: datetime, before: datetime
) -> Iterator[Row[Any]]:
    """The entries of one action in the order of time, a page after the other."""
    return _pages(session, _ENTRIES, {"organization": organization_id, "action": action, "before": before}, since)


def list_accesses(
    session: Session, organization_id: UUID, action: str, *, since: datetime, before: datetime
) -> Iterator[Row[Any]]:
    """The same without what they say: id, person, address and moment."""
    return _pages(session, _ACCESSES, {"organization": organization_id, "action": action, "before": before}, since)


def _pages(session: Session, statement: TextClause, asked: Mapping[str, object], since: datetime) -> Iterator[Row[Any]]:
    at, after_id = since, UUID(int=0)
    while True:
        rows = session.execute(statement, {**asked, "after": at, "after_id": after_id, "most": _AT_ONCE}).all()
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        at, after_id = rows[-1].created_at, rows[-1].id


def count_actions(session: Session, organization_id: UUID, *, since: datetime, before: datetime) -> dict[str, int]:
    """How many entries of that time there are, by action."""
    found = session.execute(_COUNTS, {"organization": organization_id, "since": since, "before": before})
    return {row.action: row.number for row in found}


def list_refused(
    session: Session, organization_id: UUID, *, actions: Sequence[str], since: datetime, before: datetime, most: int
) -> Sequence[Row[Any]]:
    """Of whom, and from where, most refusals are: a person or an address in each row, how many, and the last."""
    asked = {"organization": organization_id, "actions": list(actions), "since": since, "before": before, "most": most}
    return session.execute(_REFUSALS, asked).all()


def record_report(session: Session, organization_id: UUID, values: Mapping[str, object]) -> None:
    """Note in the trail that a report was taken along."""
    session.execute(select(func.api.record_report(organization_id, literal(values, JSONB()))))
