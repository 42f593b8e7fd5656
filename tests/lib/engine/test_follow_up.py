"""What follows a failed attempt: who is asked next, when, and for how long."""

from uuid import UUID

import pytest

from lib.engine.follow_up import MOST_LOST_ATTEMPTS, decide_follow_up, next_attempt
from lib.engine.steps import Asked, Misfit, PhaseState
from lib.models.run import PhaseStatus
from lib.providers.errors import ErrorKind
from lib.templates.plan import PlannedPhase, make_plan
from lib.templates.structure import parse_template

RUN = UUID(int=7)
FIRST, SECOND, THIRD = "openai:a", "openai:b", "openai:c"


def phase(*fallbacks: str, **more: object) -> PlannedPhase:
    written = {"code": "A", "name": "A", "prompt": "x", "model": FIRST, "fallback_models": list(fallbacks), **more}
    return make_plan(parse_template({"phases": [written]}), template_name="T", template_version=1).phases[0]


def state(model: str = FIRST, attempt: int = 1, **asked: int) -> PhaseState:
    return PhaseState("A", attempt, PhaseStatus.FAILED, model=model, asked=Asked(**{"times": 1, **asked}))


def test_model_that_fails_for_good_is_followed_by_the_next_at_once() -> None:
    follow_up = decide_follow_up(RUN, phase(SECOND, THIRD), state(), ErrorKind.AUTH)
    assert (follow_up.wait_seconds, follow_up.model) == (0.0, SECOND)
    assert follow_up.told(FIRST) == "another attempt would fail the same way; openai:b is asked next"


def test_each_model_has_the_most_attempts_for_itself() -> None:
    two = phase(SECOND, max_attempts=2)
    again = decide_follow_up(RUN, two, state(), ErrorKind.SERVER)
    assert again.model == FIRST
    assert again.wait_seconds
    gone = decide_follow_up(RUN, two, state(times=2, attempt=2), ErrorKind.SERVER)
    assert gone.model == SECOND
    fresh = next_attempt(state(times=2, attempt=2), SECOND)
    assert (fresh.attempt, fresh.status, fresh.asked) == (3, PhaseStatus.PENDING, Asked())
    assert decide_follow_up(RUN, two, state(SECOND, 3), ErrorKind.SERVER).model == SECOND
    assert decide_follow_up(RUN, two, state(SECOND, 4, times=2), ErrorKind.SERVER).wait_seconds is None


@pytest.mark.parametrize("kind", [kind for kind in ErrorKind if kind not in {ErrorKind.LOST, ErrorKind.INTERNAL}])
def test_whatever_a_model_fails_of_in_the_end_the_next_one_is_asked(kind: ErrorKind) -> None:
    exhausted = state(times=9, misfits=2)
    assert decide_follow_up(RUN, phase(SECOND), exhausted, kind).model == SECOND
    assert decide_follow_up(RUN, phase(), exhausted, kind).wait_seconds is None


@pytest.mark.parametrize(
    ("kind", "asked"),
    [(ErrorKind.INTERNAL, {"times": 9}), (ErrorKind.LOST, {"times": 9, "lost": MOST_LOST_ATTEMPTS})],
)
def test_fault_of_ours_asks_nobody_else(kind: ErrorKind, asked: dict[str, int]) -> None:
    follow_up = decide_follow_up(RUN, phase(SECOND), state(**asked), kind)
    assert (follow_up.wait_seconds, follow_up.model) == (None, FIRST)


def test_answer_that_does_not_fit_is_asked_for_once_more_whatever_the_attempts() -> None:
    once = phase(SECOND, max_attempts=1)
    repair = decide_follow_up(RUN, once, state(misfits=1), ErrorKind.INVALID_OUTPUT)
    assert (repair.wait_seconds, repair.model) == (0.0, FIRST)
    given_up = decide_follow_up(RUN, once, state(times=2, misfits=2), ErrorKind.INVALID_OUTPUT)
    assert given_up.model == SECOND
    assert decide_follow_up(RUN, once, state(SECOND, misfits=1), ErrorKind.INVALID_OUTPUT).model == SECOND
    assert decide_follow_up(RUN, phase(), state(times=2, misfits=2), ErrorKind.INVALID_OUTPUT).wait_seconds is None


def test_misfit_is_no_failure_that_counts() -> None:
    two = phase(max_attempts=2)
    assert decide_follow_up(RUN, two, state(times=2, misfits=1), ErrorKind.SERVER).wait_seconds is not None


def test_next_model_is_not_told_what_another_one_answered() -> None:
    told = PhaseState("A", 2, PhaseStatus.FAILED, model=FIRST, misfit=Misfit("no", ("bad",)))
    assert next_attempt(told, FIRST).misfit is not None
    assert next_attempt(told, SECOND).misfit is None


def test_model_named_twice_is_asked_once() -> None:
    assert [other.model for other in phase(FIRST, SECOND, SECOND).fallbacks] == [SECOND]
