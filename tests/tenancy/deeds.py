"""Every use case of a person, the permission without which it is refused, and how it is done to anybody's things."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.audit import service as audit
from lib.connections import defaults, offers, trying
from lib.connections import service as connections
from lib.connections.entry import ConnectionEntry
from lib.connections.integrations import service as integrations
from lib.connections.integrations.views import IntegrationEntry
from lib.exports import ExportFormat
from lib.identity import email_change, second_factor, sessions
from lib.identity import service as identity
from lib.models.organization import Tier
from lib.models.project import ProjectStatus
from lib.models.review import Decision
from lib.models.run import RunPriority
from lib.organizations import creation, operator
from lib.organizations import service as organizations
from lib.projects import lists as project_lists
from lib.projects import service as projects
from lib.projects.queries import ProjectFilter
from lib.projects.service import ProjectEntry
from lib.projects.structures import ProjectSettings
from lib.projects.views import ProjectSort
from lib.providers.base import ModelChoice, ModelParameters
from lib.providers.catalog import Catalog
from lib.reviews import service as reviews
from lib.reviews.inbox.queries import ReviewFilter
from lib.runs import bulk, duplicating, foresight, launch, retry, steering, turns
from lib.runs import service as runs
from lib.runs.bulk import BulkAction
from lib.runs.commenting import service as commenting
from lib.runs.comparing import service as comparing
from lib.runs.exporting import service as exporting
from lib.runs.exporting.service import RunFormat
from lib.runs.launch import LaunchRequest
from lib.runs.lists import service as run_lists
from lib.runs.operating import service as operating
from lib.runs.queries import RunFilter
from lib.runs.retry_views import RetryRequest
from lib.runs.views import RunSort
from lib.runs.watching import service as watching
from lib.samples import service as samples
from lib.schedules import service as schedules
from lib.schedules.queries import ScheduleFilter
from lib.schedules.service import Timing
from lib.templates import files as template_files
from lib.templates import gallery, publishing
from lib.templates import service as templates
from lib.templates import trying as template_trying
from lib.templates.editing import service as editing
from lib.templates.plan import make_plan
from lib.templates.queries import TemplateFilter
from lib.templates.service import TemplateDetails
from lib.templates.structure import parse_template
from lib.templates.trying import Try
from lib.templates.versions import service as versions
from lib.templates.views import TemplateSort
from lib.users import changes, invitations, password_links, people
from lib.users import service as users
from lib.users.queries import PersonFilter
from lib.users.rights import Rights
from lib.users.views import PersonSort
from tests.cast import PASSWORD
from tests.made_reviews import ANSWER
from tests.tenancy.ground import MODEL, Target

P = Permission
#: A plan with a review, for what is said before a launch.
_GATED: Final = make_plan(
    parse_template({"phases": [{"code": "a", "name": "A", "prompt": "x", "review": {}}]}),
    template_name="T",
    template_version=1,
    model=ModelChoice.parse(MODEL),
)
#: What nobody has: the installation's operators alone may.
OPERATOR: Final = "operator"
TIMING: Final = Timing(cron="0 7 * * *", time_zone="Europe/Berlin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a deed is done to, and what is entered and chosen with it."""

    target: Target
    #: What the target's member holds at the moment.
    seen: Rights = field(default_factory=lambda: Rights(Role.MEMBER))
    #: What the doer's organization is called at the moment.
    own_name: str = ""
    #: What the target's project says at the moment.
    project_seen: ProjectEntry = field(default_factory=lambda: ProjectEntry(name="", topic=""))
    text: str = "Plain words"
    role: str = "viewer"
    permissions: tuple[str, ...] = ()
    cursor: str | None = None
    file_format: ExportFormat = ExportFormat.CSV
    password: str = PASSWORD

    @property
    def project(self) -> ProjectEntry:
        return ProjectEntry(name=self.text, topic=self.text, description=self.text)

    @property
    def file(self) -> bytes:
        """A template's."""
        return b"name: %s\ndata: {phases: [{code: A, name: B, prompt: C}]}" % json.dumps(self.text).encode()

    @property
    def connection(self) -> ConnectionEntry:
        base_url = "http://127.0.0.1:9/v1"  # nobody answers there
        return ConnectionEntry(name=self.text, vendor="openai_compatible", api_key="sk-planted-0123", base_url=base_url)

    @property
    def integration(self) -> IntegrationEntry:
        # nobody is asked there
        return IntegrationEntry(
            kind="http.request", name=self.text, target="https://127.0.0.1:8443/v1", secret="Bearer planted-0123456789"
        )

    @property
    def project_filter(self) -> ProjectFilter:
        return ProjectFilter(created_by=self.target.member_id)

    @property
    def run_filter(self) -> RunFilter:
        return RunFilter(project_id=self.target.project_id, template_id=self.target.template_id)

    @property
    def schedule_filter(self) -> ScheduleFilter:
        return ScheduleFilter(project_id=self.target.project_id)

    @property
    def template_data(self) -> dict[str, Any]:
        return {"phases": [{"code": "Phase 0", "name": "Only", "prompt": "Say something else."}]}

    @property
    def retry(self) -> RetryRequest:
        return RetryRequest(run_id=self.target.failed_id, begins_with="Phase 1", topic=self.text)

    @property
    def request(self) -> LaunchRequest:
        return LaunchRequest(
            project_id=self.target.project_id, template_id=self.target.template_id, model=MODEL, title=self.text
        )


@dataclass(frozen=True, slots=True, repr=False)
class Deed:
    """`do(actor, choice)` is the use case asked for. Without the permission it is refused, or changes nothing."""

    use_case: Callable[..., Any]
    permission: Permission | str | None
    arguments: Callable[[Choice], tuple[tuple[Any, ...], dict[str, Any]]]
    #: Whether it is done to the target's things, which a stranger does not find.
    is_to_a_thing: bool = False
    #: Whether one's own rows need no more than the permission for one's own.
    is_by_maker: bool = False

    def __repr__(self) -> str:
        return f"{self.use_case.__module__}.{self.use_case.__name__}"

    def do(self, actor: Actor, choice: Choice) -> object:
        positional, named = self.arguments(choice)
        answer = self.use_case(actor, *positional, **named)
        if isinstance(answer, Try):
            answer.wait(20)  # what comes of it is this deed's, and not the next one's
        return answer


def _give(*positional: Any, **named: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return positional, named


def _about(
    use_case: Callable[..., Any],
    permission: Permission | str | None,
    arguments: Any = None,
    *,
    is_by_maker: bool = False,
) -> Deed:
    """Something of one's own organization, or of oneself."""
    return Deed(use_case, permission, arguments or (lambda _: _give()), is_by_maker=is_by_maker)


def _to(use_case: Callable[..., Any], permission: Permission, arguments: Any, *, is_by_maker: bool = False) -> Deed:
    """Something that names a thing."""
    return Deed(use_case, permission, arguments, is_to_a_thing=True, is_by_maker=is_by_maker)


_PROJECTS: Final = (
    _about(projects.list_projects, P.PROJECTS_VIEW, lambda to: _give(sort=ProjectSort.NEWEST, cursor=to.cursor)),
    _to(projects.list_projects, P.PROJECTS_VIEW, lambda to: _give(to.project_filter)),
    _about(projects.list_projects, P.PROJECTS_VIEW, lambda to: _give(ProjectFilter(search=to.text))),
    _to(projects.get_project, P.PROJECTS_VIEW, lambda to: _give(to.target.project_id)),
    _about(projects.list_project_choices, P.PROJECTS_VIEW, lambda to: _give(wanted=to.target.project_id)),
    _about(projects.create_project, P.PROJECTS_CREATE, lambda to: _give(to.project)),
    _to(
        projects.update_project,
        P.PROJECTS_EDIT,
        lambda to: _give(to.target.project_id, to.project, seen=to.project_seen),
        is_by_maker=True,
    ),
    _to(
        projects.move_project,
        P.PROJECTS_ARCHIVE,
        lambda to: _give(to.target.quiet_id, ProjectStatus.ARCHIVED),
        is_by_maker=True,
    ),
    _to(
        projects.move_project,
        P.PROJECTS_EDIT,
        lambda to: _give(to.target.quiet_id, ProjectStatus.COMPLETED),
        is_by_maker=True,
    ),
    _about(project_lists.list_owners, P.PROJECTS_VIEW, lambda to: _give(wanted=to.target.member_id)),
    _to(project_lists.count_projects, P.PROJECTS_VIEW, lambda to: _give(to.project_filter, most=9)),
    _about(project_lists.count_projects_by_status, P.PROJECTS_VIEW, lambda to: _give(to.project_filter, most=9)),
    _about(project_lists.is_search_cut, P.PROJECTS_VIEW, lambda to: _give(ProjectFilter(search=to.text))),
    _about(
        project_lists.export_projects,
        P.PROJECTS_VIEW,
        lambda to: _give(to.project_filter, sort=ProjectSort.NAME, file_format=to.file_format),
    ),
)
_TEMPLATES: Final = (
    _about(gallery.list_templates, P.TEMPLATES_VIEW, lambda to: _give(sort=TemplateSort.MOST_USED, cursor=to.cursor)),
    _about(gallery.list_templates, P.TEMPLATES_VIEW, lambda to: _give(TemplateFilter(search=to.text))),
    _about(gallery.count_templates_by_scope, P.TEMPLATES_VIEW, lambda _: _give(TemplateFilter(), most=9)),
    _about(gallery.list_gallery_words, P.TEMPLATES_VIEW),
    _about(gallery.list_template_choices, P.TEMPLATES_VIEW, lambda to: _give(wanted=to.target.template_id)),
    _to(templates.get_template, P.TEMPLATES_VIEW, lambda to: _give(to.target.template_id)),
    _to(templates.get_template_to_launch, P.TEMPLATES_VIEW, lambda to: _give(to.target.template_id)),
    _about(templates.create_template, P.TEMPLATES_CREATE, lambda to: _give(TemplateDetails(name=to.text))),
    _to(templates.fork_template, P.TEMPLATES_CREATE, lambda to: _give(to.target.template_id)),
    _to(
        templates.update_details,
        P.TEMPLATES_EDIT,
        lambda to: _give(to.target.draft_id, TemplateDetails(name=to.text)),
        is_by_maker=True,
    ),
    _to(
        versions.save_version,
        P.TEMPLATES_EDIT,
        lambda to: _give(to.target.draft_id, to.template_data, base_version=2),
        is_by_maker=True,
    ),
    _to(versions.roll_back, P.TEMPLATES_EDIT, lambda to: _give(to.target.draft_id, 1), is_by_maker=True),
    _to(versions.list_versions, P.TEMPLATES_VIEW, lambda to: _give(to.target.template_id, cursor=to.cursor)),
    _to(versions.get_version_data, P.TEMPLATES_VIEW, lambda to: _give(to.target.draft_id, 1)),
    _to(editing.open_desk, P.TEMPLATES_EDIT, lambda to: _give(to.target.draft_id), is_by_maker=True),
    _to(
        editing.edit_draft,
        P.TEMPLATES_EDIT,
        lambda to: _give(to.target.draft_id, lambda content: content | {"data": to.template_data}),
        is_by_maker=True,
    ),
    _to(editing.rebase_draft, P.TEMPLATES_EDIT, lambda to: _give(to.target.draft_id, 2), is_by_maker=True),
    _to(editing.save_draft, P.TEMPLATES_EDIT, lambda to: _give(to.target.draft_id, note=to.text), is_by_maker=True),
    _to(editing.discard_draft, P.TEMPLATES_VIEW, lambda to: _give(to.target.draft_id)),
    _about(
        template_trying.begin_try,
        P.ORCHESTRATIONS_RUN,
        lambda to: _give(ModelChoice.parse(MODEL), to.text, parameters=ModelParameters(), timeout_seconds=9),
    ),
    _to(publishing.publish_template, P.TEMPLATES_EDIT, lambda to: _give(to.target.draft_id), is_by_maker=True),
    _to(publishing.make_public, P.TEMPLATES_PUBLISH, lambda to: _give(to.target.template_id)),
    _to(publishing.make_private, P.TEMPLATES_PUBLISH, lambda to: _give(to.target.template_id)),
    _to(publishing.offer_version, P.TEMPLATES_EDIT, lambda to: _give(to.target.draft_id, 1), is_by_maker=True),
    _to(publishing.approve, P.TEMPLATES_PUBLISH, lambda to: _give(to.target.review_id)),
    _to(publishing.reject, P.TEMPLATES_PUBLISH, lambda to: _give(to.target.review_id, "Not yet.")),
    _to(publishing.withdraw, P.TEMPLATES_EDIT, lambda to: _give(to.target.review_id), is_by_maker=True),
    _to(templates.retire_template, P.TEMPLATES_EDIT, lambda to: _give(to.target.draft_id), is_by_maker=True),
    _to(templates.restore_template, P.TEMPLATES_EDIT, lambda to: _give(to.target.retired_id), is_by_maker=True),
    _to(templates.delete_template, P.TEMPLATES_EDIT, lambda to: _give(to.target.draft_id), is_by_maker=True),
    _to(template_files.export_template, P.TEMPLATES_VIEW, lambda to: _give(to.target.template_id)),
    _about(template_files.import_template, P.TEMPLATES_CREATE, lambda to: _give(to.file)),
)
_RUNS: Final = (
    _about(runs.get_overview, P.ORCHESTRATIONS_VIEW),
    _about(runs.list_runs, P.ORCHESTRATIONS_VIEW, lambda to: _give(sort=RunSort.NEWEST, cursor=to.cursor)),
    _to(runs.list_runs, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.run_filter)),
    _about(runs.list_runs, P.ORCHESTRATIONS_VIEW, lambda to: _give(RunFilter(search=to.text, model=MODEL))),
    _to(runs.watch_run, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.run_id)),
    _to(runs.get_texts, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.run_id, to.target.attempt_id)),
    _to(runs.find_earlier_texts, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.run_id, to.target.attempt_id)),
    _to(watching.look_at_run, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.run_id)),
    _to(runs.cancel_run, P.ORCHESTRATIONS_CANCEL, lambda to: _give(to.target.run_id), is_by_maker=True),
    _to(runs.resume_run, P.ORCHESTRATIONS_CANCEL, lambda to: _give(to.target.paused_id), is_by_maker=True),
    _about(turns.read_turns, P.ORCHESTRATIONS_RUN),
    _to(
        turns.change_priority,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: _give(to.target.run_id, RunPriority.HIGH),
        is_by_maker=True,
    ),
    _to(steering.pause_run, P.ORCHESTRATIONS_CANCEL, lambda to: _give(to.target.run_id), is_by_maker=True),
    _to(steering.finish_run, P.ORCHESTRATIONS_CANCEL, lambda to: _give(to.target.paused_id), is_by_maker=True),
    _to(
        steering.raise_cost_limit,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: _give(to.target.paused_id, Decimal(1), seen=None),
        is_by_maker=True,
    ),
    _about(
        foresight.find_launch_warnings,
        P.ORCHESTRATIONS_RUN,
        lambda _: _give(_GATED, cost_limit_usd=Decimal(1), integration_enabled=True),
    ),
    _about(reviews.list_reviews, P.ORCHESTRATIONS_VIEW, lambda to: _give(ReviewFilter(search=to.text))),
    _to(reviews.list_reviews, P.ORCHESTRATIONS_VIEW, lambda to: _give(ReviewFilter(project_id=to.target.project_id))),
    _about(reviews.count_reviews_by_split, P.ORCHESTRATIONS_VIEW, lambda _: _give(ReviewFilter(), most=9)),
    _about(
        reviews.list_reviewer_choices,
        P.PROJECTS_VIEW,
        lambda to: _give(wanted=[to.target.member_id, to.target.gone_id]),
    ),
    _to(reviews.get_review, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.request_id)),
    *(
        _to(
            reviews.decide_review,
            P.ORCHESTRATIONS_REVIEW,
            lambda to, decision=decision: _give(
                to.target.request_id, decision, seen=reviews.digest(ANSWER), comment=to.text or "No.", edited="Once."
            ),
        )
        for decision in Decision
    ),
    _to(launch.check_project, P.ORCHESTRATIONS_RUN, lambda to: _give(to.target.project_id)),
    _to(launch.preview_launch, P.ORCHESTRATIONS_RUN, lambda to: _give(to.request)),
    _to(launch.launch_run, P.ORCHESTRATIONS_RUN, lambda to: _give(to.request)),
    _about(
        launch.find_default_model,
        P.ORCHESTRATIONS_RUN,
        lambda _: _give(Catalog((), ()), project=ProjectSettings(), template_model=None),
    ),
    _to(retry.open_retry, P.ORCHESTRATIONS_RUN, lambda to: _give(to.target.failed_id)),
    _to(retry.preview_retry, P.ORCHESTRATIONS_RUN, lambda to: _give(to.retry)),
    _to(retry.retry_run, P.ORCHESTRATIONS_RUN, lambda to: _give(to.retry)),
    _to(duplicating.read_draft, P.ORCHESTRATIONS_RUN, lambda to: _give(to.target.run_id)),
    _about(
        bulk.preview_bulk,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: _give(to.run_filter, BulkAction.CANCEL),
        is_by_maker=True,
    ),
    _about(bulk.preview_bulk, P.ORCHESTRATIONS_RUN, lambda to: _give(to.run_filter, BulkAction.RETRY)),
    _about(
        bulk.cancel_runs,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: _give([to.target.run_id, to.target.paused_id, to.target.failed_id]),
        is_by_maker=True,
    ),
    _about(
        bulk.retry_runs,
        P.ORCHESTRATIONS_RUN,
        lambda to: _give([to.target.run_id, to.target.failed_id], on_progress=lambda _: None),
    ),
    _to(
        comparing.compare_runs,
        P.ORCHESTRATIONS_VIEW,
        lambda to: _give(to.target.run_id, to.target.failed_id),
    ),
    _to(comparing.find_runs_of_versions, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.template_id, 1, 1)),
    _about(comparing.read_family, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.failed_id)),
    _to(
        exporting.export_run,
        P.ORCHESTRATIONS_VIEW,
        lambda to: _give(to.target.run_id, file_format=RunFormat.HTML, has_prompts=True),
    ),
    _to(commenting.list_comments, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.run_id, cursor=to.cursor)),
    _about(commenting.count_comments, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.run_id)),
    _to(commenting.add_comment, P.ORCHESTRATIONS_REVIEW, lambda to: _give(to.target.run_id, to.text)),
    _to(commenting.edit_comment, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.comment_id, to.text)),
    _to(commenting.delete_comment, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.comment_id)),
    _about(run_lists.list_run_choices, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.run_filter)),
    _to(run_lists.count_runs, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.run_filter, most=9)),
    _about(run_lists.count_runs_by_status, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.run_filter, most=9)),
    _about(
        run_lists.export_runs,
        P.ORCHESTRATIONS_VIEW,
        lambda to: _give(to.run_filter, sort=RunSort.OLDEST, file_format=to.file_format),
    ),
)
_SCHEDULES: Final = (
    _about(schedules.list_schedules, P.ORCHESTRATIONS_VIEW, lambda to: _give(cursor=to.cursor)),
    _to(schedules.list_schedules, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.schedule_filter)),
    _to(schedules.get_schedule, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.schedule_id)),
    _to(schedules.create_schedule, P.ORCHESTRATIONS_RUN, lambda to: _give(to.request, TIMING)),
    _to(
        schedules.update_schedule,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: _give(to.target.schedule_id, to.request, TIMING, seen=to.target.schedule_seen),
        is_by_maker=True,
    ),
    _to(
        schedules.set_active,
        P.ORCHESTRATIONS_CANCEL,
        lambda to: _give(to.target.schedule_id, is_active=len(to.text) % 2 == 0),
        is_by_maker=True,
    ),
    _to(schedules.run_now, P.ORCHESTRATIONS_RUN, lambda to: _give(to.target.schedule_id)),
    _to(schedules.delete_schedule, P.ORCHESTRATIONS_CANCEL, lambda to: _give(to.target.schedule_id), is_by_maker=True),
    _about(schedules.list_stopped, None),
)
_PEOPLE: Final = (
    _about(people.list_people, P.USERS_VIEW, lambda to: _give(sort=PersonSort.NAME, cursor=to.cursor)),
    _about(people.list_people, P.USERS_VIEW, lambda to: _give(PersonFilter(search=to.text))),
    _about(people.count_people, P.USERS_VIEW, lambda _: _give(PersonFilter(), most=9)),
    _about(people.count_people_by_status, P.USERS_VIEW, lambda _: _give(PersonFilter(), most=9)),
    _about(
        people.export_people,
        P.USERS_VIEW,
        lambda to: _give(PersonFilter(), sort=PersonSort.NAME, file_format=to.file_format),
    ),
    _to(people.get_person, P.USERS_VIEW, lambda to: _give(to.target.member_id)),
    _to(
        changes.change_rights,
        P.USERS_EDIT,
        lambda to: _give(to.target.member_id, role=to.role, permissions=to.permissions, seen=to.seen),
    ),
    _to(changes.deactivate, P.USERS_DEACTIVATE, lambda to: _give(to.target.viewer_id)),
    _to(changes.deactivate, P.USERS_DEACTIVATE, lambda to: _give(to.target.manager_id)),
    _to(changes.reactivate, P.USERS_DEACTIVATE, lambda to: _give(to.target.gone_id)),
    _to(changes.end_sessions, P.USERS_DEACTIVATE, lambda to: _give(to.target.member_id)),
    _to(changes.end_sessions, P.USERS_DEACTIVATE, lambda to: _give(to.target.admin_id)),
    _to(password_links.make_password_link, P.USERS_EDIT, lambda to: _give(to.target.member_id)),
    _to(password_links.make_password_link, P.USERS_EDIT, lambda to: _give(to.target.manager_id)),
    _about(
        invitations.invite,
        P.USERS_INVITE,
        lambda to: _give("somebody@new.example\n" + to.text, role=to.role, permissions=to.permissions),
    ),
    _to(invitations.renew_invitation, P.USERS_INVITE, lambda to: _give(to.target.invitation_id)),
    _to(invitations.revoke_invitation, P.USERS_INVITE, lambda to: _give(to.target.invitation_id)),
    _about(invitations.list_invitations, P.USERS_VIEW, lambda to: _give(cursor=to.cursor)),
    _about(invitations.count_invitations, P.USERS_VIEW, lambda to: _give(search=to.text, role=None, most=9)),
    _about(
        invitations.export_invitations,
        P.USERS_VIEW,
        lambda to: _give(search="", role=None, file_format=to.file_format),
    ),
)
_OPERATIONS: Final = (
    _to(operating.list_operations, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.run_id)),
    _to(
        operating.decide_operation,
        P.ORCHESTRATIONS_REVIEW,
        lambda to: _give(to.target.operation_id, is_approved=False, reason=to.text),
    ),
    _to(operating.get_artifact, P.ORCHESTRATIONS_VIEW, lambda to: _give(to.target.written_id)),
)
_CONNECTIONS: Final = (
    _about(connections.list_connections, P.CONNECTIONS_VIEW),
    _to(connections.get_connection, P.CONNECTIONS_VIEW, lambda to: _give(to.target.connection_id)),
    _about(connections.create_connection, P.CONNECTIONS_MANAGE, lambda to: _give(to.connection, slug="another")),
    _to(
        connections.update_connection,
        P.CONNECTIONS_MANAGE,
        lambda to: _give(to.connection, seen=to.target.connection),
    ),
    _to(
        connections.set_models,
        P.CONNECTIONS_MANAGE,
        lambda to: _give(("gpt-4o", "gpt-4o-mini"), seen=to.target.connection),
    ),
    _to(connections.set_active, P.CONNECTIONS_MANAGE, lambda to: _give(to.target.connection_id, is_active=False)),
    _to(connections.delete_connection, P.CONNECTIONS_MANAGE, lambda to: _give(to.target.connection_id)),
    _to(connections.find_uses, P.CONNECTIONS_VIEW, lambda to: _give(to.target.connection_id)),
    _about(integrations.list_integrations, P.CONNECTIONS_VIEW),
    _about(integrations.list_offered, P.ORCHESTRATIONS_VIEW),
    _about(integrations.create_integration, P.CONNECTIONS_MANAGE, lambda to: _give(to.integration, slug="another-way")),
    _to(
        integrations.update_integration,
        P.CONNECTIONS_MANAGE,
        lambda to: _give(to.integration, seen=to.target.integration),
    ),
    _to(integrations.set_active, P.CONNECTIONS_MANAGE, lambda to: _give(to.target.integration.id, is_active=False)),
    _to(integrations.delete_integration, P.CONNECTIONS_MANAGE, lambda to: _give(to.target.integration.id)),
    _to(integrations.count_templates, P.CONNECTIONS_VIEW, lambda to: _give(to.target.integration.id)),
    _to(integrations.try_integration, P.CONNECTIONS_MANAGE, lambda to: _give(to.target.integration.id)),
    _about(offers.read_offers, P.ORCHESTRATIONS_RUN),
    _about(offers.read_traits, None),
    _about(offers.list_environment_models, P.CONNECTIONS_VIEW),
    _about(defaults.read_default, P.CONNECTIONS_VIEW),
    _about(offers.open_model, P.ORCHESTRATIONS_RUN, lambda _: _give(ModelChoice.parse(MODEL))),
    _about(offers.check_model, P.ORCHESTRATIONS_RUN, lambda _: _give(ModelChoice.parse(MODEL))),
    _to(trying.list_models_there, P.CONNECTIONS_MANAGE, lambda to: _give(to.target.connection_id)),
    _to(trying.test_connection, P.CONNECTIONS_MANAGE, lambda to: _give(to.target.connection_id, "gpt-4o-mini")),
)
_ORGANIZATION: Final = (
    _about(organizations.get_frame, None),
    _about(organizations.get_organization, P.ORGANIZATION_EDIT),
    _about(
        organizations.change_organization,
        P.ORGANIZATION_EDIT,
        lambda to: _give({"name": to.text}, seen={"name": to.own_name}),
    ),
    _about(
        organizations.change_organization,
        P.ORGANIZATION_EDIT,
        lambda _: _give(
            {"security_settings.members_see_own_only": True}, seen={"security_settings.members_see_own_only": False}
        ),
    ),
    _about(
        organizations.count_locked_out,
        P.ORGANIZATION_EDIT,
        lambda _: _give(
            {"security_settings.require_2fa": True, "security_settings.grace_days": 0},
            seen={"security_settings.require_2fa": True, "security_settings.grace_days": 7},
        ),
    ),
    _about(organizations.ask_deletion, P.ORGANIZATION_EDIT, lambda to: _give(slug=to.target.slug)),
    _about(organizations.take_deletion_back, P.ORGANIZATION_EDIT),
    _about(organizations.is_own_slug, None, lambda to: _give(to.target.slug)),
    _about(audit.list_organization_changes, P.AUDIT_VIEW, lambda to: _give(cursor=to.cursor)),
    _to(audit.list_project_changes, P.AUDIT_VIEW, lambda to: _give(to.target.project_id)),
    _to(audit.list_template_changes, P.AUDIT_VIEW, lambda to: _give(to.target.template_id)),
    _to(audit.list_person_changes, P.AUDIT_VIEW, lambda to: _give(to.target.member_id)),
)
_ONESELF: Final = (
    _about(users.get_profile, None),
    _about(users.update_profile, None, lambda to: _give(full_name=to.text)),
    _about(
        users.update_preferences,
        None,
        lambda _: _give(time_zone="Europe/Berlin", landing_page="runs", notifications={"run_failed": False}),
    ),
    _about(sessions.list_sessions, None),
    _to(sessions.end_session, None, lambda to: _give(to.target.session_id)),
    _about(sessions.revoke_other_sessions, None),
    _about(identity.require_password, None, lambda to: _give(to.password)),
    _about(identity.change_password, None, lambda to: _give(current=to.password, new="another long enough one")),
    _about(
        email_change.request_email_change,
        None,
        lambda to: _give(new_email="mine@new.example", password=to.password),
    ),
    _about(second_factor.get_second_factor, None),
    _about(second_factor.begin, None, lambda to: _give(password=to.password)),
    _about(second_factor.confirm, None, lambda to: _give(to.text)),
    _about(second_factor.renew_codes, None, lambda to: _give(password=to.password, code=to.text)),
    _about(second_factor.turn_off, None, lambda to: _give(password=to.password, code=to.text)),
)
_OPERATORS: Final = (
    _about(operator.require_operator, OPERATOR),
    _about(operator.list_organizations, OPERATOR),
    _about(operator.get_organization, OPERATOR, lambda to: _give(to.target.organization_id)),
    _about(operator.find_organization, OPERATOR, lambda to: _give(to.target.slug)),
    _about(operator.change_tier, OPERATOR, lambda to: _give(to.target.organization_id, Tier.ENTERPRISE)),
    _about(operator.set_quota, OPERATOR, lambda to: _give(to.target.organization_id, None)),
    _about(operator.suspend_organization, OPERATOR, lambda to: _give(to.target.organization_id, reason="unpaid")),
    _about(operator.resume_organization, OPERATOR, lambda to: _give(to.target.organization_id)),
    _about(operator.delete_organization, OPERATOR, lambda to: _give(to.target.organization_id)),
    _about(operator.restore_organization, OPERATOR, lambda to: _give(to.target.organization_id)),
    _about(
        creation.create_organization,
        OPERATOR,
        lambda to: _give(name=to.text, slug="dorado", tier=Tier.FREE, email="dora@new.example"),
    ),
    _about(
        creation.invite_first_admin,
        OPERATOR,
        lambda to: _give(to.target.organization_id, email="dora@new.example"),
    ),
    _about(samples.find_sample, OPERATOR),
    _about(samples.make_sample, OPERATOR),
    _about(samples.remove_sample, OPERATOR),
    _about(samples.visit_sample, OPERATOR, lambda _: _give(Role.ADMIN)),
    _about(samples.leave_sample, None),
)
DEEDS: Final = (
    *_PROJECTS,
    *_TEMPLATES,
    *_RUNS,
    *_SCHEDULES,
    *_OPERATIONS,
    *_PEOPLE,
    *_CONNECTIONS,
    *_ORGANIZATION,
    *_ONESELF,
    *_OPERATORS,
)
_GIVING: Final = (changes.change_rights, changes.deactivate, invitations.invite, invitations.renew_invitation)
#: Few among many, and the ones that matter most.
GIVING: Final = tuple(deed for deed in _PEOPLE if deed.use_case in _GIVING)
#: What takes an actor and is no deed: rules that read nothing but what they are given.
PURE: Final = frozenset(
    {
        "lib.users.rights.rights_of",
        "lib.users.rights.beyond",
        "lib.users.rights.may_change",
        "lib.users.rights.may_invite",
        "lib.users.rights.roles_to_give",
        "lib.users.rights.roles_to_invite",
        "lib.users.rights.permissions_to_give",
        "lib.organizations.operator.actions_for",
        "lib.organizations.operator.door",  # tried through each of the operator's deeds, like the other one
        "lib.organizations.operator.identity_door",
        "lib.runs.phases.make_phases",
        "lib.reviews.queries.is_reviewer",
        "lib.reviews.inbox.queries.list_waiting",
        "lib.runs.launch.check_models",  # tried through launch_run and retry_run
        "lib.connections.turns.take_turn",  # tried through begin_try and test_connection; the database asks as well
        "lib.runs.estimating.service.estimate_plan",  # tried through each launch and retry
        "lib.templates.access.require_publisher",
        "lib.templates.gallery.summary_of",
        "lib.templates.queries.is_launchable",
        "lib.templates.queries.scope_of",
    }
)
