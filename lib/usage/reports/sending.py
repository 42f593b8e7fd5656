"""Sending what is due, as its person: a worker's part of a report.

The worker has claimed it (`api.claim_usage_report`) and learned of it who the person is at that moment. Either the mail
is written and the report moved on in one transaction (`api.send_usage_report`), or it moves on without one.
"""

import json
import logging
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from lib.access.actor import Actor
from lib.access.speaking import Spoken, speak_for
from lib.db.session import tenant_session
from lib.errors import NotPermitted
from lib.models.usage_report import Rhythm
from lib.usage.reports.figures import read_period
from lib.usage.reports.rhythm import next_time, told_at
from lib.usage.reports.service import read_filters
from lib.usage.reports.writing import write_path, write_report

log = logging.getLogger(__name__)

#: Where what is read comes from, in the trail.
USER_AGENT: Final = "engine/report"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport(Spoken):
    """A report that a worker has claimed, as `api.claim_usage_report` tells of it."""

    report_id: UUID
    rhythm: str
    query: str
    due_at: datetime
    #: The last day of the last period that was told.
    told_until: date
    #: The database's time.
    asked_at: datetime
    #: Where the person lives now, wherever that was when the time was set.
    time_zone: str

    @property
    def next_at(self) -> datetime:
        """When it is due again."""
        return next_time(Rhythm(self.rhythm), self.asked_at, zone=self.time_zone)


def send_due(due: DueReport) -> datetime | None:
    """Write the mail; or when it is due again where there is nothing to send, which the worker notes down.

    None as well where somebody else has sent it meanwhile. Raises `DatabaseUnavailable`, `DatabaseFull` and
    `RightsChanged`: then it stays due, and is claimed again.
    """
    rhythm = Rhythm(due.rhythm)
    period = told_at(rhythm, due.asked_at, zone=due.time_zone)
    if period.last <= due.told_until or not due.is_there or due.lacks_second_factor or due.is_sample:
        return due.next_at
    actor = speak_for(due, user_agent=USER_AGENT)
    try:
        found = read_period(actor, read_filters(due.query), period)
    except NotPermitted:
        return due.next_at
    if found.is_empty:
        return due.next_at
    report = write_report(found, rhythm)
    values = {"name": due.full_name, "report": json.dumps(report), "path": write_path(found)}
    _write(actor, due, until=period.last, values=values)
    return None


def _write(actor: Actor, due: DueReport, *, until: date, values: dict[str, str]) -> None:
    with tenant_session(actor) as session:
        is_written = session.scalar(
            select(func.api.send_usage_report(due.report_id, until, due.next_at, literal(values, JSONB)))
        )
    log.info("report %s of usage until %s %s", due.report_id, until, "is sent" if is_written else "was sent already")
