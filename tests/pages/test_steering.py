"""What people do with runs, on the pages: compare, act on many, comment, duplicate; and what a launch will take."""

from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.ui.navigation import COMPARE, LAUNCH, RUN, RUNS
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_project, make_template, make_version
from tests.made_runs import MadeRun, end_run, fail_second_phase, make_comment, make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, dialogs, headings, markup, press, selectbox, shown, text_area, text_input
from tests.records import rows
from tests.retrying import go_on
from tests.workers import MODEL

NASTY = "<script>alert(1)</script> ![x](https://evil.example/x.png)"


@pytest.fixture
def template_id(installation: Installation, cast: Cast) -> UUID:
    made = make_template(installation.database, cast.mona, status="published")
    make_version(installation.database, cast.mona, made)
    return made


@pytest.fixture
def failed(installation: Installation, cast: Cast, endpoint: LLMockServer, template_id: UUID) -> MadeRun:
    """Of max: the first phase is completed, the second failed."""
    project_id = make_project(installation.database, cast.max)
    run = make_run(
        installation.database, cast.max, project_id=project_id, template_id=template_id, title="Failed", model=MODEL
    )
    fail_second_phase(installation.database, cast.max, run)
    return run


def choose_of_more(at: AppTest, option: str) -> AppTest:
    (menu,) = (each for each in at.get("menu_button") if option in each.options)
    return menu.set_value(option).run()  # type: ignore[no-any-return] # of the menu's type


def test_runs_are_compared_by_whoever_sees_both(
    open_as: OpenAs, installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    done = make_run(
        installation.database, cast.max, project_id=make_project(installation.database, cast.max), title=NASTY
    )
    end_run(installation.database, cast.max, done, cost_usd=0.01)
    for actor in cast.of_a:
        at = open_as(actor, COMPARE, left=failed.id, right=done.id)
        said = shown(at)
        for words in ("2 Research", "other status and answer", "Fold it twice.", "\N{MINUS SIGN}$0.04"):
            assert words in said, words
        assert "<script" not in markup(at)
    at = open_as(cast.charlie, COMPARE, left=failed.id, right=done.id)
    assert headings(at) == ["Not found"]
    assert headings(open_as(cast.max, COMPARE, left=failed.id, right="nonsense")) == ["Not found"]


def test_what_is_the_same_is_shown_when_somebody_asks(open_as: OpenAs, cast: Cast, failed: MadeRun) -> None:
    again = go_on(cast.max, failed.id)
    at = open_as(cast.vera, COMPARE, left=failed.id, right=again)
    assert "1 more phase is the same in both." in shown(at)
    assert "1 Ideation" not in shown(at)
    at.toggle(key="compare-whole").set_value(True).run()
    assert "1 Ideation" in shown(at)
    press(at, "Swap sides")
    assert at.query_params == {"left": str(again), "right": str(failed.id)}


def test_comment_is_written_read_edited_and_deleted(
    open_as: OpenAs, installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    at = open_as(cast.max, RUN, run=failed.id)
    field = at.text_area(key="comments-text")
    field.set_value("**Good**, " + NASTY)
    (send,) = (one for one in at.button if one.label == "Comment" and "comments-form" in str(one.form_id).split("\n"))
    send.click().run()
    assert not at.exception
    assert "<strong>Good</strong>" in markup(at)
    assert "<script" not in markup(at)
    assert "1 comment" in shown(at)
    assert at.text_area(key="comments-text").value == ""
    (comment,) = rows(installation, "SELECT id FROM run_comments")
    at.toggle(key=f"comment-edit-{comment['id']}").set_value(True).run()
    at.text_area(key=f"comment-text-{comment['id']}").set_value("Better")
    press(at, "Save the comment")
    assert "Better" in shown(at)
    assert "edited" in shown(at)
    press(at, "Delete")
    press(at, "Delete", "Delete the comment")
    assert "Nobody has said anything yet." in shown(at)


def test_viewer_reads_comments_and_has_no_field_for_one(
    open_as: OpenAs, installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    make_comment(installation.database, cast.max, failed.id, text="About the run")
    make_comment(installation.database, cast.mona, failed.id, phase_code="Phase 1", text="About the phase")
    at = open_as(cast.vera, RUN, run=failed.id)
    assert "About the run" in shown(at)
    assert "About the phase" in shown(at), "at the phase that failed, which is open"
    assert "1 more at the phases" in shown(at)
    assert not [one for one in at.button if one.label in {"Comment", "Delete"}]


def test_many_are_cancelled_after_a_question_with_their_number(
    open_as: OpenAs, installation: Installation, cast: Cast, endpoint: LLMockServer
) -> None:
    project_id = make_project(installation.database, cast.max)
    for number in range(4):
        make_run(installation.database, cast.max, project_id=project_id, title=f"Run {number}")
    at = choose_of_more(open_as(cast.max, RUNS), "Cancel all that match the filters…")
    assert "Cancel all 4 open runs that match the filters?" in dialogs(at)
    assert "“Run 3”, “Run 2”, “Run 1” and 1 more." in shown(at)
    (menu,) = (each for each in at.get("menu_button") if each.key == "more-runs")
    menu.set_value("Cancel all that match the filters…")
    press(at, "Cancel 4 runs")
    assert "4 runs asked to end." in shown(at)
    assert {each["status"] for each in rows(installation, "SELECT status FROM orchestration_runs")} == {"cancelled"}
    at = choose_of_more(open_as(cast.max, RUNS), "Cancel all that match the filters…")
    assert "No run that matches can be cancelled by you" in shown(at)
    assert not open_as(cast.vera, RUNS).get("menu_button"), "a viewer may do neither"


def test_duplicate_leads_to_the_launch_with_everything_filled_in(
    open_as: OpenAs, installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    at = choose_of_more(open_as(cast.max, RUN, run=failed.id), "Duplicate")
    assert at.title[0].value == "Launch"
    assert at.query_params == {"from": str(failed.id)}
    assert (text_area(at, "Topic").value, text_input(at, "Title").value) == (TOPIC, "Failed")
    assert selectbox(at, "Model").value == MODEL
    assert len(rows(installation, "SELECT 1 FROM orchestration_runs")) == 1, "nothing is launched"
    rows(installation, "UPDATE orchestration_templates SET status = 'retired' RETURNING 1")
    at = open_as(cast.max, LAUNCH, **{"from": failed.id})
    assert "Its template is not yours to launch any more." in shown(at)
    assert button(at, "Launch").disabled, "another one does not take its place"
    assert headings(open_as(cast.charlie, LAUNCH, **{"from": failed.id})) == ["Not found"]


def test_launch_says_what_it_will_take_before_anything_is_spent(
    open_as: OpenAs, installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    at = open_as(cast.max, LAUNCH)
    assert "What it will probably take" in headings(at)
    numbers = {metric.label: metric.value for metric in at.metric}
    assert numbers == {"Cost": "unknown", "Time": "unknown", "Calls": "2"}
    assert "The price of openai:" in shown(at)
    assert "is not known here, so the cost is not either." in shown(at)
    rows(installation, "UPDATE organizations SET api_quota_limit = 1 RETURNING 1")
    assert "It needs more calls than are left this month" in shown(at.run())
