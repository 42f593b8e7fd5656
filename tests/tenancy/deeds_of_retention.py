"""What is asked of retention, and done to legal holds."""

from typing import Final

from lib.access.permissions import Permission
from lib.retention import operator, service
from tests.tenancy.deed import OPERATOR, about_own, give, to_a_thing

EDIT: Final = Permission.ORGANIZATION_EDIT

RETENTION: Final = (
    about_own(service.preview_retention, EDIT),
    about_own(service.preview_retention, EDIT, lambda _: give({"retention.run_days": 1, "retention.audit_days": 30})),
    about_own(service.list_holds, EDIT),
    about_own(service.list_projects, EDIT),
    to_a_thing(service.place_hold, EDIT, lambda to: give(to.target.project_id, reason=to.text)),
    about_own(service.place_hold, EDIT, lambda to: give(None, reason=to.text)),
    to_a_thing(service.release_hold, EDIT, lambda to: give(to.target.hold_id)),
    about_own(service.find_broken_seal, EDIT),
    about_own(service.list_removals, Permission.AUDIT_VIEW),
    about_own(operator.read_retention, OPERATOR),
)
