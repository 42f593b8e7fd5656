"""The table of pages, and the navigation that one person gets from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.config import ROOT
from lib.errors import NotPermitted, OperatorOnly
from lib.organizations.views import MOST_COUNTED
from lib.ui import address, words
from lib.ui.linked_pages import make_hidden, make_linked_pages, make_unknown
from lib.ui.way_in import show_way_in


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
    USERS,
    PERSON,
    CONNECTIONS,
    WEBHOOKS,
    ORGANIZATION,
    ORGANIZATIONS,
    ACCOUNT,
)

#: A title goes on with it where something waits; Streamlit draws Markdown there.
_COUNT_BEGINS = " :orange[**"


def build(
    actor: Actor | None,
    *,
    pages: Sequence[PageEntry] = PAGES,
    root: Path = ROOT,
    waiting: Mapping[str, int] | None = None,
) -> StreamlitPage:
    """The page that the address names, ready to `run`, beside a sidebar of what this person may open.

    A page that is not open to them takes its address all the same and says so, and nothing else; so does an address of
    nothing. Without an actor every address is the way in, so that whoever signs in is where they wanted to go,
    but for those that links lead to: of the first set-up, of invitations, and in other mails.

    `waiting` says by a page's file how many things on it wait for this person.
    """
    waiting = waiting or {}
    sections: dict[str, list[StreamlitPage]] = {}
    for entry in pages:
        page = _page(entry, actor, is_first=entry is pages[0], root=root, waiting=waiting.get(entry.file, 0))
        sections.setdefault(entry.section, []).append(page)
    # Streamlit serves the first page at the root only; links and memories have its name.
    sections[""].append(_page(replace(pages[0], is_visible=False), actor, is_first=False, root=root))
    sections[""] += make_linked_pages(actor, first_page=OVERVIEW.file)
    known = {page.url_path for section in sections.values() for page in section}
    if (name := address.requested_page()) and name not in known:
        sections[""].append(make_unknown(actor, name))
    return st.navigation(sections, expanded=True, position="sidebar" if actor else "hidden")


def title_of(page: StreamlitPage) -> str:
    """The page's title without the count that stands beside it in the sidebar."""
    return page.title.partition(_COUNT_BEGINS)[0]


def _page(entry: PageEntry, actor: Actor | None, *, is_first: bool, root: Path, waiting: int = 0) -> StreamlitPage:
    url_path = "" if is_first else entry.url_path
    if actor is None:
        return make_hidden(show_way_in, title="Sign in", url_path=url_path, is_first=is_first)
    if not entry.is_open_to(actor):
        return make_hidden(lambda: _refuse(entry), title=entry.title, url_path=url_path, is_first=is_first)
    return st.Page(
        root / entry.file,
        # its address stays the page's identity, whatever the count
        title=entry.title + (f"{_COUNT_BEGINS}{words.at_most(waiting, most=MOST_COUNTED)}**]" if waiting else ""),
        icon=f":material/{entry.icon}:",
        url_path=url_path,
        default=is_first,
        visibility="visible" if entry.is_visible else "hidden",
    )


def _refuse(entry: PageEntry) -> None:
    raise OperatorOnly if entry.is_for_operators else NotPermitted(entry.permission or "")
