"""A provider's key is planted, used and refused, and then searched for wherever it must not be."""

import base64
import inspect
import io
import logging
import subprocess
from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO

import pytest
from llmock.scenarios import Fail, Match
from llmock.testing import LLMockServer
from pyarrow import parquet
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.audit.trail import export_entries
from lib.audit.views import EntryFilter
from lib.config import get_settings
from lib.connections import queries, trying
from lib.connections.opening import open_for_test
from lib.connections.service import create_connection, list_connections, set_active
from lib.db.embedded_programs import wheel_programs
from lib.db.session import tenant_session
from lib.errors import ModelError, OrchestratorError
from lib.exports import ExportFormat
from lib.models.run import RunStatus
from lib.projects.lists import export_projects
from lib.projects.queries import ProjectFilter
from lib.projects.service import ProjectEntry, create_project
from lib.projects.views import ProjectSort
from lib.providers.base import ModelChoice
from lib.runs.exporting.service import RunFormat, export_run
from lib.runs.launch import LaunchRequest, launch_run
from lib.runs.lists.service import export_runs
from lib.runs.queries import RunFilter
from lib.runs.views import RunSort
from lib.templates.files import export_template
from lib.ui.navigation import (
    COMPARE,
    CONNECTIONS,
    PAGES,
    PERSON,
    PROJECT,
    RUN,
    SCHEDULE,
    TEMPLATE,
    TEMPLATE_EDIT,
    USERS,
)
from lib.ui.run_files import write_html, write_markdown
from lib.usage.calls.service import export_calls
from lib.usage.calls.views import CallFilter
from lib.usage.exporting import export_usage
from lib.usage.periods import last_days, today_in
from lib.usage.views import Dimension, UsageQuery
from lib.users.invitations import export_invitations
from lib.users.people import export_people
from lib.users.queries import PersonFilter
from lib.users.views import PersonSort
from lib.webhooks.deliveries import export_deliveries
from lib.webhooks.views import DeliveryFilter
from tests import doors
from tests.architecture.sources import application
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_invitation, make_template, make_version
from tests.made_schedules import make_schedule
from tests.opening import open_page
from tests.own_endpoint import KEY, MODEL, edit, entry_for, llm
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, headings, markdown, markup, press, shown, text_input
from tests.records import rows
from tests.sample import with_operator
from tests.whole_run import get_run
from tests.workers import Workers, until

__all__ = ["llm"]

OTHER_KEY = "sk-planted-another-0c41d2e87b"
#: As it would be written as text, in PostgreSQL's bytes, and in base64 at each of three places.
FORMS = [
    form
    for key in (KEY, OTHER_KEY)
    for form in (
        key,
        key.encode().hex(),
        *(base64.b64encode(b"x" * shift + key.encode()).decode()[4:-4] for shift in range(3)),
    )
]


#: Every list that can be taken along as a file.
PERIOD = last_days(30, today_in("UTC"), "UTC")


def _written(write: Callable[[BinaryIO], None]) -> bytes:
    """What it writes into a file."""
    out = io.BytesIO()
    write(out)
    return out.getvalue()


EXPORTS: dict[str, Callable[[Actor, ExportFormat], bytes]] = {
    "export_runs": lambda actor, kind: export_runs(actor, RunFilter(), sort=RunSort.NEWEST, file_format=kind),
    "export_projects": lambda actor, kind: export_projects(
        actor, ProjectFilter(), sort=ProjectSort.NEWEST, file_format=kind
    ),
    "export_deliveries": lambda actor, kind: export_deliveries(actor, DeliveryFilter(), file_format=kind),
    "export_people": lambda actor, kind: export_people(actor, PersonFilter(), sort=PersonSort.NAME, file_format=kind),
    "export_usage": lambda actor, kind: export_usage(
        actor, UsageQuery(period=PERIOD), by=Dimension.MODEL, file_format=kind
    ),
    "export_calls": lambda actor, kind: _written(
        lambda out: export_calls(actor, CallFilter(query=UsageQuery(period=PERIOD)), out, file_format=kind)
    ),
    "export_entries": lambda actor, kind: _written(
        lambda out: export_entries(actor, EntryFilter(), out, file_format=kind)
    ),
    "export_invitations": lambda actor, kind: export_invitations(actor, search="", role=None, file_format=kind),
}


@pytest.fixture(autouse=True)
def _logs_everything(llm: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_LOG_LEVEL", "DEBUG")
    get_settings.cache_clear()


def assert_clean(text: str, *, where: str) -> None:
    assert text, f"{where} says nothing at all"
    for form in FORMS:
        assert form not in text, where


def enter_key(at: AppTest, key: str) -> None:
    """Edit the only connection in its form, which forgets the key with that."""
    for label in (None, "Save changes"):
        (menu,) = at.get("menu_button")
        menu.set_value("Edit…")
        if label:
            text_input(at, "Key").set_value(key)
            button(at, label).click()
        at.run()
        assert not at.exception
    assert "The changes are saved." in shown(at)
    assert_clean(whole(at), where="the page after the key was entered")


def whole(at: AppTest) -> str:
    """What a page says, as text, as Markdown, as HTML, and as AppTest has all of it."""
    return shown(at) + markdown(at) + markup(at) + str(at)


def read_export(file_format: ExportFormat, data: bytes) -> str:
    """A file as text; Parquet is compressed."""
    if file_format is ExportFormat.PARQUET:
        return str(parquet.read_table(io.BytesIO(data)).to_pylist())
    return data.decode() or "no lines"


def test_every_list_that_can_be_exported_is_searched() -> None:
    found = {
        name
        for module in application()
        if module.name.startswith("lib.") and not module.name.startswith("lib.cli.")
        for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction)
        if name.startswith("export_") and "actor" in inspect.signature(function).parameters
    }
    of_one_thing = {"export_template", "export_run", "export_archive"}
    assert found == {*EXPORTS, *of_one_thing}


@pytest.mark.parametrize("file_format", ExportFormat)
def test_key_in_a_file_would_be_found(cast: Cast, file_format: ExportFormat) -> None:
    create_project(cast.alice, ProjectEntry(name=KEY, topic="A boat"))
    with pytest.raises(AssertionError, match="a file"):
        assert_clean(read_export(file_format, EXPORTS["export_projects"](cast.alice, file_format)), where="a file")


def test_planted_key_is_found_nowhere(
    *,
    open_as: OpenAs,
    cast: Cast,
    installation: Installation,
    llm: LLMockServer,
    workers: Workers,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    connection_id = create_connection(cast.alice, entry_for(llm), slug="acme-llm")
    said = [repr(entry_for(llm))]
    # used, refused with the key in the endpoint's own words, edited, mistyped
    assert trying.test_connection(cast.alice, connection_id, MODEL).has_worked
    echo = f"Incorrect API key provided: {KEY}. Bearer {KEY}"
    llm.state.scenarios.add(Fail(401, message=echo))
    said.append(trying.test_connection(cast.alice, connection_id, MODEL).message)
    enter_key(open_as(cast.alice, CONNECTIONS), OTHER_KEY)
    for wrong in ({"api_key": f"{KEY} with spaces"}, {"base_url": f"https://x:{KEY}@llm.example/v1"}):
        with pytest.raises(OrchestratorError) as told:
            edit(cast.alice, connection_id, entry_for(llm, **wrong))
        said.append(str(told.value))
    # a run of it that ends well, one that fails by the key, and one whose connection is gone
    phases = {"phases": [{"code": "a", "name": "A", "prompt": "{{ topic }}", "max_attempts": 1}]}
    template_id = make_template(installation.database, cast.alice, data=phases, status="published")
    make_version(installation.database, cast.alice, template_id, data=phases)
    project_id = create_project(cast.alice, ProjectEntry(name="Boat", topic="A boat"))
    make_invitation(installation.database, cast.alice)
    request = LaunchRequest(project_id=project_id, template_id=template_id, model=f"acme-llm:{MODEL}")
    ended = [launch_run(cast.alice, request), launch_run(cast.alice, request)]
    refused = Match(path="*completions")
    llm.state.scenarios.add(Fail(401, message=echo.replace(KEY, OTHER_KEY), match=refused))  # one of the two
    workers.start()
    until(lambda: not any(get_run(cast.alice, run_id).is_live for run_id in ended), 60)
    statuses = {get_run(cast.alice, run_id).summary.status for run_id in ended}
    assert statuses == {RunStatus.COMPLETED, RunStatus.FAILED}
    set_active(cast.alice, connection_id, is_active=False)
    with pytest.raises(ModelError) as told:
        launch_run(cast.alice, request)
    said.append(str(told.value))
    set_active(cast.alice, connection_id, is_active=True)

    schedule_id = make_schedule(installation.database, cast.alice, project_id=project_id, template_id=template_id)
    of_page = {
        SCHEDULE: [{"schedule": schedule_id}],
        RUN: [{"run": run_id} for run_id in ended],
        COMPARE: [{"left": ended[0], "right": ended[1]}],
        PROJECT: [{"project": project_id}],
        PERSON: [{"person": cast.max.user_id}],
        USERS: [{}, {"status": "invited"}],
        TEMPLATE: [{"template": template_id}],
        TEMPLATE_EDIT: [{"template": template_id}],
    }
    cast, olga = with_operator(installation.database, cast)  # an admin for whom the operators' page is open too
    for page in PAGES:
        for parameters in of_page.get(page, [{}]):
            at = open_page(page, secret=cast.secret_of(olga), **parameters)
            assert "Not found" not in headings(at)
            assert "This page is not open to you" not in headings(at)
            assert_clean(whole(at), where=f"{page.title} {parameters}")
    for action in ("Models…", "Edit…", "Deactivate…", "Delete…"):
        at = open_as(cast.alice, CONNECTIONS)
        (menu,) = at.get("menu_button")
        menu.set_value(action).run()
        assert_clean(whole(at), where=f"the dialog {action}")
    at = press(open_as(cast.alice, CONNECTIONS), "Test")
    assert_clean(whole(at), where="the dialog of the test")
    assert_clean(export_template(cast.alice, template_id).decode(), where="the template's file")
    for run_id in ended:
        document = export_run(cast.alice, run_id, file_format=RunFormat.JSON, has_prompts=True)
        for data in (document.to_json(), write_html(document), write_markdown(document)):
            assert_clean(data.decode(), where="the run's file")
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'enterprise'")  # a file of the trail is of it
    for name, export in EXPORTS.items():
        for file_format in ExportFormat:
            assert_clean(read_export(file_format, export(cast.alice, file_format)), where=f"{name} as {file_format}")
    assert_clean("".join(said), where="errors")
    assert_clean(repr(list_connections(cast.alice)), where="what a page gets")
    with tenant_session(cast.alice) as session:
        callable_connection = queries.find_callable(session, "acme-llm")
    assert callable_connection is not None
    provider = open_for_test(callable_connection, ModelChoice("acme-llm", MODEL), settings=get_settings())
    assert_clean(f"{callable_connection!r} {provider!r}", where="what is about to be called")
    assert_clean(str(rows(installation, "SELECT to_jsonb(l) AS l FROM audit_logs l")), where="the trail")
    assert_clean(workers.log.read_text() + "logged", where="the worker's log")
    assert_clean(caplog.text + "".join(capfd.readouterr()) + "logged", where="this process's log")
    dump = subprocess.run(
        [wheel_programs() / "pg_dump", installation.database.admin_url], capture_output=True, text=True, check=True
    )
    assert "acme-llm" in dump.stdout
    assert_clean(dump.stdout, where="a dump of the database")
