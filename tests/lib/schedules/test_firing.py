"""What a worker makes of a schedule that is due: a run by the rules of a click, or the reason why there is none."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from lib.models.run import RunPriority
from lib.models.schedule import CatchUp, Overlap
from lib.runs.launch import LaunchRequest, launch_run
from lib.schedules.firing import launch_due
from lib.schedules.service import run_now
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import show_members_their_own_only
from tests.lib.runs.launching import stored_run
from tests.made_schedules import claim, make_due, schedule, settle, stored, take_turn
from tests.records import row, rows, trail

RUNS: Final = "SELECT * FROM orchestration_runs WHERE schedule_id IS NOT NULL ORDER BY created_at"


def _change(installation: Installation, statement: str, *values: object) -> None:
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement.encode(), values).rowcount == 1


def _end(installation: Installation, run_id: UUID) -> None:
    _change(installation, "UPDATE orchestration_runs SET status = 'completed' WHERE id = %s", run_id)


def test_run_is_launched_as_its_person_and_says_so(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    schedule_id = schedule(cast.max, replace(request_of_max, title="Every hour"))
    after = take_turn(installation, schedule_id)
    run = stored_run(installation, after["last_run_id"])
    assert (run["user_id"], run["title"], run["status"]) == (cast.max.user_id, "Every hour", "queued")
    assert (run["schedule_id"], run["project_id"]) == (schedule_id, request_of_max.project_id)
    assert (after["last_result"], after["is_active"], after["refusals"]) == ("launched", True, 0)
    assert timedelta() < after["next_run_at"] - after["last_result_at"] <= timedelta(hours=1)
    assert rows(installation, "SELECT 1 FROM dbos.workflow_status")
    (launch,) = trail(installation, "orchestrations.launch", run["id"])
    assert (launch["user_id"], launch["user_agent"], launch["session_id"]) == (
        cast.max.user_id,
        "engine/schedule",
        None,
    )
    assert launch["new_values"]["schedule_id"] == str(schedule_id)


def test_run_has_the_limit_and_the_priority_that_were_chosen(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    bounds: dict[str, Any] = {"cost_limit_usd": Decimal("2.5"), "priority": RunPriority.HIGH}
    for bounded, expected in ((bounds, (Decimal("2.5"), "high")), ({}, (None, "normal"))):
        schedule_id = schedule(cast.max, replace(request_of_max, **bounded))
        for run_id in (take_turn(installation, schedule_id)["last_run_id"], run_now(cast.mona, schedule_id)):
            run = stored_run(installation, run_id)
            assert (run["cost_limit_usd"], run["priority"]) == expected


@pytest.mark.parametrize(
    ("chosen", "allowed", "done"), [(True, True, True), (None, True, True), (False, True, False), (True, False, False)]
)
def test_run_does_what_follows_as_it_was_chosen_and_as_the_organization_allows(
    installation: Installation,
    cast: Cast,
    request_of_max: LaunchRequest,
    *,
    chosen: bool | None,
    allowed: bool,
    done: bool,
) -> None:
    settings = Jsonb({"integration_enabled": allowed})
    _change(installation, "UPDATE organizations SET settings = settings || %s WHERE slug = 'acme'", settings)
    schedule_id = schedule(cast.max, replace(request_of_max, integration_enabled=chosen))
    for run_id in (take_turn(installation, schedule_id)["last_run_id"], run_now(cast.mona, schedule_id)):
        assert stored_run(installation, run_id)["integration_enabled"] is done


def test_what_is_not_due_is_nobodys(installation: Installation, cast: Cast, request_of_max: LaunchRequest) -> None:
    schedule_id = schedule(cast.max, request_of_max)
    assert claim(installation) is None
    make_due(installation, schedule_id)
    assert claim(installation) is not None
    assert claim(installation) is None  # somebody has it
    _change(installation, "UPDATE schedules SET claimed_until = now() WHERE id = %s", schedule_id)
    assert claim(installation) is not None  # and is dead


def test_time_is_launched_once_whoever_else_took_it(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    """Two workers with the same claim: as when one hung for longer than a claim lasts."""
    schedule_id = schedule(cast.max, request_of_max, overlap=Overlap.CANCEL_PREVIOUS)
    make_due(installation, schedule_id)
    due = claim(installation)
    assert due is not None
    assert launch_due(due) is None
    assert launch_due(due) is None
    assert len(rows(installation, RUNS)) == 1
    assert len(rows(installation, "SELECT 1 FROM dbos.workflow_status")) == 1


def test_edit_in_between_undoes_the_launch(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    schedule_id = schedule(cast.max, request_of_max)
    make_due(installation, schedule_id)
    due = claim(installation)
    assert due is not None
    _change(installation, "UPDATE schedules SET next_run_at = now() + interval '1 day' WHERE id = %s", schedule_id)
    settle(installation, due)
    assert rows(installation, RUNS) == []
    assert stored(installation, schedule_id)["last_result"] is None


#: What has happened -> what the schedule says; `%s` is max, his project, the template.
REFUSALS: Final = {
    "deactivated": ("UPDATE users SET deactivated_at = now() WHERE id = %(person)s", "Max, as whom it launches, is"),
    "deleted": ("UPDATE users SET deleted_at = now() WHERE id = %(person)s", "is deactivated"),
    "lowered": ("UPDATE users SET role = 'viewer' WHERE id = %(person)s", "may not do this any more"),
    "second factor": (
        "UPDATE organizations SET second_factor_required_at = now(), "
        """settings = '{"security_settings": {"grace_days": 0}}' WHERE id = %(organization)s""",
        "second factor first",
    ),
    "archived": (
        "UPDATE projects SET status = 'archived', archived_at = now() WHERE id = %(project)s",
        "is archived",
    ),
    "retired": (
        "UPDATE orchestration_templates SET status = 'retired' WHERE id = %(template)s",
        "The template is not there any more",
    ),
    "quota": (
        "UPDATE organizations SET api_quota_limit = 3, api_quota_used = 3 WHERE id = %(organization)s",
        "3 calls for this month are used up",
    ),
    "model gone": ("UPDATE schedules SET model = 'gone-llm:some' WHERE id = %(schedule)s", "gone-llm"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_a_click_would_not_launch_is_not_launched(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, case: str
) -> None:
    schedule_id = schedule(cast.max, request_of_max)
    statement, words = REFUSALS[case]
    values = {
        "person": cast.max.user_id,
        "organization": cast.organization_a,
        "project": request_of_max.project_id,
        "template": request_of_max.template_id,
        "schedule": schedule_id,
    }
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement.encode(), values).rowcount == 1
    after = take_turn(installation, schedule_id)
    assert rows(installation, RUNS) == []
    assert (after["last_result"], after["refusals"], after["is_active"]) == ("refused", 1, True)
    assert words in after["last_message"]


def test_third_refusal_in_a_row_stops_it_and_its_person_is_told(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    schedule_id = schedule(cast.max, replace(request_of_max, title="Every hour"))
    archive = "UPDATE projects SET status = 'archived', archived_at = now() WHERE id = %s"
    _change(installation, archive, request_of_max.project_id)
    for count in (1, 2):
        assert take_turn(installation, schedule_id)["refusals"] == count
    restore = "UPDATE projects SET status = 'active', archived_at = NULL WHERE id = %s"
    _change(installation, restore, request_of_max.project_id)
    assert take_turn(installation, schedule_id)["refusals"] == 0  # in a row
    _end(installation, stored(installation, schedule_id)["last_run_id"])
    _change(installation, archive, request_of_max.project_id)
    for _ in range(3):
        after = take_turn(installation, schedule_id)
    assert (after["is_active"], after["refusals"]) == (False, 3)
    assert after["stopped_at"] == after["last_result_at"]
    mail = row(installation, "SELECT * FROM mail_outbox")
    assert (mail["kind"], mail["recipient"]) == ("schedule_stopped_notice", cast.max.email)
    assert mail["values"] == {"name": "Max", "schedule": "Every hour", "reason": after["last_message"]}
    (switched,) = trail(installation, "schedules.update", schedule_id)
    assert (switched["user_id"], switched["user_agent"]) == (cast.max.user_id, "engine/schedule")
    assert switched["new_values"]["is_active"] is False
    assert claim(installation) is None


def test_endpoint_that_is_away_for_a_while_stops_nothing(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule_id = schedule(cast.max, request_of_max)
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    from lib.config import get_settings

    get_settings.cache_clear()
    for _ in range(4):
        after = take_turn(installation, schedule_id)
    assert (after["last_result"], after["refusals"], after["is_active"]) == ("refused", 0, True)


def test_person_who_sees_only_their_own_launches_for_their_own(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    schedule_id = schedule(cast.max, request_of_max)
    show_members_their_own_only(installation.database, cast.organization_a)
    assert take_turn(installation, schedule_id)["last_result"] == "launched"


def test_suspended_organization_has_nothing_due(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    schedule_id = schedule(cast.max, request_of_max)
    make_due(installation, schedule_id)
    suspend = "UPDATE organizations SET suspended_at = %s, suspension_reason = %s WHERE id = %s"
    _change(installation, suspend, "2026-01-01", "unpaid", cast.organization_a)
    assert claim(installation) is None
    _change(installation, suspend, None, None, cast.organization_a)
    assert claim(installation) is not None


@pytest.mark.parametrize(("catch_up", "result"), [(CatchUp.NONE, "missed"), (CatchUp.LATEST, "launched")])
def test_after_an_outage_the_policy_holds(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, catch_up: CatchUp, result: str
) -> None:
    """Every day at an hour that was two hours ago."""
    schedule_id = schedule(cast.max, request_of_max, catch_up=catch_up)
    hour = "extract(hour FROM (now() - interval '2 hours') AT TIME ZONE 'UTC')"
    daily = f"UPDATE schedules SET cron = format('0 %%s * * *', {hour}) WHERE id = %s"
    _change(installation, daily, schedule_id)
    after = take_turn(installation, schedule_id, ago=timedelta(days=3, hours=2))
    assert after["last_result"] == result
    assert len(rows(installation, RUNS)) == (result == "launched")
    assert timedelta(hours=21) < after["next_run_at"] - after["last_result_at"] <= timedelta(hours=22)


def test_all_missed_times_are_launched_one_after_the_other(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    schedule_id = schedule(cast.max, request_of_max, catch_up=CatchUp.ALL, overlap=Overlap.CANCEL_PREVIOUS)
    make_due(installation, schedule_id, ago=timedelta(hours=2))
    while due := claim(installation):
        settle(installation, due)
    assert [run["status"] for run in rows(installation, RUNS)] == ["cancelled", "cancelled", "queued"]


def test_overlap_is_skipped(installation: Installation, cast: Cast, request_of_max: LaunchRequest) -> None:
    schedule_id = schedule(cast.max, request_of_max)
    first = take_turn(installation, schedule_id)["last_run_id"]
    after = take_turn(installation, schedule_id)
    assert (after["last_result"], after["last_run_id"], after["refusals"]) == ("skipped", first, 0)
    assert len(rows(installation, RUNS)) == 1
    _end(installation, first)
    assert take_turn(installation, schedule_id)["last_result"] == "launched"


def test_overlap_waits_for_the_run_before_however_long(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    schedule_id = schedule(cast.max, request_of_max, overlap=Overlap.QUEUE)
    first = take_turn(installation, schedule_id)["last_run_id"]
    after = take_turn(installation, schedule_id)
    assert (after["last_result"], after["is_active"]) == ("waiting", True)
    assert after["next_run_at"] < after["last_result_at"] < after["claimed_until"]
    assert claim(installation) is None  # not at once
    _end(installation, first)
    _change(installation, "UPDATE schedules SET catch_up = 'none' WHERE id = %s", schedule_id)  # it was not missed
    assert take_turn(installation, schedule_id, ago=timedelta(hours=5))["last_result"] == "launched"
    assert len(rows(installation, RUNS)) == 2


def test_overlap_cancels_the_run_before_in_the_launch_itself(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    schedule_id = schedule(cast.max, request_of_max, overlap=Overlap.CANCEL_PREVIOUS)
    for _ in range(2):
        take_turn(installation, schedule_id)
    assert [run["status"] for run in rows(installation, RUNS)] == ["cancelled", "queued"]
    _change(installation, "UPDATE schedules SET model = 'local:gone' WHERE id = %s", schedule_id)
    take_turn(installation, schedule_id)  # refused
    assert [run["status"] for run in rows(installation, RUNS)] == ["cancelled", "queued"]


def test_setting_that_was_raised_holds_for_what_is_there(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lib.config import get_settings

    schedule_id = schedule(cast.max, request_of_max)
    monkeypatch.setenv("ORCHESTRATOR_SCHEDULE_MINUTES", "90")
    get_settings.cache_clear()
    assert "every 90 minutes" in take_turn(installation, schedule_id)["last_message"]


def test_fault_of_ours_is_told_without_details_and_counts(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule_id = schedule(cast.max, request_of_max)
    _change(installation, "UPDATE schedules SET overlap = 'skip', inputs = %s WHERE id = %s", Jsonb([1]), schedule_id)
    after = take_turn(installation, schedule_id)
    assert (after["last_result"], after["refusals"]) == ("refused", 1)
    assert "on our side" in after["last_message"]


def test_run_of_a_click_is_no_schedules(installation: Installation, cast: Cast, request_of_max: LaunchRequest) -> None:
    assert stored_run(installation, launch_run(cast.max, request_of_max))["schedule_id"] is None
