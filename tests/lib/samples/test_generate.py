"""What the sample workspace is made of, before any database sees it."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from lib.access.permissions import Role
from lib.models.run import PhaseStatus, RunStatus
from lib.runs.structures import ErrorDetails, Results, RunInputs, TokenUsage
from lib.samples.content import read_workspace
from lib.samples.generate import DAYS, make_rows
from lib.samples.rows import Row
from lib.templates.plan import read_plan
from lib.webhooks.payloads import ADAPTER, EventRow, render

NOW = datetime(2026, 11, 23, 10, 41, tzinfo=UTC)
#: Begun without having been asked for an end yet, or never begun: nothing was counted.
UNCOUNTED = {PhaseStatus.PENDING, PhaseStatus.SKIPPED, PhaseStatus.RUNNING}


@cache
def made(now: datetime = NOW) -> Mapping[str, list[Row]]:
    return make_rows(read_workspace(), now=now)


def by_run(table: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {row["id"]: [] for row in made()["orchestration_runs"]}
    for row in made()[table]:
        found[row["run_id"]].append(row)
    return found


def test_same_moment_makes_the_same_to_the_last_letter() -> None:
    assert make_rows(read_workspace(), now=NOW) == made()


def test_another_moment_makes_other_days() -> None:
    assert make_rows(read_workspace(), now=NOW + timedelta(days=1)) != made()


def test_twelve_people_in_four_roles_and_nine_projects() -> None:
    assert len(made()["users"]) == 12
    assert {row["role"] for row in made()["users"]} == set(Role)
    assert len(made()["projects"]) == 9
    assert {row["status"] for row in made()["orchestration_templates"]} == {"draft", "published", "retired"}


def test_templates_have_versions_of_which_each_run_names_the_one_of_its_time() -> None:
    templates = {row["id"]: row for row in made()["orchestration_templates"]}
    since = {(row["template_id"], row["version"]): row for row in made()["template_versions"]}
    for template in templates.values():
        newest = since[template["id"], template["version"]]
        assert newest["template_data"] == template["template_data"]
        assert (template["id"], template["version"] + 1) not in since
    for run in made()["orchestration_runs"]:
        template_id, version = run["template_id"], run["template_version"]
        assert since[template_id, version]["created_at"] <= run["created_at"]
        assert (later := since.get((template_id, version + 1))) is None or later["created_at"] > run["created_at"]
    # who runs one again launches no template
    launched = Counter(run["template_version"] for run in made()["orchestration_runs"] if not run["parent_run_id"])
    assert launched.keys() == {1, 2, 3}
    assert len({row["category"] for row in templates.values()}) > 5


def test_runs_and_phases_stand_in_every_state() -> None:
    assert {row["status"] for row in made()["orchestration_runs"]} == set(RunStatus)
    assert {row["status"] for row in made()["phase_executions"]} == set(PhaseStatus)


@pytest.mark.parametrize("now", [NOW, datetime(2026, 3, 1, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, tzinfo=UTC)])
def test_ninety_days_without_a_gap_and_nothing_after_now(now: datetime) -> None:
    launched = [row["created_at"] for row in made(now)["orchestration_runs"]]
    assert launched == sorted(launched)
    assert now - timedelta(days=DAYS + 1) < launched[0] < now - timedelta(days=DAYS - 5)
    workdays = {now.date() - timedelta(days=days) for days in range(1, DAYS)}
    assert {day for day in workdays if day.weekday() < 5} <= {moment.date() for moment in launched}
    for table, rows in made(now).items():
        for row in rows:
            # when a schedule would run, a delivery be tried, an answer is due and a raise ends, may be to come
            moments = [
                value
                for name, value in row.items()
                if isinstance(value, datetime)
                and name not in {"due_at", "next_run_at", "next_attempt_at", "expires_at"}
            ]
            assert all(moment <= now for moment in moments), (table, row)


def test_run_costs_what_its_attempts_cost() -> None:
    phases = by_run("phase_executions")
    for run in made()["orchestration_runs"]:
        costs = [row["cost_usd"] for row in phases[run["id"]] if row["status"] not in UNCOUNTED and row["started_at"]]
        if None in costs:
            assert run["cost_usd"] is None
        else:
            assert Decimal(run["cost_usd"]) == sum(map(Decimal, costs))
        asked = [row for row in phases[run["id"]] if not row["reused_from"]]
        tokens = (row["token_usage"].get("total_tokens", 0) for row in asked)
        assert run["total_tokens"] == sum(tokens)


def test_every_attempt_that_was_asked_for_is_one_row_of_usage() -> None:
    phases, usage = by_run("phase_executions"), by_run("api_usage")
    for run in made()["orchestration_runs"]:
        counted = {
            row["id"]: (row["cost_usd"], row["token_usage"].get("total_tokens", 0), row["execution_time_ms"])
            for row in phases[run["id"]]
            if row["started_at"] and row["status"] not in UNCOUNTED
        }
        used = {
            row["phase_execution_id"]: (row["cost_usd"], row["tokens_used"], row["response_time_ms"])
            for row in usage[run["id"]]
            if row["phase_execution_id"]  # the others are attempts at operations
        }
        assert used == counted


def test_quota_is_the_calls_of_this_month() -> None:
    (organization,) = made()["organizations"]
    month = NOW.replace(day=1, hour=0, minute=0)
    assert organization["api_quota_used"] == sum(
        row["created_at"] >= month for row in made()["api_usage"] if row["phase_execution_id"]
    )
    assert 0 < organization["api_quota_used"] < organization["api_quota_limit"]


def test_figures_of_a_run_are_those_of_its_phases() -> None:
    has_skipped = False
    for run_id, phases in by_run("phase_executions").items():
        (run,) = (row for row in made()["orchestration_runs"] if row["id"] == run_id)
        newest = {row["phase_code"]: row["status"] for row in sorted(phases, key=lambda row: row["attempt"])}
        assert run["total_phases"] == len(newest)
        counted = Counter(newest.values())
        assert run["completed_phases"] == counted[PhaseStatus.COMPLETED]
        if run["status"] == RunStatus.COMPLETED:
            assert run["total_phases"] == counted[PhaseStatus.COMPLETED] + counted[PhaseStatus.SKIPPED]
            has_skipped = has_skipped or PhaseStatus.SKIPPED in counted
    assert has_skipped, "a condition was not true in one of them"


def test_structures_are_what_pages_read() -> None:
    for run in made()["orchestration_runs"]:
        plan = read_plan(run["plan"])
        RunInputs.model_validate(run["inputs"])
        if run["results"]:
            assert set(Results.model_validate(run["results"]).phases) == {phase.code for phase in plan.phases}
        for details in [run["error_details"], *(row["error_details"] for row in made()["phase_executions"])]:
            assert not details or ErrorDetails.model_validate(details).message
    for row in made()["phase_executions"]:
        assert not row["token_usage"] or TokenUsage.model_validate(row["token_usage"])


def test_nobody_gets_mail_and_no_address_is_anybodys() -> None:
    assert all(row["email"].endswith("@sample.example") for row in made()["users"])
    assert all(row["ip_address"].startswith("192.0.2.") for row in made()["audit_logs"])


def test_everybody_who_did_something_was_there() -> None:
    """Whoever was deactivated does nothing afterwards."""
    gone = {row["id"]: row["deactivated_at"] for row in made()["users"] if row["deactivated_at"]}
    assert gone
    for row in made()["audit_logs"]:
        assert row["user_id"] not in gone or row["created_at"] <= gone[row["user_id"]]


def test_one_was_run_again_from_its_middle_with_another_model_and_talked_about() -> None:
    runs = {row["id"]: row for row in made()["orchestration_runs"]}
    (again,) = (row for row in runs.values() if row["parent_run_id"])
    before, phases = runs[again["parent_run_id"]], by_run("phase_executions")
    assert again["model"] != before["model"]
    assert before["completed_at"] < again["created_at"]
    reused = [row for row in phases[again["id"]] if row["reused_from"]]
    assert 0 < len(reused) < again["total_phases"]
    answers = {row["id"]: row["response_text"] for row in phases[before["id"]]}
    assert [answers[row["reused_from"]] for row in reused] == [row["response_text"] for row in reused]
    asked = {row["phase_code"]: row["model"] for row in phases[again["id"]] if not row["reused_from"]}
    assert again["forked_from_phase"] in asked
    assert set(asked.values()) == {again["model"]}
    comments = made()["run_comments"]
    assert {row["run_id"] for row in comments} == {before["id"]}
    assert {row["phase_code"] for row in comments} == {None, again["forked_from_phase"]}


def test_two_schedules_are_there_and_run_nothing_by_themselves() -> None:
    schedules = made(NOW)["schedules"]
    assert len(schedules) == 2
    assert not any(row["is_active"] for row in schedules)
    assert all(row["next_run_at"] > NOW for row in schedules)


def test_three_runs_have_operations_and_none_of_them_reaches_anybody() -> None:
    runs = {row["id"]: row for row in made()["orchestration_runs"]}
    phases = {row["id"]: row for row in made()["phase_executions"]}
    usage = by_run("api_usage")
    found = {run_id: each for run_id, each in by_run("integration_operations").items() if each}
    stories = {runs[run_id]["status"]: each for run_id, each in found.items()}
    assert {status: [each["status"] for each in said] for status, said in stories.items()} == {
        RunStatus.COMPLETED: ["completed", "completed"],
        RunStatus.FAILED: ["completed", "failed"],
        RunStatus.WAITING_REVIEW: ["completed", "waiting_approval"],
    }
    assert all(each["result"]["dry_run"] for each in stories[RunStatus.COMPLETED])
    file, failed = stories[RunStatus.FAILED]
    assert file["result"]["made_up"], "there is none, and the page says so"
    attempts = [row for row in usage[failed["run_id"]] if row["endpoint"] == "http.request"]
    assert (failed["attempts"], len(attempts)) == (5, 5)
    assert runs[failed["run_id"]]["error_details"]["kind"] == "operation"
    assert failed["approved_by"] != runs[failed["run_id"]]["user_id"]
    for run_id, operations in found.items():
        assert read_plan(runs[run_id]["plan"]).phases[-1].operations
        assert all(phases[each["phase_execution_id"]]["status"] == PhaseStatus.COMPLETED for each in operations)
        called = operations[1]["operation_params"]["url"]
        assert called.startswith("https://tracker.sample.example/"), "nobody's, by RFC 2606"
    (organization,) = made()["organizations"]
    assert not organization["settings"].get("integration_enabled")


def test_endpoints_were_told_of_the_last_days_as_the_database_tells() -> None:
    events = {row["id"]: row for row in made()["webhook_events"]}
    for row in events.values():
        text = render(
            EventRow(**{name: row[name] for name in ("id", "type", "organization_id", "created_at", "actor", "data")}),
            base_url="https://orchestrator.example",
        )
        ADAPTER.validate_json(text)
        assert NOW - timedelta(days=7) < row["created_at"] < NOW
    statuses = Counter((row["status"], row["next_attempt_at"] is None) for row in made()["webhook_deliveries"])
    assert statuses.keys() == {("delivered", True), ("pending", True), ("pending", False), ("failed", True)}
    assert statuses["pending", False] == 1
    assert sum(statuses.values()) > 20
    assert all(".example/" in row["url"] for row in made()["webhooks"])
    stopped = [row for row in made()["webhooks"] if not row["is_active"]]
    assert [row["name"] for row in stopped] == ["Old customer database"]


@pytest.mark.parametrize("now", [NOW, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 11, 29, 9, tzinfo=UTC)])
def test_endpoints_and_their_deliveries_tell_the_same_story(now: datetime) -> None:
    attempts: defaultdict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in made(now)["webhook_attempts"]:
        attempts[row["delivery_id"]].append(row)
    for webhook in made(now)["webhooks"]:
        told = [row for row in made(now)["webhook_deliveries"] if row["webhook_id"] == webhook["id"]]
        failed = [row for row in told if row["error"]]
        for row in told:
            assert len(attempts[row["id"]]) == row["attempts"]
            assert (row["next_attempt_at"] or now) >= now, "a worker would have tried it by now"
        assert webhook["consecutive_failures"] == sum(row["attempts"] for row in failed)
        if failed:
            assert webhook["failing_since"] == attempts[failed[0]["id"]][0]["started_at"]
        if webhook["disabled_at"]:
            assert [row["status_code"] for row in failed] == [410]
            assert {row["attempts"] for row in told if row["created_at"] > webhook["disabled_at"]} <= {0}
