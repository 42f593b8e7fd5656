import socket

import pytest
from streamlit.testing.v1 import AppTest

from lib.config import ROOT, get_settings
from lib.db import session
from lib.ui import state
from tests.cast import Cast


@pytest.fixture
def home(installation: object) -> AppTest:
    return AppTest.from_file(str(ROOT / "Home.py"))


def test_who_is_signed_in_stands_at_the_foot_of_the_sidebar(home: AppTest, cast: Cast) -> None:
    home.session_state[state.SESSION_ID] = cast.secret_of(cast.mona)
    home.run()

    assert not home.exception
    assert home.title[0].value == "Overview"
    assert home.sidebar.markdown[0].value == "**Mona**  \n:gray[Manager, Acme Research]"
    assert home.sidebar.page_link[0].label == "Account"
    assert home.sidebar.button[0].label == "Sign out"


def test_nobody_is_shown_the_frame(home: AppTest, cast: Cast) -> None:
    home.run()

    assert not home.exception
    assert [title.value for title in home.title] == ["Sign in"]
    assert not home.sidebar.markdown


def test_a_database_that_does_not_answer_is_said_and_can_be_tried_again(
    home: AppTest, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.session_state[state.SESSION_ID] = cast.secret_of(cast.mona)
    with monkeypatch.context() as broken, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        broken.setenv(
            "ORCHESTRATOR_IDENTITY_DATABASE_URL",
            f"postgresql://orchestrator_identity:x@127.0.0.1:{unused.getsockname()[1]}/x",
        )
        get_settings.cache_clear()
        session.dispose()
        home.run()

    assert not home.exception
    assert [heading.value for heading in home.title] == ["The database does not answer"]
    assert not home.sidebar.markdown

    get_settings.cache_clear()
    session.dispose()
    home.button[0].click().run()
    assert home.title[0].value == "Overview"
