"""Reports of usage by mail, which a person asks for and ends: one a week, one a month, or both."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, quote, urlencode

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import InvalidInput
from lib.models.usage_report import Rhythm, UsageReport
from lib.usage.calls.address import read_key, say_key
from lib.usage.reports import queries
from lib.usage.reports.rhythm import next_time, told_at
from lib.usage.reports.views import ReportEntry
from lib.usage.views import Dimension, Key

_LONGEST_QUERY: Final = 8_000
Chosen = Mapping[Dimension, frozenset[Key]]


def list_reports(actor: Actor) -> Mapping[Rhythm, ReportEntry]:
    """What the person gets. Raises `NotPermitted`."""
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor) as session:
        found = queries.list_reports(session, actor.user_id)
        entries = [ReportEntry(Rhythm(row.rhythm), row.query, row.next_at) for row in found]
    return {entry.rhythm: entry for entry in entries}


def ask_for_report(actor: Actor, rhythm: Rhythm, chosen: Chosen) -> None:
    """Have the figures of these calls sent to the person from the next week or month on; ones that they get change.

    Raises `NotPermitted`, and `InvalidInput` for filters that are too long.
    """
    actor.require(Permission.ANALYTICS_VIEW)
    query = write_filters(chosen)
    if len(query) > _LONGEST_QUERY:
        message = "This view names too many things to be reported. Take some of the filters away."
        raise InvalidInput(message, field="Filters")
    now = clock.now()
    row = insert(UsageReport).values(
        organization_id=actor.organization_id,
        user_id=actor.user_id,
        rhythm=rhythm,
        query=query,
        next_at=next_time(rhythm, now, zone=actor.time_zone),
        told_until=told_at(rhythm, now, zone=actor.time_zone).last,
    )
    with tenant_session(actor) as session:  # two tabs may ask at once
        session.execute(row.on_conflict_do_update(constraint="usage_reports_rhythm_key", set_={"query": query}))


def end_report(actor: Actor, rhythm: Rhythm) -> None:
    """Have none sent any more; none that is on its way is taken back. Raises `NotPermitted`."""
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor) as session:
        mine = delete(UsageReport).where(UsageReport.user_id == actor.user_id, UsageReport.rhythm == rhythm)
        session.execute(mine)


def write_filters(chosen: Chosen) -> str:
    """The filters as the address of the page of analytics has them."""
    pairs = sorted((by.value, say_key(key)) for by, keys in chosen.items() for key in keys)
    return urlencode(pairs, quote_via=quote)


def read_filters(query: str) -> Chosen:
    """What `write_filters` wrote; what it never wrote is left out."""
    chosen: dict[Dimension, set[Key]] = {}
    for name, texts in parse_qs(query).items():
        for text in texts:
            try:
                by = Dimension(name)
                chosen.setdefault(by, set()).add(read_key(by, text))
            except ValueError:
                continue
    return {by: frozenset(keys) for by, keys in chosen.items() if keys}
