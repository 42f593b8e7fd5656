from datetime import UTC, datetime

import psycopg
import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor, Origin
from lib.db.logins import Login
from lib.ui import state
from tests.cast import Cast
from tests.conftest import Installation

pytestmark = pytest.mark.usefixtures("installation")


def _page() -> None:
    """A page, a fragment in it, and a callback; each says who it is for.

    AppTest runs no fragment alone: tests/browser/test_shell.py does.
    """
    import streamlit as st

    from lib.access.permissions import Permission
    from lib.errors import NotPermitted
    from lib.ui import feedback, guard

    @st.fragment
    def part() -> None:
        st.text(f"fragment for {guard.require_actor().username}")

    @feedback.told_later()
    def act() -> None:
        st.session_state["acted"] = guard.require_actor(Permission.PROJECTS_EDIT).username

    actor = guard.require_actor(Permission.PROJECTS_VIEW)
    st.text(f"page for {actor.username} of {actor.organization_name}")
    part()
    st.button("Act", on_click=act)
    st.text(f"acted: {st.session_state.get('acted')}")
    try:
        guard.require_actor(Permission.AUDIT_VIEW)
    except NotPermitted as error:
        st.text(error.permission)
    feedback.show_notices()


def _open(secret: str | None) -> AppTest:
    at = AppTest.from_function(_page)
    if secret is not None:
        at.session_state[state.SESSION_ID] = secret
    return at.run()


def _revoke(installation: Installation, actor: Actor) -> None:
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as connection:
        connection.execute(
            "UPDATE user_sessions SET revoked_at = %s WHERE id = %s", [datetime.now(UTC), actor.session_id]
        )


def _texts(at: AppTest) -> list[str]:
    assert not at.exception
    return [text.value for text in at.text]


def _is_sign_in(at: AppTest) -> bool:
    assert not at.exception
    return [title.value for title in at.title] == ["Sign in"] and not at.text


def test_a_living_session_is_somebody(cast: Cast) -> None:
    texts = _texts(_open(cast.secret_of(cast.alice)))

    assert texts[:2] == ["page for alice of Acme Research", "fragment for alice"]
    assert "audit.view" not in texts


@pytest.mark.parametrize("secret", [None, "", "guessed"])
@pytest.mark.usefixtures("cast")
def test_without_one_there_is_the_sign_in_form_and_nothing_else(secret: str | None) -> None:
    assert _is_sign_in(_open(secret))


def test_the_right_to_own_rows_opens_a_page(cast: Cast) -> None:
    at = _open(cast.secret_of(cast.max))
    at.button[0].click().run()

    assert "acted: max" in _texts(at)
    assert "audit.view" in _texts(at)


def test_a_missing_right_stops_a_callback_and_is_said(cast: Cast) -> None:
    at = _open(cast.secret_of(cast.vera))
    at.button[0].click().run()

    assert "acted: None" in _texts(at)
    assert at.toast[0].value.startswith("This needs “Projects")


def test_a_session_that_ended_ends_the_page_at_its_next_run(cast: Cast, installation: Installation) -> None:
    at = _open(cast.secret_of(cast.alice))
    _revoke(installation, cast.alice)

    assert _is_sign_in(at.run())


def test_a_session_that_ended_ends_a_callback(cast: Cast, installation: Installation) -> None:
    at = _open(cast.secret_of(cast.alice))
    _revoke(installation, cast.alice)
    at.button[0].click().run()

    assert "acted" not in at.session_state
    assert _is_sign_in(at)


def test_a_session_that_ended_is_asked_for_by_the_page_and_not_by_a_callback(
    cast: Cast, installation: Installation
) -> None:
    def page() -> None:
        import streamlit as st

        from lib.errors import NotSignedIn
        from lib.ui import guard

        def act() -> None:
            try:
                guard.require_actor()
            except NotSignedIn:
                st.session_state["refused"] = True

        st.button("Act", on_click=act)
        st.text("the body has run")

    at = AppTest.from_function(page)
    at.session_state[state.SESSION_ID] = cast.secret_of(cast.alice)
    at.run()
    _revoke(installation, cast.alice)
    at.button[0].click().run()

    assert at.session_state["refused"]
    assert _texts(at) == ["the body has run"]
    assert not at.title


def test_one_look_up_serves_a_script_run(cast: Cast) -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui import guard

        first = guard.find_actor()
        with guard.actor_of_this_run(first):
            st.text(guard.require_actor() is first)
        st.text(guard.require_actor() is first)

    at = AppTest.from_function(page)
    at.session_state[state.SESSION_ID] = cast.secret_of(cast.alice)

    assert _texts(at.run()) == ["True", "False"]


def test_what_a_request_does_is_told_by_its_origin(cast: Cast) -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui import guard

        st.session_state["origins"] = [guard.require_actor().origin, guard.require_actor().origin]

    at = AppTest.from_function(page)
    at.session_state[state.SESSION_ID] = cast.secret_of(cast.alice)
    first, second = at.run().session_state["origins"]

    assert isinstance(first, Origin)
    assert first.request_id != second.request_id
