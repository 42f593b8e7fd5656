"""What people do about retention: see what would go, and keep things from it by legal holds."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, update

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.entry import clean_line
from lib.errors import InvalidInput, NotFound
from lib.models.retention import LegalHold, RetentionKind
from lib.retention import queries
from lib.retention.counting import add_up
from lib.retention.reading import read_counts, read_moment, read_preview
from lib.retention.views import MOST_COUNTED, SETTINGS, Hold, Removable, Removal

MAX_REASON: Final = 500
#: Whoever looks for more finds them in the trail.
MOST_HOLDS, MOST_REMOVALS = 50, 10
#: Of the trail each batch has its entry.
_MOST_BATCHES: Final = 1000


def preview_retention(actor: Actor, entered: Mapping[str, Any] | None = None) -> Sequence[Removable]:
    """What would go today, of each kind that is not kept for ever: as it is set, or if it were set as `entered`.

    `entered` has days by setting ("retention.run_days"); others of its fields don't matter. Nothing is changed. Raises
    `NotPermitted`, `InvalidInput`.
    """
    actor.require(Permission.ORGANIZATION_EDIT)
    settings = None if entered is None else {"retention": _days(entered)}
    with tenant_session(actor) as session:
        found = queries.preview(session, actor.organization_id, settings, most=MOST_COUNTED + 1)
    return read_preview(found)


def find_shortened(entered: Mapping[str, Any], *, seen: Mapping[str, Any]) -> Sequence[RetentionKind]:
    """The kinds that would be kept for a shorter time than before, so that more of them goes."""
    return [
        kind
        for setting, kind in SETTINGS.items()
        if entered.get(setting) is not None and (seen.get(setting) is None or entered[setting] < seen[setting])
    ]


def list_holds(actor: Actor) -> Sequence[Hold]:
    """Open ones first, then those that were released, each the newest first. Raises `NotPermitted`."""
    actor.require(Permission.ORGANIZATION_EDIT)
    with tenant_session(actor) as session:
        rows = queries.list_holds(session, actor.organization_id, most=MOST_HOLDS)
        return [Hold(**{**row._mapping, "placed_by": row.placed_by or ""}) for row in rows]


def list_projects(actor: Actor) -> Mapping[UUID, str]:
    """What a hold can be about. Raises `NotPermitted`."""
    actor.require(Permission.ORGANIZATION_EDIT)
    with tenant_session(actor) as session:
        return queries.list_projects(session, actor.organization_id)


def place_hold(actor: Actor, project_id: UUID | None, *, reason: str) -> UUID:
    """Keep everything of a project, or of the whole organization, until the hold is released.

    A removal that is under way has ended when this returns, and none begins after it. Raises `NotPermitted`,
    `InvalidInput`, `NotFound`.
    """
    actor.require(Permission.ORGANIZATION_EDIT)
    reason = clean_line(reason, field="Reason", longest=MAX_REASON)
    with tenant_session(actor) as session:
        if project_id is not None and not queries.has_project(session, actor.organization_id, project_id):
            raise NotFound("project")
        mine = {"organization_id": actor.organization_id, "placed_by": actor.user_id}
        row = insert(LegalHold).values(project_id=project_id, reason=reason, **mine)
        return session.scalars(row.returning(LegalHold.id)).one()


def release_hold(actor: Actor, hold_id: UUID) -> None:
    """Let retention go on as it is set. Raises `NotPermitted`, and `NotFound` where it is not open (any more)."""
    actor.require(Permission.ORGANIZATION_EDIT)
    with tenant_session(actor) as session:
        is_open = (
            LegalHold.organization_id == actor.organization_id,
            LegalHold.id == hold_id,
            LegalHold.released_by.is_(None),
        )
        released = update(LegalHold).where(*is_open).values(released_by=actor.user_id)
        if session.scalar(released.returning(LegalHold.id)) is None:
            raise NotFound("open hold")


def find_broken_seal(actor: Actor) -> int | None:
    """The seal that does not hold, from which on nothing of the trail is removed. Raises `NotPermitted`."""
    actor.require(Permission.ORGANIZATION_EDIT)
    with tenant_session(actor) as session:
        return queries.find_broken_seal(session, actor.organization_id)


def list_removals(actor: Actor) -> Sequence[Removal]:
    """What was removed last, by the trail, all batches of a removal as one; the newest first. Raises `NotPermitted`."""
    actor.require(Permission.AUDIT_VIEW)
    with tenant_session(actor) as session:
        rows = queries.list_removals(session, actor.organization_id, most=_MOST_BATCHES)
    batches: dict[tuple[Any, Any], list[Any]] = {}
    for row in rows:
        batches.setdefault((row.new_values.get("kind"), row.new_values.get("before")), []).append(row)
    found = [
        Removal(
            id=newest.id,
            kind=RetentionKind(kind),
            removed_at=newest.created_at,
            before=read_moment(before),
            counts=add_up(read_counts(row.new_values) for row in (newest, *others)),
        )
        for (kind, before), (newest, *others) in batches.items()
        if kind in {*RetentionKind}  # a newer version may know others
    ]
    return found[:MOST_REMOVALS]


def _days(entered: Mapping[str, Any]) -> dict[str, int]:
    days = {setting.partition(".")[2]: entered.get(setting) for setting in SETTINGS}
    if any(value is not None and (not isinstance(value, int) or value < 1) for value in days.values()):
        message = "Things are kept for a day at least. Enter a whole number of days, or none for ever."
        raise InvalidInput(message)
    return {name: value for name, value in days.items() if value is not None}
