"""What holds for every page: nobody gets past its guard, nobody's words become markup, nothing of another organization
is on it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import psycopg
import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.access.permission_names import PERMISSIONS
from lib.access.permissions import Permission
from lib.db.logins import Login
from lib.maintenance.upgrade import publish_builtin_templates
from lib.projects.service import ProjectEntry
from lib.ui.navigation import (
    ACCOUNT,
    ANALYTICS,
    AUDIT,
    BUDGETS,
    COMPARE,
    CONNECTIONS,
    LAUNCH,
    OPERATIONS,
    ORGANIZATION,
    ORGANIZATIONS,
    OVERVIEW,
    PAGES,
    PERSON,
    PROJECT,
    PROJECTS,
    REVIEWS,
    RUN,
    RUNS,
    SCHEDULE,
    SCHEDULES,
    TEMPLATE,
    TEMPLATE_EDIT,
    TEMPLATES,
    USERS,
    WEBHOOKS,
    PageEntry,
)
from lib.ui.words import plain
from lib.users.service import update_profile
from tests import doors
from tests.cast import Cast, make_cast
from tests.conftest import Installation
from tests.database import ClonedDatabase, Server, clone_of
from tests.factories import TOPIC, edit_project
from tests.made_runs import make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import headings, is_sign_in, markdown, markup, press, shown, table, titles
from tests.sample import with_operator
from tests.workspace import Workspace, make_workspace

EACH = pytest.mark.parametrize("page", PAGES, ids=[page.title for page in PAGES])
NASTY = "<b>Ünïon</b> ![x](https://evil.example/x.png) :red[*hot*] $a$ [a](https://evil.example)"


@dataclass(frozen=True, slots=True)
class World:
    """A database with the cast and a workspace, which is there to be copied: a copy is made in a sixth of the time."""

    database: ClonedDatabase
    cast: Cast
    made: Workspace


@pytest.fixture(scope="module")
def world(database_server: Server, database_template: str) -> Iterator[World]:
    with clone_of(database_template, database_server) as database:
        cast = make_cast(database)
        with doors.admin(database) as connection:
            connection.execute("UPDATE users SET is_operator = true WHERE id = %s", [cast.alice.user_id])
        cast = replace(cast, alice=replace(cast.alice, is_operator=True))
        yield World(database, cast, make_workspace(database, cast.alice))


@pytest.fixture
def database(world: World, database_server: Server) -> Iterator[ClonedDatabase]:
    """One of the test's own, with all of that in it."""
    with clone_of(world.database.name, database_server) as clone:
        yield clone


@pytest.fixture
def cast(world: World) -> Cast:
    """Alice runs the installation as well, so that every page is open to her."""
    return world.cast


@pytest.fixture
def made(world: World) -> Workspace:
    """Something of organization A on every page."""
    return world.made


def parameters_of(page: PageEntry, made: Workspace) -> Mapping[str, UUID]:
    """What its address needs to show something."""
    of_the_project = {"project": made.project_id}
    of_others = {RUN: {"run": made.run.id}, PERSON: {"person": made.user_id}, TEMPLATE: {"template": made.template_id}}
    of_others[COMPARE] = {"left": made.run.id, "right": made.run.id}
    of_others |= {TEMPLATE_EDIT: {"template": made.template_id}, SCHEDULE: {"schedule": made.schedule_id}}
    return {PROJECT: of_the_project, LAUNCH: of_the_project, **of_others}.get(page, {})


def revoke(installation: Installation, actor: Actor) -> None:
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as connection:
        connection.execute("UPDATE user_sessions SET revoked_at = now() WHERE id = %s", [actor.session_id])


@EACH
def test_without_a_session_there_is_the_sign_in_form_and_nothing_else(
    open_as: OpenAs, cast: Cast, made: Workspace, page: PageEntry
) -> None:
    at = open_as(None, page, **parameters_of(page, made))
    assert is_sign_in(at)
    assert at.query_params == {name: str(value) for name, value in parameters_of(page, made).items()}, "kept for later"


@EACH
def test_session_that_ended_shows_nothing_any_more(
    open_as: OpenAs, installation: Installation, cast: Cast, made: Workspace, page: PageEntry
) -> None:
    at = open_as(cast.alice, page, **parameters_of(page, made))
    of_one_thing = {"Project", "Run", "Person", "Schedule", "Template", "Template editor"}
    assert page.title in {at.title[0].value, *of_one_thing}
    revoke(installation, cast.alice)
    at.run()
    assert not at.exception
    assert is_sign_in(at)


#: The button of each page that changes something or leads on, by the page.
PRESSED = {OVERVIEW: "Open", LAUNCH: "Launch", RUNS: "Launch run", RUN: "Cancel", PROJECTS: "New project"}
PRESSED |= {PROJECT: "Edit", USERS: "Invite people", PERSON: "Save rights", CONNECTIONS: "Add connection"}
PRESSED |= {ACCOUNT: "Save profile", TEMPLATES: "New template", TEMPLATE: "Fork"}
PRESSED |= {ACCOUNT: "Save profile", TEMPLATE_EDIT: "Add a phase"}
PRESSED |= {COMPARE: "Swap sides", SCHEDULES: "Run now", SCHEDULE: "Switch off"}
PRESSED |= {ORGANIZATION: "Save names", ORGANIZATIONS: "New organization", WEBHOOKS: "Add endpoint"}
PRESSED |= {ANALYTICS: "Save view"}
PRESSED |= {BUDGETS: "Add budget", AUDIT: "Verify seals", OPERATIONS: "Look again"}


@pytest.mark.parametrize("page", [page for page in PAGES if page is not REVIEWS], ids=lambda page: page.title)
def test_session_that_ended_does_nothing_any_more(
    *,
    open_as: OpenAs,
    installation: Installation,
    cast: Cast,
    made: Workspace,
    endpoint: LLMockServer,
    page: PageEntry,
) -> None:
    publish_builtin_templates(installation.database.url(Login.OWNER))
    at = open_as(cast.alice, page, **parameters_of(page, made))
    revoke(installation, cast.alice)
    assert is_sign_in(press(at, PRESSED[page]))


@pytest.mark.parametrize(
    ("page", "status"),
    [(RUNS, "completed"), (PROJECTS, "completed"), (TEMPLATES, "mine"), (USERS, "invited"), (REVIEWS, "decided")],
)
def test_session_that_ended_filters_and_turns_nothing_any_more(
    *, open_as: OpenAs, installation: Installation, cast: Cast, made: Workspace, page: PageEntry, status: str
) -> None:
    at = open_as(cast.alice, page)
    revoke(installation, cast.alice)
    at.segmented_control[0].set_value(status)
    at.run()
    assert is_sign_in(at)


@EACH
def test_person_who_was_deactivated_sees_nothing_any_more(
    open_as: OpenAs, installation: Installation, cast: Cast, made: Workspace, page: PageEntry
) -> None:
    with_operator(installation.database, cast)  # somebody has to stay who is one
    at = open_as(cast.alice, page, **parameters_of(page, made))
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [cast.alice.user_id])
    assert is_sign_in(at.run())


@EACH
def test_every_role_sees_it_or_is_told_politely(
    open_as: OpenAs, cast: Cast, made: Workspace, endpoint: LLMockServer, page: PageEntry
) -> None:
    for actor in cast.of_a:
        at = open_as(actor, page, **parameters_of(page, made))
        if page is TEMPLATE_EDIT and not actor.may(Permission.TEMPLATES_EDIT):
            assert headings(at) == ["Not found"], "a draft of alice's"
        elif page.is_open_to(actor):
            assert "This page is not open to you" not in headings(at)
            continue
        else:
            _is_refused(at, page)
        assert not at.code
        assert not at.selectbox
        assert TOPIC not in shown(at)


def _is_refused(at: AppTest, page: PageEntry) -> None:
    assert headings(at) == ["This page is not open to you"]
    if page.is_for_operators:
        assert "This is for the operators of this installation." in shown(at)
        return
    assert page.permission
    assert f"“{PERMISSIONS[page.permission]}”" in shown(at)
    assert page.permission not in shown(at), "its name in the code"
    assert "Ask an admin of your organization to grant it." in shown(at)


def test_viewer_is_refused_somewhere(cast: Cast) -> None:
    """Or the test above would say nothing."""
    closed = [page.title for page in PAGES if not page.is_open_to(cast.vera)]
    assert closed == [
        "Launch",
        "Reviews",
        "Schedules",
        "Schedule",
        "Analytics",
        "Budgets",
        "Audit",
        "Users",
        "Person",
        "Connections",
        "Webhooks",
        "Organization",
        "Organizations",
        "Operations",
    ]


@EACH
def test_stranger_finds_nothing_of_it(
    open_as: OpenAs, cast: Cast, made: Workspace, endpoint: LLMockServer, page: PageEntry
) -> None:
    said = shown(open_as(cast.charlie, page, **parameters_of(page, made)))
    for secret in (TOPIC, "Folding bicycle", "Fold it", "Two steps", "Acme", "Alice", "alice"):
        assert secret not in said, secret
    assert TOPIC in shown(open_as(cast.alice, PROJECT, project=made.project_id)), "there is something to be found"


@pytest.fixture
def nasty(installation: Installation, cast: Cast, made: Workspace) -> Workspace:
    """Names full of markup, wherever people can enter one."""
    update_profile(cast.alice, full_name=NASTY)
    edit_project(
        cast.alice,
        made.project_id,
        ProjectEntry(
            name=NASTY,
            topic=NASTY,
            description=NASTY,
            metadata={"estimated_duration": NASTY, "technologies": [NASTY]},
        ),
    )
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # what a run was launched with is not changed
        connection.execute("UPDATE orchestration_runs SET title = %s, topic = %s", [NASTY, NASTY])
        connection.execute(
            "UPDATE schedules SET title = %s, last_result = 'refused', last_message = %s", [NASTY, NASTY]
        )
        connection.execute("UPDATE phase_executions SET phase_name = %s, response_text = %s", [NASTY, NASTY])
        connection.execute(
            "UPDATE provider_connections SET name = %s, models = ARRAY[%s], last_tested_at = now(), "
            "last_test = jsonb_build_object('model', 'm', 'endpoint', 'e', 'kind', 'auth', 'message', %s::text)",
            [NASTY, NASTY, NASTY],
        )
        connection.execute("UPDATE organizations SET name = %s WHERE id = %s", [NASTY, cast.organization_a])
        connection.execute(
            "UPDATE orchestration_runs SET plan = jsonb_set(plan, '{template_name}', to_jsonb(%s::text))", [NASTY]
        )
        connection.execute(
            "UPDATE orchestration_templates SET name = %s, description = %s, status = 'published', "
            "template_data = jsonb_set(template_data, '{phases,0,name}', to_jsonb(%s::text))",
            [NASTY, NASTY, NASTY],
        )
    return made


def no_markup_in(at: AppTest) -> None:
    for mark in ("![x]", "<b>Ünïon", ":red[*hot*]", "[a](https", "$a$"):
        assert mark not in markdown(at)
    for element in ("<b>Ünïon", "<img", "<a "):
        assert element not in markup(at)


@EACH
def test_words_of_people_stay_words(
    open_as: OpenAs, cast: Cast, nasty: Workspace, endpoint: LLMockServer, page: PageEntry
) -> None:
    at = open_as(cast.alice, page, **parameters_of(page, nasty))
    assert NASTY in shown(at), "they are on the page"
    no_markup_in(at)
    assert plain(NASTY) in markdown(at)


@pytest.mark.parametrize(
    ("page", "opens"),
    [(PROJECT, "Edit"), (RUN, "Cancel"), (PROJECTS, "New project"), (USERS, "Invite people")],
    ids=["Edit", "Cancel", "New", "Invite"],
)
def test_words_of_people_stay_words_in_dialogs(
    open_as: OpenAs, cast: Cast, nasty: Workspace, page: PageEntry, opens: str
) -> None:
    no_markup_in(press(open_as(cast.alice, page, **parameters_of(page, nasty)), opens))


def test_words_of_the_address_stay_words(open_as: OpenAs, cast: Cast, made: Workspace) -> None:
    for page in (RUNS, PROJECTS, TEMPLATES, USERS):
        at = open_as(cast.alice, page, search=NASTY)
        assert f"Search: {NASTY}" in shown(at)
        no_markup_in(at)


def test_list_shows_what_was_typed(open_as: OpenAs, cast: Cast, nasty: Workspace) -> None:
    lists = ((RUNS, "runs", "Run"), (PROJECTS, "projects-table", "Project"), (USERS, "people-table", "Name"))
    for page, key, column in lists:
        at = open_as(cast.mona, page)
        assert titles(at, key)[0] == NASTY
        cell = table(at, column)[0]
        assert NASTY.startswith(cell.removesuffix("…")), "as far as there is room"


def test_every_run_of_a_page_asks_anew(
    open_as: OpenAs, installation: Installation, cast: Cast, made: Workspace
) -> None:
    at = open_as(cast.vera, RUNS)
    before = table(at, "Run")
    make_run(installation.database, cast.max, project_id=made.project_id, title="Later")
    assert table(at.run(), "Run") == ["Later", *before]
