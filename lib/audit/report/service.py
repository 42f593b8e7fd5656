"""A compliance report: one file that says who had which rights, what changed, how people came in, and what was taken.

It is written as the trail is read, and noted there as an export.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor, command_line
from lib.access.permissions import Permission
from lib.audit import sealing
from lib.audit.report import accesses, people, queries
from lib.audit.report.lines import Trail
from lib.audit.report.past import LONGEST_TRANSACTION, Past
from lib.audit.report.views import Frame
from lib.audit.report.writing import Report, write_html
from lib.audit.views import Verification
from lib.db.session import identity_session, tenant_session
from lib.errors import NotFound
from lib.organizations.queries import read_tier
from lib.organizations.tiers import Feature, require_feature
from lib.usage.periods import Period

#: The command by which it is made without a page, as the trail says it.
_COMMAND = "audit report"


def write_report(actor: Actor, period: Period, out: BinaryIO) -> None:
    """Write the person's organization's report of the period, in their time zone; recorded as an export.

    All seals are verified first. Raises `NotPermitted`, and `Conflict` where the tier of the organization has no files
    of the trail.
    """
    actor.require(Permission.AUDIT_VIEW)
    actor.require(Permission.AUDIT_EXPORT)
    with tenant_session(actor) as session:
        require_feature(read_tier(session, actor.organization_id), Feature.AUDIT_EXPORT)
    verified = _verify(lambda state: sealing.verify_seals(actor, state))
    with tenant_session(actor, is_one_moment=True) as session:
        made_by = f"{actor.full_name}, {actor.email}"
        _write(session, actor.organization_id, period, verified, made_by=made_by, out=out)


def write_report_of(organization_id: UUID, period: Period, out: BinaryIO) -> None:
    """The same for whoever may start `orchestrator` on the installation's machine, of any organization."""
    verified = _verify(lambda state: sealing.verify_organization(organization_id, state))
    with identity_session(command_line(_COMMAND)) as session:
        made_by = f"“orchestrator {_COMMAND}”, on the installation's machine"
        _write(session, organization_id, period, verified, made_by=made_by, out=out)


def _verify(go_on: Callable[[Verification | None], Verification]) -> Verification:
    state = go_on(None)
    while not state.is_done:
        state = go_on(state)
    return state


def _write(
    session: Session, organization_id: UUID, period: Period, verified: Verification, *, made_by: str, out: BinaryIO
) -> None:
    made_at = clock.now()
    before = min(period.ends_at, made_at)
    frame = queries.find_frame(session, organization_id, since=period.starts_at, before=before)
    if frame is None:
        raise NotFound("organization")
    everybody = people.list_everybody(session, organization_id, before=before)
    names = people.name_everybody(everybody)
    trail = Trail(
        session=session,
        organization_id=organization_id,
        since=period.starts_at,
        before=before,
        names=names,
        zone=period.zone,
    )
    moment = _moment_known(frame, before)
    months = accesses.count_months(trail, zone=period.zone)
    refused_people, refused_addresses = accesses.list_refused(trail)
    report = Report(
        frame=frame,
        period=period,
        made_at=made_at,
        made_by=made_by,
        moment=moment,
        verified=verified,
        settings=_settings_then(session, organization_id, frame, moment),
        people=people.list_people_then(session, organization_id, everybody, moment=moment),
        months=months,
        refused_people=refused_people,
        refused_addresses=refused_addresses,
        findings=accesses.list_findings(trail, zone=period.zone),
        trail=trail,
    )
    rows = write_html(report, out)
    said = {"format": "html", "rows": rows, "from": str(period.first), "to": str(period.last), "zone": period.zone}
    queries.record_report(session, organization_id, said)


def _moment_known(frame: Frame, before: datetime) -> datetime:
    """The end of the period, or, where the trail has lost that, the earliest moment that it still knows."""
    if frame.is_whole or frame.begins_at is None:
        return before
    return max(before, frame.begins_at)


def _settings_then(session: Session, organization_id: UUID, frame: Frame, moment: datetime) -> Mapping[str, Any]:
    """The organization's settings as they were at that moment, as they are stored."""
    past = Past(moment, ["settings"])
    since, before = moment - LONGEST_TRANSACTION, clock.now() + timedelta(days=1)
    for entry in queries.list_entries(session, organization_id, "organizations.update", since=since, before=before):
        past.take(entry)
    then: Mapping[str, Any] = past.restore(organization_id, {"settings": frame.settings})["settings"] or {}
    return then
