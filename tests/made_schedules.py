"""Schedules for tests, made as people make them; and a worker's turn at them, without the process."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.models.schedule import CatchUp, Overlap
from lib.runs.launch import LaunchRequest
from lib.schedules.firing import DueSchedule, launch_due
from lib.schedules.service import Timing, create_schedule
from tests import doors
from tests.conftest import Installation
from tests.doors import Database
from tests.factories import insert, made_by
from tests.records import Record, row

EVERY_HOUR = "0 * * * *"


def schedule(
    actor: Actor,
    request: LaunchRequest,
    *,
    cron: str = EVERY_HOUR,
    catch_up: CatchUp = CatchUp.LATEST,
    overlap: Overlap = Overlap.SKIP,
) -> UUID:
    """What the person would have launched, every hour unless it says otherwise."""
    return create_schedule(actor, request, Timing(cron=cron, time_zone="UTC", catch_up=catch_up, overlap=overlap))


def stored(installation: Installation, schedule_id: UUID) -> Record:
    return row(installation, "SELECT * FROM schedules WHERE id = %s", schedule_id)


def make_due(installation: Installation, schedule_id: UUID, *, ago: timedelta = timedelta()) -> None:
    """Let a time of the schedule have come, that long before the one that was the last."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            # a claim that ran out: nobody takes it for an edit
            "UPDATE schedules SET next_run_at = date_trunc('hour', now()) - %s, claimed_until = now() WHERE id = %s",
            [ago, schedule_id],
        )


def claim(installation: Installation) -> DueSchedule | None:
    """What a worker takes."""
    with doors.login(installation.database, Login.WORKER) as connection:
        cursor = connection.cursor(row_factory=class_row(DueSchedule))
        return cursor.execute("SELECT * FROM api.claim_schedule(60)").fetchone()


def settle(installation: Installation, due: DueSchedule) -> None:
    """What a worker does about one that it has taken."""
    settled = launch_due(due)
    if settled is None:
        return
    values = (settled.next_at, settled.result, settled.message, settled.counts, settled.again_seconds)
    with doors.login(installation.database, Login.WORKER) as connection:
        connection.execute(
            "SELECT api.settle_schedule(%s, %s, %s, %s, %s, %s, %s)", (due.schedule_id, due.due_at, *values)
        )


def take_turn(installation: Installation, schedule_id: UUID, *, ago: timedelta = timedelta()) -> Record:
    """Let it be due, let a worker take it, and say how it stands then."""
    make_due(installation, schedule_id, ago=ago)
    due = claim(installation)
    assert due is not None
    settle(installation, due)
    return stored(installation, schedule_id)


def make_schedule(database: Database, actor: Actor, *, project_id: UUID, template_id: UUID, **columns: Any) -> UUID:
    """A row of the person's, past nothing but the policies."""
    with doors.person(database, actor) as connection:
        moment = connection.execute("SELECT now() + interval '1 day'").fetchone()
        assert moment is not None
        return insert(
            connection,
            "schedules",
            **made_by(actor),
            user_id=actor.user_id,
            project_id=project_id,
            template_id=template_id,
            title="Every morning",
            cron="0 7 * * *",
            time_zone="UTC",
            next_run_at=moment[0],
            **columns,
        )
