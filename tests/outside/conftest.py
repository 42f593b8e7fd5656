"""A dashboard whose tenant's words can be told from ours, asked from outside."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from lib.ui.navigation import LAUNCH, PERSON, PROJECT, RUN, PageEntry
from tests import doors
from tests.cast import Cast, MadeOrganization, make_cast, make_person
from tests.database import SECRET_KEY, ClonedDatabase
from tests.factories import make_project
from tests.made_runs import MadeRun, make_run
from tests.web_process import orchestrator_web

#: Of organization A, and nowhere else: its name, a project, a run, people, addresses. Letters only, as no page escapes.
MARKS = ("Acme", "acme", "Zeppelin", "Airship", "Alice")
#: What a browser may hold that opens nothing.
WORTHLESS = ("none", "forged", "expired", "revoked", "deactivated")


@dataclass(frozen=True, slots=True)
class Site:
    """A running dashboard, and organization A in it."""

    url: str
    database: ClonedDatabase
    cast: Cast
    project: Any
    run: MadeRun
    #: A kind of `WORTHLESS` -> what such a browser's cookie holds.
    cookies: dict[str, str | None]

    def query_of(self, page: PageEntry) -> str:
        """What the page's address needs to show something."""
        of_the_project = f"project={self.project}"
        of_others = {RUN: f"run={self.run.id}", PERSON: f"person={self.cast.alice.user_id}"}
        return {PROJECT: of_the_project, LAUNCH: of_the_project, **of_others}.get(page, "")

    def sql(self, statement: str, *values: object) -> list[Any]:
        """Arranges and looks as the superuser; returns the rows."""
        with doors.admin(self.database) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def sign_in(self, username: str, *, role: Role = Role.ADMIN) -> tuple[Actor, str]:
        """Another person of A, and the value of their cookie, for a test that ends the session."""
        organization = MadeOrganization(self.cast.organization_a, "Acme Research", "acme")
        with psycopg.connect(self.database.url(Login.IDENTITY)) as connection:
            return make_person(connection, organization, username, role=role)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A database with organization A in it, and how to serve it."""

    database: ClonedDatabase
    folder: Path

    def serve(self) -> AbstractContextManager[str]:
        """A fresh process that nobody has asked for anything."""
        settings = {URL_VARIABLES[login]: self.database.url(login) for login in Login}
        settings |= {"ORCHESTRATOR_SECRET_KEY": SECRET_KEY, "ORCHESTRATOR_DATA_DIR": str(self.folder)}
        settings |= {"ORCHESTRATOR_LOCAL_MODEL": "false"}
        return orchestrator_web(settings, log=self.folder / "web.log")


@pytest.fixture(scope="module")
def tenant(module_database: ClonedDatabase, tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    return Tenant(module_database, tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="module")
def make_site(tenant: Tenant) -> Callable[[str], Site]:
    """`make_site(url)`: the site at that address. The rows are made once."""
    cast = make_cast(tenant.database)
    project = make_project(tenant.database, cast.alice, name="Zeppelin hangar")
    run = make_run(tenant.database, cast.alice, project_id=project, title="Airship survey")
    cookies: dict[str, str | None] = {"none": None, "forged": "forged-" + "x" * 36}
    site = Site("", tenant.database, cast, project, run, cookies)
    for name, end in (
        ("expired", "UPDATE user_sessions SET expires_at = now() WHERE user_id = %s"),
        ("revoked", "UPDATE user_sessions SET revoked_at = now() WHERE user_id = %s"),
        ("deactivated", "UPDATE users SET deactivated_at = now() WHERE id = %s"),
    ):
        actor, cookies[name] = site.sign_in(name)
        site.sql(end, actor.user_id)
    return lambda url: Site(url, tenant.database, cast, project, run, cookies)


@pytest.fixture(scope="module")
def site(tenant: Tenant, make_site: Callable[[str], Site]) -> Iterator[Site]:
    """One process for all tests of a module that need no fresh one."""
    with tenant.serve() as url:
        yield make_site(url)
