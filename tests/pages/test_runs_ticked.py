"""Runs that are ticked in the list, and what is done with them: asked about by name, and done once."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.ui.navigation import RUNS
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import fail_second_phase, make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, dialogs, press, shown, table
from tests.records import rows
from tests.workers import MODEL

RETRIES = "SELECT parent_run_id FROM orchestration_runs WHERE parent_run_id IS NOT NULL"


@pytest.fixture
def made(installation: Installation, cast: Cast, endpoint: LLMockServer) -> dict[str, UUID]:
    """Failed ones of max and mona, and an open one of max; the newest is the last."""
    database, made = installation.database, {}
    project_id, template_id = make_project(database, cast.max), make_template(database, cast.max)
    for actor, title in ((cast.mona, "Mona's"), (cast.max, "Not this"), (cast.max, "Failed"), (cast.max, "Open")):
        run = make_run(database, actor, project_id=project_id, template_id=template_id, title=title, model=MODEL)
        if title != "Open":
            fail_second_phase(database, actor, run)
        made[title] = run.id
    return made


def tick(at: AppTest, titles: Sequence[str]) -> AppTest:
    """As the reader ticks the rows of that title."""
    _, _, key = at.dataframe[0].proto.id.split("-", 2)  # "$$ID", a digest, and the table's own key
    ticked = [row for row, title in enumerate(table(at, "Run")) if title in titles]
    at.session_state[key] = {"selection": {"rows": ticked, "columns": [], "cells": []}}
    return at.run()


def test_ticked_runs_are_retried_and_no_others(
    open_as: OpenAs, installation: Installation, cast: Cast, made: dict[str, UUID]
) -> None:
    at = tick(open_as(cast.mona, RUNS), ["Mona's", "Failed", "Open"])
    press(at, "Retry…")
    assert dialogs(at) == ["Retry 2 of the 3 ticked runs?"]
    assert "“Failed” and “Mona's”. Each goes on in a new run where it stopped" in shown(at)
    assert "Left out: 1 not ended yet." in shown(at)
    assert not button(at, "Not now").disabled
    press(at, "Retry…", "Retry 2 runs")
    assert "2 runs launched again." in shown(at)
    assert {each["parent_run_id"] for each in rows(installation, RETRIES)} == {made["Failed"], made["Mona's"]}


def test_ticks_are_taken_away_at_once(open_as: OpenAs, cast: Cast, made: dict[str, UUID]) -> None:
    at = tick(open_as(cast.mona, RUNS), ["Mona's", "Failed", "Open"])
    assert "3 runs selected** :gray[· Compare takes two]" in shown(at)
    assert button(at, "Compare").help == "Tick exactly two runs to see them side by side."
    press(at, "Clear")
    assert "selected" not in shown(at)
    assert "1 run selected" in shown(tick(at, ["Failed"])), "and others can be ticked"


def test_ticked_runs_are_cancelled_and_no_others(open_as: OpenAs, cast: Cast, made: dict[str, UUID]) -> None:
    at = press(tick(open_as(cast.max, RUNS), ["Open"]), "Cancel…")
    assert dialogs(at) == ["Cancel the ticked run?"]
    assert "“Open”." in shown(at)
    press(at, "Cancel…", "Cancel 1 run")
    assert "1 run asked to end." in shown(at)


def test_question_says_of_one_run_what_becomes_of_it_and_why_others_are_left_out(
    open_as: OpenAs, cast: Cast, made: dict[str, UUID]
) -> None:
    at = press(tick(open_as(cast.max, RUNS), ["Mona's", "Failed", "Open"]), "Retry…")
    assert dialogs(at) == ["Retry 1 of the 3 ticked runs?"]
    assert "“Failed”. It goes on in a new run where it stopped; finished phases are reused." in shown(at)
    assert "Left out: 1 not ended yet and 1 not yours to retry." in shown(at)


def test_where_nothing_can_be_done_it_says_why_and_only_closes(
    open_as: OpenAs, cast: Cast, made: dict[str, UUID]
) -> None:
    press(press(tick(open_as(cast.max, RUNS), ["Failed"]), "Retry…"), "Retry…", "Retry 1 run")
    at = press(tick(open_as(cast.max, RUNS), ["Failed"]), "Retry…")
    assert "None of the ticked runs can be retried: 1 retried already." in shown(at)
    assert not button(at, "Close").disabled
    assert "Not now" not in {each.label for each in at.button}


def test_bar_offers_what_somebody_may_do_to_one_of_them(open_as: OpenAs, cast: Cast, made: dict[str, UUID]) -> None:
    offered = {"Cancel…", "Retry…"}
    assert not offered & {*buttons(open_as(cast.mona, RUNS))}, "nothing is ticked"
    for actor, titles, buttons_there in (
        (cast.mona, ["Mona's", "Open"], offered),
        (cast.max, ["Failed", "Not this"], {"Retry…"}),
        (cast.max, ["Mona's"], set()),
        (cast.vera, ["Failed", "Open"], set()),
    ):
        at = tick(open_as(actor, RUNS), titles)
        assert offered & {each.label for each in at.button} == buttons_there, (actor.full_name, titles)


def test_tick_is_gone_once_another_row_stands_in_its_place(
    open_as: OpenAs, installation: Installation, cast: Cast, made: dict[str, UUID]
) -> None:
    at = tick(open_as(cast.max, RUNS), ["Open"])
    assert "1 run selected" in shown(at)
    make_run(installation.database, cast.mona, project_id=make_project(installation.database, cast.mona))
    assert "selected" not in shown(at.run())


def test_question_about_all_that_match_says_so(open_as: OpenAs, cast: Cast, made: dict[str, UUID]) -> None:
    at = tick(open_as(cast.mona, RUNS), ["Failed"])
    (menu,) = (each for each in at.get("menu_button") if each.key == "more-runs")
    menu.set_value("Retry all that match the filters…").run()  # type: ignore[union-attr] # of the menu's type
    assert dialogs(at) == ["Retry all 3 failed or cancelled runs that match the filters?"]


def test_once_done_the_question_only_closes(open_as: OpenAs, cast: Cast, made: dict[str, UUID]) -> None:
    at = press(tick(open_as(cast.max, RUNS), ["Failed"]), "Retry…")
    press(at, "Retry…", "Retry 1 run")
    assert "1 run launched again." in shown(at)
    assert "Retry 1 run" not in {each.label for each in at.button}
    assert not button(at, "Close").disabled
