"""Retention as the installation's operator sees it, and as the command line has it done at once."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from lib.access.actor import command_line
from lib.db.session import identity_session
from lib.errors import Conflict
from lib.models.retention import RetentionKind
from lib.organizations.operator import Operator, door
from lib.retention import queries
from lib.retention.reading import read_counts, read_preview
from lib.retention.views import MOST_COUNTED, KindState, OrganizationState, Removable

#: In one transaction.
MOST_RUNS, MOST_ROWS = 500, 10_000
_ORIGIN: Final = "retention"


def read_retention(operator: Operator) -> Sequence[OrganizationState]:
    """What each organization keeps for how long, what was removed last, and its open holds. Raises `NotPermitted`."""
    with door(operator) as session:
        rows = queries.read_retention(session)
    return [_organization(list(own)) for _, own in groupby(rows, key=lambda row: row.organization_id)]


def preview_organization(organization_id: UUID) -> Sequence[Removable]:
    """What would go of an organization as it is set, for whoever may start `orchestrator`."""
    with identity_session(command_line(_ORIGIN)) as session:
        return read_preview(queries.preview(session, organization_id, None, most=MOST_COUNTED + 1))


def remove_now(organization_id: UUID, kind: RetentionKind, *, without_waiting: bool) -> Iterator[int | None]:
    """Remove what is too old of an organization, batch by batch, and give how many rows went in each.

    None is given where a worker is at it: ask for the next after a while. Each batch is a transaction of its own. What
    was set or shortened in the last 24 hours goes `without_waiting` only.
    """
    most = MOST_RUNS if kind is RetentionKind.RUNS else MOST_ROWS
    while True:
        with identity_session(command_line(_ORIGIN)) as session:
            count = queries.remove_now(session, organization_id, kind.value, most=most, without_waiting=without_waiting)
        if count == 0:
            return
        yield count


def accept_seal(organization_id: UUID, number: int) -> None:
    """Let retention remove what is under a seal although it does not hold; verifying calls it broken for good.

    Raises `Conflict` where that is not the first seal of the organization that does not hold.
    """
    with identity_session(command_line(_ORIGIN)) as session:
        if not queries.accept_seal(session, organization_id, number=number):
            message = f"Seal {number} is not the first that does not hold. “orchestrator audit verify” names those."
            raise Conflict(message)


def _organization(rows: Sequence[Row[Any]]) -> OrganizationState:
    first = rows[0]
    return OrganizationState(
        id=first.organization_id,
        name=first.name,
        holds=first.holds,
        kinds=[
            KindState(
                kind=RetentionKind(row.kind),
                days=row.days,
                day=row.day,
                before=row.before,
                counts=read_counts(row.removed or {}),
                ended_at=row.ended_at,
                failed_at=row.failed_at,
                failure=row.failure,
                broken_seal=row.broken_seal if row.kind == RetentionKind.AUDIT else None,
            )
            for row in rows
        ],
    )
