"""What managers ask of usage: what calls cost and how they went, over time and by what can be told apart."""

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.usage.reading import Reading
from lib.usage.views import Dashboard, Dimension, UsageQuery


def read_dashboard(
    actor: Actor, query: UsageQuery, *, by: Dimension = Dimension.MODEL, with_before: bool = True
) -> Dashboard:
    """All figures of a page, in one moment: they are what the rows add up to in it. `by` is what bars are stacked of.

    Raises `NotPermitted`.
    """
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        reading = Reading(session, actor.organization_id, query)
        return Dashboard(
            report=reading.report(),
            before=reading.before().report() if with_before else None,
            by=by,
            series=reading.series(by),
            errors=reading.series(Dimension.ERROR),
            shares={each: reading.shares(each) for each in Dimension if each is not Dimension.ERROR},
            hours=reading.hours_of_week(),
        )
