"""What is asked of the trail, and of the seals over it."""

from io import BytesIO
from typing import Final

from lib.access.permissions import Permission
from lib.audit import sealing, service, trail
from lib.audit.report import service as report
from lib.audit.views import EntryFilter, Thing
from lib.usage.periods import last_days, today_in
from tests.tenancy.deed import Choice, about_own, give, to_a_thing

VIEW: Final = Permission.AUDIT_VIEW


def _entries(to: Choice) -> EntryFilter:
    return EntryFilter(with_id=to.target.member_id)


AUDIT: Final = (
    about_own(service.list_organization_changes, VIEW, lambda to: give(cursor=to.cursor)),
    to_a_thing(service.list_project_changes, VIEW, lambda to: give(to.target.project_id)),
    to_a_thing(service.list_template_changes, VIEW, lambda to: give(to.target.template_id)),
    to_a_thing(service.list_person_changes, VIEW, lambda to: give(to.target.member_id)),
    to_a_thing(trail.list_entries, VIEW, lambda to: give(_entries(to), cursor=to.cursor)),
    to_a_thing(trail.get_entry, VIEW, lambda to: give(to.target.entry_id)),
    to_a_thing(trail.count_entries, VIEW, lambda to: give(_entries(to), most=100)),
    to_a_thing(trail.name_thing, VIEW, lambda to: give(Thing("projects", to.target.project_id))),
    about_own(trail.find_named, VIEW, lambda to: give(EntryFilter(search=to.text), is_whole=True)),
    about_own(trail.list_trail_people, VIEW, lambda to: give(wanted=to.target.member_id)),
    about_own(trail.list_findings, VIEW),
    about_own(trail.may_export, None),
    about_own(
        trail.export_entries,
        Permission.AUDIT_EXPORT,
        lambda to: give(EntryFilter(search=to.text), BytesIO(), file_format=to.file_format),
    ),
    about_own(
        report.write_report,
        Permission.AUDIT_EXPORT,
        lambda to: give(last_days(30, today_in("UTC"), "UTC"), BytesIO()),
    ),
    about_own(sealing.get_seal_status, VIEW),
    about_own(sealing.verify_seals, VIEW),
)
