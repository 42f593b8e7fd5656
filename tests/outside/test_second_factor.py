"""A second factor that is required and lacking, or a code that is still to come: nothing is given over a websocket."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb
from streamlit.proto.WidgetStates_pb2 import WidgetState

from lib.access.actor import Actor
from lib.ui.navigation import ACCOUNT, OVERVIEW, PAGES, RUN, RUNS, PageEntry
from tests.cast import PASSWORD
from tests.factories import make_project
from tests.made_runs import MadeRun, make_run
from tests.outside.conftest import Site
from tests.outside.visitor import Answer, Visitor, visiting

#: Of what is inside; the organization's name stands in the set-up's words as well.
INSIDE = ("Zeppelin", "Airship", "Wyvern", "Alice", "Save profile")
SET_UP = {"Set up a second factor", "Current password", "Continue"}


@pytest.fixture
def somebody(site: Site) -> tuple[Actor, str]:
    """An admin of A whom no other test knows, and their cookie."""
    return site.sign_in(f"factor-{uuid4().hex[:8]}")


@contextmanager
def _required(site: Site) -> Iterator[None]:
    """Organization A requires a second factor at once, until the `with` ends."""
    change = "UPDATE organizations SET settings = %s WHERE id = %s"
    site.sql(change, Jsonb({"security_settings": {"require_2fa": True, "grace_days": 0}}), site.cast.organization_a)
    try:
        yield
    finally:
        site.sql(change, Jsonb({}), site.cast.organization_a)


def _run_of(site: Site, actor: Actor) -> MadeRun:
    project = make_project(site.database, actor, name="Zeppelin mast")
    return make_run(site.database, actor, project_id=project, title="Airship log")


def _is_set_up_only(answer: Answer) -> bool:
    return not [mark for mark in INSIDE if answer.says(mark)] and answer.texts >= SET_UP


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.url_path)
def test_page_is_the_set_up_and_nothing_else(site: Site, somebody: tuple[Actor, str], page: PageEntry) -> None:
    with _required(site), visiting(site.url, somebody[1]) as visitor:
        answer = visitor.open(page.url_path, site.query_of(page))
        assert _is_set_up_only(answer)
        assert answer.refreshing == []


def test_fragment_gives_nothing(site: Site, somebody: tuple[Actor, str]) -> None:
    run = _run_of(site, somebody[0])
    with visiting(site.url, somebody[1]) as visitor:
        fragments = visitor.open(RUN.url_path, f"run={run.id}").refreshing
        assert any(answer.says("Timeline") for answer in visitor.refresh(fragments)), "before it was required"
        site.sql("UPDATE orchestration_runs SET title = 'Wyvern' WHERE id = %s", run.id)
        with _required(site):
            assert _is_set_up_only(visitor.send(fragment=fragments[0], is_timer=True))


def test_button_in_a_dialog_changes_nothing(site: Site, somebody: tuple[Actor, str]) -> None:
    run = _run_of(site, somebody[0])
    with visiting(site.url, somebody[1]) as visitor:
        page = visitor.open(RUN.url_path, f"run={run.id}")
        confirm = (asked := visitor.press(page.widget("button", "Cancel").id)).widget("button", "Cancel the run")
        with _required(site):
            assert _is_set_up_only(visitor.press(confirm.id, fragment=asked.fragment_of(confirm)))
    [row] = site.sql("SELECT status, cancel_requested_at FROM orchestration_runs WHERE id = %s", run.id)
    assert row == ("queued", None)


def test_form_changes_nothing(site: Site, somebody: tuple[Actor, str]) -> None:
    actor, cookie = somebody
    with visiting(site.url, cookie) as visitor:
        page = visitor.open(ACCOUNT.url_path)
        name, save = page.widget("text_input", "Name").id, page.widget("button", "Save profile").id
        with _required(site):
            assert _is_set_up_only(visitor.press(save, **{name: "Wyvern"}))
    assert site.sql("SELECT full_name FROM users WHERE id = %s", actor.user_id) == [(actor.full_name,)]


def test_download_gives_nothing(site: Site, somebody: tuple[Actor, str]) -> None:
    run = _run_of(site, somebody[0])
    with visiting(site.url, somebody[1]) as visitor:
        page = visitor.open(RUNS.url_path)
        file_id = page.widget("download_button", "CSV").deferred_file_id
        with urlopen(site.url + visitor.ask_for_file(file_id, session_id=page.session_id)) as file:
            assert str(run.id) in file.read().decode(), "before it was required"
        with _required(site):
            assert visitor.ask_for_file(file_id, session_id=page.session_id) == ""


def _enrolled(site: Site) -> Actor:
    """Somebody with a second factor, whose secret the server's key does not open: no code lets them in."""
    actor, _ = site.sign_in(f"enrolled-{uuid4().hex[:8]}")
    site.sql("UPDATE user_sessions SET revoked_at = now() WHERE user_id = %s", actor.user_id)
    site.sql(
        "UPDATE user_credentials SET totp_secret = 'sealed', totp_enabled_at = now(), totp_last_step = 0, "
        "recovery_codes = '{}' WHERE user_id = %s",
        actor.user_id,
    )
    return actor


def _send_password(visitor: Visitor, actor: Actor) -> Answer:
    form = visitor.open(OVERVIEW.url_path)
    name, password = (form.widget("text_input", label).id for label in ("E-mail or user name", "Password"))
    return visitor.press(form.widget("button", "Continue").id, **{name: actor.username, password: PASSWORD})


def test_right_password_alone_opens_nothing(site: Site) -> None:
    actor = _enrolled(site)
    with visiting(site.url) as visitor:
        assert {"Enter your code", "Code"} <= _send_password(visitor, actor).texts
        for page in PAGES:
            answer = visitor.open(page.url_path, site.query_of(page))
            assert "Enter your code" in answer.texts
            assert not [mark for mark in INSIDE if answer.says(mark)]
    with visiting(site.url) as other:
        assert "Sign in" in other.open(OVERVIEW.url_path).texts, "it is this tab's and no other's"


def test_secret_of_a_pending_sign_in_never_reaches_the_browser(site: Site) -> None:
    actor = _enrolled(site)
    with visiting(site.url) as visitor:
        answer = _send_password(visitor, actor)
    assert not answer.says("sign_in_pending")
    assert not [text for text in answer.texts if len(text) == 43 and " " not in text]


@pytest.mark.parametrize("key", ["sign_in_pending", "sign_in_ticket", "session_id", "$$ID-0-session_id"])
def test_what_a_tab_remembers_is_not_the_browsers_to_say(site: Site, key: str, somebody: tuple[Actor, str]) -> None:
    """The names of our own memory as ids of widgets, and even with a secret that is good."""
    with visiting(site.url) as visitor:
        visitor.open(OVERVIEW.url_path)
        answer = visitor.send(widgets=[WidgetState(id=key, string_value=somebody[1])])
    assert "Sign in" in answer.texts
    assert not [mark for mark in INSIDE if answer.says(mark)]
