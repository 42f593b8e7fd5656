"""Watching a run without reading its texts, which are read for one attempt."""

import re
from uuid import UUID, uuid4

import pytest

from lib.errors import NotFound
from lib.runs.service import get_texts, watch_run
from lib.runs.views import AttemptTexts
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC
from tests.made_runs import answer, call_worker
from tests.plans.plan import Sending
from tests.records import rows
from tests.workspace import Workspace, make_workspace

WRITTEN = "Fold it tw"


@pytest.fixture
def made(installation: Installation, cast: Cast) -> Workspace:
    """Alice's run: the first phase is completed, the second is being written."""
    return make_workspace(installation.database, cast.alice)


def write(made: Workspace, text: str) -> None:
    whose = (made.held.organization_id, made.held.token, writing(made))
    call_worker(made.held.database, "SELECT api.write_stream(%s, %s, %s, %s)", *whose, text)


def writing(made: Workspace) -> UUID:
    return made.run.phases["Phase 1"]


def test_watching_says_how_long_the_texts_are(cast: Cast, made: Workspace) -> None:
    watched = watch_run(cast.vera, made.run.id)
    assert [phase.code for phase in watched.phases] == ["Phase 0", "Phase 1"]
    for phase in watched.phases:
        read = get_texts(cast.vera, made.run.id, phase.newest.id)
        assert phase.newest.response_bytes == len(read.response.encode()) > 0
        assert phase.newest.has_prompt == (read.prompt is not None)


def test_watching_reads_no_text(cast: Cast, made: Workspace) -> None:
    with Sending() as sending:
        watch_run(cast.vera, made.run.id)
    measured = (
        r"prompt_text IS NOT NULL|coalesce\(phase_executions.original_response, CASE .*? END\) IS NOT NULL|"
        r"octet_length\(coalesce\(phase_executions.response_text, phase_streams.response_text\)"
    )
    asked = [re.sub(measured, "", sent.statement, flags=re.DOTALL) for sent in sending.statements]
    assert not [statement for statement in asked if "prompt_text" in statement or "response_text" in statement]


def test_texts_are_read_for_one_attempt(cast: Cast, made: Workspace) -> None:
    assert get_texts(cast.vera, made.run.id, writing(made)) == AttemptTexts(
        prompt=f"Ideas for {TOPIC}", response=WRITTEN
    )
    done = get_texts(cast.vera, made.run.id, made.run.phases["Phase 0"])
    assert done.response == "Fold it twice."


def test_shape_changes_with_a_phase_and_not_with_its_text(cast: Cast, made: Workspace) -> None:
    before = watch_run(cast.vera, made.run.id).shape
    write(made, WRITTEN + "ice")
    assert watch_run(cast.vera, made.run.id).shape == before
    made.held.advance(finish=[answer(writing(made))])
    assert watch_run(cast.vera, made.run.id).shape != before


def test_stranger_watches_nothing(cast: Cast, made: Workspace) -> None:
    for run_id in (made.run.id, uuid4()):
        with pytest.raises(NotFound):
            watch_run(cast.charlie, run_id)
        with pytest.raises(NotFound):
            get_texts(cast.charlie, run_id, writing(made))
    with pytest.raises(NotFound):
        get_texts(cast.vera, uuid4(), writing(made))


def test_estimate_that_cannot_be_read_hides_no_run(installation: Installation, cast: Cast, made: Workspace) -> None:
    """A person's SQL may write one with the launch."""
    rows(installation, "UPDATE orchestration_runs SET estimate = '{\"x\": 1}' WHERE id = %s RETURNING 1", made.run.id)
    watched = watch_run(cast.alice, made.run.id)
    assert (watched.estimate, watched.may_cancel) == (None, True)
