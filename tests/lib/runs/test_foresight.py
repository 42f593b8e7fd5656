"""What is said before a launch: reviews that nobody else may give, costs that nobody knows."""

from dataclasses import replace
from decimal import Decimal

import pytest

from lib.runs.foresight import find_launch_warnings
from lib.runs.launch import LaunchRequest, launch_run, preview_launch
from tests.factories import make_project, make_template
from tests.records import row, rows
from tests.workers import MODEL, endpoint

__all__ = ["endpoint"]


CALL = {"type": "http.request", "parameters": {"url": "https://api.example/items"}}
FILE = {"type": "artifact.write", "parameters": {"path": "plan.md"}}


def warn(installation, cast, *, gate=None, operation=None, is_on=True, who="max", **more) -> tuple[str, ...]:
    actor = getattr(cast, who)
    phase = {"code": "a", "name": "Draft", "prompt": "{{ topic }}", **({"review": gate} if gate is not None else {})}
    phase |= {"operations": [operation]} if operation else {}
    template_id = make_template(installation.database, actor, data={"phases": [phase]})
    request = LaunchRequest(
        project_id=make_project(installation.database, actor), template_id=template_id, model=MODEL, **more
    )
    plan = preview_launch(actor, request).plan
    return find_launch_warnings(actor, plan, cost_limit_usd=request.cost_limit_usd, integration_enabled=is_on)


@pytest.mark.usefixtures("endpoint")
def test_operation_that_nobody_else_could_approve_is_said(installation, cast):
    assert warn(installation, cast, operation=CALL) == (), "alice and mona could"
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE username IN ('alice', 'mona') RETURNING 1")
    (said,) = warn(installation, cast, operation=CALL)
    assert said.startswith("Nobody but you could approve what is done after Phase 1 “Draft”")
    (said,) = warn(installation, cast, operation=FILE | {"requires_approval": True})
    assert "Phase 1 “Draft”" in said


@pytest.mark.usefixtures("endpoint")
def test_operation_that_asks_nobody_or_is_a_dry_run_needs_no_warning(installation, cast):
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE username IN ('alice', 'mona') RETURNING 1")
    assert warn(installation, cast, operation=CALL | {"requires_approval": False}) == ()
    assert warn(installation, cast, operation=FILE) == (), "a file of our own is nothing outside"
    assert warn(installation, cast, operation=CALL, is_on=False) == ()


@pytest.mark.usefixtures("endpoint")
def test_gate_that_others_may_pass_needs_no_warning(installation, cast):
    assert warn(installation, cast) == ()
    assert warn(installation, cast, gate={}) == ()
    assert warn(installation, cast, gate={"reviewers": ["admin"]}) == ()


@pytest.mark.usefixtures("endpoint")
def test_gate_that_nobody_else_could_pass_is_said(installation, cast):
    for gate, who in (({"reviewers": ["admin"]}, "alice"), ({"reviewers": [str(cast.max.user_id)]}, "max")):
        (said,) = warn(installation, cast, gate=gate, who=who)
        assert said.startswith("Nobody but you could approve Phase 1 “Draft”")


@pytest.mark.usefixtures("endpoint")
def test_people_who_have_left_or_may_not_review_do_not_count(installation, cast):
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE username IN ('alice', 'mona') RETURNING 1")
    (said,) = warn(installation, cast, gate={})
    assert "Nobody but you" in said


@pytest.mark.usefixtures("endpoint")
def test_more_approvals_than_people_are_said(installation, cast):
    (said,) = warn(installation, cast, gate={"required_approvals": 4})
    assert said.startswith("Phase 1 “Draft” asks for 4 approvals, and only 3 people may give one.")


@pytest.mark.usefixtures("endpoint")
def test_unknown_price_is_said_where_there_is_a_limit(installation, cast):
    assert warn(installation, cast) == ()
    (said,) = warn(installation, cast, cost_limit_usd=Decimal(1))
    assert said.startswith(f"Nobody knows what “{MODEL}” costs, so the run pauses")


@pytest.mark.usefixtures("endpoint")
def test_fallback_without_a_price_is_said_too_and_phases_taken_over_are_not(installation, cast):
    data = {
        "phases": [
            {"code": code, "name": f"Step {code}", "prompt": "x", "review": {"reviewers": ["viewer"]}} for code in "ab"
        ]
    }
    data["phases"][0]["fallback_models"] = [f"{MODEL}-spare"]
    template_id = make_template(installation.database, cast.max, data=data)
    request = LaunchRequest(
        project_id=make_project(installation.database, cast.max), template_id=template_id, model=MODEL
    )
    plan = preview_launch(cast.max, request).plan
    said = find_launch_warnings(cast.max, plan, cost_limit_usd=Decimal(1), integration_enabled=True)
    assert [line.partition("”")[0].rpartition("“")[2] for line in said] == ["Step a", "Step b", MODEL, f"{MODEL}-spare"]
    said = find_launch_warnings(cast.max, plan, cost_limit_usd=Decimal(1), integration_enabled=True, taken_over=["a"])
    assert [line.partition("”")[0].rpartition("“")[2] for line in said] == ["Step b", MODEL]


@pytest.mark.usefixtures("endpoint")
def test_launch_keeps_limit_and_the_projects_reviewers_at_gates_that_name_nobody(installation, cast):
    project_id = make_project(installation.database, cast.max)
    named = str(cast.mona.user_id)
    rows(
        installation,
        "UPDATE projects SET settings = jsonb_build_object('reviewer_ids', ARRAY[%s]) RETURNING 1",
        named,
    )
    data = {
        "phases": [
            {"code": "a", "name": "A", "prompt": "x", "review": {}},
            {"code": "b", "name": "B", "prompt": "x", "review": {"reviewers": ["admin"]}},
            {"code": "c", "name": "C", "prompt": "x"},
        ]
    }
    template_id = make_template(installation.database, cast.max, data=data)
    request = LaunchRequest(project_id=project_id, template_id=template_id, model=MODEL)
    run_id = launch_run(cast.max, replace(request, cost_limit_usd=Decimal("2.5")))
    limit = "SELECT cost_limit_usd FROM orchestration_runs WHERE id = %s"
    assert row(installation, limit, run_id)["cost_limit_usd"] == Decimal("2.5")
    policies = "SELECT review_policy -> 'reviewers' AS who FROM phase_executions WHERE run_id = %s ORDER BY position"
    assert [each["who"] for each in rows(installation, policies, run_id)] == [[named], ["admin"], None]
