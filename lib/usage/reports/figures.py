"""What a report tells: the figures of a period beside those of the one before, and what most of them is of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.usage.periods import Period
from lib.usage.reading import Reading, name_keys
from lib.usage.views import Dimension, Key, Share, UsageQuery, UsageReport

#: By what a report tells calls apart.
TOLD: Final = (Dimension.PROJECT, Dimension.PERSON, Dimension.MODEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """A period, read in one moment of the database."""

    #: As it was answered: what was asked for and is not there is left out.
    query: UsageQuery
    left_out: Sequence[Dimension]
    #: What the filters are called.
    names: Mapping[Dimension, Sequence[str]]
    now: UsageReport
    before: UsageReport
    #: The most expensive first; nothing of what is narrowed to one.
    shares: Mapping[Dimension, Sequence[Share]]
    #: Kinds of errors, the most frequent first.
    failures: Sequence[Share]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell: no call, nor any in the period before."""
        return not self.now.total.calls and not self.before.total.calls


def read_period(actor: Actor, chosen: Mapping[Dimension, frozenset[Key]], period: Period) -> PeriodFigures:
    """The figures of these calls. Raises `NotPermitted`."""
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        asked = Reading(session, actor.organization_id, UsageQuery(period=period, chosen=chosen))
        reading, left_out = asked.without_unknown()
        kept, before = reading.query.chosen, period.before()
        reading = reading.knowing(before)
        course = reading.course(period, before)
        failures = [
            share for share in reading.shares(Dimension.ERROR, with_latency=False) if share.figures.failed_calls
        ]
        return PeriodFigures(
            query=reading.query,
            left_out=left_out,
            names={by: sorted(name_keys(session, by, [*keys]).values()) for by, keys in kept.items()},
            now=course.report(period),
            before=course.report(before),
            shares={by: reading.shares(by, with_latency=False) for by in TOLD if len(kept.get(by, ())) != 1},
            failures=sorted(failures, key=lambda share: -share.figures.failed_calls),
        )
