"""The table of pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from lib.access.actor import Actor
from lib.access.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """One page. `permission` opens it, for whoever holds it at least for rows of their own; None opens it to all."""

    file: str
    title: str
    icon: str
    url_path: str
    section: str = ""
    permission: Permission | None = None
    is_visible: bool = True
    #: Whether it is open to the installation's operators, and to nobody else whatever they are permitted.
    is_for_operators: bool = False

    def is_open_to(self, actor: Actor) -> bool:
        """Whether this person may open the page."""
        if self.is_for_operators:
            return actor.is_operator
        return self.permission is None or actor.may_some(self.permission)


OVERVIEW = PageEntry(file="pages/overview.py", title="Overview", icon="space_dashboard", url_path="overview")
LAUNCH = PageEntry(
    file="pages/launch.py",
    title="Launch",
    icon="rocket_launch",
    url_path="launch",
    permission=Permission.ORCHESTRATIONS_RUN,
)
RUNS = PageEntry(
    file="pages/runs.py",
    title="Runs",
    icon="account_tree",
    url_path="runs",
    section="Work",
    permission=Permission.ORCHESTRATIONS_VIEW,
)
RUN = PageEntry(
    file="pages/run.py",
    title="Run",
    icon="play_arrow",
    url_path="run",
    section="Work",
    permission=Permission.ORCHESTRATIONS_VIEW,
    is_visible=False,
)
REVIEWS = PageEntry(
    file="pages/reviews.py",
    title="Reviews",
    icon="rate_review",
    url_path="reviews",
    section="Work",
    permission=Permission.ORCHESTRATIONS_REVIEW,
)
COMPARE = PageEntry(
    file="pages/compare.py",
    title="Compare",
    icon="compare_arrows",
    url_path="compare",
    section="Work",
    permission=Permission.ORCHESTRATIONS_VIEW,
    is_visible=False,
)
SCHEDULES = PageEntry(
    file="pages/schedules.py",
    title="Schedules",
    icon="event_repeat",
    url_path="schedules",
    section="Work",
    permission=Permission.ORCHESTRATIONS_RUN,
)
SCHEDULE = PageEntry(
    file="pages/schedule.py",
    title="Schedule",
    icon="event_repeat",
    url_path="schedule",
    section="Work",
    permission=Permission.ORCHESTRATIONS_RUN,
    is_visible=False,
)
PROJECTS = PageEntry(
    file="pages/projects.py",
    title="Projects",
    icon="folder_open",
    url_path="projects",
    section="Work",
    permission=Permission.PROJECTS_VIEW,
)
PROJECT = PageEntry(
    file="pages/project.py",
    title="Project",
    icon="folder_open",
    url_path="project",
    section="Work",
    permission=Permission.PROJECTS_VIEW,
    is_visible=False,
)
TEMPLATES = PageEntry(
    file="pages/templates.py",
    title="Templates",
    icon="dashboard_customize",
    url_path="templates",
    section="Work",
    permission=Permission.TEMPLATES_VIEW,
)
TEMPLATE = PageEntry(
    file="pages/template.py",
    title="Template",
    icon="dashboard_customize",
    url_path="template",
    section="Work",
    permission=Permission.TEMPLATES_VIEW,
    is_visible=False,
)
TEMPLATE_EDIT = PageEntry(
    file="pages/template_edit.py",
    title="Template editor",
    icon="edit_note",
    url_path="template-edit",
    section="Work",
    permission=Permission.TEMPLATES_VIEW,
    is_visible=False,
)
ANALYTICS = PageEntry(
    file="pages/analytics.py",
    title="Analytics",
    icon="monitoring",
    url_path="analytics",
    section="Insight",
    permission=Permission.ANALYTICS_VIEW,
)
BUDGETS = PageEntry(
    file="pages/budgets.py",
    title="Budgets",
    icon="savings",
    url_path="budgets",
    section="Insight",
    permission=Permission.ANALYTICS_VIEW,
)
AUDIT = PageEntry(
    file="pages/audit.py",
    title="Audit",
    icon="history",
    url_path="audit",
    section="Insight",
    permission=Permission.AUDIT_VIEW,
)
USERS = PageEntry(
    file="pages/users.py",
    title="Users",
    icon="group",
    url_path="users",
    section="Administration",
    permission=Permission.USERS_VIEW,
)
PERSON = PageEntry(
    file="pages/person.py",
    title="Person",
    icon="person",
    url_path="person",
    section="Administration",
    permission=Permission.USERS_VIEW,
    is_visible=False,
)
CONNECTIONS = PageEntry(
    file="pages/connections.py",
    title="Connections",
    icon="cable",
    url_path="connections",
    section="Administration",
    permission=Permission.CONNECTIONS_VIEW,
)
WEBHOOKS = PageEntry(
    file="pages/webhooks.py",
    title="Webhooks",
    icon="webhook",
    url_path="webhooks",
    section="Administration",
    permission=Permission.WEBHOOKS_VIEW,
)
ORGANIZATION = PageEntry(
    file="pages/organization.py",
    title="Organization",
    icon="domain",
    url_path="organization",
    section="Administration",
    permission=Permission.ORGANIZATION_EDIT,
)
ORGANIZATIONS = PageEntry(
    file="pages/organizations.py",
    title="Organizations",
    icon="dns",
    url_path="organizations",
    section="Administration",
    is_for_operators=True,
)
OPERATIONS = PageEntry(
    file="pages/operations.py",
    title="Operations",
    icon="monitor_heart",
    url_path="operations",
    section="Administration",
    is_for_operators=True,
)
ACCOUNT = PageEntry(file="pages/account.py", title="Account", icon="person", url_path="account", is_visible=False)

#: In the order of the sidebar; the first is where one lands.
PAGES: Sequence[PageEntry] = (
    OVERVIEW,
    LAUNCH,
    RUNS,
    RUN,
    REVIEWS,
    COMPARE,
    SCHEDULES,
    SCHEDULE,
    PROJECTS,
    PROJECT,
    TEMPLATES,
    TEMPLATE,
    TEMPLATE_EDIT,
    ANALYTICS,
    BUDGETS,
    AUDIT,
    USERS,
    PERSON,
    CONNECTIONS,
    WEBHOOKS,
    ORGANIZATION,
    ORGANIZATIONS,
    OPERATIONS,
    ACCOUNT,
)
