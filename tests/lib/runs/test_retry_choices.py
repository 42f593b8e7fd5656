"""Running again from anywhere: which phases are taken over, by which plan, with what entered anew."""

from decimal import Decimal
from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.errors import Conflict, InvalidInput, NotFound, PlanInvalid
from lib.models.run import PhaseStatus
from lib.runs.launch import LaunchRequest, launch_run
from lib.runs.retry import open_retry, preview_retry, retry_run
from lib.runs.retry_views import CostLimit, RetryRequest
from lib.runs.service import watch_run
from lib.templates.versions.service import save_version
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import let_operate, make_project, make_version
from tests.lib.runs.launching import stored_run, template
from tests.made_runs import MadeRun, answer, beginning, open_run
from tests.records import rows
from tests.whole_run import get_run
from tests.workers import MODEL

OTHER = "openai:gpt-4o"
ASKED = {"inputs": [{"name": "who", "label": "Audience"}]}
#: A diamond, and one that stands alone.
PHASES = (
    {"code": "a", "depends_on": [], "prompt": "About {{ topic }} for {{ inputs.who }}"},
    {"code": "b", "depends_on": ["a"], "prompt": "B after {{ phases['a'].response }}"},
    {"code": "c", "depends_on": ["a"], "prompt": "C after {{ phases['a'].response }}"},
    {"code": "d", "depends_on": ["b", "c"], "prompt": "D", "model": OTHER},
    {"code": "alone", "depends_on": [], "prompt": "Alone"},
)


@pytest.fixture
def template_id(installation: Installation, cast: Cast) -> UUID:
    made = template(installation, cast.mona, *PHASES, **ASKED)
    with doors.admin(installation.database) as connection:
        found = connection.execute("SELECT template_data FROM orchestration_templates WHERE id = %s", [made]).fetchone()
    assert found
    make_version(installation.database, cast.mona, made, data=found[0])
    return made


@pytest.fixture
def done(installation: Installation, cast: Cast, endpoint: LLMockServer, template_id: UUID) -> MadeRun:
    """Launched by max, walked by a worker's doors to its end: “Fold it twice.” everywhere."""
    request = LaunchRequest(
        project_id=make_project(installation.database, cast.max),
        template_id=template_id,
        model=MODEL,
        topic="Boats",
        inputs={"who": "Fishers"},
    )
    run_id = launch_run(cast.max, request)
    phases = {phase.code: phase.newest.id for phase in watch_run(cast.max, run_id).phases}
    held = open_run(installation.database, cast.organization_a, run_id)
    for position, (code, phase_id) in enumerate(phases.items()):
        held.advance(begin=[beginning("Phase 0", position=position) | {"code": code, "name": code}])
        held.advance(finish=[answer(phase_id)])
    held.advance(end={"status": "completed", "error": {}})
    return MadeRun(run_id, phases)


def reused(cast: Cast, request: RetryRequest) -> list[str]:
    return list(preview_retry(cast.max, request).reused)


@pytest.mark.parametrize(
    ("begins_with", "kept"),
    [
        (None, []),
        ("a", ["alone"]),
        ("b", ["a", "c", "alone"]),
        ("d", ["a", "b", "c", "alone"]),
        ("alone", ["a", "b", "c", "d"]),
    ],
)
def test_what_is_neither_the_chosen_phase_nor_behind_it_is_taken_over(
    cast: Cast, done: MadeRun, begins_with: str | None, kept: list[str]
) -> None:
    assert reused(cast, RetryRequest(run_id=done.id, begins_with=begins_with)) == kept


def test_completed_run_is_run_again_from_the_middle(cast: Cast, done: MadeRun) -> None:
    assert open_retry(cast.max, done.id).begins_with is None
    run = get_run(cast.max, retry_run(cast.max, RetryRequest(run_id=done.id, begins_with="c")))
    statuses = {phase.code: phase.status for phase in run.phases}
    assert statuses == {
        "a": PhaseStatus.COMPLETED,
        "b": PhaseStatus.COMPLETED,
        "c": PhaseStatus.PENDING,
        "d": PhaseStatus.PENDING,
        "alone": PhaseStatus.COMPLETED,
    }
    assert run.phases[1].newest.reused_from == done.phases["b"]
    assert (run.parent_run_id, run.begins_with, run.summary.completed_phases) == (done.id, "c", 3)


def test_from_the_start_nothing_is_taken_over_and_no_phase_is_named(
    installation: Installation, cast: Cast, done: MadeRun
) -> None:
    run_id = retry_run(cast.max, RetryRequest(run_id=done.id))
    stored = stored_run(installation, run_id)
    assert (stored["parent_run_id"], stored["forked_from_phase"], stored["completed_phases"]) == (done.id, None, 0)
    assert {phase.status for phase in watch_run(cast.max, run_id).phases} == {PhaseStatus.PENDING}


def test_it_says_what_reuse_saves_and_what_the_rest_will_take(cast: Cast, done: MadeRun) -> None:
    prepared = preview_retry(cast.max, RetryRequest(run_id=done.id, begins_with="d"))
    assert (prepared.saved_tokens, prepared.saved_cost_usd, prepared.saved_seconds) == (3_800, Decimal("0.112"), 20)
    assert [phase.code for phase in prepared.estimate.phases] == ["d"]
    assert prepared.prompt == "D"


def test_saving_of_unknown_price_is_unknown(installation: Installation, cast: Cast, done: MadeRun) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE phase_executions SET cost_usd = NULL WHERE id = %s", [done.phases["a"]])
    assert preview_retry(cast.max, RetryRequest(run_id=done.id, begins_with="d")).saved_cost_usd is None


@pytest.mark.parametrize(
    ("chosen", "stored"),
    [(None, Decimal(2)), (CostLimit(Decimal("0.5")), Decimal("0.5")), (CostLimit(None), None)],
)
def test_cost_limit_is_the_runs_own_unless_another_is_chosen(
    installation: Installation, cast: Cast, done: MadeRun, chosen: CostLimit | None, stored: Decimal | None
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE orchestration_runs SET cost_limit_usd = 2 WHERE id = %s", [done.id])
    run_id = retry_run(cast.max, RetryRequest(run_id=done.id, begins_with="d", cost_limit=chosen))
    assert stored_run(installation, run_id)["cost_limit_usd"] == stored


def test_limit_of_nothing_is_refused(cast: Cast, done: MadeRun) -> None:
    with pytest.raises(InvalidInput, match=r"Cost limit must be at least \$0.01"):
        retry_run(cast.max, RetryRequest(run_id=done.id, cost_limit=CostLimit(Decimal(0))))


def test_edited_prompt_stands_in_the_new_runs_plan_alone(
    installation: Installation, cast: Cast, done: MadeRun, template_id: UUID
) -> None:
    request = RetryRequest(run_id=done.id, begins_with="b", prompt="Shorter: {{ phases['a'].response }}")
    assert preview_retry(cast.max, request).prompt == "Shorter: Fold it twice.", "with the answer that is reused"
    plans = {
        each["id"]: {phase["code"]: phase["prompt"] for phase in each["plan"]["phases"]}
        for each in (stored_run(installation, done.id), stored_run(installation, retry_run(cast.max, request)))
    }
    before, after = plans.pop(done.id), *plans.values()
    assert after == before | {"b": "Shorter: {{ phases['a'].response }}"}
    (kept,) = rows(
        installation, "SELECT template_data, version FROM orchestration_templates WHERE id = %s", template_id
    )
    assert kept["version"] == 1
    assert "Shorter" not in str(kept["template_data"])


@pytest.mark.parametrize(
    ("prompt", "error", "said"),
    [
        ("", InvalidInput, "Prompt is empty"),
        ("{{ nonsense }}", PlanInvalid, "nonsense"),
        ("{{ phases['d'].response }}", PlanInvalid, "The prompt of Phase 2"),
        ("x" * 200_001, InvalidInput, "200,000 is the most"),
    ],
)
def test_prompt_that_can_not_be_asked_is_refused(
    *, installation: Installation, cast: Cast, done: MadeRun, prompt: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        retry_run(cast.max, RetryRequest(run_id=done.id, begins_with="b", prompt=prompt))
    assert len(rows(installation, "SELECT 1 FROM orchestration_runs")) == 1


def test_other_model_is_asked_by_all_but_those_with_one_of_their_own(
    installation: Installation, cast: Cast, done: MadeRun
) -> None:
    run_id = retry_run(cast.max, RetryRequest(run_id=done.id, begins_with="b", model="openai:gpt-4-turbo"))
    models = {phase.code: phase.newest.model for phase in watch_run(cast.max, run_id).phases}
    assert models["b"] == "openai:gpt-4-turbo"
    assert models["d"] == OTHER, "its own"
    assert models["a"] != "openai:gpt-4-turbo", "taken over as it was answered"
    assert stored_run(installation, run_id)["model"] == "openai:gpt-4-turbo"


def test_phase_that_it_begins_with_asks_the_chosen_model_though_it_has_one(cast: Cast, done: MadeRun) -> None:
    prepared = preview_retry(cast.max, RetryRequest(run_id=done.id, begins_with="d", model="openai:gpt-4-turbo"))
    assert prepared.plan.get_phase("d").model == "openai:gpt-4-turbo"


def test_entered_anew_it_is_asked_anew_and_old_answers_are_named(
    installation: Installation, cast: Cast, done: MadeRun
) -> None:
    request = RetryRequest(run_id=done.id, begins_with="b", topic="Ships", inputs={"who": "Sailors"})
    assert preview_retry(cast.max, request).written_before == ("Name of a", "Name of c", "Name of alone")
    stored = stored_run(installation, retry_run(cast.max, request))
    assert (stored["topic"], stored["inputs"]["values"]) == ("Ships", {"who": "Sailors"})
    for same in (
        RetryRequest(run_id=done.id, begins_with="b", topic="Boats", inputs={"who": "Fishers"}),
        RetryRequest(run_id=done.id, topic="Ships"),
    ):
        assert preview_retry(cast.max, same).written_before == (), "nothing is otherwise, or nothing is kept"


@pytest.mark.parametrize(("topic", "inputs"), [("  ", None), (None, {"who": ""}), (None, {"nobody": "asks"})])
def test_wrong_entry_is_refused(cast: Cast, done: MadeRun, topic: str | None, inputs: dict[str, str] | None) -> None:
    with pytest.raises(InvalidInput):
        retry_run(cast.max, RetryRequest(run_id=done.id, topic=topic, inputs=inputs))


def _next_version(cast: Cast, template_id: UUID) -> None:
    """Another prompt for c, e before d, alone gone, another question."""
    phases = [dict(phase) for phase in PHASES[:4]]
    phases[2]["prompt"] = "C, otherwise"
    phases[3]["depends_on"] = ["b", "c", "e"]
    phases.append({"code": "e", "depends_on": ["a"], "prompt": "E"})
    data = {
        "inputs": [*ASKED["inputs"], {"name": "tone", "label": "Tone", "required": False}],
        "phases": [{"name": f"Name of {phase['code']}", **phase} for phase in phases],
    }
    save_version(cast.mona, template_id, data, base_version=1)


def test_latest_version_is_offered_with_what_differs(cast: Cast, done: MadeRun, template_id: UUID) -> None:
    assert open_retry(cast.max, done.id).latest is None, "the run has the latest"
    _next_version(cast, template_id)
    desk = open_retry(cast.max, done.id)
    assert desk.latest is not None
    assert {each.what: each.names for each in desk.differences} == {
        "New": ("Name of e",),
        "Gone": ("Name of alone",),
        "Another prompt": ("Name of c",),
        "Waits for other phases": ("Name of d",),
        "Asks at launch, new": ("Tone",),
    }
    assert open_retry(cast.max, done.id).questions_of(is_latest=True)[0].default == "Fishers"


def test_latest_version_keeps_what_is_still_in_it_and_not_behind_anything_new(
    installation: Installation, cast: Cast, done: MadeRun, template_id: UUID
) -> None:
    _next_version(cast, template_id)
    request = RetryRequest(run_id=done.id, begins_with="c", is_latest=True, shown_version=2)
    assert reused(cast, request) == ["a", "b"], "d is behind c and e, which the run before did not have"
    run_id = retry_run(cast.max, request)
    stored = stored_run(installation, run_id)
    assert (stored["template_version"], stored["total_phases"]) == (2, 5)
    assert stored["inputs"]["values"] == {"who": "Fishers", "tone": None}
    assert "C, otherwise" in str(stored["plan"])
    with pytest.raises(InvalidInput, match="no phase of that version"):
        retry_run(cast.max, RetryRequest(run_id=done.id, begins_with="alone", is_latest=True))


def test_version_that_came_meanwhile_is_not_launched_unseen(cast: Cast, done: MadeRun, template_id: UUID) -> None:
    _next_version(cast, template_id)
    with pytest.raises(Conflict, match="latest version is 2 by now, and no longer 1"):
        retry_run(cast.max, RetryRequest(run_id=done.id, is_latest=True, shown_version=1))


def test_template_that_is_not_the_readers_to_launch_offers_no_latest(
    installation: Installation, cast: Cast, done: MadeRun, template_id: UUID
) -> None:
    _next_version(cast, template_id)
    rows(installation, "UPDATE orchestration_templates SET status = 'retired' WHERE id = %s RETURNING 1", template_id)
    assert open_retry(cast.max, done.id).latest is None
    with pytest.raises(NotFound):
        retry_run(cast.max, RetryRequest(run_id=done.id, is_latest=True))
    assert retry_run(cast.max, RetryRequest(run_id=done.id)), "its own plan is frozen"


def test_stranger_finds_nothing_to_choose_from(cast: Cast, done: MadeRun) -> None:
    for deed in (open_retry, lambda actor, run_id: preview_retry(actor, RetryRequest(run_id=run_id))):
        with pytest.raises(NotFound):
            deed(cast.charlie, done.id)


@pytest.mark.parametrize(
    ("stood", "chosen", "is_on"),
    [
        ((True, True), None, True),
        ((True, True), False, False),
        ((False, True), None, False),
        ((False, True), True, True),
        ((False, False), True, False),
    ],
)
def test_retry_does_operations_as_the_run_before_or_as_it_is_told_where_the_organization_lets_it(
    installation: Installation, cast: Cast, done: MadeRun, *, stood: tuple[bool, bool], chosen: bool | None, is_on: bool
) -> None:
    before, lets = stood
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # past what keeps ended runs as they are
        connection.execute("UPDATE orchestration_runs SET integration_enabled = %s WHERE id = %s", [before, done.id])
    let_operate(installation.database, cast.organization_a, is_on=lets)
    desk = open_retry(cast.max, done.id)
    assert (desk.integration_enabled, desk.lets_operate) == stood
    run_id = retry_run(cast.max, RetryRequest(run_id=done.id, integration_enabled=chosen))
    assert stored_run(installation, run_id)["integration_enabled"] is is_on
