"""What is done to projects and templates."""

from typing import Final

from lib.access.permissions import Permission
from lib.models.project import ProjectStatus
from lib.projects import lists as project_lists
from lib.projects import service as projects
from lib.projects.queries import ProjectFilter
from lib.projects.views import ProjectSort
from lib.providers.base import ModelChoice, ModelParameters
from lib.templates import files as template_files
from lib.templates import gallery, publishing
from lib.templates import service as templates
from lib.templates import trying as template_trying
from lib.templates.editing import service as editing
from lib.templates.queries import TemplateFilter
from lib.templates.service import TemplateDetails
from lib.templates.versions import service as versions
from lib.templates.views import TemplateSort
from tests.tenancy.deed import about_own, give, to_a_thing
from tests.tenancy.ground import MODEL

P = Permission
PROJECTS: Final = (
    about_own(projects.list_projects, P.PROJECTS_VIEW, lambda to: give(sort=ProjectSort.NEWEST, cursor=to.cursor)),
    to_a_thing(projects.list_projects, P.PROJECTS_VIEW, lambda to: give(to.project_filter)),
    about_own(projects.list_projects, P.PROJECTS_VIEW, lambda to: give(ProjectFilter(search=to.text))),
    to_a_thing(projects.get_project, P.PROJECTS_VIEW, lambda to: give(to.target.project_id)),
    about_own(projects.list_project_choices, P.PROJECTS_VIEW, lambda to: give(wanted=to.target.project_id)),
    about_own(projects.create_project, P.PROJECTS_CREATE, lambda to: give(to.project)),
    to_a_thing(
        projects.update_project,
        P.PROJECTS_EDIT,
        lambda to: give(to.target.project_id, to.project, seen=to.project_seen),
        is_by_maker=True,
    ),
    to_a_thing(
        projects.move_project,
        P.PROJECTS_ARCHIVE,
        lambda to: give(to.target.quiet_id, ProjectStatus.ARCHIVED),
        is_by_maker=True,
    ),
    to_a_thing(
        projects.move_project,
        P.PROJECTS_EDIT,
        lambda to: give(to.target.quiet_id, ProjectStatus.COMPLETED),
        is_by_maker=True,
    ),
    about_own(project_lists.list_owners, P.PROJECTS_VIEW, lambda to: give(wanted=to.target.member_id)),
    to_a_thing(project_lists.count_projects, P.PROJECTS_VIEW, lambda to: give(to.project_filter, most=9)),
    about_own(project_lists.count_projects_by_status, P.PROJECTS_VIEW, lambda to: give(to.project_filter, most=9)),
    about_own(project_lists.is_search_cut, P.PROJECTS_VIEW, lambda to: give(ProjectFilter(search=to.text))),
    about_own(
        project_lists.export_projects,
        P.PROJECTS_VIEW,
        lambda to: give(to.project_filter, sort=ProjectSort.NAME, file_format=to.file_format),
    ),
)
TEMPLATES: Final = (
    about_own(gallery.list_templates, P.TEMPLATES_VIEW, lambda to: give(sort=TemplateSort.MOST_USED, cursor=to.cursor)),
    about_own(gallery.list_templates, P.TEMPLATES_VIEW, lambda to: give(TemplateFilter(search=to.text))),
    about_own(gallery.count_templates_by_scope, P.TEMPLATES_VIEW, lambda _: give(TemplateFilter(), most=9)),
    about_own(gallery.list_gallery_words, P.TEMPLATES_VIEW),
    about_own(gallery.list_template_choices, P.TEMPLATES_VIEW, lambda to: give(wanted=to.target.template_id)),
    to_a_thing(templates.get_template, P.TEMPLATES_VIEW, lambda to: give(to.target.template_id)),
    to_a_thing(templates.get_template_to_launch, P.TEMPLATES_VIEW, lambda to: give(to.target.template_id)),
    about_own(templates.create_template, P.TEMPLATES_CREATE, lambda to: give(TemplateDetails(name=to.text))),
    to_a_thing(templates.fork_template, P.TEMPLATES_CREATE, lambda to: give(to.target.template_id)),
    to_a_thing(
        templates.update_details,
        P.TEMPLATES_EDIT,
        lambda to: give(to.target.draft_id, TemplateDetails(name=to.text)),
        is_by_maker=True,
    ),
    to_a_thing(
        versions.save_version,
        P.TEMPLATES_EDIT,
        lambda to: give(to.target.draft_id, to.template_data, base_version=2),
        is_by_maker=True,
    ),
    to_a_thing(versions.roll_back, P.TEMPLATES_EDIT, lambda to: give(to.target.draft_id, 1), is_by_maker=True),
    to_a_thing(versions.list_versions, P.TEMPLATES_VIEW, lambda to: give(to.target.template_id, cursor=to.cursor)),
    to_a_thing(versions.get_version_data, P.TEMPLATES_VIEW, lambda to: give(to.target.draft_id, 1)),
    to_a_thing(editing.open_desk, P.TEMPLATES_EDIT, lambda to: give(to.target.draft_id), is_by_maker=True),
    to_a_thing(
        editing.edit_draft,
        P.TEMPLATES_EDIT,
        lambda to: give(to.target.draft_id, lambda content: content | {"data": to.template_data}),
        is_by_maker=True,
    ),
    to_a_thing(editing.rebase_draft, P.TEMPLATES_EDIT, lambda to: give(to.target.draft_id, 2), is_by_maker=True),
    to_a_thing(
        editing.save_draft, P.TEMPLATES_EDIT, lambda to: give(to.target.draft_id, note=to.text), is_by_maker=True
    ),
    to_a_thing(editing.discard_draft, P.TEMPLATES_VIEW, lambda to: give(to.target.draft_id)),
    about_own(
        template_trying.begin_try,
        P.ORCHESTRATIONS_RUN,
        lambda to: give(ModelChoice.parse(MODEL), to.text, parameters=ModelParameters(), timeout_seconds=9),
    ),
    to_a_thing(publishing.publish_template, P.TEMPLATES_EDIT, lambda to: give(to.target.draft_id), is_by_maker=True),
    to_a_thing(publishing.make_public, P.TEMPLATES_PUBLISH, lambda to: give(to.target.template_id)),
    to_a_thing(publishing.make_private, P.TEMPLATES_PUBLISH, lambda to: give(to.target.template_id)),
    to_a_thing(publishing.offer_version, P.TEMPLATES_EDIT, lambda to: give(to.target.draft_id, 1), is_by_maker=True),
    to_a_thing(publishing.approve, P.TEMPLATES_PUBLISH, lambda to: give(to.target.review_id)),
    to_a_thing(publishing.reject, P.TEMPLATES_PUBLISH, lambda to: give(to.target.review_id, "Not yet.")),
    to_a_thing(publishing.withdraw, P.TEMPLATES_EDIT, lambda to: give(to.target.review_id), is_by_maker=True),
    to_a_thing(templates.retire_template, P.TEMPLATES_EDIT, lambda to: give(to.target.draft_id), is_by_maker=True),
    to_a_thing(templates.restore_template, P.TEMPLATES_EDIT, lambda to: give(to.target.retired_id), is_by_maker=True),
    to_a_thing(templates.delete_template, P.TEMPLATES_EDIT, lambda to: give(to.target.draft_id), is_by_maker=True),
    to_a_thing(template_files.export_template, P.TEMPLATES_VIEW, lambda to: give(to.target.template_id)),
    about_own(template_files.import_template, P.TEMPLATES_CREATE, lambda to: give(to.file)),
)
