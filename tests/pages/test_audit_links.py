"""From the page of every thing a link leads to what the audit trail says of it, and of nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import pytest
from streamlit.testing.v1 import AppTest

from lib.audit import actions
from lib.audit.resources import KINDS
from lib.models.budget import BudgetScope
from lib.ui.components.audit_link import AUDIT_TRAIL
from lib.ui.navigation import (
    AUDIT,
    BUDGETS,
    CONNECTIONS,
    ORGANIZATION,
    PERSON,
    PROJECT,
    RUN,
    SCHEDULE,
    TEMPLATE,
    USERS,
    WEBHOOKS,
    PageEntry,
)
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.doors import Database
from tests.factories import (
    insert,
    made_by,
    make_connection,
    make_integration,
    make_invitation,
    make_project,
    make_template,
    make_version,
    make_webhook,
)
from tests.made_archives import make_archive_row
from tests.made_budgets import make_budget
from tests.made_retention import make_hold
from tests.made_reviews import make_waiting
from tests.made_runs import make_run
from tests.made_schedules import make_schedule
from tests.made_templates import make_review
from tests.pages.conftest import OpenAs
from tests.pages.reading import titles
from tests.records import rows


@dataclass(frozen=True, slots=True)
class Made:
    """A thing, and what the address of its page says."""

    id: UUID
    address: Mapping[str, UUID]


#: Of one number of hours there is one watch.
_HOURS: Final = count(2)
Make = Callable[[Database, Cast, UUID], Made]


def _alone(make: Callable[[Database, Cast, UUID], UUID], parameter: str | None = None) -> Make:
    """Made in that project, on a page of many, or on one of its own."""

    def made(database: Database, cast: Cast, project_id: UUID) -> Made:
        found = make(database, cast, project_id)
        return Made(found, {parameter: found} if parameter else {})

    return made


def _budget(database: Database, cast: Cast, _project_id: UUID) -> UUID:
    hinges = make_project(database, cast.max, name="Hinges")  # a project has one at most
    return make_budget(cast.alice, name=f"{uuid4()}", scope=BudgetScope.PROJECT, project_id=hinges)


def _watch(database: Database, cast: Cast, _project_id: UUID) -> UUID:
    with doors.person(database, cast.alice) as connection:
        return insert(connection, "spending_watches", **made_by(cast.alice), limit_usd=5, hours=next(_HOURS))


def _schedule(database: Database, cast: Cast, project_id: UUID) -> UUID:
    template_id = make_template(database, cast.alice, name=f"Steps {uuid4()}")
    return make_schedule(database, cast.alice, project_id=project_id, template_id=template_id)


def _archive(database: Database, cast: Cast, project_id: UUID) -> Made:
    return Made(make_archive_row(database, cast.alice, project_id=project_id), {"project": project_id})


def _review(database: Database, cast: Cast, project_id: UUID) -> Made:
    made = make_waiting(database, cast.alice, project_id=project_id)
    return Made(made.id, {"run": made.run.id})


def _template_review(database: Database, cast: Cast, _project_id: UUID) -> Made:
    template_id = make_template(database, cast.alice, name=f"Steps {uuid4()}")
    make_version(database, cast.alice, template_id)
    return Made(make_review(database, cast.alice, template_id), {"template": template_id})


#: Kind -> the page that leads to the trail of one, and how one is made.
LINKED: Final[Mapping[str, tuple[PageEntry, Make]]] = {
    "orchestrations": (RUN, _alone(lambda on, cast, project: make_run(on, cast.max, project_id=project).id, "run")),
    "projects": (PROJECT, _alone(lambda on, cast, _: make_project(on, cast.max, name="Hinges"), "project")),
    "templates": (TEMPLATE, _alone(lambda on, cast, _: make_template(on, cast.alice, name=f"{uuid4()}"), "template")),
    "template_reviews": (TEMPLATE, _template_review),
    "review_requests": (RUN, _review),
    "schedules": (SCHEDULE, _alone(_schedule, "schedule")),
    "users": (PERSON, _alone(lambda _on, cast, _: cast.max.user_id, "person")),
    "invitations": (USERS, _alone(lambda on, cast, _: make_invitation(on, cast.alice).id)),
    "organizations": (ORGANIZATION, _alone(lambda _on, cast, _: cast.organization_a)),
    "provider_connections": (
        CONNECTIONS,
        _alone(lambda on, cast, _: make_connection(on, cast.alice, slug=f"llm-{uuid4()}")),
    ),
    "integration_connections": (
        CONNECTIONS,
        _alone(lambda on, cast, _: make_integration(on, cast.alice, slug=f"api-{uuid4()}")),
    ),
    "webhooks": (WEBHOOKS, _alone(lambda on, cast, _: make_webhook(on, cast.alice, name=f"{uuid4()}"))),
    "archives": (PROJECT, _archive),
    "budgets": (BUDGETS, _alone(_budget)),
    "spending_watches": (BUDGETS, _alone(_watch)),
    "legal_holds": (ORGANIZATION, _alone(lambda on, cast, project: make_hold(on, cast.alice, project_id=project))),
}
#: Kind -> why nothing that it is about has a page or a form of its own.
WITHOUT: Final[Mapping[str, str]] = {
    "credentials": "a person's, and their link leads there as well",
    "run_reviews": "what somebody said stands in the review's panel, beside the review's link",
    "run_comments": "read at the run; an entry of the trail leads to all of one",
    "budget_raises": "a line of its budget; an entry of the trail leads to all of one",
    "retention": "what went is no thing that is there",
    "usage": "who took it along, which is about no one thing",
    "audit": "who took it along, which is about no one thing",
    "export_jobs": "a line in a menu, for a week; an entry of the trail leads to all of one",
    "compliance_reports": "who made one, which is about no one thing",
    "installation": "what whoever runs it did, which is about no one thing",
}


def _open(open_as: OpenAs, cast: Cast, page: PageEntry, made: Made, *, whose: str = "alice") -> AppTest:
    tab = {"tab": "Retention and limits"} if page is ORGANIZATION else {}
    return open_as(getattr(cast, whose), page, **made.address, **tab)


def _addresses(at: AppTest, open_again: Callable[[], AppTest]) -> list[dict[str, str]]:
    """Where all links to the trail lead; what a menu offers is chosen on the page as it was opened."""
    links = [link.proto for link in at.get("page_link") if link.proto.label == AUDIT_TRAIL]
    found = [dict(parse_qsl(link.query_string)) for link in links]
    for key in [menu.key for menu in at.menu_button if menu.key and AUDIT_TRAIL in menu.options]:
        left = open_again()
        left.menu_button(key=key).click(AUDIT_TRAIL).run()
        assert left.title[0].value == "Audit"
        found.append({name: str(value) for name, value in left.query_params.items()})
    return found


def _said_of(installation: Installation, kind: str, key: UUID) -> list[str]:
    """What the trail's rows about the thing say was done, and of a person those of what they did."""
    is_about, values = "resource_type = %s AND resource_id = %s", [kind, key]
    if kind == "users":
        is_about, values = "resource_id = %s OR user_id = %s", [key, key]
    question = f"SELECT action, old_values, new_values FROM audit_logs WHERE {is_about}"
    return sorted(
        actions.say(each["action"], each["old_values"] or {}, each["new_values"] or {})
        for each in rows(installation, question, *values)
    )


def test_every_kind_of_thing_has_its_link_or_a_reason_to_have_none() -> None:
    assert {*LINKED} | {*WITHOUT} == {*KINDS}
    assert not {*LINKED} & {*WITHOUT}


@pytest.mark.parametrize("kind", LINKED)
def test_link_to_the_trail_leads_to_all_about_that_thing_and_to_nothing_else(
    open_as: OpenAs, installation: Installation, cast: Cast, kind: str
) -> None:
    page, make = LINKED[kind]
    project_id = make_project(installation.database, cast.max)
    make(installation.database, cast, project_id)  # another one, of which nothing is to be told
    made = make(installation.database, cast, project_id)

    def open_it() -> AppTest:
        return _open(open_as, cast, page, made)

    wanted = {"with": str(made.id)} if kind == "users" else {"about": f"{kind}:{made.id}"}
    assert _addresses(open_it(), open_it).count(wanted) == 1
    told = titles(open_as(cast.alice, AUDIT, **wanted), "audit-entries")
    assert told, "there is something to be told"
    assert sorted(each[:1].lower() + each[1:] for each in told) == _said_of(installation, kind, made.id)


@pytest.mark.parametrize("kind", [kind for kind in LINKED if LINKED[kind][0] is not ORGANIZATION])
def test_who_may_not_read_the_trail_is_offered_no_way_to_it(
    open_as: OpenAs, installation: Installation, cast: Cast, kind: str
) -> None:
    page, make = LINKED[kind]
    made = make(installation.database, cast, make_project(installation.database, cast.max))
    at = _open(open_as, cast, page, made, whose="mona")
    assert at.title[0].value != "This page is not open to you"
    assert _addresses(at, lambda: at) == []


@pytest.mark.parametrize("kind", ["provider_connections", "integration_connections", "webhooks", "budgets"])
def test_who_reads_the_trail_and_changes_nothing_is_offered_the_trail_alone(
    open_as: OpenAs, installation: Installation, cast: Cast, kind: str
) -> None:
    page, make = LINKED[kind]
    made = make(installation.database, cast, make_project(installation.database, cast.max))
    reads = '["audit.view", "analytics.view", "connections.view", "webhooks.view"]'
    rows(installation, "UPDATE users SET permissions = %s WHERE id = %s RETURNING 1", reads, cast.vera.user_id)

    def open_it() -> AppTest:
        return _open(open_as, cast, page, made, whose="vera")

    assert [list(menu.options) for menu in open_it().menu_button] == [[AUDIT_TRAIL]]
    assert _addresses(open_it(), open_it) == [{"about": f"{kind}:{made.id}"}]
