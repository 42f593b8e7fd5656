"""Two runs against each other, and what a run goes on from."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from llmock.testing import LLMockServer

from lib.access.actor import Actor
from lib.errors import NotFound
from lib.runs.comparing.service import compare_runs, find_runs_of_versions, read_family
from lib.runs.comparing.views import ComparedPhase, cost_of, tokens_of
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import MadeRun, answer, beginning, end_run, fail_second_phase, make_operation, make_run, open_run
from tests.records import rows
from tests.retrying import go_on
from tests.workers import MODEL


@pytest.fixture
def template_id(installation: Installation, cast: Cast) -> UUID:
    return make_template(installation.database, cast.max)


def make(installation: Installation, actor: Actor, template_id: UUID | None = None) -> MadeRun:
    project_id = make_project(installation.database, actor)
    return make_run(installation.database, actor, project_id=project_id, template_id=template_id, model=MODEL)


def compare(actor: Actor, left: UUID, right: UUID) -> dict[str, ComparedPhase]:
    return {phase.code: phase for phase in compare_runs(actor, left, right).phases}


def test_runs_that_asked_and_answered_the_same_do_not_differ(installation: Installation, cast: Cast) -> None:
    runs = [make(installation, cast.max) for _ in range(2)]
    for run in runs:
        end_run(installation.database, cast.max, run)
    found = compare_runs(cast.vera, runs[0].id, runs[1].id)
    assert (found.left.summary.id, found.right.summary.id) == (runs[0].id, runs[1].id)
    assert [phase.differs for phase in found.phases] == [False, False]


def test_phase_differs_where_something_else_was_done_after_it(installation: Installation, cast: Cast) -> None:
    runs = [make(installation, cast.max) for _ in range(2)]
    for run in runs:
        end_run(installation.database, cast.max, run)
        done = {"phase_execution_id": run.phases["Phase 0"], "status": "completed"}
        make_operation(installation.database, cast.max, run.id, **done)
    assert not compare(cast.vera, runs[0].id, runs[1].id)["Phase 0"].differs
    dry = {"phase_execution_id": runs[1].phases["Phase 0"], "status": "completed", "result": {"dry_run": True}}
    make_operation(installation.database, cast.max, runs[1].id, **dry, position=1)
    found = compare_runs(cast.vera, runs[0].id, runs[1].id)
    assert [phase.differs for phase in found.phases] == [True, False]
    assert (found.operations.left, found.operations.right) == (("completed",), ("completed", "dry_run"))


def test_what_differs_is_told_phase_by_phase(installation: Installation, cast: Cast) -> None:
    left, right = make(installation, cast.max), make(installation, cast.max)
    end_run(installation.database, cast.max, left)
    held = open_run(installation.database, cast.organization_a, right.id)
    other = beginning("Phase 0") | {"prompt": "Something else"}
    held.advance(begin=[other])
    said = answer(right.phases["Phase 0"], response="Fold it thrice.", completion_tokens=50, cost_usd=0.01)
    held.advance(finish=[said])
    phases = compare(cast.vera, left.id, right.id)
    first, second = phases["Phase 0"], phases["Phase 1"]
    assert (first.is_same_prompt, first.is_same_answer, first.differs) == (False, False, True)
    assert (tokens_of(first.attempts.left), tokens_of(first.attempts.right)) == (950, 200)
    assert (cost_of(first.attempts.left), cost_of(first.attempts.right)) == (Decimal("0.028"), Decimal("0.01"))
    assert second.differs, "one is completed, the other pending"
    assert second.is_same_answer is False


def test_phases_are_the_same_where_their_codes_are(installation: Installation, cast: Cast) -> None:
    left, right = make(installation, cast.max), make(installation, cast.max)
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        other = "UPDATE phase_executions SET phase_code = 'Phase 9' WHERE run_id = %s AND phase_code = 'Phase 1'"
        connection.execute(other, [right.id])
    phases = compare(cast.max, left.id, right.id)
    assert list(phases) == ["Phase 0", "Phase 1", "Phase 9"]
    assert phases["Phase 1"].phases.right is None
    assert phases["Phase 9"].phases.left is None
    assert phases["Phase 9"].differs


def test_phases_of_two_templates_are_the_same_where_they_are_called_the_same(
    installation: Installation, cast: Cast
) -> None:
    project_id = make_project(installation.database, cast.max)
    names = {"Brief": ("Problem", "Market", "Offer"), "Plan": ("Ideation", "Market", "Problem", "Launch")}
    runs = []
    for template, phases in names.items():
        data = {"phases": [{"code": f"Phase {n}", "name": name, "prompt": "Go."} for n, name in enumerate(phases)]}
        template_id = make_template(installation.database, cast.max, name=template, data=data)
        runs.append(
            make_run(installation.database, cast.max, project_id=project_id, template_id=template_id, data=data)
        )
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        for run, template in zip(runs, names, strict=True):
            named = "plan = plan || jsonb_build_object('template_name', %s::text)"
            connection.execute(f"UPDATE orchestration_runs SET {named} WHERE id = %s".encode(), [template, run.id])
    found = compare_runs(cast.max, runs[0].id, runs[1].id).phases
    assert [tuple(each.name if each else None for each in (pair.phases.left, pair.phases.right)) for pair in found] == [
        (None, "Ideation"),
        ("Market", "Market"),
        ("Problem", "Problem"),
        ("Offer", None),
        (None, "Launch"),
    ]


def test_run_that_is_not_the_readers_to_see_is_not_found_on_either_side(installation: Installation, cast: Cast) -> None:
    ours, theirs = make(installation, cast.max).id, make(installation, cast.charlie).id
    for actor, left, right in (
        (cast.max, ours, theirs),
        (cast.max, theirs, ours),
        (cast.charlie, ours, ours),
        (cast.max, ours, uuid4()),
    ):
        with pytest.raises(NotFound):
            compare_runs(actor, left, right)


def test_family_is_the_run_before_and_those_after(
    installation: Installation, cast: Cast, endpoint: LLMockServer, template_id: UUID
) -> None:
    first = make(installation, cast.max, template_id)
    fail_second_phase(installation.database, cast.max, first)
    assert read_family(cast.vera, first.id).children == ()
    again, anew = go_on(cast.max, first.id), go_on(cast.mona, first.id, begins_with=None, model="openai:gpt-4o")
    family = read_family(cast.vera, first.id)
    assert family.parent is None
    assert [(each.id, each.begins_with, each.model) for each in family.children] == [
        (anew, None, "openai:gpt-4o"),
        (again, "Phase 1", MODEL),
    ]
    parent = read_family(cast.vera, again).parent
    assert parent is not None
    assert parent.id == first.id


def test_stranger_sees_no_family(
    installation: Installation, cast: Cast, endpoint: LLMockServer, template_id: UUID
) -> None:
    first = make(installation, cast.max, template_id)
    fail_second_phase(installation.database, cast.max, first)
    again = go_on(cast.max, first.id)
    for run_id in (first.id, again):
        family = read_family(cast.charlie, run_id)
        assert (family.parent, family.children) == (None, ())


def test_last_runs_of_two_versions_are_found(installation: Installation, cast: Cast, template_id: UUID) -> None:
    old, new, newest = (make(installation, cast.max, template_id).id for _ in range(3))
    assert find_runs_of_versions(cast.max, template_id, 1, 2) is None
    rows(
        installation,
        "UPDATE orchestration_runs SET template_version = 2 WHERE id = ANY (%s) RETURNING 1",
        [new, newest],
    )
    assert find_runs_of_versions(cast.max, template_id, 1, 2) == (old, newest)
    assert find_runs_of_versions(cast.charlie, template_id, 1, 2) is None
