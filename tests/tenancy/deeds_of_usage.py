"""What is asked of usage."""

from typing import Final

from lib.access.permissions import Permission
from lib.usage import service
from lib.usage.periods import last_days, today_in
from lib.usage.views import UsageQuery
from tests.tenancy.deed import about_own, give

USAGE: Final = (
    about_own(
        service.read_dashboard,
        Permission.ANALYTICS_VIEW,
        lambda _: give(UsageQuery(period=last_days(30, today_in("UTC"), "UTC"))),
    ),
)
