"""Operations are read by who sees the run; a word on one is a reviewer's, never alone one's own; files stay inside."""

from pathlib import PurePosixPath
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from lib.errors import Conflict, FileGone, InvalidInput, NotFound, NotPermitted
from lib.integrations.folder import artifact_folder, write_artifact
from lib.runs.operating.service import decide_operation, get_artifact, list_operations
from lib.runs.service import watch_run
from lib.runs.watching.service import look_at_run
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import MadeRun, make_operation, make_run
from tests.records import row, rows

PATH = PurePosixPath("reports/plan.md")


@pytest.fixture
def run(installation: Installation, cast: Cast) -> MadeRun:
    """Max's."""
    database = installation.database
    return make_run(database, cast.max, project_id=make_project(database, cast.max), title="With operations")


@pytest.fixture
def waiting(installation: Installation, cast: Cast, run: MadeRun) -> UUID:
    """Waits for a word."""
    columns = {"phase_execution_id": run.phases["Phase 0"], "status": "waiting_approval", "name": "Keep the plan"}
    return make_operation(installation.database, cast.max, run.id, **columns)


@pytest.fixture
def written(installation: Installation, cast: Cast, run: MadeRun) -> UUID:
    """Has written a file."""
    result = {"place": "folder", "path": str(PATH), "bytes": 5}
    columns = {"phase_execution_id": run.phases["Phase 1"], "status": "completed", "result": result}
    made = make_operation(installation.database, cast.max, run.id, **columns)
    write_artifact(artifact_folder(), (cast.organization_a, run.id, made), PATH, b"Fold.")
    return made


def status_of(installation: Installation, operation_id: UUID) -> str:
    return str(row(installation, "SELECT status FROM integration_operations WHERE id = %s", operation_id)["status"])


def hide_from_members(installation: Installation) -> None:
    settings = 'settings || \'{"member_access": {"own_only": true}}\''
    rows(installation, f"UPDATE organizations SET settings = {settings} RETURNING 1")


def test_everybody_who_sees_the_run_reads_them(cast: Cast, run: MadeRun, waiting: UUID, written: UUID) -> None:
    for actor in cast.of_a:
        first, second = list_operations(actor, run.id)
        assert (first.id, first.name, first.does) == (
            waiting,
            "Keep the plan",
            "Write “plan.md” (14 bytes) to be downloaded from the run's page",
        )
        assert (second.id, second.has_file, first.has_file) == (written, True, False)
    assert list_operations(cast.charlie, run.id) == ()


def test_word_is_offered_to_reviewers_and_approval_not_to_who_launched(cast: Cast, run: MadeRun, waiting: UUID) -> None:
    offered = {
        actor.username: (list_operations(actor, run.id)[0].may_approve, list_operations(actor, run.id)[0].may_reject)
        for actor in cast.of_a
    }
    assert offered == {"alice": (True, True), "mona": (True, True), "max": (False, True), "vera": (False, False)}


def test_approval_is_written_with_who_and_when(installation: Installation, cast: Cast, waiting: UUID) -> None:
    decide_operation(cast.mona, waiting, is_approved=True)
    said = row(installation, "SELECT * FROM integration_operations WHERE id = %s", waiting)
    assert (said["status"], said["approved_by"]) == ("pending", cast.mona.user_id)
    assert said["approved_at"] is not None
    (entry,) = rows(installation, "SELECT * FROM audit_logs WHERE action = 'operations.approve'")
    assert (entry["user_id"], entry["new_values"]["name"]) == (cast.mona.user_id, "Keep the plan")
    assert "Fold it twice" not in str(entry)


@pytest.mark.parametrize("is_approved", [True, False])
def test_weak_role_is_refused_and_stranger_finds_nothing(
    installation: Installation, cast: Cast, waiting: UUID, is_approved: bool
) -> None:
    with pytest.raises(NotPermitted):
        decide_operation(cast.vera, waiting, is_approved=is_approved, reason="Why not.")
    with pytest.raises(NotFound):
        decide_operation(cast.charlie, waiting, is_approved=is_approved, reason="Why not.")
    with pytest.raises(NotFound):
        decide_operation(cast.alice, uuid4(), is_approved=is_approved, reason="Why not.")
    assert status_of(installation, waiting) == "waiting_approval"


def test_nobody_approves_their_own_also_not_by_sql(installation: Installation, cast: Cast, waiting: UUID) -> None:
    with pytest.raises(NotPermitted, match="somebody else has to approve"):
        decide_operation(cast.max, waiting, is_approved=True)
    with doors.person(installation.database, cast.max) as connection:
        call = "SELECT api.decide_operation(%s, true, '', NULL)"
        assert connection.execute(call.encode(), [waiting]).fetchone() == ("own",)
        for change in ("status = 'pending'", "approved_by = api.person_id()", "operation_params = '{}'"):
            statement = f"UPDATE integration_operations SET {change} WHERE id = '{waiting}'"
            assert doors.refusal(connection, statement) == "42501", change
    assert status_of(installation, waiting) == "waiting_approval"


def test_rejection_needs_a_reason(installation: Installation, cast: Cast, waiting: UUID) -> None:
    with pytest.raises(InvalidInput):
        decide_operation(cast.mona, waiting, is_approved=False, reason=" ")
    decide_operation(cast.max, waiting, is_approved=False, reason="Not this one.")
    with pytest.raises(Conflict, match="rejected by now"):
        decide_operation(cast.mona, waiting, is_approved=True)


def test_of_two_at_once_one_word_counts(installation: Installation, cast: Cast, run: MadeRun) -> None:
    for number in range(10):
        columns = {"phase_execution_id": run.phases["Phase 0"], "status": "waiting_approval", "position": number}
        operation_id = make_operation(installation.database, cast.max, run.id, **columns)
        start, told = Barrier(2), list[str]()

        def say(actor: Actor, is_approved: bool, of: UUID = operation_id, start: Barrier = start) -> None:
            start.wait()
            try:
                decide_operation(actor, of, is_approved=is_approved, reason="No.")
                told.append("approved" if is_approved else "rejected")  # noqa: B023 - joined below
            except Conflict:
                told.append("late")  # noqa: B023 - joined below

        people = [Thread(target=say, args=(cast.alice, True)), Thread(target=say, args=(cast.mona, False))]
        for each in people:
            each.start()
        for each in people:
            each.join()
        assert sorted(told)[1:] in (["late"], ["rejected"])
        assert told.count("late") == 1
        counted = {"pending": "approved", "rejected": "rejected"}[status_of(installation, operation_id)]
        assert counted in told


def test_file_is_for_who_sees_the_run(installation: Installation, cast: Cast, written: UUID) -> None:
    for actor in cast.of_a:
        artifact = get_artifact(actor, written)
        assert (artifact.name, artifact.content) == ("plan.md", b"Fold.")
    with pytest.raises(NotFound):
        get_artifact(cast.charlie, written)


def test_file_that_is_not_there_or_not_written_is_not_found(
    installation: Installation, cast: Cast, run: MadeRun, waiting: UUID, written: UUID
) -> None:
    for operation_id in (waiting, uuid4()):
        with pytest.raises(NotFound):
            get_artifact(cast.alice, operation_id)
    (file,) = (path for path in artifact_folder().rglob("plan.md"))
    file.unlink()
    with pytest.raises(FileGone, match=r"“plan\.md” was written and is not there any more"):
        get_artifact(cast.alice, written)
    with pytest.raises(NotFound) as told:
        get_artifact(cast.charlie, written)
    assert not isinstance(told.value, FileGone), "strangers learn nothing"


def test_run_stands_otherwise_when_an_operation_does(cast: Cast, run: MadeRun, waiting: UUID) -> None:
    before = watch_run(cast.alice, run.id).shape
    assert look_at_run(cast.alice, run.id).shape == before
    decide_operation(cast.mona, waiting, is_approved=True)
    after = look_at_run(cast.alice, run.id).shape
    assert after != before
    assert watch_run(cast.alice, run.id).shape == after
