"""What is done to archives of projects."""

from io import BytesIO
from typing import Final

from lib.access.permissions import Permission
from lib.archives import service
from tests.tenancy.deed import about_own, give, to_a_thing

P = Permission

ARCHIVES: Final = (
    about_own(service.list_archives, P.PROJECTS_VIEW, lambda to: give(to.target.project_id)),
    about_own(service.find_archive_of_run, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.run_id)),
    to_a_thing(service.foresee_archive, P.PROJECTS_ARCHIVE, lambda to: give(to.target.project_id)),
    to_a_thing(service.ask_archive, P.PROJECTS_ARCHIVE, lambda to: give(to.target.done_id)),
    to_a_thing(service.ask_restore, P.PROJECTS_ARCHIVE, lambda to: give(to.target.archive_id)),
    to_a_thing(service.remove_archive, P.PROJECTS_ARCHIVE, lambda to: give(to.target.archive_id)),
    to_a_thing(service.export_archive, P.PROJECTS_ARCHIVE, lambda to: give(to.target.archive_id, BytesIO())),
)
