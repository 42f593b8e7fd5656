from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from lib.access.permissions import GRANTS, Role
from lib.config import ROOT
from lib.ui import state
from lib.ui.navigation import LAUNCH, ORGANIZATION, ORGANIZATIONS, OVERVIEW, PAGES, RUN, RUNS
from tests.cast import Cast


def _frame() -> None:
    """What application.main does with the table, without its frame."""
    from pathlib import Path

    import streamlit as st

    from lib.access.permissions import Permission
    from lib.ui import feedback, guard, menu, navigation

    folder = Path(st.session_state["folder"])
    pages = (
        navigation.PageEntry(file="home.py", title="Home", icon="home", url_path="home"),
        navigation.PageEntry(
            file="secret.py", title="Secret", icon="lock", url_path="secret", permission=Permission.ORCHESTRATIONS_RUN
        ),
    )
    with feedback.page_state(("home.py", "Go home")):
        page = menu.build(guard.find_actor(), pages=pages, root=folder)
        st.caption(page.title)
        page.run()


@pytest.fixture
def app(tmp_path: Path, installation: object) -> AppTest:
    (tmp_path / "home.py").write_text("import streamlit as st\nst.text('home')")
    (tmp_path / "secret.py").write_text("import streamlit as st\nst.text('secret')")
    at = AppTest.from_function(_frame)
    at.session_state["folder"] = str(tmp_path)
    return at


def test_every_page_of_the_table_has_a_file_and_an_address_of_its_own() -> None:
    assert [entry.file for entry in PAGES if not (ROOT / entry.file).is_file()] == []
    assert len({entry.url_path for entry in PAGES}) == len(PAGES)


def test_icons_of_the_sidebar_can_be_told_apart() -> None:
    icons = [entry.icon for entry in PAGES if entry.is_visible]
    assert len(set(icons)) == len(icons)
    houses = {"domain", "apartment", "business", "corporate_fare", "location_city", "home_work"}
    assert not {ORGANIZATION.icon, ORGANIZATIONS.icon} <= houses, "one's own organization, and all of them"


def test_everybody_may_open_the_page_where_they_land() -> None:
    assert PAGES[0] is OVERVIEW
    assert OVERVIEW.permission is None


def test_a_hidden_page_is_opened_by_a_link_only() -> None:
    assert not RUN.is_visible
    assert LAUNCH.is_visible


def test_every_role_finds_the_pages_of_its_rights(cast: Cast) -> None:
    for actor in cast.of_a:
        opened = {entry.title for entry in PAGES if entry.is_open_to(actor)}
        rights = GRANTS[actor.role]
        of_tenants = [entry for entry in PAGES if not entry.is_for_operators]
        assert opened == {entry.title for entry in of_tenants if entry.permission in {None, *rights}}
    assert not LAUNCH.is_open_to(cast.vera)
    assert cast.vera.role is Role.VIEWER


def test_a_page_runs_for_who_may_open_it(app: AppTest, cast: Cast) -> None:
    app.session_state[state.SESSION_ID] = cast.secret_of(cast.max)

    assert [text.value for text in app.run().text] == ["home"]
    assert not app.exception


def test_who_is_nobody_gets_the_form_at_every_address(app: AppTest, cast: Cast) -> None:
    app.run()

    assert not app.exception
    assert app.caption[0].value == "Sign in"
    assert [title.value for title in app.title] == ["Sign in"]
    assert not app.text


def test_count_stands_beside_the_title_and_changes_neither_address_nor_name(app: AppTest, cast: Cast) -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui import guard, menu

        shown = menu.build(guard.find_actor(), waiting=dict(st.session_state["waiting"]))
        st.text(shown.title)
        st.text(menu.title_of(shown))
        st.text(shown.url_path)
        st.text(shown._script_hash)

    identities = set()
    for waiting, mark in ((0, ""), (2, " :orange[**2**]"), (10, " :orange[**9+**]")):
        at = AppTest.from_function(page)
        at.session_state[state.SESSION_ID] = cast.secret_of(cast.max)
        at.session_state["waiting"] = [(RUNS.file, waiting)]
        at._page_hash = calc_hash(RUNS.url_path)
        at.run()
        assert not at.exception
        title, name, path, identity = (text.value for text in at.text)
        assert (title, name, path) == (f"Runs{mark}", "Runs", "runs")
        identities.add(identity)
    assert len(identities) == 1
