"""Launching, against a real endpoint: it works, a weak role is refused, a stranger finds nothing; what is wrong is said
before anything is spent.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from llmock.scenarios import Delay, Fail, Match
from llmock.testing import LLMockServer

from lib.access.actor import Actor
from lib.config import get_settings
from lib.errors import (
    Conflict,
    InvalidInput,
    ModelError,
    NotFound,
    NotPermitted,
    OrchestratorError,
    PlanInvalid,
    PlanNotSupported,
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
from tests.factories import TOPIC, make_project, make_public_template, make_template, make_version
from tests.records import Record, row, rows, signature, trail
from tests.workers import MODEL, until

MODELS = Match(path="*models*")


def nothing_launched(installation: Installation) -> bool:
    tables = ("orchestration_runs", "phase_executions", "dbos.workflow_status")
    return not any(rows(installation, f"SELECT 1 FROM {table}") for table in tables)


def template(installation: Installation, actor: Actor, *phases: Mapping[str, Any], **more: Any) -> UUID:
    """A published template made of these phases."""
    whole = [{"name": f"Name of {phase['code']}", "prompt": "{{ topic }}", **phase} for phase in phases]
    return make_template(installation.database, actor, data={"phases": whole, **more}, status="published")


@pytest.fixture
def request_of_max(installation: Installation, cast: Cast, project_plan: UUID) -> LaunchRequest:
    """What max would launch: the project plan, for a project of his own."""
    project_id = make_project(installation.database, cast.max)
    return LaunchRequest(project_id=project_id, template_id=project_plan, model=MODEL)


def stored_run(installation: Installation, run_id: UUID) -> Record:
    return row(installation, "SELECT * FROM orchestration_runs WHERE id = %s", run_id)


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


def test_model_of_every_phase_is_asked_for_first(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    template_id = template(installation, cast.mona, {"code": "A"}, {"code": "B", "model": "openai:gpt-nonsense"})
    with pytest.raises(ModelError, match="gpt-nonsense"):
        launch_run(cast.max, replace(request_of_max, template_id=template_id))
    assert nothing_launched(installation)


def test_plan_that_asks_for_what_is_not_there_yet_is_refused_by_name(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    template_id = template(
        installation,
        cast.mona,
        {"code": "A"},
        {"code": "B", "condition": "true"},
        {"code": "C", "review": {}},
        {"code": "D", "operations": [{"type": "file.write"}]},
        {"code": "E", "output": {"kind": "json"}},
        {"code": "F", "fallback_models": ["openai:gpt-4o"]},
    )
    for use_case in (launch_run, preview_launch):
        with pytest.raises(PlanNotSupported) as refused:
            use_case(cast.max, replace(request_of_max, template_id=template_id))
        for asked in (
            "B “Name of B” asks for a condition",
            "C “Name of C” asks for a review",
            "D “Name of D” asks for operations",
            "E “Name of E” asks for an answer in JSON",
            "F “Name of F” asks for fallback models",
        ):
            assert asked in refused.value.message
        assert "A “" not in refused.value.message
    assert nothing_launched(installation)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"phases": [{"code": "A", "name": "A", "prompt": "{{ budget }}"}]}, "budget"),
        ({"phases": [{"code": "A", "name": "A", "prompt": "{{ topic "}]}, "The prompt of A “A” can't be used"),
        ({"phases": [{"code": "A", "name": "A", "prompt": "{{ phases['Z'].response }}"}]}, "Z"),
        ({"phases": []}, "phases"),
        ({"phases": [{"code": "A", "name": "A", "prompt": "x", "mood": "good"}]}, "“mood” is not known"),
    ],
)
def test_template_that_contradicts_itself_is_refused_in_words(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, data: dict[str, Any], said: str
) -> None:
    template_id = make_template(installation.database, cast.mona, data=data, status="published")
    with pytest.raises(PlanInvalid) as refused:
        launch_run(cast.max, replace(request_of_max, template_id=template_id))
    assert said in refused.value.message
    assert nothing_launched(installation)


QUESTIONS = [
    {"name": "audience", "label": "Audience", "help": "Who reads it"},
    {"name": "budget", "label": "Budget", "kind": "number", "minimum": 0, "maximum": 100, "required": False},
    {"name": "tone", "label": "Tone", "kind": "choice", "choices": ["plain", "warm"], "default": "plain"},
    {"name": "due", "label": "Due", "kind": "date", "required": False},
]


def test_answers_to_the_templates_questions_are_kept_and_rendered(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    phase = {"code": "A", "prompt": "{{ topic }} for {{ inputs.audience }}, {{ inputs.tone }}"}
    template_id = template(installation, cast.mona, phase, inputs=QUESTIONS)
    asked = replace(
        request_of_max, template_id=template_id, inputs={"audience": " Fishers ", "due": "2026-05-01", "budget": 5}
    )
    (prompt,) = preview_launch(cast.max, asked).prompts
    assert prompt.prompt == f"{TOPIC} for Fishers, plain"
    run = stored_run(installation, launch_run(cast.max, asked))
    assert run["inputs"]["values"] == {"audience": "Fishers", "budget": 5, "tone": "plain", "due": "2026-05-01"}


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "Audience: is missing"),
        ({"audience": "A\nB"}, "Audience: must be one line"),
        ({"audience": "x" * 1001}, "Audience: is longer than 1000 characters"),
        ({"audience": "A", "budget": 101}, "Budget: must be at most 100"),
        ({"audience": "A", "budget": "much"}, "Budget: must be a number"),
        ({"audience": "A", "tone": "loud"}, "Tone: must be one of: plain, warm"),
        ({"audience": "A", "due": "tomorrow"}, "Due: must be a date like 2026-01-31"),
        ({"audience": "A", "budgte": 1}, "“budgte” is not asked for; did you mean “budget”"),
    ],
)
def test_wrong_answer_is_said_with_its_question(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, inputs: dict[str, Any], said: str
) -> None:
    template_id = template(installation, cast.mona, {"code": "A"}, inputs=QUESTIONS)
    with pytest.raises(InvalidInput) as wrong:
        launch_run(cast.max, replace(request_of_max, template_id=template_id, inputs=inputs))
    assert said in wrong.value.message
    assert nothing_launched(installation)


def test_preview_asks_nobody_and_writes_nothing(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, endpoint: LLMockServer
) -> None:
    endpoint.stop()
    prepared = preview_launch(cast.max, request_of_max)
    assert [prompt.name for prompt in prepared.prompts][:2] == ["Ideation", "Research"]
    assert all(TOPIC in prompt.prompt for prompt in prepared.prompts)
    assert "⟨the answer of Phase 0 “Ideation” will stand here⟩" in prepared.prompts[1].prompt
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
