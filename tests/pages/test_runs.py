"""Runs: the list, its filters and pages."""

from uuid import UUID

import pytest

from lib.models.run import RunStatus
from lib.ui.components import status
from lib.ui.navigation import RUNS
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import end_run, make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, press, shown, table
from tests.records import rows
from tests.waiting_runs import set_limit


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)


def test_list_of_nothing_says_what_will_be_here(open_as: OpenAs, cast: Cast) -> None:
    for actor in cast.of_a:
        at = open_as(actor, RUNS)
        assert headings(at) == ["Runs", "No runs yet"]
        assert buttons(at) == ([] if actor is cast.vera else ["Launch run", "Launch the first run"])
        assert not [*at.segmented_control, *at.text_input, *at.get("download_button")], "there is nothing to narrow"


@pytest.mark.parametrize("label", ["Launch run", "Launch the first run"])
def test_it_leads_to_the_launch(open_as: OpenAs, cast: Cast, label: str) -> None:
    assert press(open_as(cast.max, RUNS), label).title[0].value == "Launch"


def test_list_says_how_each_run_stands(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    done = make_run(installation.database, cast.max, project_id=project_id, title="Done")
    end_run(installation.database, cast.max, done)
    set_limit(installation, cast.organization_a, "1")
    for title in ("Next", "Waiting"):
        make_run(installation.database, cast.mona, project_id=project_id, title=title, is_in_line=True)
    for actor in cast.of_a:
        at = open_as(actor, RUNS)
        assert table(at, "Run") == ["Waiting", "Next", "Done"]
        for cell, shown_as in zip(table(at, "Status"), ("Waiting", "Queued", "Completed"), strict=True):
            assert shown_as in cell
        assert table(at, "By") == ["Mona", "Mona", "Max"]
        assert table(at, "Project") == ["Folding bicycle"] * 3
        assert table(at, "Phases") == ["0 / 2", "0 / 2", "2 / 2"]
        assert table(at, "Cost") == ["$0.00", "$0.00", "$0.06"]


def test_unknown_cost_is_unknown(open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID) -> None:
    make_run(installation.database, cast.max, project_id=project_id)
    rows(installation, "UPDATE orchestration_runs SET cost_usd = NULL RETURNING 1")
    assert table(open_as(cast.vera, RUNS), "Cost") == ["unknown"]


def test_stranger_sees_none_of_it(open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID) -> None:
    make_run(installation.database, cast.max, project_id=project_id, title="Secret run")
    for parameters in ({}, {"search": "Secret"}, {"status": "queued"}):
        assert "Secret run" not in shown(open_as(cast.charlie, RUNS, **parameters))


def test_every_status_can_be_chosen(open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID) -> None:
    for ended in ("completed", "failed", "cancelled"):
        run = make_run(installation.database, cast.max, project_id=project_id, title=ended)
        end_run(installation.database, cast.max, run, status=ended)
    at = open_as(cast.vera, RUNS)
    choice = at.segmented_control(key="runs-status")
    assert len(choice.options) == 1 + len(RunStatus)
    for label, one in zip(choice.options[1:], RunStatus, strict=True):
        assert status.RUN[one].word in label
        assert (":gray[1]" in label) == (one in {"completed", "failed", "cancelled"})
    for ended in ("completed", "failed", "cancelled"):
        at.segmented_control(key="runs-status").set_value(ended)
        at.run()
        assert table(at, "Run") == [ended]
        assert at.query_params == {"status": ended}


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"search": "SECOND"}, ["Second try"]),
        ({"search": "%"}, ["100 % done"]),
        ({"search": "_"}, []),
        ({"status": "queued", "search": "done"}, ["100 % done"]),
        ({"status": "nonsense"}, ["100 % done", "Second try"]),
        ({"page": ""}, ["100 % done", "Second try"]),
    ],
)
def test_address_is_followed_as_far_as_it_makes_sense(
    *,
    open_as: OpenAs,
    installation: Installation,
    cast: Cast,
    project_id: UUID,
    parameters: dict[str, str],
    found: list[str],
) -> None:
    for title in ("Second try", "100 % done"):
        make_run(installation.database, cast.max, project_id=project_id, title=title)
    assert table(open_as(cast.vera, RUNS, **parameters), "Run") == found


def test_nothing_that_matches_is_said_with_a_way_back(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    make_run(installation.database, cast.max, project_id=project_id, title="There")
    at = open_as(cast.vera, RUNS, status="paused", search="boat")
    assert headings(at) == ["Runs", "No run matches these filters"]
    assert "Status: Paused · Search: boat" in shown(at)
    press(at, "Clear the filters")
    assert table(at, "Run") == ["There"]
    assert at.query_params == {}


def test_long_list_turns_its_pages(open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID) -> None:
    rows(
        installation,
        "INSERT INTO orchestration_runs (organization_id, project_id, user_id, title, topic, created_at) "
        "SELECT %s, %s, %s, 'Run ' || n, 'Anything', now() - n * interval '1 minute' "
        "FROM generate_series(1, 30) n RETURNING 1",
        cast.organization_a,
        project_id,
        cast.max.user_id,
    )
    at = press(open_as(cast.vera, RUNS), "Older")
    assert table(at, "Run") == [f"Run {n}" for n in range(26, 31)]
    press(at, "Newer")
    assert table(at, "Run") == [f"Run {n}" for n in range(1, 26)]


def test_page_after_the_end_is_not_taken_for_an_empty_list(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID, past_the_end: str
) -> None:
    make_run(installation.database, cast.max, project_id=project_id, title="newer")
    for parameters in ({"page": past_the_end}, {"page": past_the_end, "search": "newer"}):
        at = open_as(cast.vera, RUNS, **parameters)
        assert headings(at) == ["Runs", "This page of the list is empty"]
        assert table(press(at, "Go to the beginning"), "Run") == ["newer"]
        assert "page" not in at.query_params


def test_address_that_changes_under_the_page_is_followed(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    """As the browser's Back changes it."""
    for title in ("Boat", "Bicycle"):
        make_run(installation.database, cast.max, project_id=project_id, title=title)
    at = open_as(cast.vera, RUNS)
    at.text_input(key="runs-search").set_value("boat")
    assert table(at.run(), "Run") == ["Boat"]
    at.query_params.clear()
    assert table(at.run(), "Run") == ["Bicycle", "Boat"]
    assert at.text_input(key="runs-search").value == ""


def test_page_that_can_not_be_read_offers_the_beginning(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    make_run(installation.database, cast.max, project_id=project_id, title="There")
    at = open_as(cast.vera, RUNS, page="nonsense", status="queued")
    assert headings(at) == ["Runs", "This page of the list is empty"]
    assert table(press(at, "Go to the beginning"), "Run") == ["There"]
    assert at.query_params == {"status": "queued"}
