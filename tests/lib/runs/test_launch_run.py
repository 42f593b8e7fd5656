"""Launching, against a real endpoint: it works, a weak role is refused, a stranger finds nothing; what is wrong is said
before anything is spent.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from llmock.scenarios import Delay, Fail, Match
from llmock.testing import LLMockServer

from lib.config import get_settings
from lib.errors import (
    Conflict,
    InvalidInput,
    ModelError,
    NotFound,
    NotPermitted,
    OrchestratorError,
    RightsChanged,
)
from lib.models.project import ProjectStatus
from lib.projects.service import move_project
from lib.runs.launch import LaunchRequest, launch_run, preview_launch
from lib.templates.plan import read_plan
from tests import doors
from tests.at_once import attempt
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_template, make_version
from tests.lib.runs.launching import nothing_launched, stored_run, template
from tests.made_templates import make_public_template
from tests.records import row, rows, signature, trail
from tests.workers import MODEL, until

MODELS = Match(path="*models*")


def test_member_launches_run_that_waits_with_all_its_phases(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    run_id = launch_run(cast.max, request_of_max)

    run = stored_run(installation, run_id)
    assert (
        run.items()
        >= {
            "organization_id": cast.organization_a,
            "project_id": request_of_max.project_id,
            "user_id": cast.max.user_id,
            "template_id": request_of_max.template_id,
            "template_version": 1,
            "topic": TOPIC,
            "title": TOPIC,
            "model": MODEL,
            "status": "queued",
            "total_phases": 7,
            "completed_phases": 0,
            "results": {},
            "started_at": None,
            "inputs": {"project": {"name": "Folding bicycle", "description": ""}, "values": {}},
        }.items()
    )
    plan = read_plan(run["plan"])
    assert (plan.template_name, plan.template_version) == ("Project plan", 1)
    phases = rows(installation, "SELECT * FROM phase_executions WHERE run_id = %s ORDER BY position", run_id)
    assert [(phase["phase_code"], phase["phase_name"], phase["depends_on"]) for phase in phases] == [
        (phase.code, phase.name, list(phase.depends_on)) for phase in plan.phases
    ]
    assert {(phase["status"], phase["attempt"], phase["model"], phase["prompt_text"]) for phase in phases} == {
        ("pending", 1, MODEL, None)
    }


def test_launch_is_queued_counted_and_written_down(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    run_id = launch_run(cast.max, request_of_max)

    queued = row(installation, "SELECT * FROM dbos.workflow_status")
    assert str(run_id) in str(queued)
    assert queued["status"] == "ENQUEUED"
    used = row(
        installation, "SELECT usage_count FROM orchestration_templates WHERE id = %s", request_of_max.template_id
    )
    assert used["usage_count"] == 1
    (entry,) = trail(installation, "orchestrations.launch", run_id)
    assert entry.items() >= signature(cast.max).items()
    assert entry["new_values"] == {
        "project_id": str(request_of_max.project_id),
        "template_id": str(request_of_max.template_id),
        "template_version": 1,
        "topic": TOPIC,
        "model": MODEL,
        "total_phases": 7,
    }


def test_viewer_launches_and_previews_nothing(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    for use_case in (launch_run, preview_launch):
        with pytest.raises(NotPermitted) as refused:
            use_case(cast.vera, request_of_max)
        assert refused.value.permission == "orchestrations.run"
    assert nothing_launched(installation)


def test_everybody_else_of_the_organization_launches_for_its_projects(
    cast: Cast, request_of_max: LaunchRequest
) -> None:
    for actor in (cast.alice, cast.mona, cast.max):
        launch_run(actor, request_of_max)


def test_stranger_finds_no_project_to_launch_for(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    for use_case in (launch_run, preview_launch):
        with pytest.raises(NotFound) as hidden:
            use_case(cast.charlie, request_of_max)
        with pytest.raises(NotFound) as missing:
            use_case(cast.charlie, replace(request_of_max, project_id=uuid4()))
        assert hidden.value.message == missing.value.message
    assert nothing_launched(installation)


def test_template_of_another_organization_is_not_found(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    private = make_template(installation.database, cast.charlie, status="published")
    draft = make_template(installation.database, cast.mona)
    for template_id in (private, draft, uuid4()):
        with pytest.raises(NotFound, match="There is no such template"):
            launch_run(cast.max, replace(request_of_max, template_id=template_id))
    assert nothing_launched(installation)


def test_public_template_of_another_organization_is_launched_and_counted(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    public = make_public_template(installation.database, cast.charlie)
    run_id = launch_run(cast.max, replace(request_of_max, template_id=public))
    assert stored_run(installation, run_id)["organization_id"] == cast.organization_a
    used = row(installation, "SELECT usage_count FROM orchestration_templates WHERE id = %s", public)
    assert used["usage_count"] == 1


def test_what_is_launched_is_frozen(installation: Installation, cast: Cast, request_of_max: LaunchRequest) -> None:
    own = template(installation, cast.mona, {"code": "A"})
    run_id = launch_run(cast.max, replace(request_of_max, template_id=own))
    before = stored_run(installation, run_id)
    make_version(installation.database, cast.mona, own, version=2)
    with doors.person(installation.database, cast.mona) as connection:
        connection.execute(
            "UPDATE orchestration_templates t SET template_data = v.template_data, name = 'Another', version = 2 "
            "FROM template_versions v WHERE t.id = %s AND v.template_id = t.id AND v.version = 2",
            [own],
        )
        connection.execute(
            "UPDATE projects SET name = 'Another', topic = 'Another' WHERE id = %s", [request_of_max.project_id]
        )
    assert stored_run(installation, run_id) == before


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"title": "  Second \n try "}, {"title": "Second try"}),
        ({"topic": "A boat\nthat folds"}, {"topic": "A boat\nthat folds", "title": "A boat"}),
        ({"topic": "word " * 30}, {"title": ("word " * 16).strip() + "…"}),
        ({"topic": "x" * 100}, {"title": "x" * 80 + "…"}),
        (
            {"title": "<b>T</b> ![x](https://evil.example/x.png)"},
            {"title": "<b>T</b> ![x](https://evil.example/x.png)"},
        ),
    ],
)
def test_title_and_topic_are_the_runs_own(
    installation: Installation,
    cast: Cast,
    request_of_max: LaunchRequest,
    change: dict[str, Any],
    kept: dict[str, Any],
) -> None:
    run_id = launch_run(cast.max, replace(request_of_max, **change))
    assert stored_run(installation, run_id).items() >= kept.items()
    project = row(installation, "SELECT topic FROM projects WHERE id = %s", request_of_max.project_id)
    assert project["topic"] == TOPIC


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"topic": ""}, InvalidInput, "Topic is empty. Enter something."),
        ({"topic": "  \n "}, InvalidInput, "Topic is empty"),
        ({"topic": "x" * 20_001}, InvalidInput, "20,000 is the most"),
        ({"title": "x" * 300}, InvalidInput, "Title has 300 characters; 255 is the most"),
        ({"title": "T\u202eT"}, InvalidInput, "invisible control character"),
        ({"cost_limit_usd": Decimal(0)}, InvalidInput, "Cost limit must be at least $0.01 and at most $999,999"),
        ({"cost_limit_usd": Decimal("0.000001")}, InvalidInput, "Cost limit must be at least $0.01"),
        ({"cost_limit_usd": Decimal(-1)}, InvalidInput, "Cost limit must be at least $0.01"),
        ({"cost_limit_usd": Decimal(2_000_000)}, InvalidInput, "Cost limit must be at least $0.01"),
        ({"model": ""}, InvalidInput, "is not a model. Write it as provider:model, for example"),
        ({"model": "gpt-4"}, InvalidInput, "“gpt-4” is not a model"),
        (
            {"model": "nobody:gpt-4"},
            ModelError,
            "There is no connection “nobody” any more. Choose another model",
        ),
        ({"model": "openai:gpt-nonsense"}, ModelError, "gpt-nonsense"),
        ({"model": "local:smollm2-135m"}, ModelError, "local"),
        ({"inputs": {"audience": "Everybody"}}, InvalidInput, "“audience” is not asked for"),
    ],
)
def test_wrong_request_is_said_and_launches_nothing(
    *,
    installation: Installation,
    cast: Cast,
    request_of_max: LaunchRequest,
    change: dict[str, Any],
    error: type[OrchestratorError],
    said: str,
) -> None:
    with pytest.raises(error) as wrong:
        launch_run(cast.max, replace(request_of_max, **change))
    assert said in wrong.value.message
    assert nothing_launched(installation)


def test_endpoint_that_is_down_is_said_and_launches_nothing(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, endpoint: LLMockServer
) -> None:
    endpoint.stop()
    with pytest.raises(ModelError, match=r"127\.0\.0\.1") as down:
        launch_run(cast.max, request_of_max)
    assert "key-of-the-tests" not in down.value.message
    assert nothing_launched(installation)


def test_endpoint_that_refuses_the_key_is_said_and_launches_nothing(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, endpoint: LLMockServer
) -> None:
    endpoint.state.scenarios.add(Fail(status=401, times=None, match=MODELS))
    with pytest.raises(ModelError, match="key"):
        launch_run(cast.max, request_of_max)
    assert nothing_launched(installation)


def test_missing_endpoint_says_what_to_set(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ORCHESTRATOR_OPENAI_BASE_URL", "ORCHESTRATOR_OPENAI_API_KEY"):
        monkeypatch.delenv(name)
    get_settings.cache_clear()
    with pytest.raises(ModelError, match="Set ORCHESTRATOR_OPENAI_API_KEY"):
        launch_run(cast.max, request_of_max)
    assert nothing_launched(installation)


def test_default_that_is_another_one_by_then_is_not_launched_with(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_MODELS", "gpt-4o,gpt-4o-mini")
    get_settings.cache_clear()
    unnamed = replace(request_of_max, model=None)
    with pytest.raises(Conflict, match="“openai:gpt-4o” by now, and no longer “openai:gpt-4o-mini”"):
        launch_run(cast.max, replace(unnamed, shown_model=MODEL))
    assert nothing_launched(installation)
    run_id = launch_run(cast.max, replace(unnamed, shown_model="openai:gpt-4o"))
    assert stored_run(installation, run_id)["model"] == "openai:gpt-4o"


def test_preview_asks_nobody_and_writes_nothing(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, endpoint: LLMockServer
) -> None:
    endpoint.stop()
    prepared = preview_launch(cast.max, request_of_max)
    assert [prompt.name for prompt in prepared.prompts][:2] == ["Ideation", "Research"]
    assert all(TOPIC in prompt.prompt for prompt in prepared.prompts)
    assert "⟨the answer of Phase 1 “Ideation” will stand here⟩" in prepared.prompts[1].prompt
    assert prepared.title == TOPIC
    assert nothing_launched(installation)


@pytest.mark.parametrize("status", [status for status in ProjectStatus if status is not ProjectStatus.ACTIVE])
def test_project_that_is_not_active_is_not_launched_for(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, status: ProjectStatus
) -> None:
    move_project(cast.max, request_of_max.project_id, status)
    with pytest.raises(Conflict, match=f"is {status}. Make it active again before launching for it"):
        launch_run(cast.max, request_of_max)
    assert nothing_launched(installation)


def test_project_that_is_archived_while_the_model_is_asked_is_not_launched_for(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, endpoint: LLMockServer
) -> None:
    endpoint.state.scenarios.add(Delay(seconds=2, match=MODELS))
    with attempt(lambda: launch_run(cast.max, request_of_max)) as outcome:
        until(lambda: endpoint.state.journal.in_flight > 0)
        move_project(cast.mona, request_of_max.project_id, ProjectStatus.ARCHIVED)
    (error,) = outcome
    assert isinstance(error, Conflict)
    assert nothing_launched(installation)


def test_what_can_not_be_queued_was_never_launched(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION api.enqueue_run FROM authenticated")
    with pytest.raises(RightsChanged):
        launch_run(cast.max, request_of_max)
    assert nothing_launched(installation)
    assert rows(installation, "SELECT 1 FROM audit_logs WHERE action = 'orchestrations.launch'") == []
    used = row(
        installation, "SELECT usage_count FROM orchestration_templates WHERE id = %s", request_of_max.template_id
    )
    assert used["usage_count"] == 0
