"""What a page asks once a second of a run that it watches: whether it stands as it did, and what was written since."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from lib.errors import NotFound
from lib.models.run import RunStatus
from lib.runs.service import watch_run
from lib.runs.watching.service import Look, Reader, look_at_run
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_runs import answer, ask_to_cancel, call_worker
from tests.plans.plan import Sending
from tests.workspace import Workspace, make_workspace

WRITTEN = "Fold it tw"


@pytest.fixture
def made(installation: Installation, cast: Cast) -> Workspace:
    """Alice's run: the first phase is completed, the second is being written."""
    return make_workspace(installation.database, cast.alice)


def writing(made: Workspace) -> UUID:
    return made.run.phases["Phase 1"]


def write(made: Workspace, text: str) -> None:
    whose = (made.held.organization_id, made.held.token, writing(made))
    call_worker(made.held.database, "SELECT api.write_stream(%s, %s, %s, %s)", *whose, text)


def look(cast: Cast, made: Workspace, *, after: int = 0, has_bytes: int = 0) -> Look:
    reader = Reader(attempt_id=writing(made), after=after, has_bytes=has_bytes)
    return look_at_run(cast.vera, made.run.id, reader=reader)


def test_look_finds_the_shape_that_the_page_was_drawn_for(cast: Cast, made: Workspace) -> None:
    def is_the_same() -> bool:
        return look_at_run(cast.vera, made.run.id).shape == watch_run(cast.vera, made.run.id).shape

    shapes = {look_at_run(cast.vera, made.run.id).shape}
    assert is_the_same()
    ask_to_cancel(made.held.database, cast.alice, made.run.id)
    shapes.add(look_at_run(cast.vera, made.run.id).shape)
    assert is_the_same()
    made.held.advance(finish=[answer(writing(made))], end={"status": RunStatus.CANCELLED, "error": {}})
    shapes.add(look_at_run(cast.vera, made.run.id).shape)
    assert is_the_same()
    assert len(shapes) == 3, "each of these draws the page anew"


def test_shape_stays_while_the_answer_grows(cast: Cast, made: Workspace) -> None:
    before = look_at_run(cast.vera, made.run.id)
    write(made, WRITTEN + "ice")
    assert look_at_run(cast.vera, made.run.id) == before


def test_reader_gets_what_stands_behind_what_they_have(cast: Cast, made: Workspace) -> None:
    assert look(cast, made).text == WRITTEN
    text = "Fold it twice, räder 🚲 zuerst"
    write(made, text)
    seen = look(cast, made, after=len("Fold it "), has_bytes=len(WRITTEN))
    assert (seen.text, seen.has_bytes) == ("twice, räder 🚲 zuerst", len(text.encode()))
    write(made, text + ", then the frame")
    assert look(cast, made, after=len("Fold it twice, räder 🚲 "), has_bytes=len(text.encode())).text == (
        "zuerst, then the frame"
    )


def test_reader_who_has_it_all_gets_no_text(cast: Cast, made: Workspace) -> None:
    seen = look(cast, made, after=3, has_bytes=len(WRITTEN))
    assert (seen.text, seen.has_bytes) == (None, len(WRITTEN))


def test_answer_that_is_written_no_more_has_nothing_to_read_on(cast: Cast, made: Workspace) -> None:
    made.held.advance(finish=[answer(writing(made))])
    seen = look(cast, made)
    assert (seen.text, seen.has_bytes) == (None, None)


def test_look_is_two_statements_after_the_one_that_says_who_asks(cast: Cast, made: Workspace) -> None:
    with Sending() as sending:
        look(cast, made)
    assert ["set_config" in sent.statement for sent in sending.statements] == [True, False, False]


def test_stranger_sees_nothing(cast: Cast, made: Workspace) -> None:
    reader = Reader(attempt_id=writing(made), after=0, has_bytes=0)
    for run_id in (made.run.id, uuid4()):
        with pytest.raises(NotFound):
            look_at_run(cast.charlie, run_id, reader=reader)


def test_attempt_of_another_run_is_not_read(cast: Cast, made: Workspace, installation: Installation) -> None:
    other = make_workspace(installation.database, cast.charlie)
    foreign = Reader(attempt_id=writing(made), after=0, has_bytes=0)
    own = replace(foreign, attempt_id=writing(other))
    assert look_at_run(cast.charlie, other.run.id, reader=own).text == WRITTEN
    assert look_at_run(cast.charlie, other.run.id, reader=foreign).text is None
