import logging
import re

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lib.access.permissions import Permission
from lib.errors import NotPermitted
from lib.ui.components.permission_words import refusal_in_words


def _inline(kind: str) -> AppTest:
    def page(kind: str) -> None:
        import streamlit as st

        from lib import errors
        from lib.ui import feedback

        raised = {
            "input": errors.InvalidInput("Too *long*.", field="Name", problems=["300 characters"]),
            "taken": errors.AlreadyTaken("This name is taken.", field="Name"),
            "database": errors.DatabaseUnavailable("10.0.0.7 refused"),
            "permission": errors.NotPermitted("projects.edit"),
            "beyond": errors.BeyondOwnRights("users.edit"),
            "password": errors.SignInRefused(),
            "configuration": errors.ConfigurationError("ORCHESTRATOR_SECRET_KEY is missing"),
            "fault": ZeroDivisionError("secret detail"),
        }
        with feedback.told():
            raise raised[kind]
        st.text("the form is still there")

    at = AppTest.from_function(page, args=(kind,)).run()
    assert not at.exception
    assert at.text[0].value == "the form is still there"
    return at


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("input", ":red[:material/error:] Too \\*long\\*\\.\n\n* 300 characters"),
        ("taken", ":red[:material/error:] This name is taken\\."),
        (
            "database",
            ":red[:material/error:] The database does not answer right now\\. Wait a moment and try again\\.",
        ),
        ("password", ":red[:material/error:] This name and password do not match\\. Check both and try again\\."),
    ],
)
def test_an_error_is_told_where_it_happened(kind: str, said: str) -> None:
    assert _inline(kind).markdown[0].value == said


def test_a_missing_right_is_named_as_people_call_it_with_who_has_it_and_who_can_grant_it() -> None:
    said = _inline("permission").markdown[0].value.replace("\\", "")
    assert said == (
        ":red[:material/error:] This needs “Projects: edit”, which admins and managers have. Ask an admin of your "
        "organization to grant it."
    )


def test_no_refusal_shows_a_permission_by_its_name_in_the_code() -> None:
    for permission in Permission:
        assert permission not in refusal_in_words(permission)
        assert permission not in NotPermitted(permission).message


def test_refusal_that_says_more_than_what_is_missing_keeps_its_words() -> None:
    said = _inline("beyond").markdown[0].value
    assert "This gives or takes rights beyond your own" in said


@pytest.mark.parametrize("kind", ["fault", "configuration"])
def test_a_fault_of_ours_is_told_by_a_reference_that_the_log_has(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="lib.ui.feedback")

    said = _inline(kind).markdown[0].value.replace("\\", "")

    reference = re.search(r"reference ([0-9A-F]{4}-[0-9A-F]{4})", said)
    assert said.startswith(":red[:material/error:] This was our fault and not yours. ")
    assert "secret" not in said
    assert "SECRET" not in said
    assert reference
    assert reference[1] in caplog.text
    assert "Traceback" in caplog.text or "ConfigurationError" in caplog.text


def _whole_page(kind: str) -> AppTest:
    def page(kind: str) -> None:
        from lib import errors
        from lib.ui import feedback

        raised = {
            "missing": errors.NotFound("run"),
            "permission": errors.NotPermitted("audit.view"),
            "session": errors.NotSignedIn(),
            "database": errors.DatabaseUnavailable("10.0.0.7 refused"),
            "conflict": errors.Conflict("The run has ended meanwhile."),
            "fault": ZeroDivisionError("secret detail"),
        }
        with feedback.page_state(("https://overview.example", "Go to the overview")):
            raise raised[kind]

    at = AppTest.from_function(page, args=(kind,)).run()
    assert not at.exception
    return at


@pytest.mark.parametrize(("what", "label"), [("run", "Go to the runs"), ("page", "Go to the overview")])
def test_what_is_not_there_leads_on_to_its_list(what: str, label: str) -> None:
    def page(what: str) -> None:
        from lib import errors
        from lib.ui import feedback

        lists = {"run": ("https://runs.example", "Go to the runs")}
        with feedback.page_state(("https://overview.example", "Go to the overview"), lists):
            raise errors.NotFound(what)

    at = AppTest.from_function(page, args=(what,)).run()
    assert [link.label for link in at.page_link] == [label]


@pytest.mark.parametrize(
    ("kind", "title", "text"),
    [
        ("missing", "Not found", "There is no such run, or it is not yours to see."),
        ("permission", "This page is not open to you", "This needs “Audit trail: read”, which admins have."),
        ("conflict", "This did not work", "The run has ended meanwhile."),
    ],
)
def test_a_page_that_cannot_be_shown_says_why_and_leads_on(kind: str, title: str, text: str) -> None:
    at = _whole_page(kind)

    assert at.title[0].value.replace("\\", "") == title
    assert text in at.markdown[1].value.replace("\\", "")
    assert at.page_link[0].label == "Go to the overview"
    assert not at.button


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("database", "The database does not answer"),
        ("session", "Your session has ended"),
        ("fault", "Something went wrong on our side"),
    ],
)
def test_what_may_pass_can_be_tried_again(kind: str, title: str) -> None:
    at = _whole_page(kind)

    assert at.title[0].value == title
    assert [button.label for button in at.button] == ["Try again"]
    assert "secret" not in at.markdown[1].value
    assert "10.0" not in at.markdown[1].value


def test_a_success_outlives_a_rerun_and_is_said_once() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui import feedback

        feedback.show_notices()
        if st.button("Save"):
            with feedback.told():
                feedback.succeeded("Project *Alpha* created.")
                st.rerun()
        feedback.show_notices()

    at = AppTest.from_function(page).run()
    assert not at.toast

    at.button[0].click().run()
    assert [(toast.icon, toast.value) for toast in at.toast] == [
        (":material/check_circle:", r"Project \*Alpha\* created\.")
    ]

    at.run()
    assert not at.toast


def test_an_error_in_a_callback_is_said_by_the_page_that_follows() -> None:
    def page() -> None:
        import streamlit as st

        from lib.errors import InvalidInput, NotSignedIn
        from lib.ui import feedback

        @feedback.told_later()
        def save() -> None:
            raise InvalidInput("Too long.")

        @feedback.told_later()
        def ended() -> None:
            raise NotSignedIn

        st.button("Save", on_click=save)
        st.button("Ended", on_click=ended)
        feedback.show_notices()

    at = AppTest.from_function(page).run()
    at.button[0].click().run()
    assert not at.exception
    assert [(toast.icon, toast.value) for toast in at.toast] == [(":material/error:", r"Too long\.")]

    at.button[1].click().run()
    assert not at.exception
    assert not at.toast


def test_part_that_refreshes_itself_says_that_the_database_is_away_and_the_log_has_a_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def page() -> None:
        import streamlit as st

        from lib.errors import DatabaseUnavailable
        from lib.ui import feedback

        def part(word: str) -> None:
            st.text(word)
            if st.session_state.get("is_away", True):
                raise DatabaseUnavailable("PostgreSQL is gone.")

        feedback.live(part, "drawn", seconds=None)
        st.text("the rest of the page is there")

    at = AppTest.from_function(page).run()
    assert not at.exception
    assert at.markdown[0].value == ":red[:material/cloud_off:] " + (
        "The database does not answer right now\\. This comes back by itself\\."
    )
    assert [text.value for text in at.text] == ["drawn", "the rest of the page is there"]
    ours = [record for record in caplog.records if record.name.startswith("lib.")]
    assert [record.getMessage() for record in ours] == ["A part of a page could not be drawn: PostgreSQL is gone."]
    assert "Traceback" not in caplog.text

    at.session_state["is_away"] = False
    at.run()
    assert not at.markdown


def test_trouble_below_the_head_of_a_page_has_no_second_title() -> None:
    def page() -> None:
        from lib.errors import InvalidInput
        from lib.ui import feedback
        from lib.ui.components.page_header import page_header

        with feedback.page_state(("https://docs.example", "Read on")):
            with page_header("Runs"):
                pass
            raise InvalidInput("This link points into a list that can't be read.")

    at = AppTest.from_function(page).run()

    assert [title.value for title in at.title] == ["Runs"]
    assert [heading.value for heading in at.subheader] == ["This did not work"]


def test_part_without_a_timer_has_the_page_drawn_again_while_the_database_is_away() -> None:
    def page() -> None:
        import streamlit as st

        from lib.errors import DatabaseUnavailable
        from lib.ui import feedback

        def part() -> None:
            if st.session_state.is_away:
                raise DatabaseUnavailable("PostgreSQL is gone.")

        feedback.live(part, seconds=st.session_state.seconds)

    def timers(*, is_away: bool, seconds: float | None) -> list[float]:
        asked: list[float] = []
        at = AppTest.from_function(page)
        at.session_state["is_away"], at.session_state["seconds"] = is_away, seconds
        with pytest.MonkeyPatch.context() as patch:
            real = st.fragment
            patch.setattr(
                st, "fragment", lambda drawn, run_every: (asked.append(run_every), real(drawn, run_every=run_every))[1]
            )
            assert not at.run().exception
        return [one for one in asked if one is not None]

    assert timers(is_away=False, seconds=None) == []
    assert timers(is_away=True, seconds=None) == [3.0]
    assert timers(is_away=True, seconds=5.0) == [5.0]
