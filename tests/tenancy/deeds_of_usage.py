"""What is asked of usage, and what a person keeps of the questions."""

from io import BytesIO
from typing import Any, Final

from lib.access.permissions import Permission
from lib.export_jobs import service as exports
from lib.models.export_job import ExportKind
from lib.models.usage_report import Rhythm
from lib.saved_views import service as saved_views
from lib.usage import exporting, service
from lib.usage.calls import service as calls
from lib.usage.calls.address import write_address
from lib.usage.calls.views import CallFilter
from lib.usage.periods import last_days, today_in
from lib.usage.reports import figures as report_figures
from lib.usage.reports import service as reports
from lib.usage.views import Dimension, UsageQuery
from tests.tenancy.deed import Choice, about_own, give, to_a_thing

ANALYTICS: Final = Permission.ANALYTICS_VIEW


def _query(to: Choice | None = None) -> UsageQuery:
    """Of the last days; only the target's project, where a choice is given."""
    chosen: dict[Any, Any] = {} if to is None else {Dimension.PROJECT: frozenset({to.target.project_id})}
    return UsageQuery(period=last_days(30, today_in("UTC"), "UTC"), chosen=chosen)


def _calls(to: Choice) -> CallFilter:
    return CallFilter(query=_query(to))


USAGE: Final = (
    about_own(service.read_dashboard, ANALYTICS, lambda _: give(_query())),
    about_own(service.list_choices, ANALYTICS, lambda to: give(_query(to), Dimension.PROJECT)),
    about_own(
        exporting.export_usage,
        ANALYTICS,
        lambda to: give(_query(), by=Dimension.PROJECT, file_format=to.file_format),
    ),
    to_a_thing(calls.list_calls, ANALYTICS, lambda to: give(_calls(to), cursor=to.cursor)),
    to_a_thing(calls.count_calls, ANALYTICS, lambda to: give(_calls(to), most=100)),
    about_own(
        calls.export_calls,
        ANALYTICS,
        lambda to: give(CallFilter(query=_query()), BytesIO(), file_format=to.file_format),
    ),
    about_own(
        exports.ask_export,
        ANALYTICS,
        lambda to: give(ExportKind.CALLS, query=write_address(_calls(to)), file_format=to.file_format),
    ),
    about_own(exports.list_exports, ANALYTICS, lambda _: give(ExportKind.CALLS)),
    to_a_thing(exports.open_export, ANALYTICS, lambda to: give(to.target.export_id, BytesIO())),
    to_a_thing(exports.remove_export, ANALYTICS, lambda to: give(to.target.export_id)),
    about_own(reports.list_reports, ANALYTICS),
    about_own(reports.ask_for_report, ANALYTICS, lambda to: give(Rhythm.MONTHLY, _query(to).chosen)),
    about_own(reports.end_report, ANALYTICS, lambda _: give(Rhythm.WEEKLY)),
    about_own(report_figures.read_period, ANALYTICS, lambda to: give(_query(to).chosen, _query().period)),
    about_own(saved_views.list_saved_views, ANALYTICS, lambda _: give("analytics")),
    about_own(
        saved_views.save_view, ANALYTICS, lambda to: give("analytics", name=to.text or "Mine", query="range=7-days")
    ),
    to_a_thing(saved_views.rename_view, ANALYTICS, lambda to: give(to.target.saved_view_id, name=to.text)),
    to_a_thing(saved_views.delete_view, ANALYTICS, lambda to: give(to.target.saved_view_id)),
)
