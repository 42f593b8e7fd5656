"""What is done after a phase, on the run's page: read by everybody, approved by somebody else than who launched it."""

from datetime import timedelta
from uuid import UUID

import pytest

from lib import clock
from lib.errors import NotFound
from lib.runs.operating.service import get_artifact, list_operations
from lib.runs.service import cancel_run
from lib.ui.navigation import RUN
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import MadeRun, answer, beginning, make_operation, make_run, open_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, press, shown, text_area
from tests.records import rows

NASTY = "](https://evil.example) <script>alert(1)</script> `code`"
PARAMS = {"method": "POST", "url": "https://api.example/items", "json_body": {"text": NASTY}}


@pytest.fixture
def run(installation: Installation, cast: Cast) -> MadeRun:
    """Max's, with one phase completed; it waits for nothing but people."""
    database = installation.database
    made = make_run(database, cast.max, project_id=make_project(database, cast.max), title="With operations")
    held = open_run(database, cast.organization_a, made.id)
    held.advance(begin=[beginning("Phase 0")])
    held.advance(finish=[answer(made.phases["Phase 0"])])
    return made


def add(installation: Installation, cast: Cast, run: MadeRun, **columns: object) -> UUID:
    said = {"phase_execution_id": run.phases["Phase 0"], "operation_type": "http.request", "operation_params": PARAMS}
    return make_operation(installation.database, cast.max, run.id, **said | columns)


def let_wait(installation: Installation, run: MadeRun) -> None:
    wait = "UPDATE orchestration_runs SET status = 'waiting_review', worker_token = NULL WHERE id = %s RETURNING 1"
    rows(installation, wait, run.id)


def test_approver_sees_all_that_is_sent_and_approves(
    installation: Installation, cast: Cast, open_as: OpenAs, run: MadeRun
) -> None:
    waiting = add(installation, cast, run, status="waiting_approval", name="Tell the tracker")
    let_wait(installation, run)
    at = open_as(cast.mona, RUN, run=run.id)
    assert "Needs approval" in shown(at)
    assert "Tell the tracker" in shown(at)
    assert "POST https://api.example/items with" in shown(at)
    assert any(NASTY in code.value for code in at.code), "as it is, and as nothing but text"
    at = press(at, "Approve")
    assert "It can't be taken back" in shown(at)
    (confirm,) = (each for each in at.button if each.key == f"approve-operation-{waiting}-confirm")
    (opener,) = (each for each in at.button if each.key == f"approve-{waiting}")
    opener.click()
    confirm.click().run()
    assert list_operations(cast.mona, run.id)[0].status == "pending"


def test_approver_of_a_long_text_is_told_that_it_is_cut_and_can_read_all_of_it(
    installation: Installation, cast: Cast, open_as: OpenAs, run: MadeRun
) -> None:
    long = "x" * 20_000 + "AND DELETE EVERYTHING"
    waiting = add(installation, cast, run, status="waiting_approval", operation_params={**PARAMS, "json_body": long})
    let_wait(installation, run)
    at = press(open_as(cast.mona, RUN, run=run.id), "Approve")
    assert "This is all that is sent" not in shown(at)
    assert "longer than what fits here" in shown(at)
    assert "21 of 20,021 characters are not shown" in shown(at)
    places = {each.key for each in at.get("download_button")}
    assert {f"whole-sent-{waiting}-json_body", f"whole-approving-{waiting}-json_body"} <= places


def test_who_launched_it_can_only_reject_and_a_viewer_only_reads(
    installation: Installation, cast: Cast, open_as: OpenAs, run: MadeRun
) -> None:
    waiting = add(installation, cast, run, status="waiting_approval")
    let_wait(installation, run)
    assert {"Approve", "Reject"}.isdisjoint(buttons(open_as(cast.vera, RUN, run=run.id)))
    at = open_as(cast.max, RUN, run=run.id)
    assert "Reject" in buttons(at)
    assert "Approve" not in buttons(at)
    assert "somebody else has to approve" in shown(at)
    press(at, "Reject")
    text_area(at, "Why?").set_value("Not this one.")
    (opener,) = (each for each in at.button if each.key == f"reject-{waiting}")
    (confirm,) = (each for each in at.button if each.key == f"reject-operation-{waiting}")
    opener.click()
    confirm.click().run()
    (seen,) = list_operations(cast.max, run.id)
    assert (seen.status, seen.message) == ("rejected", "Not this one.")


def test_operation_that_nobody_may_approve_says_so(
    installation: Installation, cast: Cast, open_as: OpenAs, run: MadeRun
) -> None:
    add(installation, cast, run, status="waiting_approval")
    let_wait(installation, run)
    rows(installation, "UPDATE orchestration_runs SET user_id = %s RETURNING 1", cast.alice.user_id)
    said = "At present nobody may. It waits until an admin lets somebody else review."
    assert said not in shown(open_as(cast.alice, RUN, run=run.id))
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE role IN ('manager', 'member') RETURNING 1")
    assert said in shown(open_as(cast.alice, RUN, run=run.id))
    assert said in shown(open_as(cast.vera, RUN, run=run.id))


def test_operation_that_is_tried_again_says_so_where_the_phase_is_done(
    installation: Installation, cast: Cast, open_as: OpenAs, run: MadeRun
) -> None:
    soon = clock.now() + timedelta(minutes=1)
    trying = {"status": "pending", "attempts": 3, "next_attempt_at": soon, "error_details": {"message": "It said 500."}}
    operation_id = add(installation, cast, run, **trying)
    at = open_as(cast.vera, RUN, run=run.id)
    assert "operation tried 3 times so far" in str(at.expander[0].label)
    assert "It said 500." in shown(at), "the phase stands open"
    change = "UPDATE integration_operations SET status = 'running', attempts = 1 WHERE id = %s RETURNING 1"
    rows(installation, change, operation_id)
    assert "operation under way" in str(open_as(cast.vera, RUN, run=run.id).expander[0].label)


def test_each_state_says_what_became_of_it(
    installation: Installation, cast: Cast, open_as: OpenAs, run: MadeRun
) -> None:
    states = [
        {"status": "completed", "attempts": 2, "execution_time_ms": 340, "result": {"status": 200, "response": "ok"}},
        {"status": "completed", "result": {"dry_run": True, "would": "POST https://api.example/items"}},
        {"status": "failed", "attempts": 1, "error_details": {"kind": "status", "message": "It answered 404."}},
        {"status": "cancelled", "error_details": {"kind": "condition", "message": "Its condition is not true."}},
    ]
    for position, columns in enumerate(states):
        add(installation, cast, run, position=position, **columns)
    file = {"place": "folder", "path": "plan.md", "bytes": 14, "sha256": "0" * 64}
    columns = {"operation_type": "artifact.write", "operation_params": {"path": "plan.md", "content": "Fold it."}}
    written = add(installation, cast, run, position=4, status="completed", result=file, **columns)
    let_wait(installation, run)
    cancel_run(cast.max, run.id)  # at the end of a run what one comes to read is open
    at = open_as(cast.vera, RUN, run=run.id)
    said = shown(at)
    for word in ("Done", "Dry run", "Failed", "Cancelled", "2 attempts", "It answered 404.", "condition is not true"):
        assert word in said, word
    (link,) = (each for each in at.get("link_button") if each.proto.label == "Download")
    assert link.proto.url == f"/api/operations/{written}/file"
    titles = [each.label for each in at.expander]
    assert titles.count("What was sent and what came back") == 2
    assert titles.count("What would have been sent") == 2, "a dry run's and a cancelled one's"


def test_file_of_the_sample_is_said_not_to_be_there(
    installation: Installation, cast: Cast, open_as: OpenAs, run: MadeRun
) -> None:
    made_up = {"made_up": True, "path": "plan.md", "bytes": 14}
    columns = {"operation_type": "artifact.write", "operation_params": {"path": "plan.md", "content": "Fold it."}}
    operation_id = add(installation, cast, run, status="completed", result=made_up, attempts=1, **columns)
    let_wait(installation, run)
    cancel_run(cast.max, run.id)
    at = open_as(cast.vera, RUN, run=run.id)
    assert "made up with the sample: nothing was sent, and there is no file" in shown(at)
    assert not [each for each in at.get("link_button") if each.proto.label == "Download"]
    with pytest.raises(NotFound):
        get_artifact(cast.vera, operation_id)
