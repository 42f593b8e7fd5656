"""A provider's key is planted, used and refused, and then searched for wherever it must not be."""

import base64
import logging
import subprocess

import pytest
from llmock.scenarios import Fail, Match
from llmock.testing import LLMockServer

from lib.config import get_settings
from lib.connections import trying
from lib.connections.service import create_connection, list_connections, set_active
from lib.db.embedded_programs import wheel_programs
from lib.errors import ModelError, OrchestratorError
from lib.exports import ExportFormat
from lib.models.run import RunStatus
from lib.projects.service import ProjectEntry, create_project
from lib.runs.launch import LaunchRequest, launch_run
from lib.runs.lists.service import export_runs
from lib.runs.queries import RunFilter
from lib.runs.views import RunSort
from lib.ui.navigation import CONNECTIONS, LAUNCH, RUN
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_template
from tests.own_endpoint import KEY, MODEL, edit, entry_for, llm
from tests.pages.conftest import OpenAs
from tests.pages.reading import markdown, markup, press, shown
from tests.records import rows
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


@pytest.fixture(autouse=True)
def _logs_everything(llm: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_LOG_LEVEL", "DEBUG")
    get_settings.cache_clear()


def assert_clean(text: str, *, where: str) -> None:
    assert text, f"{where} says nothing at all"
    for form in FORMS:
        assert form not in text, where


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
    edit(cast.alice, connection_id, entry_for(llm, api_key=OTHER_KEY))
    for wrong in ({"api_key": f"{KEY} with spaces"}, {"base_url": f"https://x:{KEY}@llm.example/v1"}):
        with pytest.raises(OrchestratorError) as told:
            edit(cast.alice, connection_id, entry_for(llm, **wrong))
        said.append(str(told.value))
    # a run of it that ends well, one that fails by the key, and one whose connection is gone
    phases = {"phases": [{"code": "a", "name": "A", "prompt": "{{ topic }}", "max_attempts": 1}]}
    template_id = make_template(installation.database, cast.alice, data=phases, status="published")
    project_id = create_project(cast.alice, ProjectEntry(name="Boat", topic="A boat"))
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

    for page, parameters in ((CONNECTIONS, {}), (LAUNCH, {}), *((RUN, {"run": run_id}) for run_id in ended)):
        at = open_as(cast.alice, page, **parameters)
        assert_clean(shown(at) + markdown(at) + markup(at) + str(at), where=page.title)
    at = press(open_as(cast.alice, CONNECTIONS), "Test")
    assert_clean(shown(at) + str(at), where="the dialog")
    assert_clean("".join(said), where="errors")
    assert_clean(repr(list_connections(cast.alice)), where="what a page gets")
    assert_clean(str(rows(installation, "SELECT to_jsonb(l) AS l FROM audit_logs l")), where="the trail")
    export = export_runs(cast.alice, RunFilter(), sort=RunSort.NEWEST, file_format=ExportFormat.JSON)
    assert_clean(export.decode(), where="a file of runs")
    assert_clean(workers.log.read_text() + "logged", where="the worker's log")
    assert_clean(caplog.text + "".join(capfd.readouterr()) + "logged", where="this process's log")
    dump = subprocess.run(
        [wheel_programs() / "pg_dump", installation.database.admin_url], capture_output=True, text=True, check=True
    )
    assert "acme-llm" in dump.stdout
    assert_clean(dump.stdout, where="a dump of the database")
