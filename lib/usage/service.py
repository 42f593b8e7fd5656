"""What managers ask of usage: what calls cost and how they went, over time and by what can be told apart."""

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.usage import queries
from lib.usage.forecast import forecast_month
from lib.usage.periods import today_in
from lib.usage.reading import Reading, days_before
from lib.usage.views import Dashboard, Dimension, UsageQuery


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
        today = today_in(query.period.zone)
        compared = [query.period.before()] if with_before else []
        reading = reading.knowing(days_before(today, query.period.zone), *compared)
        return Dashboard(
            query=reading.query,
            left_out=left_out,
            has_calls=queries.has_calls(session, actor.organization_id),
            report=reading.report(),
            before=reading.before().report() if with_before else None,
            by=by,
            series=reading.series(by, with_latency=with_latency),
            errors=reading.series(Dimension.ERROR),
            top=reading.shares(top, with_latency=with_latency),
            hours=reading.hours_of_week(),
            forecast=forecast_month(reading.costs_of_days(today), today),
            choices=reading.choices([each for each in Dimension if each is not Dimension.ERROR]),
        )
