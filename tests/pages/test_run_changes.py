"""What is different from the attempt before, in the same run or in the one that it was retried from."""

from uuid import UUID

import pytest

from lib.runs.service import find_earlier_texts
from lib.ui.navigation import RUN
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import MadeRun, answer, beginning, make_run, open_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import shown


@pytest.fixture
def twice(installation: Installation, cast: Cast) -> tuple[MadeRun, UUID]:
    """A run whose first phase was answered twice, and the second attempt."""
    run = make_run(
        installation.database, cast.max, project_id=make_project(installation.database, cast.max), title="Twice"
    )
    held = open_run(installation.database, cast.organization_a, run.id)
    held.advance(begin=[beginning("Phase 0")])
    error = {"kind": "overloaded", "message": "The endpoint is overloaded."}
    held.advance(finish=[answer(run.phases["Phase 0"], status="failed", response="Fold it.\nOnce.", error=error)])
    second = held.advance(begin=[beginning("Phase 0", attempt=2)])["begun"][0]["id"]
    held.advance(finish=[answer(second, response="Fold it.\nTwice.")])
    held.advance(end={"status": "failed", "error": error})
    return run, UUID(second)


def test_second_attempt_is_told_from_the_first_where_somebody_asks(
    open_as: OpenAs, cast: Cast, twice: tuple[MadeRun, UUID]
) -> None:
    at = open_as(cast.vera, RUN, run=twice[0].id)
    assert "Changes" in [tab.label for tab in at.tabs]
    assert not [code for code in at.code if code.language == "diff"], "nothing is read before that"
    (switch,) = (one for one in at.toggle if one.label != "With the prompts")
    switch.set_value(True).run()
    assert not at.exception
    assert [code.value for code in at.code if code.language == "diff"] == ["  Fold it.\n- Once.\n+ Twice."]
    assert "Against attempt 1." in shown(at)
    assert "The prompt is the same." in shown(at)


def test_first_attempt_of_a_retry_is_compared_with_the_run_before(
    installation: Installation, cast: Cast, twice: tuple[MadeRun, UUID]
) -> None:
    before, second = twice
    retry = make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))
    first = retry.phases["Phase 0"]
    assert find_earlier_texts(cast.vera, retry.id, first) is None
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE orchestration_runs SET parent_run_id = %s WHERE id = %s", [before.id, retry.id])
    found = find_earlier_texts(cast.vera, retry.id, first)
    assert found
    assert (found.number, found.is_of_other_run, found.texts.response) == (2, True, "Fold it.\nTwice.")
    of_this = find_earlier_texts(cast.vera, before.id, second)
    assert of_this
    assert (of_this.number, of_this.is_of_other_run, of_this.texts.response) == (1, False, "Fold it.\nOnce.")


def test_other_organization_finds_nothing(cast: Cast, twice: tuple[MadeRun, UUID]) -> None:
    assert find_earlier_texts(cast.charlie, twice[0].id, twice[1]) is None
