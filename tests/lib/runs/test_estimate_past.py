"""What an estimate knows of the past: of this template, in this organization, as far as the person sees it."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.connections.service import create_connection
from lib.db.session import tenant_session
from lib.runs.estimating.queries import MOST_ATTEMPTS
from lib.runs.estimating.service import read_past
from lib.runs.launch import LaunchRequest, launch_run, preview_launch
from lib.runs.service import watch_run
from lib.templates.plan import Plan, read_plan
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template, show_members_their_own_only
from tests.lib.runs.launching import stored_run
from tests.made_runs import end_run, make_run
from tests.own_endpoint import entry_for, llm
from tests.records import rows
from tests.retrying import go_on
from tests.workers import MODEL

__all__ = ["llm"]


@pytest.fixture
def template_id(installation: Installation, cast: Cast) -> UUID:
    return make_template(installation.database, cast.mona, status="published")


def launch(installation: Installation, cast: Cast, template_id: UUID, *, name: str = "max") -> UUID:
    """A run that was completed."""
    actor = getattr(cast, name)
    project_id = make_project(installation.database, actor)
    run = make_run(installation.database, actor, project_id=project_id, template_id=template_id, model=MODEL)
    end_run(installation.database, actor, run)
    return run.id


def plan_of(installation: Installation, run_id: UUID) -> Plan:
    return read_plan(stored_run(installation, run_id)["plan"])


def test_past_is_that_of_the_template_in_the_organization(
    installation: Installation, cast: Cast, template_id: UUID
) -> None:
    run_id = launch(installation, cast, template_id)
    launch(installation, cast, make_template(installation.database, cast.mona, status="published"))
    with tenant_session(cast.vera) as session:
        past = read_past(session, cast.organization_a, template_id, plan_of(installation, run_id))
    assert {code: len(found) for code, found in past.items()} == {"Phase 0": 1, "Phase 1": 1}
    (attempt,) = past["Phase 0"]
    assert (attempt.prompt_tokens, attempt.completion_tokens, attempt.execution_time_ms) == (150, 800, 5_000)
    assert attempt.prompt_bytes == len("Ideas for A bicycle that folds into a backpack")


def test_stranger_and_member_who_sees_only_their_own_know_nothing_of_it(
    installation: Installation, cast: Cast, template_id: UUID
) -> None:
    plan = plan_of(installation, launch(installation, cast, template_id, name="mona"))
    show_members_their_own_only(installation.database, cast.organization_a)
    for actor in (cast.charlie, replace(cast.max, sees_own_only=True)):
        with tenant_session(actor) as session:
            assert not read_past(session, actor.organization_id, template_id, plan)


def test_what_was_taken_over_is_counted_once(
    installation: Installation, cast: Cast, template_id: UUID, endpoint: LLMockServer
) -> None:
    run_id = launch(installation, cast, template_id)
    go_on(cast.max, run_id, begins_with="Phase 1")
    with tenant_session(cast.max) as session:
        past = read_past(session, cast.organization_a, template_id, plan_of(installation, run_id))
    assert len(past["Phase 0"]) == 1


def test_no_more_than_the_newest_attempts_are_read(installation: Installation, cast: Cast, template_id: UUID) -> None:
    run_id = launch(installation, cast, template_id)
    rows(
        installation,
        "WITH more AS (INSERT INTO orchestration_runs SELECT (jsonb_populate_record(r, jsonb_build_object("
        "'id', gen_random_uuid(), 'created_at', r.created_at - n * interval '1 hour'))).* "
        "FROM orchestration_runs r, generate_series(1, 80) n WHERE r.id = %s RETURNING id) "
        "INSERT INTO phase_executions SELECT (jsonb_populate_record(p, jsonb_build_object("
        "'id', gen_random_uuid(), 'run_id', more.id, 'execution_time_ms', 9000))).* "
        "FROM phase_executions p, more WHERE p.run_id = %s RETURNING 1",
        run_id,
        run_id,
    )
    with tenant_session(cast.max) as session:
        past = read_past(session, cast.organization_a, template_id, plan_of(installation, run_id))
    assert len(past["Phase 1"]) == MOST_ATTEMPTS
    assert past["Phase 1"][0].execution_time_ms == 5_000, "the newest first"


def test_launch_says_what_it_will_take_and_the_run_keeps_it(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    prepared = preview_launch(cast.max, request_of_max)
    assert prepared.estimate.calls == (len(prepared.plan.phases),) * 2 == (7, 7)
    assert prepared.estimate.unpriced_models == (MODEL,), "nobody knows what the endpoint of the tests charges"
    assert prepared.quota.limit is not None
    run_id = launch_run(cast.max, request_of_max)
    assert watch_run(cast.vera, run_id).estimate == prepared.estimate
    assert rows(installation, "SELECT 1 FROM api_usage") == [], "nothing was spent"


def test_price_is_that_of_the_connection(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, llm: LLMockServer
) -> None:
    prices = {"input_usd_per_million": Decimal(2), "output_usd_per_million": Decimal(8)}
    create_connection(cast.alice, replace(entry_for(llm), pricing="entered", **prices), slug="own-llm")
    estimate = preview_launch(cast.max, replace(request_of_max, model="own-llm:gpt-4o-mini")).estimate
    low, high = estimate.cost_usd or (0, 0)
    asked = [sum(phase.prompt_tokens[side] for phase in estimate.phases) for side in (0, 1)]
    answered = [sum(phase.completion_tokens[side] for phase in estimate.phases) for side in (0, 1)]
    assert [low, high] == [(2 * Decimal(i) + 8 * Decimal(o)) / 1_000_000 for i, o in zip(asked, answered, strict=True)]


def test_run_of_before_there_were_estimates_has_none(installation: Installation, cast: Cast, template_id: UUID) -> None:
    assert watch_run(cast.max, launch(installation, cast, template_id)).estimate is None
