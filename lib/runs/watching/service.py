"""Watching a run that is being written: whether it stands as it did, and what was written since."""

from dataclasses import dataclass
from uuid import UUID

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import NotFound
from lib.models.run import RunStatus
from lib.runs.views import shape_of
from lib.runs.watching import queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How far somebody has read an answer that is being written."""

    attempt_id: UUID
    #: How long it was, in UTF-8, when they last looked.
    has_bytes: int
    #: In characters: they want what stands behind these.
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a run finds."""

    #: As `RunProgress.shape`.
    shape: str
    #: How long the answer is by now, in UTF-8; None when it is written no more.
    has_bytes: int | None = None
    #: What the reader wants of it; None when they have it.
    text: str | None = None


def look_at_run(actor: Actor, run_id: UUID, *, reader: Reader | None = None) -> Look:
    """See how the run stands, and read on in one of its answers. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        run = queries.find_shape(session, run_id)
        if run is None:
            raise NotFound("run")
        shape = shape_of(
            RunStatus(run.status),
            is_cancel_requested=run.is_cancel_requested,
            is_pause_requested=run.is_pause_requested,
            live_workers=run.live_workers,
            last_word_at=run.last_word_at,
            newest=((UUID(attempt_id), status) for attempt_id, status in map(str.split, run.newest)),
            operations=run.operations,
        )
        found = reader and queries.read_on(
            session, run_id, reader.attempt_id, after=reader.after, has_bytes=reader.has_bytes
        )
        return Look(shape=shape, has_bytes=found[0], text=found[1]) if found else Look(shape=shape)
