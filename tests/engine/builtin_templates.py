"""Not collected with the others: `make test-templates` has the tiny local model write each built-in template's run.

A person launches it with what `tests/templates.py` enters, a worker walks it, and every phase has an answer.
"""

import pytest

from lib.config import get_settings
from lib.db.logins import Login
from lib.maintenance.upgrade import publish_builtin_templates
from lib.models.run import RunStatus
from lib.providers.local import CHOICE
from lib.runs.launch import LaunchRequest, launch_run
from lib.templates.gallery import list_template_choices
from lib.templates.json_output.parsing import parse_json
from tests.conftest import Installation
from tests.engine.conftest import Bench
from tests.local_model import needs_local_model
from tests.templates import SAMPLES
from tests.workers import Workers

#: A busy machine writes a few words a second.
_LONGEST_SECONDS = 600


@pytest.mark.model
@pytest.mark.slow
@needs_local_model
@pytest.mark.timeout(_LONGEST_SECONDS + 60)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_phase_is_written(
    installation: Installation, bench: Bench, workers: Workers, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_LOCAL_MODEL", "true")
    get_settings.cache_clear()
    publish_builtin_templates(installation.database.url(Login.OWNER))
    template = next(choice for choice in list_template_choices(bench.cast.max) if choice.name == name)
    topic, inputs = SAMPLES[name]
    workers.start()
    request = LaunchRequest(
        project_id=bench.project_id, template_id=template.id, model=str(CHOICE), topic=topic, inputs=inputs
    )
    run = bench.wait_for_end(launch_run(bench.cast.alice, request), seconds=_LONGEST_SECONDS)
    assert run.summary.status is RunStatus.COMPLETED, run.summary
    for phase in run.phases:
        if phase.is_not_asked:
            print(f"\n== {name}, {phase.code} ==\n{phase.note}")
            continue
        assert topic in phase.newest.prompt
        if phase.is_json:
            parse_json(phase.newest.response)  # its schema was held against it when it came
            print(f"\n== {name}, {phase.code} ==\n{phase.newest.response}")
            continue
        assert len(phase.newest.response.split()) > 3, f"{phase.code}: {phase.newest.response!r}"
        assert phase.newest.completion_tokens
        print(f"\n== {name}, {phase.code} ==\n{phase.newest.response}")
