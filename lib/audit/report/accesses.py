"""How people came in during a period, and who was kept out: counts by month, the top ones, and what was unusual."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row

from lib import clock
from lib.audit import patterns
from lib.audit.report import queries
from lib.audit.report.lines import Trail
from lib.audit.report.views import Line, Month, Refused
from lib.audit.views import Finding, FindingKind
from lib.figures import count
from lib.models.audit_log import LOCK_OUT, REFUSALS
from lib.users.views import SOME_OPERATOR

#: Of those who were refused.
MOST_REFUSED: Final = 10
#: Refusals that bursts are sought in, the first ones of the period.
MOST_SOUGHT: Final = 20_000
#: What counts as one, each once: a lock-out follows on a wrong password, and has a row of its own by months.
_REFUSALS: Final = tuple(action for action in REFUSALS if action != LOCK_OUT)
#: What somebody's habits are known from, before the period.
_HABITS: Final = timedelta(days=90)
_DECEMBER: Final = 12
#: A row of the table by months -> the actions that it counts.
KINDS: Final[Mapping[str, Sequence[str]]] = {
    "Signed in": ("identity.sign_in",),
    "Refused at the sign-in": ("identity.sign_in_refused",),
    "Wrong code": ("identity.code_refused",),
    "Wrong password, signed in already": ("identity.password_refused",),
    "Locked out": ("identity.lock_out",),
    "Refused for want of a permission": ("access.refused",),
    "Sessions ended by somebody": ("identity.end_sessions",),
    "Links for a new password": ("identity.make_password_link", "identity.ask_for_reset"),
}
_FOUND: Final[Mapping[FindingKind, str]] = {
    FindingKind.NEW_NETWORK: "signed in from a network that they had not come from before",
    FindingKind.ODD_HOUR: "signed in at an hour at which they had not come before",
    FindingKind.BURST: "refused many times within minutes",
}


def count_months(trail: Trail, *, zone: str) -> list[Month]:
    """Of each month that the period has a part of, how often each action happened."""
    months = []
    for since, before in _months(trail.since, trail.before, zone):
        counts = queries.count_actions(trail.session, trail.organization_id, since=since, before=before)
        months.append(Month(since, counts))
    return months


def _months(since: datetime, before: datetime, zone: str) -> Iterator[tuple[datetime, datetime]]:
    while since < before:
        day = since.astimezone(clock.find_zone(zone)).date()
        following = date(day.year + day.month // _DECEMBER, day.month % _DECEMBER + 1, 1)
        until = min(before, clock.start_of_day(following, zone=zone))
        yield since, until
        since = until


def list_refused(trail: Trail) -> tuple[list[Refused], list[Refused]]:
    """The people who were refused most often, and the addresses."""
    rows = queries.list_refused(
        trail.session,
        trail.organization_id,
        actions=_REFUSALS,
        since=trail.since,
        before=trail.before,
        most=MOST_REFUSED + 1,  # one of them may be nobody that is known
    )
    people = [Refused(_name(trail, row), row.number, row.last_at) for row in rows if row.user_id]
    addresses = [Refused(row.address, row.number, row.last_at) for row in rows if row.address]
    return people[:MOST_REFUSED], addresses[:MOST_REFUSED]


def list_findings(trail: Trail, *, zone: str) -> Iterator[Line]:
    """What was unusual, as the rules of `lib.audit.patterns` have it: sign-ins in the order of time, then refusals.

    Every sign-in of the period and of ninety days before is looked at, none is held.
    """
    networks, hours = patterns.NewNetworks(trail.since), patterns.OddHours(trail.since, zone)
    sign_ins = queries.list_accesses(
        trail.session,
        trail.organization_id,
        "identity.sign_in",
        since=trail.since - _HABITS,
        before=trail.before,
    )
    for row in sign_ins:
        access = _access(row)
        yield from (_line(trail, found) for look in (networks, hours) if (found := look.at(access)))
    refusals = []
    for row in trail.entries(*_REFUSALS):
        refusals.append(_access(row))
        if len(refusals) == MOST_SOUGHT:
            break
    bursts = sorted(patterns.find_bursts(refusals), key=lambda found: found.began_at)
    yield from (_line(trail, found) for found in bursts)


def _access(row: Row[Any]) -> patterns.Access:
    return patterns.Access(row.id, row.user_id, row.address, row.created_at)


def _line(trail: Trail, found: Finding) -> Line:
    number = len(found.entry_ids)
    who = trail.names.get(found.user_id, SOME_OPERATOR.name) if found.user_id else "Several people, or nobody known"
    what = count(number, "refusal") if found.kind is FindingKind.BURST else ""
    return Line(at=found.began_at, who=who, did=_FOUND[found.kind], what=what, origin=found.address or "")


def _name(trail: Trail, row: Row[Any]) -> str:
    return trail.names.get(row.user_id, SOME_OPERATOR.name)
