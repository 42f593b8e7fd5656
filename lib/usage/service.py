"""What managers ask of usage: what calls cost and how they went, over time and by what can be told apart."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.usage import queries
from lib.usage.forecast import forecast_month
from lib.usage.periods import today_in
from lib.usage.reading import Reading, days_before
from lib.usage.views import Dashboard, Dimension, Key, UsageQuery, UsageReport


def read_dashboard(
    actor: Actor,
    query: UsageQuery,
    *,
    by: Dimension = Dimension.MODEL,
    top: Dimension = Dimension.PROJECT,
    with_before: bool = True,
    with_latency: bool = False,
) -> Dashboard:
    """All figures of a page, in one moment: they are what the rows add up to in it.

    `by` is what bars are stacked of, `top` what is listed by cost; `with_latency` says of each of them how long its
    calls took. Of what is asked for
    and is not there, or is another organization's, the answer says that it is left out.

    Raises `NotPermitted`.
    """
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        reading, left_out = Reading(session, actor.organization_id, query).without_unknown()
        period = reading.query.period
        today = today_in(period.zone)
        days = days_before(today, period.zone)
        before = period.before() if with_before else None
        reported = [period, *([before] if before else [])]
        reading = reading.knowing(*reported, days)
        course = reading.course(*reported, forecast_from=days)
        report = course.report(period)
        return Dashboard(
            query=reading.query,
            left_out=left_out,
            has_calls=bool(report.total.calls) or queries.has_calls(session, actor.organization_id),
            has_operations=_has_operations(session, actor, reading.query, report),
            report=report,
            before=course.report(before) if before else None,
            by=by,
            names=reading.chosen_names(),
            series=reading.series(by, with_latency=with_latency),
            errors=reading.series(Dimension.ERROR),
            top=reading.shares(top, with_latency=with_latency),
            hours=reading.hours_of_week(),
            forecast=forecast_month(course.costs(days), today),
        )


def _has_operations(session: Session, actor: Actor, query: UsageQuery, report: UsageReport) -> bool:
    is_seen = not query.is_model and report.total.calls > 0
    return is_seen or queries.has_operations(session, actor.organization_id)


def list_choices(actor: Actor, query: UsageQuery, by: Dimension) -> Mapping[Key, str]:
    """What the calls of a period can be narrowed to, whatever they are narrowed to, and that too: by what it is called.

    The most expensive come first; what is not there, or is another organization's, is left out. Raises `NotPermitted`.
    """
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        reading, _ = Reading(session, actor.organization_id, query).without_unknown()
        return reading.choices(by)
