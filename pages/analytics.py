"""Analytics: what calls to models cost, and how they and operations went, over time and by what tells them apart."""

from lib.access.permissions import Permission
from lib.ui.components.page_header import page_header
from lib.ui.components.usage_address import read_address
from lib.ui.components.usage_calls import show_calls
from lib.ui.components.usage_dashboard import show_dashboard, show_sorts
from lib.ui.components.usage_export import show_usage_export
from lib.ui.components.usage_figures import Measure
from lib.ui.components.usage_saved import show_saved_views
from lib.ui.components.usage_words import say_period
from lib.ui.guard import require_actor
from lib.usage.service import read_dashboard

actor = require_actor(Permission.ANALYTICS_VIEW)
asked = read_address(actor.time_zone)

if asked.calls:
    show_calls(actor, asked.calls)
else:
    dashboard = read_dashboard(
        actor,
        asked.query,
        by=asked.by,
        top=asked.top,
        with_before=asked.is_compared,
        with_latency=asked.measure is Measure.LATENCY,
    )
    before = dashboard.before.period if dashboard.before else None
    with page_header("Analytics", subtitle=say_period(dashboard.report.period, before)):
        if dashboard.has_calls:
            show_sorts(dashboard)
            show_saved_views(actor, dashboard.query.chosen)
        if dashboard.report.total.calls:
            show_usage_export(dashboard.query, dashboard.by)
    show_dashboard(actor, asked, dashboard)
