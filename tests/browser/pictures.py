"""Not a test: `make screenshots ARGS=tests/browser/pictures.py` takes the README's pictures of the sample workspace."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from lib.access.permissions import Role
from lib.config import ROOT
from lib.db.logins import Login
from lib.maintenance.upgrade import publish_builtin_templates
from lib.samples.service import load_sample, open_to_passwords
from tests import doors
from tests.browser import acts
from tests.conftest import Installation

FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 300_000
LIGHT: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}
DARK = LIGHT | {"color_scheme": "dark"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "device_scale_factor": 1.5}
#: The finished run with most to see.
_RUN = (
    "SELECT run.id FROM orchestration_runs run JOIN phase_executions phase ON phase.run_id = run.id "
    "WHERE run.organization_id = %s AND run.status = 'completed' GROUP BY run.id, run.created_at "
    "ORDER BY count(*) DESC, count(*) FILTER (WHERE phase.status = 'failed') DESC, run.created_at DESC LIMIT 1"
)


@pytest.fixture
def sample(installation: Installation) -> Iterator[UUID]:
    """The sample workspace beside a worker, or what counts as one: its lock. Gives the run to look at."""
    publish_builtin_templates(installation.database.url(Login.OWNER))
    organization_id = load_sample().organization_id
    with doors.login(installation.database, Login.WORKER) as worker:
        worker.execute("SELECT pg_advisory_lock(4711, 1)")
        with doors.admin(installation.database) as connection:
            row = connection.execute(_RUN, [organization_id]).fetchone()
        assert row is not None
        yield row[0]


@pytest.mark.timeout(600)
def test_take_the_pictures(sample: UUID, server: str, open_page: Callable[..., Page]) -> None:
    password, workspace = open_to_passwords()
    person = workspace.find_first(Role.ADMIN)
    assert person is not None
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, look, path in (
        ("overview", LIGHT, "/"),
        ("run", DARK, f"/run?run={sample}"),
        ("runs", LIGHT, "/runs"),
        ("phone", PHONE, f"/run?run={sample}"),
    ):
        page = open_page(**look)
        page.goto(server + path)
        page.get_by_label("E-mail or user name").fill(person.username)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign in")
        acts.settle(page)
        page.wait_for_timeout(1500)  # tables are drawn on a canvas: nothing tells when they are done
        acts.settle(page)
        file = FOLDER / f"{name}.png"
        page.screenshot(path=file, animations="disabled")
        page.context.close()
        assert file.stat().st_size < MOST_BYTES
