"""The engine's decision, held against every plan and every way its phases can stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.engine.steps import PhaseState, decide_step
from lib.models.run import PhaseStatus, RunStatus
from lib.providers.base import ModelChoice
from lib.templates.plan import Plan, make_plan
from lib.templates.structure import TemplateData

LOCAL = ModelChoice("local", "smollm2-135m")


def plan_of(dependencies: dict[str, list[str]]) -> Plan:
    phases = [{"code": c, "name": c, "prompt": "x", "depends_on": d} for c, d in dependencies.items()]
    template = TemplateData.model_validate({"phases": phases})
    return make_plan(template, template_name="T", template_version=1, model=LOCAL)


def states_of(plan: Plan, **statuses: PhaseStatus) -> dict[str, PhaseState]:
    return {p.code: PhaseState(p.code, 1, statuses.get(p.code, PhaseStatus.PENDING)) for p in plan.phases}


FAN = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


def test_first_phase_begins_alone():
    plan = plan_of(FAN)
    assert decide_step(plan, states_of(plan)).begin == ("a",)


def test_branches_begin_side_by_side():
    plan = plan_of(FAN)
    assert decide_step(plan, states_of(plan, a=PhaseStatus.COMPLETED)).begin == ("b", "c")


def test_joining_phase_waits_for_both_branches():
    plan = plan_of(FAN)
    states = states_of(plan, a=PhaseStatus.COMPLETED, b=PhaseStatus.COMPLETED, c=PhaseStatus.RUNNING)
    step = decide_step(plan, states, busy={"c"})
    assert step.begin == ()
    assert step.end is None


def test_run_completes_when_all_phases_have():
    plan = plan_of(FAN)
    step = decide_step(plan, states_of(plan, **dict.fromkeys(FAN, PhaseStatus.COMPLETED)))
    assert step.end is not None
    assert step.end.status is RunStatus.COMPLETED


def test_failed_phase_lets_its_neighbour_finish_and_begins_nothing():
    plan = plan_of(FAN)
    states = states_of(plan, a=PhaseStatus.COMPLETED, b=PhaseStatus.FAILED, c=PhaseStatus.RUNNING)
    step = decide_step(plan, states, busy={"c"})
    assert step.begin == ()
    assert step.end is None


def test_failed_phase_names_itself_in_the_runs_error():
    plan = plan_of(FAN)
    states = states_of(plan, a=PhaseStatus.COMPLETED) | {
        "b": PhaseState("b", 3, PhaseStatus.FAILED, error={"kind": "auth", "message": "no key"})
    }
    end = decide_step(plan, states).end
    assert end is not None
    assert end.status is RunStatus.FAILED
    assert end.error == {"kind": "auth", "message": "no key", "phase": "b", "attempt": 3}


def test_phase_that_waits_for_its_next_attempt_is_no_failure_yet():
    plan = plan_of(FAN)
    states = states_of(plan, a=PhaseStatus.FAILED)
    step = decide_step(plan, states, waiting={"a"})
    assert step.end is None
    assert step.begin == ()


def test_phase_that_failed_for_good_waits_for_nobodys_next_attempt():
    plan = plan_of({"a": [], "b": []})
    states = states_of(plan, a=PhaseStatus.FAILED, b=PhaseStatus.FAILED)
    end = decide_step(plan, states, waiting={"a"}).end
    assert end is not None
    assert end.error["phase"] == "b"


@st.composite
def dependency_graphs(draw):
    count = draw(st.integers(1, 8))
    return {
        f"p{n}": draw(st.lists(st.sampled_from([f"p{m}" for m in range(n)]), unique=True) if n else st.just([]))
        for n in range(count)
    }


@given(dependency_graphs(), st.randoms(use_true_random=False))
def test_every_plan_completes_in_whatever_order_phases_finish(dependencies, random):
    plan = plan_of(dependencies)
    states, running, begun = states_of(plan), [], []
    for _ in range(len(dependencies) + 1):
        step = decide_step(plan, states, busy=set(running))
        if step.end:
            break
        for code in step.begin:
            assert code not in begun, "begun twice"
            assert all(states[d].status is PhaseStatus.COMPLETED for d in dependencies[code])
            states[code] = PhaseState(code, 1, PhaseStatus.RUNNING)
        begun += step.begin
        running += step.begin
        assert running, "stuck"
        done = running.pop(random.randrange(len(running)))
        states[done] = PhaseState(done, 1, PhaseStatus.COMPLETED)
    assert decide_step(plan, states).end.status is RunStatus.COMPLETED
    assert sorted(begun) == sorted(dependencies)


@pytest.mark.parametrize("status", [PhaseStatus.CANCELLED])
def test_ended_otherwise_is_neither_complete_nor_begun_again(status):
    plan = plan_of({"a": [], "b": ["a"]})
    step = decide_step(plan, states_of(plan, a=status))
    assert step.begin == ()
    assert step.end is None


def test_run_waits_for_a_review_when_nothing_else_can_go_on():
    plan = plan_of(FAN)
    states = states_of(plan, a=PhaseStatus.COMPLETED, b=PhaseStatus.WAITING_REVIEW, c=PhaseStatus.COMPLETED)
    end = decide_step(plan, states).end
    assert end is not None
    assert end.status is RunStatus.WAITING_REVIEW


def test_other_branch_goes_on_while_one_waits_for_a_review():
    plan = plan_of(FAN)
    states = states_of(plan, a=PhaseStatus.COMPLETED, b=PhaseStatus.WAITING_REVIEW)
    assert decide_step(plan, states).begin == ("c",)
    begun = states | {"c": PhaseState("c", 1, PhaseStatus.RUNNING)}
    assert decide_step(plan, begun, busy={"c"}).end is None
    failed = states | {"c": PhaseState("c", 1, PhaseStatus.FAILED)}
    assert decide_step(plan, failed, waiting={"c"}).end is None, "its next attempt is to come"


def test_rejected_answer_ends_the_run_once_its_neighbour_has_finished():
    plan = plan_of(FAN)
    error = {"kind": "rejected", "message": "Mona rejected the answer: no sources"}
    states = states_of(plan, a=PhaseStatus.COMPLETED, c=PhaseStatus.RUNNING) | {
        "b": PhaseState("b", 1, PhaseStatus.REJECTED, error=error)
    }
    assert decide_step(plan, states, busy={"c"}).end is None
    end = decide_step(plan, states | {"c": PhaseState("c", 1, PhaseStatus.COMPLETED)}).end
    assert end is not None
    assert (end.status, end.error) == (RunStatus.FAILED, {**error, "phase": "b", "attempt": 1})


def test_failure_ends_a_run_that_also_waits_for_a_review():
    plan = plan_of(FAN)
    states = states_of(plan, a=PhaseStatus.COMPLETED, b=PhaseStatus.WAITING_REVIEW, c=PhaseStatus.FAILED)
    end = decide_step(plan, states).end
    assert end is not None
    assert end.status is RunStatus.FAILED
