"""Every plan with conditions, walked in every order in which its phases may end."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lib.engine.steps import OperationsStand, PhaseState, decide_step
from lib.errors import PlanInvalid
from lib.models.run import PhaseStatus, RunStatus
from lib.providers.base import ModelChoice
from lib.runs.structures import NotAsked
from lib.templates.plan import Plan, make_plan
from lib.templates.structure import TemplateData

ALL = (PhaseStatus.PENDING, PhaseStatus.RUNNING, PhaseStatus.COMPLETED, PhaseStatus.FAILED, PhaseStatus.SKIPPED)
DONE = {PhaseStatus.COMPLETED, PhaseStatus.SKIPPED}


def plan_of(dependencies: dict[str, list[str]]) -> Plan:
    phases = [
        {"code": code, "name": code, "prompt": "x", "depends_on": needed, "condition": f"topic == '{code}'"}
        for code, needed in dependencies.items()
    ]
    template = TemplateData.model_validate({"phases": phases})
    return make_plan(template, template_name="T", template_version=1, model=ModelChoice("local", "smollm2-135m"))


def pending(plan: Plan) -> dict[str, PhaseState]:
    return {phase.code: PhaseState(phase.code, 1, PhaseStatus.PENDING) for phase in plan.phases}


def with_status(plan: Plan, **statuses: PhaseStatus) -> dict[str, PhaseState]:
    return pending(plan) | {code: PhaseState(code, 1, status) for code, status in statuses.items()}


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 7))
    return {
        f"p{n}": draw(st.lists(st.sampled_from([f"p{m}" for m in range(n)]), unique=True) if n else st.just([]))
        for n in range(count)
    }


def test_phase_whose_condition_is_not_true_is_skipped_with_the_expression():
    plan = plan_of({"a": [], "b": ["a"]})
    step = decide_step(plan, with_status(plan, a=PhaseStatus.COMPLETED), is_met=lambda phase, _: phase.code != "b")
    (skip,) = step.skip
    assert (skip.code, skip.error["kind"]) == ("b", NotAsked.CONDITION)
    assert "topic == 'b'" in skip.error["message"]
    assert step.begin == ()
    assert step.end is not None
    assert step.end.status is RunStatus.COMPLETED


def test_whole_chain_behind_a_skipped_phase_is_skipped_in_one_step():
    plan = plan_of({"a": [], "b": ["a"], "c": ["b"], "d": ["c"]})
    step = decide_step(plan, with_status(plan, a=PhaseStatus.COMPLETED), is_met=lambda phase, _: phase.code != "b")
    assert [(each.code, each.error["kind"]) for each in step.skip] == [
        ("b", "condition"),
        ("c", "skipped_before"),
        ("d", "skipped_before"),
    ]


def test_phase_that_waits_for_several_runs_where_one_of_them_was_completed():
    plan = plan_of({"a": [], "b": [], "c": ["a", "b"]})
    states = with_status(plan, a=PhaseStatus.COMPLETED, b=PhaseStatus.SKIPPED)
    assert decide_step(plan, states).begin == ("c",)
    states = with_status(plan, a=PhaseStatus.SKIPPED, b=PhaseStatus.SKIPPED)
    assert [each.code for each in decide_step(plan, states).skip] == ["c"]


def test_condition_is_asked_when_all_before_it_have_ended_and_knows_what_this_step_skips():
    plan = plan_of({"a": [], "b": ["a"], "c": ["a", "b"]})
    asked = []

    def is_met(phase, skipped):
        asked.append((phase.code, tuple(skipped)))
        return phase.code != "b"

    decide_step(plan, with_status(plan, a=PhaseStatus.RUNNING), busy={"a"}, is_met=is_met)
    assert asked == []
    step = decide_step(plan, with_status(plan, a=PhaseStatus.COMPLETED), is_met=is_met)
    assert asked == [("b", ()), ("c", ("b",))]
    assert step.begin == ("c",)


def test_condition_that_fails_goes_through_and_one_of_a_second_attempt_is_not_asked():
    plan = plan_of({"a": []})

    def is_met(phase, _):
        raise PlanInvalid("no", field=phase.code)

    with pytest.raises(PlanInvalid):
        decide_step(plan, pending(plan), is_met=is_met)
    assert decide_step(plan, {"a": PhaseState("a", 2, PhaseStatus.PENDING)}, is_met=is_met).begin == ("a",)


@given(graphs(), st.data())
def test_each_way_in_which_phases_can_stand_gives_a_step_that_holds(dependencies, data):
    plan = plan_of(dependencies)
    states = {code: PhaseState(code, 1, data.draw(st.sampled_from(ALL))) for code in dependencies}
    running = {code for code, state in states.items() if state.status is PhaseStatus.RUNNING}
    waiting = data.draw(st.sets(st.sampled_from(sorted(dependencies)))) - running
    untrue = data.draw(st.sets(st.sampled_from(sorted(dependencies))))
    step = decide_step(plan, states, busy=running, waiting=waiting, is_met=lambda phase, _: phase.code not in untrue)
    skipped = {each.code for each in step.skip}
    assert not skipped & set(step.begin)
    after = {code: PhaseStatus.SKIPPED if code in skipped else state.status for code, state in states.items()}
    for code in (*step.begin, *skipped):
        assert states[code].status is PhaseStatus.PENDING
        assert code not in running | waiting
        assert all(after[other] in DONE for other in dependencies[code])
    for code in step.begin:
        assert code not in untrue
        assert not dependencies[code] or any(after[other] is PhaseStatus.COMPLETED for other in dependencies[code])
    failed = {code for code, state in states.items() if state.status is PhaseStatus.FAILED} - waiting
    if failed:
        assert not step.begin
        assert not skipped
        assert (step.end is None) == bool(running)
    elif step.end:
        assert set(after.values()) <= DONE


@given(graphs(), st.randoms(use_true_random=False), st.data())
def test_every_plan_ends_and_no_phase_is_both_skipped_and_begun(dependencies, random, data):
    plan = plan_of(dependencies)
    untrue = data.draw(st.sets(st.sampled_from(sorted(dependencies))))
    states, running, begun, skipped = pending(plan), [], [], []
    for _ in range(len(dependencies) + 1):
        step = decide_step(plan, states, busy=running, is_met=lambda phase, _: phase.code not in untrue)
        states |= {each.code: PhaseState(each.code, 1, PhaseStatus.SKIPPED) for each in step.skip}
        states |= {code: PhaseState(code, 1, PhaseStatus.RUNNING) for code in step.begin}
        begun += step.begin
        skipped += [each.code for each in step.skip]
        running += step.begin
        if step.end:
            assert step.end.status is RunStatus.COMPLETED
            break
        assert running, "stuck"
        done = running.pop(random.randrange(len(running)))
        states[done] = PhaseState(done, 1, PhaseStatus.COMPLETED)
    else:
        pytest.fail("it never ends")
    assert sorted(begun + skipped) == sorted(dependencies), "each once"
    assert untrue <= set(skipped)


@given(graphs(), st.data())
def test_run_is_not_over_before_its_operations_are(dependencies, data):
    plan = plan_of(dependencies)
    states = {code: PhaseState(code, 1, data.draw(st.sampled_from(ALL))) for code in dependencies}
    running = {code for code, state in states.items() if state.status is PhaseStatus.RUNNING}
    is_busy, is_going_on, is_waiting, has_failed = (data.draw(st.booleans()) for _ in range(4))
    error = {"kind": "operation", "message": "It answered 404."}
    operations = OperationsStand(is_busy, is_busy or is_going_on, is_waiting, error if has_failed else None)
    step = decide_step(plan, states, busy=running, operations=operations)
    if step.end is None:
        return
    assert not running
    assert not is_busy, "what is under way may end first"
    match step.end.status:
        case RunStatus.COMPLETED:
            assert not is_going_on
            assert not is_waiting
            assert not has_failed
        case RunStatus.WAITING_REVIEW:
            assert not is_going_on
            assert not has_failed
            assert is_waiting or PhaseStatus.WAITING_REVIEW in {state.status for state in states.values()}
        case RunStatus.FAILED:
            assert step.is_failing
            phases_failed = {PhaseStatus.FAILED, PhaseStatus.REJECTED} & {state.status for state in states.values()}
            assert has_failed or phases_failed


def test_operation_that_failed_ends_the_run_once_what_is_written_is():
    plan = plan_of({"a": [], "b": ["a"], "c": []})
    failed = OperationsStand(failed={"kind": "operation", "message": "No.", "phase": "a"})
    states = with_status(plan, a=PhaseStatus.COMPLETED, c=PhaseStatus.RUNNING)
    step = decide_step(plan, states, busy={"c"}, operations=failed)
    assert (step.begin, step.end, step.is_failing) == ((), None, True)
    step = decide_step(plan, with_status(plan, a=PhaseStatus.COMPLETED, c=PhaseStatus.COMPLETED), operations=failed)
    assert step.end is not None
    assert (step.end.status, step.end.error["kind"]) == (RunStatus.FAILED, "operation")
