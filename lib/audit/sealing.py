"""Whether the trail is still what was sealed: reckoned anew, a stretch at a time, however long it is."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit import queries
from lib.audit.views import Difference, Reason, SealFault, SealStatus, Verification
from lib.db.session import identity_session, tenant_session

#: The first seal follows on nothing.
_BEGINNING: Final = sha256(b"").digest()
#: Seals in one step, where they are small; the database bounds their rows.
_AT_ONCE: Final = 200
#: More than so many faults are not told one by one.
MOST_FAULTS: Final = 100
MOST_UNSEALED: Final = 10_000
#: What does not fit, as it follows the seal's number.
REASONS: Final[Mapping[Reason, str]] = {
    Reason.ROWS: "its entries are others",
    Reason.SEAL: "the seal itself was changed",
    Reason.CHAIN: "it does not follow on the seal before",
    Reason.NOTED: "it is not the seal that was noted down",
    Reason.UNTOLD: "it is marked as removed by retention, and the trail does not tell of that",
    Reason.ACCEPTED: "it did not hold, and an operator accepted that before its entries were removed",
}


def get_seal_status(actor: Actor) -> SealStatus:
    """The newest seal of the trail, and how much of the trail is not sealed yet. Raises `NotPermitted`."""
    actor.require(Permission.AUDIT_VIEW)
    with tenant_session(actor) as session:
        return _status(session, actor.organization_id)


def verify_seals(actor: Actor, so_far: Verification | None = None) -> Verification:
    """Verify the next stretch of the person's trail, and say what came of all so far: again until `is_done`.

    Raises `NotPermitted`.
    """
    actor.require(Permission.AUDIT_VIEW)
    return _go_on(tenant_session(actor), actor.organization_id, so_far)


def verify_organization(organization_id: UUID, so_far: Verification | None = None) -> Verification:
    """The same for whoever may start `orchestrator` on the installation's machine, of any organization."""
    return _go_on(identity_session(), organization_id, so_far)


def _status(session: Session, organization_id: UUID) -> SealStatus:
    unsealed = queries.count_unsealed(session, organization_id, most=MOST_UNSEALED + 1)
    newest = queries.find_newest_seal(session, organization_id)
    if newest is None:
        return SealStatus(unsealed=unsealed)
    return SealStatus(number=newest.number, hash=newest.hash.hex(), sealed_at=newest.sealed_at, unsealed=unsealed)


def _go_on(door: AbstractContextManager[Session], organization_id: UUID, so_far: Verification | None) -> Verification:
    state = so_far or begin_verification()
    with door as session:
        found = queries.check_seals(session, organization_id, after=state.number, most=_AT_ONCE)
        if not found:
            unsealed = queries.count_unsealed(session, organization_id, most=MOST_UNSEALED + 1)
            return replace(_end(state), is_done=True, unsealed=unsealed)
        for row in found:
            state = _take(session, organization_id, state, row)
    return state


def begin_verification(noted: tuple[int, str] | None = None) -> Verification:
    """Where verifying begins; `noted` is a seal that was noted down, which has to be among them."""
    return Verification(last_hash=_BEGINNING, through_id=UUID(int=0), noted=noted)


def _end(state: Verification) -> Verification:
    """Where the seal that was noted down never came, the newest ones are gone."""
    if state.noted is None or state.noted[0] <= state.number:
        return state
    fault = SealFault(number=state.noted[0], since=moment_of(state.through_id), until=None, reasons=(Reason.NOTED,))
    return replace(state, faults=(*state.faults, fault), fault_count=state.fault_count + 1)


def _take(session: Session, organization_id: UUID, state: Verification, row: Row[Any]) -> Verification:
    reasons = list(_reasons(organization_id, state, row))
    differences: Sequence[Difference] = ()
    if Reason.ROWS in reasons:
        differences = queries.compare_seal(session, organization_id, number=row.number)
    faults = state.faults
    if reasons and len(faults) < MOST_FAULTS:
        fault = SealFault(
            number=row.number,
            since=moment_of(row.after_id),
            until=moment_of(row.through_id),
            reasons=tuple(reasons),
            differences=tuple(differences),
        )
        faults = (*faults, fault)
    return replace(
        state,
        number=row.number,
        last_hash=row.hash,
        through_id=row.through_id,
        rows=state.rows + row.found_count,
        removed_seals=state.removed_seals + bool(row.removed_at),
        removed_rows=state.removed_rows + (row.row_count if row.removed_at else 0),
        removed_at=row.removed_at or state.removed_at,
        faults=faults,
        fault_count=state.fault_count + bool(reasons),
    )


def _reasons(organization_id: UUID, state: Verification, row: Row[Any]) -> Sequence[Reason]:
    """What is wrong with a seal, its place behind the one before, and its rows."""
    reasons = []
    is_next = (row.number, row.after_id, row.previous_hash) == (state.number + 1, state.through_id, state.last_hash)
    if not is_next:
        reasons.append(Reason.CHAIN)
    if reckon_hash(organization_id, row) != row.hash:
        reasons.append(Reason.SEAL)
    if row.removed_at:
        reasons += [Reason.ROWS] if row.found_count else []
        # retention tells of it in the same transaction, in an entry that is sealed like all others
        reasons += [] if row.number <= (row.told_through or 0) else [Reason.UNTOLD]
        reasons += [Reason.ACCEPTED] if row.accepted_at else []
    elif (row.found_count, row.found_hash) != (row.row_count, row.rows_hash):
        reasons.append(Reason.ROWS)
    if state.noted and state.noted[0] == row.number and state.noted[1].lower() != row.hash.hex():
        reasons.append(Reason.NOTED)
    return reasons


def reckon_hash(organization_id: UUID, row: Row[Any]) -> bytes:
    """What a seal is known by, as api.seal_hash reckons it in the database."""
    microseconds = (row.sealed_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    said = (
        row.previous_hash,
        organization_id.bytes,
        row.number.to_bytes(8, signed=True),
        row.after_id.bytes,
        row.through_id.bytes,
        row.row_count.to_bytes(8, signed=True),
        microseconds.to_bytes(8, signed=True),
        row.rows_hash,
        row.leaves_hash,
    )
    return sha256(b"".join(said)).digest()


def moment_of(entry_id: UUID) -> datetime | None:
    """When an entry with this id was written, as its first 48 bits say; None for the id before all others."""
    milliseconds = entry_id.int >> 80
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
