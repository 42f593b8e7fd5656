"""The page of a run that skips, waits, asks another model, or answers in JSON."""

from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.navigation import RUN
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import HeldRun, MadeRun, answer, beginning, make_run, open_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import facts, markup, shown

WHY = {"kind": "condition", "message": "Skipped, because its condition is not true: inputs.audience == '<b>kids</b>'"}
BEFORE = {"kind": "skipped_before", "message": "Skipped, because everything that it waits for was skipped."}


@pytest.fixture
def made(installation: Installation, cast: Cast) -> MadeRun:
    """A run of max of two phases, that no worker has taken."""
    return make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))


@pytest.fixture
def held(installation: Installation, cast: Cast, made: MadeRun) -> HeldRun:
    """The same, taken by a worker."""
    return open_run(installation.database, cast.organization_a, made.id)


@pytest.fixture
def asked_for_json(installation: Installation, made: MadeRun, held: HeldRun) -> HeldRun:
    """The same, its first phase asked for JSON."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE orchestration_runs SET plan = jsonb_set(plan, '{phases,0,output}', '{\"kind\": \"json\"}') "
            "WHERE id = %s",
            [made.id],
        )
    return held


def labels(at: AppTest) -> str:
    return "\n".join(str(step.label) for step in at.expander)


def test_skipped_phase_says_why_in_its_step_and_in_the_timeline(
    open_as: OpenAs, cast: Cast, made: MadeRun, held: HeldRun
) -> None:
    held.advance(begin=[beginning("Phase 0")])
    held.advance(finish=[answer(made.phases["Phase 0"])], skip=[{"code": "Phase 1", "error": WHY}])
    at = open_as(cast.vera, RUN, run=made.id)
    assert "Skipped" in labels(at)
    assert "its condition is not true" in labels(at)
    assert "&lt;b&gt;kids&lt;/b&gt;" in markup(at), "the whole reason stands in the timeline, escaped"
    (progress,) = (metric for metric in at.metric if metric.label == "Progress")
    assert progress.value == "1 of 1 phase"
    assert "1 phase is skipped" in progress.help
    held.advance(end={"status": "completed", "error": {}})
    at = open_as(cast.vera, RUN, run=made.id)
    at.session_state["phase-1-ended"] = True
    at.run()
    assert "Skipped, because its condition is not true" in shown(at)
    assert "attempt 1" not in labels(at)


def test_phase_that_waits_for_a_limit_says_for_whose(
    open_as: OpenAs, cast: Cast, made: MadeRun, held: HeldRun, installation: Installation
) -> None:
    note = "Waits for the limit of “Acme models”: 60 a minute."
    with doors.engine(installation.database, cast.organization_a) as connection:
        connection.execute(
            "UPDATE phase_executions SET error_details = jsonb_build_object('kind', 'connection_limit', 'message', "
            "%s::text) WHERE run_id = %s AND phase_code = 'Phase 0'",
            [note, made.id],
        )
    at = open_as(cast.vera, RUN, run=made.id)
    assert "waits for the limit of “Acme models”" in labels(at)
    assert note in markup(at)


def test_each_attempt_names_its_model_and_why_another_was_asked(
    open_as: OpenAs, cast: Cast, made: MadeRun, held: HeldRun
) -> None:
    held.advance(begin=[beginning("Phase 0")])
    error = {"kind": "auth", "message": "No key.", "retry_reason": "x; openai:other is asked next", "retry_seconds": 0}
    failed = answer(made.phases["Phase 0"], status="failed", response=None, error=error)
    begun = held.advance(finish=[failed], begin=[beginning("Phase 0", attempt=2) | {"model": "openai:other"}])
    held.advance(finish=[answer(UUID(begun["begun"][0]["id"]))])
    at = open_as(cast.vera, RUN, run=made.id)
    at.session_state["phase-0-live"] = True
    at.run()
    assert "local:smollm2-135m" in shown(at)
    assert "openai:other is asked next" in shown(at)
    assert "openai:other · attempt 2" in shown(at)


@pytest.mark.parametrize(
    ("written", "is_json"), [('```json\n{"is_urgent": true, "tickets": ["#1"]}\n```', True), ("no JSON", False)]
)
def test_answer_in_json_is_shown_by_its_fields(
    open_as: OpenAs, cast: Cast, asked_for_json: HeldRun, written: str, is_json: bool
) -> None:
    held, run_id = asked_for_json, asked_for_json.run_id
    (begun,) = held.advance(begin=[beginning("Phase 0")])["begun"]
    held.advance(finish=[answer(UUID(begun["id"]), response=written)])
    at = open_as(cast.vera, RUN, run=run_id)
    at.session_state["phase-0-live"] = True
    at.run()
    assert ("Is urgent" in facts(at)) is is_json
    assert ("no JSON" in markup(at)) is not is_json


def test_misfit_keeps_its_answer_to_be_read(open_as: OpenAs, cast: Cast, made: MadeRun, held: HeldRun) -> None:
    held.advance(begin=[beginning("Phase 0")])
    why = {"kind": "invalid_output", "message": "The answer is not JSON: it is no JSON.", "faults": ["it is no JSON"]}
    held.advance(finish=[answer(made.phases["Phase 0"], status="failed", response="Sure! Seven.", error=why)])
    held.advance(end={"status": "failed", "error": why | {"phase": "Phase 0", "attempt": 1}})
    at = open_as(cast.vera, RUN, run=made.id)
    assert "Sure! Seven." in markup(at)
    assert "The answer is not JSON: it is no JSON." in shown(at)
