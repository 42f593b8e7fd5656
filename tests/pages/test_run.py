"""One run: watched, read, cancelled, continued."""

from uuid import UUID, uuid4

import pytest

from lib.runs.service import cancel_run
from lib.ui.navigation import RUN
from lib.ui.words import plain
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_project
from tests.made_runs import MadeRun, answer, ask_to_cancel, beginning, end_run, make_run, open_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import deeds, facts, headings, markdown, markup, press, shown
from tests.records import row
from tests.workspace import Workspace, make_workspace

QUOTA = {"kind": "organization_quota", "message": "The organization's calls to models are used up."}
NASTY = "<script>alert(1)</script> ![x](https://evil.example/x.png) [a](javascript:alert(2))"


@pytest.fixture
def live(installation: Installation, cast: Cast) -> Workspace:
    """Alice's run: the first phase is completed, the second is being written."""
    return make_workspace(installation.database, cast.alice)


@pytest.fixture
def waiting(installation: Installation, cast: Cast) -> MadeRun:
    """A run of max that no worker has taken."""
    return make_run(
        installation.database, cast.max, project_id=make_project(installation.database, cast.max), title="Waiting"
    )


def status_of(installation: Installation, run_id: UUID) -> str:
    return str(row(installation, "SELECT status FROM orchestration_runs WHERE id = %s", run_id)["status"])


def numbers(at: object) -> dict[str, str]:
    return {metric.label: metric.value.replace("\\", "") for metric in at.metric}  # type: ignore[attr-defined] # AppTest


def test_run_under_way_is_watched_by_everybody(open_as: OpenAs, cast: Cast, live: Workspace) -> None:
    for actor in cast.of_a:
        at = open_as(actor, RUN, run=live.run.id)
        assert headings(at)[:1] == ["A run"]
        assert "Two steps v1 · Folding bicycle · 1 comment · launched by Alice" in shown(at)
        assert numbers(at).items() >= {"Progress": "1 of 2 phases", "Cost": "$0.03", "Tokens": "950"}.items()
        assert [expander.label.split("**")[1] for expander in at.expander] == ["1 Ideation", "2 Research"]
        assert "Fold it tw" in shown(at), "the answer as far as it is written"
        assert [code.value for code in at.code] == [f"Ideas for {TOPIC}"]
        assert facts(at).items() >= {"Topic": TOPIC, "Template": "Two steps, version 1", "By": "Alice"}.items()
        assert "No worker is running" in headings(at)


def test_cancel_is_offered_to_who_may(open_as: OpenAs, cast: Cast, live: Workspace, waiting: MadeRun) -> None:
    for actor, alices, of_max in (
        (cast.alice, ["Pause", "Cancel"], ["Pause", "Cancel"]),
        (cast.mona, ["Pause", "Cancel"], ["Pause", "Cancel"]),
        (cast.max, [], ["Pause", "Cancel"]),
        (cast.vera, [], []),
    ):
        assert deeds(open_as(actor, RUN, run=live.run.id)) == alices
        assert deeds(open_as(actor, RUN, run=waiting.id)) == of_max


def test_run_is_cancelled_after_a_question(
    open_as: OpenAs, installation: Installation, cast: Cast, waiting: MadeRun
) -> None:
    at = press(open_as(cast.max, RUN, run=waiting.id), "Cancel")
    assert "no further phase begins. To go on later, retry it." in shown(at)
    assert status_of(installation, waiting.id) == "queued", "nothing is done before it is confirmed"
    press(at, "Cancel", "Not now")
    assert status_of(installation, waiting.id) == "queued"

    press(at, "Cancel")
    press(at, "Cancel", "Cancel the run")
    assert status_of(installation, waiting.id) == "cancelled"
    assert [toast.value for toast in at.toast] == [r"The run is being cancelled\."]
    assert "Cancelled" in shown(at)
    assert deeds(at) == ["Retry from Ideation"]


def test_run_that_a_worker_holds_says_that_it_is_being_cancelled(open_as: OpenAs, cast: Cast, live: Workspace) -> None:
    at = press(open_as(cast.alice, RUN, run=live.run.id), "Cancel")
    assert "1 finished phase is kept." in shown(at)
    press(at, "Cancel", "Cancel the run")
    assert deeds(at) == []
    assert "This run is being cancelled" in shown(at)
    assert "No worker is running" in headings(at)


def test_run_that_ended_meanwhile_is_shown_as_it_ended(
    open_as: OpenAs, installation: Installation, cast: Cast, waiting: MadeRun
) -> None:
    at = press(open_as(cast.max, RUN, run=waiting.id), "Cancel")
    cancel_run(cast.mona, waiting.id)
    at.run()
    assert deeds(at) == ["Retry from Ideation"]
    assert status_of(installation, waiting.id) == "cancelled"


def test_completed_run_shows_prompts_answers_and_what_they_took(
    open_as: OpenAs, installation: Installation, cast: Cast, waiting: MadeRun
) -> None:
    end_run(installation.database, cast.max, waiting)
    at = open_as(cast.vera, RUN, run=waiting.id)
    assert numbers(at).items() >= {"Progress": "2 of 2 phases", "Cost": "$0.06", "Tokens": "1,900"}.items()
    assert "Fold it twice." in shown(at), "the last answer stands open"
    assert [expander.label.count("950 tokens") for expander in at.expander] == [1, 1]
    assert (
        facts(at).items()
        >= {
            "Tokens in": "150",
            "Tokens out": "800",
            "Cost": "$0.03",
            "Model took": "5.0 s",
            "Ended because": "stop",
        }.items()
    )
    assert "Ended" in facts(at)
    assert "No worker is running" not in headings(at)


def test_phase_and_timeline_show_the_same_clock(
    open_as: OpenAs, installation: Installation, cast: Cast, waiting: MadeRun
) -> None:
    """An answer of five seconds, for which the local model was loaded for a minute."""
    end_run(installation.database, cast.max, waiting)
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # past the guard of what has ended
        connection.execute("UPDATE phase_executions SET started_at = completed_at - interval '65 seconds'")
    at = open_as(cast.vera, RUN, run=waiting.id)
    assert [expander.label.replace("\\", "").count("1:05") for expander in at.expander] == [1, 1]


def test_failed_run_says_what_happened_and_what_is_kept(
    open_as: OpenAs, installation: Installation, cast: Cast, waiting: MadeRun
) -> None:
    held = open_run(installation.database, cast.organization_a, waiting.id)
    held.advance(begin=[beginning("Phase 0")])
    held.advance(finish=[answer(waiting.phases["Phase 0"])], begin=[beginning("Phase 1")])
    error = {"kind": "auth", "message": "The key was refused.", "phase": "Phase 1", "attempt": 1, "status": 401}
    held.advance(finish=[answer(waiting.phases["Phase 1"], status="failed", response=None, error=error)])
    held.advance(end={"status": "failed", "error": error})

    at = open_as(cast.vera, RUN, run=waiting.id)
    said = shown(at)
    assert "The key was refused." in headings(at)
    for words in (
        "Research, attempt 1",
        "1 finished phase is kept.",
        "Ask an admin to check the key",
        "Status 401",
    ):
        assert words in said
    assert deeds(at) == []


def test_paused_run_goes_on_by_who_may(
    open_as: OpenAs, installation: Installation, cast: Cast, waiting: MadeRun
) -> None:
    open_run(installation.database, cast.organization_a, waiting.id).advance(end={"status": "paused", "error": QUOTA})
    assert deeds(open_as(cast.vera, RUN, run=waiting.id)) == []
    at = open_as(cast.max, RUN, run=waiting.id)
    assert "The organization's calls to models are used up." in headings(at)
    assert "Ask the installation's operator to raise the quota" in shown(at)
    assert deeds(at) == ["Cancel", "Continue"], "the way on stands beside what went wrong"

    press(at, "Continue")
    assert status_of(installation, waiting.id) == "queued"
    assert [toast.value for toast in at.toast] == [r"The run goes on\."]
    assert deeds(at) == ["Pause", "Cancel"]


def test_every_attempt_is_told(open_as: OpenAs, installation: Installation, cast: Cast, waiting: MadeRun) -> None:
    held = open_run(installation.database, cast.organization_a, waiting.id)
    held.advance(begin=[beginning("Phase 0")])
    error = {"kind": "unavailable", "message": "The endpoint is overloaded.", "status": 503}
    begun = held.advance(
        finish=[answer(waiting.phases["Phase 0"], status="failed", response=None, error=error)],
        begin=[beginning("Phase 0", attempt=2)],
    )
    held.advance(finish=[answer(begun["begun"][0]["id"])])
    ask_to_cancel(installation.database, cast.max, waiting.id)
    held.advance(end={"status": "cancelled", "error": {}})

    at = open_as(cast.vera, RUN, run=waiting.id)
    assert "2 attempts" in at.expander[0].label
    assert [tab.label for tab in at.tabs] == ["Answer", "Prompt", "Details", "Attempts", "Changes"]
    for words in ("Attempt 1", "The endpoint is overloaded.", "Attempt 2"):
        assert words in shown(at)


def test_answer_of_a_model_brings_no_markup_of_its_own(
    open_as: OpenAs, installation: Installation, cast: Cast, waiting: MadeRun
) -> None:
    held = open_run(installation.database, cast.organization_a, waiting.id)
    held.advance(begin=[beginning("Phase 0") | {"prompt": NASTY}])
    held.advance(finish=[answer(waiting.phases["Phase 0"], response=NASTY)])
    held.advance(end={"status": "failed", "error": {"kind": "other", "message": NASTY}})
    at = open_as(cast.vera, RUN, run=waiting.id)
    assert NASTY in shown(at)
    assert "<script" not in markup(at)
    assert "<img" not in markup(at)
    assert "<a " not in markup(at)
    assert NASTY not in markdown(at)
    assert plain(NASTY) in markdown(at)


def test_run_that_is_not_there_is_said(open_as: OpenAs, cast: Cast, waiting: MadeRun) -> None:
    for parameters in ({}, {"run": "nonsense"}, {"run": uuid4()}):
        at = open_as(cast.vera, RUN, **parameters)
        assert headings(at) == ["Not found"]
        assert "There is no such run, or it is not yours to see" in shown(at)


def test_stranger_is_told_the_same(open_as: OpenAs, cast: Cast, live: Workspace) -> None:
    hidden = shown(open_as(cast.charlie, RUN, run=live.run.id))
    assert hidden == shown(open_as(cast.charlie, RUN, run=uuid4()))
    assert TOPIC not in hidden
