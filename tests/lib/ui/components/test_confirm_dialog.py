from datetime import UTC, datetime

import psycopg
import pytest
from streamlit.testing.v1 import AppTest

from lib.db.logins import Login
from lib.ui import state
from tests.cast import Cast
from tests.conftest import Installation

pytestmark = pytest.mark.usefixtures("installation")


def _page() -> None:
    import streamlit as st

    from lib.access.actor import Actor
    from lib.access.permissions import Permission
    from lib.ui import feedback
    from lib.ui.components.confirm_dialog import show_confirm_dialog

    def archive(actor: Actor) -> str:
        actor.require(Permission.PROJECTS_ARCHIVE)
        st.session_state["archived_by"] = actor.username
        return "Archived."

    if "archived_by" not in st.session_state:  # no button: AppTest draws a dialog anew where a browser keeps it
        show_confirm_dialog(
            "Archive “Alpha*”?", text="Its 12 runs stay.", action="Archive", on_confirm=archive, key="archive"
        )
    feedback.show_notices()


def _asked(secret: str) -> AppTest:
    at = AppTest.from_function(_page)
    at.session_state[state.SESSION_ID] = secret
    return at.run()


def test_nothing_is_done_before_it_is_confirmed(cast: Cast) -> None:
    at = _asked(cast.secret_of(cast.alice))

    assert not at.exception
    assert at.markdown[0].value == r"Its 12 runs stay\."
    assert "archived_by" not in at.session_state

    at.button(key="archive-leave").click().run()
    assert "archived_by" not in at.session_state


def test_who_confirms_does_it_and_is_told(cast: Cast) -> None:
    at = _asked(cast.secret_of(cast.alice))
    at.button(key="archive-confirm").click().run()

    assert not at.exception
    assert at.session_state["archived_by"] == "alice"
    assert [toast.value for toast in at.toast] == [r"Archived\."]


def test_who_may_not_is_told_in_the_dialog(cast: Cast) -> None:
    at = _asked(cast.secret_of(cast.vera))
    at.button(key="archive-confirm").click().run()

    assert not at.exception
    assert "archived_by" not in at.session_state
    assert at.markdown[-1].value.startswith(r":red[:material/error:] This needs “Projects\: archive and restore”")


def test_a_session_that_ended_meanwhile_confirms_nothing(cast: Cast, installation: Installation) -> None:
    at = _asked(cast.secret_of(cast.alice))
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as connection:
        connection.execute(
            "UPDATE user_sessions SET revoked_at = %s WHERE id = %s", [datetime.now(UTC), cast.alice.session_id]
        )
    at.button(key="archive-confirm").click().run()

    assert not at.exception
    assert "archived_by" not in at.session_state
