"""The inbox of reviews, the panel in a run's phase, and the four questions behind its buttons."""

from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.models.review import Decision
from lib.ui.navigation import OVERVIEW, REVIEWS, RUN
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_reviews import ANSWER, MadeReview, make_waiting, make_word
from tests.made_runs import make_operation
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, deeds, facts, headings, markdown, press, shown, table
from tests.records import row, rows

DECIDE = ["Approve", "Edit and approve", "Ask to redo", "Reject and stop the run"]
NASTY = "<script>alert(1)</script> ![x](https://evil.example/x.png) **bold**"


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)


@pytest.fixture
def review(installation: Installation, cast: Cast, project_id: UUID) -> MadeReview:
    """An answer in a run of max, due in 30 hours, with something to look at."""
    return make_waiting(
        installation.database,
        cast.max,
        project_id=project_id,
        instructions="Any sources?",
        due_hours=30,
        title="Hinges",
    )


def stands(installation: Installation, review: MadeReview) -> tuple[str, str | None]:
    """How the run stands, and what was decided."""
    status = "SELECT status FROM orchestration_runs WHERE id = %s"
    outcome = "SELECT outcome FROM review_requests WHERE id = %s"
    return row(installation, status, review.run.id)["status"], row(installation, outcome, review.id)["outcome"]


def take_away(installation: Installation, *people: Actor) -> None:
    gone = "UPDATE users SET deactivated_at = now() WHERE id = ANY(%s) RETURNING 1"
    rows(installation, gone, [person.user_id for person in people])


def choose_all(at: AppTest) -> AppTest:
    at.segmented_control(key="reviews-show").set_value("")
    return at.run()


def confirm(at: AppTest, review: MadeReview, decision: Decision, *, is_sent: bool = True, **texts: str) -> AppTest:
    """Answer the question of that decision; AppTest knows no open dialogs, so it is opened in the same run."""
    for name, text in texts.items():
        at.text_area(key=f"{name}-{decision}-{review.id}").input(text)
    at.button(key=f"{decision}-{review.id}").click()
    if is_sent:
        at.button(key=f"confirm-{decision}-{review.id}").click()
    at.run()
    assert not at.exception
    return at


def test_panel_says_what_to_look_at_who_may_and_until_when(open_as: OpenAs, cast: Cast, review: MadeReview) -> None:
    at = open_as(cast.mona, RUN, run=review.run.id)
    assert "To be reviewed below: [“Ideation”](#review-1)." in shown(at)
    assert {"Review"} <= set(headings(at))
    assert "0 of 1 approval" in shown(at)
    assert "Any sources?" in shown(at)
    assert facts(at)["Who may decide"] == "everybody who may review"
    assert facts(at)["Due"].startswith("in 1 day")
    assert ANSWER in shown(at), "the answer stands open above it"
    assert deeds(at) == ["Pause", "Cancel", *DECIDE]


def test_viewer_reads_the_review_and_decides_nothing(open_as: OpenAs, cast: Cast, review: MadeReview) -> None:
    at = open_as(cast.vera, RUN, run=review.run.id)
    assert "It is decided by everybody who may review." in shown(at)
    assert buttons(at) == []


def test_approval_is_asked_about_and_lets_the_run_go_on(
    open_as: OpenAs, installation: Installation, cast: Cast, review: MadeReview
) -> None:
    at = press(open_as(cast.mona, RUN, run=review.run.id), "Approve")
    assert "Your approval will be noted. The run goes on." in shown(at)
    assert stands(installation, review) == ("waiting_review", None), "nothing is done before it is confirmed"
    confirm(at, review, Decision.APPROVE)
    assert stands(installation, review) == ("queued", "approved")
    assert [toast.value for toast in at.toast] == [r"Approved\. The run goes on\."]


def test_launcher_is_told_that_somebody_else_has_to_approve_too(
    open_as: OpenAs, installation: Installation, cast: Cast, review: MadeReview
) -> None:
    at = press(open_as(cast.max, RUN, run=review.run.id), "Approve")
    assert "It is your own run, so somebody else has to approve as well." in shown(at)
    confirm(at, review, Decision.APPROVE)
    assert stands(installation, review) == ("waiting_review", None)
    assert "Your word is noted. The run waits for others as well." in shown(at)
    assert "Somebody else than who launched the run has to approve as well." in shown(at)
    at = open_as(cast.max, RUN, run=review.run.id)
    assert "approved by who launched it" in shown(at)
    assert deeds(at) == ["Pause", "Cancel", *DECIDE[1:]], "approving twice is nothing"


def test_launcher_is_told_where_nobody_else_may_approve(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    hers = make_waiting(installation.database, cast.alice, project_id=project_id)
    assert "Nobody but you" not in shown(open_as(cast.alice, RUN, run=hers.run.id))
    take_away(installation, cast.mona, cast.max)
    at = open_as(cast.alice, RUN, run=hers.run.id)
    warning = "Nobody but you could approve “Ideation”, and nobody approves their own run alone."
    assert shown(at).count(warning) == 1
    for approves in ("Approve", "Edit and approve"):
        at = press(open_as(cast.alice, RUN, run=hers.run.id), approves)
        assert shown(at).count(warning) == 2, "the question says it as well"
    at = press(open_as(cast.alice, RUN, run=hers.run.id), "Ask to redo")
    assert shown(at).count(warning) == 1


def test_who_edits_is_told_whose_approval_lapses_and_how_many_are_needed_then(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    made = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    make_word(installation.database, cast.alice, made)
    at = press(open_as(cast.mona, RUN, run=made.run.id), "Approve")
    assert "Your approval will be noted. The run goes on." in shown(at)
    at = press(open_as(cast.mona, RUN, run=made.run.id), "Edit and approve")
    assert (
        "The approval of Alice was for the text as it was: it lapses with your edit. After yours, 1 more approval is "
        "needed before the run goes on."
    ) in shown(at)


def test_who_edits_is_warned_of_leaving_nobody_for_what_follows(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    call = {"type": "http.request", "parameters": {"url": "https://tracker.example/items"}}
    phase = {"code": "Phase 0", "name": "Ideation", "prompt": "Think.", "review": {}, "operations": [call]}
    made = make_waiting(installation.database, cast.alice, project_id=project_id, data={"phases": [phase]})
    rows(
        installation, "UPDATE orchestration_runs SET integration_enabled = true WHERE id = %s RETURNING 1", made.run.id
    )
    warning = "nobody but you could give it"
    assert warning not in shown(press(open_as(cast.mona, RUN, run=made.run.id), "Edit and approve"))
    take_away(installation, cast.max)
    at = open_as(cast.mona, RUN, run=made.run.id)
    assert warning in shown(press(at, "Edit and approve"))
    assert warning not in shown(press(open_as(cast.mona, RUN, run=made.run.id), "Approve"))


def test_edit_shows_what_changes_before_it_is_sent(
    open_as: OpenAs, installation: Installation, cast: Cast, review: MadeReview
) -> None:
    at = press(open_as(cast.mona, RUN, run=review.run.id), "Edit and approve")
    assert "Later phases read what you make of it. The model's own answer is kept beside it." in shown(at)
    assert "What you change" not in shown(at)
    confirm(at, review, Decision.APPROVE_WITH_EDITS, is_sent=False, edited="Fold it three times.")
    assert "What you change: 1 line added, 1 removed" in [each.label for each in at.expander]
    drawn = "- Fold it twice.\n+ Fold it three times."
    assert drawn not in "\n".join(code.value for code in at.code), "closed, it leaves the buttons in sight"
    at.session_state[f"changes-{Decision.APPROVE_WITH_EDITS}-{review.id}"] = True
    confirm(at, review, Decision.APPROVE_WITH_EDITS, is_sent=False, edited="Fold it three times.")
    assert drawn in "\n".join(code.value for code in at.code)
    confirm(at, review, Decision.APPROVE_WITH_EDITS)
    assert stands(installation, review) == ("queued", "approved")
    at = open_as(cast.vera, RUN, run=review.run.id)
    at.session_state["phase-0-live"] = True  # the step is closed again once it is decided
    at.run()
    assert "Edits" in [tab.label for tab in at.tabs]
    assert "edited" in str(at.expander[0].label)
    assert "Mona edited and approved it" in shown(at)


EDITED = "Fold it three times."


@pytest.fixture
def edited(installation: Installation, cast: Cast, project_id: UUID) -> MadeReview:
    """An answer in a run of max that alice has approved, and mona edited after that."""
    made = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    make_word(installation.database, cast.alice, made, comment="Reads well.")
    make_word(installation.database, cast.mona, made, edited=EDITED)
    return made


def test_answer_that_was_edited_is_shown_as_it_is_now_with_whose_edit_it_is(
    open_as: OpenAs, cast: Cast, edited: MadeReview
) -> None:
    for reader in (cast.alice, cast.max, cast.vera):
        at = open_as(reader, RUN, run=edited.run.id)
        read = "\n".join(each.value for each in next(tab for tab in at.tabs if tab.label == "Answer").get("html"))
        assert EDITED in read
        assert ANSWER not in read
        assert "Edited by " in read
        assert "Mona" in read
        edits = next(tab for tab in at.tabs if tab.label == "Edits")
        assert [each.value for each in edits.code] == [f"- {ANSWER}\n+ {EDITED}", ANSWER], "the model's own is at hand"
        assert "What Mona changed in the answer" in [each.label for each in at.expander]


def test_question_about_an_edited_answer_says_whose_edit_it_is(
    open_as: OpenAs, installation: Installation, cast: Cast, edited: MadeReview
) -> None:
    at = press(open_as(cast.alice, RUN, run=edited.run.id), "Approve")
    assert "You approve it as Mona edited it. The run goes on." in shown(at)
    assert "What was changed: 1 line added, 1 removed" in [each.label for each in at.expander]
    at = press(open_as(cast.alice, RUN, run=edited.run.id), "Ask to redo")
    assert "What Mona changed in this draft is not used." in shown(at)
    at = press(open_as(cast.alice, RUN, run=edited.run.id), "Edit and approve")
    assert "You begin with what Mona made of it." in shown(at)
    assert at.text_area(key=f"edited-{Decision.APPROVE_WITH_EDITS}-{edited.id}").value == EDITED
    at = press(open_as(cast.alice, RUN, run=edited.run.id), "Approve")
    confirm(at, edited, Decision.APPROVE)
    assert stands(installation, edited) == ("queued", "approved")


def test_button_that_was_pressed_beside_another_text_asks_nothing_and_decides_nothing(
    open_as: OpenAs, installation: Installation, cast: Cast, edited: MadeReview
) -> None:
    at = open_as(cast.alice, RUN, run=edited.run.id)
    make_word(installation.database, cast.mona, edited, edited="Fold it four times.", about=EDITED)
    at = press(at, "Approve")
    assert "Nothing was decided: somebody has edited the answer since you saw it." in shown(at)
    assert "Approve the edited answer?" not in shown(at)
    assert "Fold it four times." in shown(at)
    confirm_key = f"confirm-{Decision.APPROVE}-{edited.id}"
    assert confirm_key not in [each.key for each in at.button]
    at = press(at, "Approve")
    assert confirm_key in [each.key for each in at.button], "now they have seen it"
    assert stands(installation, edited) == ("waiting_review", None)


def test_approval_that_lapsed_and_its_comment_stay_when_its_person_approves_again(
    open_as: OpenAs, installation: Installation, cast: Cast, edited: MadeReview
) -> None:
    said = "Alice approved it before it was edited, just now"
    assert said in shown(open_as(cast.max, RUN, run=edited.run.id))
    at = press(open_as(cast.alice, RUN, run=edited.run.id), "Approve")
    confirm(at, edited, Decision.APPROVE, comment="Better.")
    at = open_as(cast.vera, RUN, run=edited.run.id)
    at.session_state["phase-0-live"] = True
    at.run()
    assert said in shown(at)
    assert {"Reads well.", "Better."} <= set(shown(at).splitlines())
    assert "Alice approved it just now" in shown(at)


def test_redo_and_rejection_ask_for_a_comment(
    open_as: OpenAs, installation: Installation, cast: Cast, review: MadeReview
) -> None:
    for label, decision in (("Ask to redo", Decision.REDO), ("Reject and stop the run", Decision.REJECT)):
        at = press(open_as(cast.mona, RUN, run=review.run.id), label)
        confirm(at, review, decision)
        assert "Comment is empty. Enter something." in shown(at)
        assert stands(installation, review) == ("waiting_review", None)
    confirm(at, review, Decision.REJECT, comment="No sources.")
    assert stands(installation, review) == ("failed", "rejected")
    assert "Mona rejected the answer: No sources." in shown(at)


def test_inbox_lists_what_waits_and_is_narrowed_to_what_waits_for_oneself(
    open_as: OpenAs, installation: Installation, cast: Cast, review: MadeReview, project_id: UUID
) -> None:
    own = make_waiting(installation.database, cast.mona, project_id=project_id, title="Her own")
    at = choose_all(open_as(cast.mona, REVIEWS))
    assert table(at, "Run") == ["Hinges", "Her own"]
    assert "Approvals" not in at.dataframe[0].value, "one each is enough"
    make_waiting(installation.database, cast.mona, project_id=project_id, title="Of two", required_approvals=2)
    assert table(open_as(cast.mona, REVIEWS, sort="newest"), "Approvals") == ["0 / 2", "0 / 1", "0 / 1"]
    assert table(open_as(cast.mona, REVIEWS, show="mine"), "Run") == ["Hinges", "Of two"]
    make_word(installation.database, cast.alice, own)
    assert table(open_as(cast.mona, REVIEWS, show="decided"), "Run") == ["Her own"]
    rows(installation, "UPDATE review_requests SET due_at = now() - interval '1 hour' WHERE due_at > now() RETURNING 1")
    at = open_as(cast.mona, REVIEWS, due="overdue")
    assert table(at, "Status") == ["['! Overdue']"]
    assert "No review matches these filters" in shown(open_as(cast.mona, REVIEWS, search="zeppelin"))


def test_inbox_opens_on_what_waits_for_oneself_and_all_is_a_choice(
    open_as: OpenAs, installation: Installation, cast: Cast, review: MadeReview, project_id: UUID
) -> None:
    make_waiting(installation.database, cast.mona, project_id=project_id, title="Her own")
    at = open_as(cast.mona, REVIEWS)
    assert (table(at, "Run"), at.query_params) == (["Hinges"], {"show": "mine"})
    assert table(choose_all(at), "Run") == ["Hinges", "Her own"]
    assert table(at.run(), "Run") == ["Hinges", "Her own"], "a choice lasts"
    assert table(open_as(cast.mona, REVIEWS, search="Her own"), "Run") == ["Her own"], "an address is followed"


def test_inbox_opens_on_all_where_nothing_waits_for_oneself(open_as: OpenAs, cast: Cast, review: MadeReview) -> None:
    at = open_as(cast.max, REVIEWS)
    assert (table(at, "Run"), at.query_params) == (["Hinges"], {})


def test_decided_ones_say_by_whom(open_as: OpenAs, installation: Installation, cast: Cast, review: MadeReview) -> None:
    at = open_as(cast.max, REVIEWS)
    assert "Decided by" not in at.dataframe[0].value, "nothing is decided"
    make_word(installation.database, cast.alice, review)
    assert table(open_as(cast.max, REVIEWS, show="decided"), "Decided by") == ["Alice"]


def test_inbox_without_anything_says_what_it_is_for(open_as: OpenAs, cast: Cast) -> None:
    assert "Nothing to review yet" in headings(open_as(cast.charlie, REVIEWS))


def test_overview_says_what_waits_for_this_person(open_as: OpenAs, cast: Cast, review: MadeReview) -> None:
    at = open_as(cast.mona, OVERVIEW)
    assert "Needs you" in headings(at)
    assert "Review" in buttons(at)
    for nobody in (cast.max, cast.vera, cast.charlie):
        assert "Needs you" not in headings(open_as(nobody, OVERVIEW))


def test_operation_stands_in_inbox_and_overview_beside_answers(
    open_as: OpenAs, installation: Installation, cast: Cast, review: MadeReview
) -> None:
    phase = {"phase_execution_id": review.run.phases["Phase 1"], "name": "Tell **them**", "status": "waiting_approval"}
    make_operation(installation.database, cast.max, review.run.id, **phase)
    at = open_as(cast.mona, REVIEWS)  # both are hers to decide
    assert table(at, "What") == ["1 Ideation", "Tell **them**, after 2"]
    assert table(at, "Status")[1] == "['◆ Needs approval']"
    assert "Tell **them**" in table(open_as(cast.max, REVIEWS, show="waiting"), "What")[1], "who launched it sees it"
    assert table(open_as(cast.mona, REVIEWS, search="them"), "Run") == ["Hinges"]
    assert {"Review", "Look at it"} <= set(buttons(open_as(cast.mona, OVERVIEW)))
    assert "Look at it" not in buttons(open_as(cast.max, OVERVIEW))


def test_what_people_write_means_nothing(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    review = make_waiting(
        installation.database, cast.max, project_id=project_id, instructions=NASTY, required_approvals=2, title=NASTY
    )
    make_word(installation.database, cast.mona, review, comment=NASTY)
    for page, at in {"run": open_as(cast.alice, RUN, run=review.run.id), "list": open_as(cast.alice, REVIEWS)}.items():
        assert "<script>" not in markdown(at), page
        assert "![x](" not in markdown(at), page


def test_button_of_a_review_is_the_only_primary_one(open_as: OpenAs, cast: Cast, review: MadeReview) -> None:
    at = open_as(cast.mona, RUN, run=review.run.id)
    assert button(at, "Approve").proto.type == "primary"
    assert {one.label for one in at.main.button if one.proto.type == "primary"} == {"Approve"}
