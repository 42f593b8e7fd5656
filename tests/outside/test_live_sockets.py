"""A websocket outlives the session that opened it: what is asked over it then gives nothing and changes nothing."""

from collections.abc import Callable, Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from lib.ui.navigation import ACCOUNT, OVERVIEW, PROJECTS, RUN, RUNS
from tests.cast import PASSWORD
from tests.factories import make_project
from tests.made_runs import MadeRun, answer, beginning, call_worker, make_run, open_run
from tests.outside.conftest import MARKS, Site
from tests.outside.visitor import Answer, Visitor, visiting

#: Written after the end, so that it can't have come before.
LATER = "Wyvern"
End = Callable[[Site, Actor], None]


def _revoke(site: Site, actor: Actor) -> None:
    site.sql("UPDATE user_sessions SET revoked_at = now() WHERE user_id = %s", actor.user_id)


def _expire(site: Site, actor: Actor) -> None:
    site.sql("UPDATE user_sessions SET expires_at = now() WHERE user_id = %s", actor.user_id)


def _deactivate(site: Site, actor: Actor) -> None:
    site.sql("UPDATE users SET deactivated_at = now() WHERE id = %s", actor.user_id)


def _shorten(site: Site, actor: Actor) -> None:
    site.sql("UPDATE user_sessions SET last_seen_at = now() - interval '2 hours' WHERE user_id = %s", actor.user_id)


def _suspend(site: Site, actor: Actor) -> None:
    """Without ending a session: that it gives nothing is enough."""
    suspended = "UPDATE organizations SET suspended_at = now(), suspension_reason = 'Not paid.' WHERE id = %s"
    site.sql(suspended, actor.organization_id)


EACH_END = pytest.mark.parametrize(
    "end", [_revoke, _expire, _deactivate, _shorten, _suspend], ids=lambda end: end.__name__[1:]
)


@pytest.fixture
def somebody(site: Site) -> Iterator[tuple[Actor, str]]:
    """An admin of A whom no other test knows, and their cookie."""
    yield site.sign_in(f"somebody-{uuid4().hex[:8]}")
    site.sql("UPDATE organizations SET suspended_at = NULL, suspension_reason = NULL")


def _run_of(site: Site, actor: Actor) -> MadeRun:
    project = make_project(site.database, actor, name="Zeppelin mast")
    return make_run(site.database, actor, project_id=project, title="Airship log")


def _is_the_form(answer: Answer) -> bool:
    marks = [mark for mark in (*MARKS, LATER) if answer.says(mark)]
    return not marks and {"Sign in", "Password", "Continue"} <= answer.texts


def _status(site: Site, run_id: UUID) -> tuple[str, bool]:
    [row] = site.sql("SELECT status, cancel_requested_at IS NOT NULL FROM orchestration_runs WHERE id = %s", run_id)
    return row


@EACH_END
def test_fragment_of_an_open_page_gives_nothing(site: Site, somebody: tuple[Actor, str], end: End) -> None:
    actor, cookie = somebody
    run = _run_of(site, actor)
    with visiting(site.url, cookie) as one, visiting(site.url, cookie) as other:
        fragments = one.open(RUN.url_path, f"run={run.id}").fragments
        assert len(fragments) == 2, "the numbers, and what is being written"
        assert any(answer.says("Timeline") for answer in one.refresh(fragments)), "while the session lives"
        assert other.open(RUN.url_path, f"run={run.id}").fragments == fragments
        site.sql("UPDATE orchestration_runs SET title = %s WHERE id = %s", LATER, run.id)
        end(site, actor)
        assert _is_the_form(one.send(fragment=fragments[0], is_timer=True))
        assert _is_the_form(other.send(fragment=fragments[-1]))


def _look(site: Site, run: MadeRun, cookie: str | None) -> tuple[int, bytes]:
    """What an open page asks once a second, past the websocket."""
    question = f"{site.url}/api/runs/{run.id}/look?attempt={run.phases['Phase 0']}"
    headers = {"Cookie": f"{session_cookie_name()}={cookie}"} if cookie else {}
    try:
        with urlopen(Request(question, headers=headers)) as answer:
            return answer.status, answer.read()
    except HTTPError as refused:
        return refused.code, refused.read()


@EACH_END
def test_look_of_an_open_page_gives_nothing(site: Site, somebody: tuple[Actor, str], end: End) -> None:
    actor, cookie = somebody
    run = _run_of(site, actor)
    held = open_run(site.database, actor.organization_id, run.id)
    held.advance(begin=[beginning("Phase 0")])
    whose = (actor.organization_id, held.token, run.phases["Phase 0"], f"{LATER} at the mast")
    call_worker(site.database, "SELECT api.write_stream(%s, %s, %s, %s)", *whose)
    status, text = _look(site, run, cookie)
    assert (status, LATER.encode() in text) == (200, True), "while the session lives"
    stranger = _look(site, run, site.cast.secret_of(site.cast.charlie))
    end(site, actor)
    refusals = [_look(site, run, cookie), _look(site, run, None), _look(site, run, "forged"), stranger]
    assert [status for status, _ in refusals] == [401, 401, 401, 404]
    assert not [text for _, text in refusals for mark in (*MARKS, LATER) if mark.encode() in text]


@EACH_END
def test_page_that_is_asked_for_again_gives_nothing(site: Site, somebody: tuple[Actor, str], end: End) -> None:
    actor, cookie = somebody
    with visiting(site.url, cookie) as visitor:
        assert visitor.open(OVERVIEW.url_path).says("Acme")
        end(site, actor)
        assert _is_the_form(visitor.send())
        assert _is_the_form(visitor.open(PROJECTS.url_path))


def _confirm(visitor: Visitor, run: MadeRun) -> tuple[str, str]:
    """Open the question whether to cancel; the ids of its button and of the part in which that is."""
    page = visitor.open(RUN.url_path, f"run={run.id}")
    asked = visitor.press(page.widget("button", "Cancel").id)
    confirm = asked.widget("button", "Cancel the run")
    return confirm.id, asked.fragment_of(confirm)


def _press_confirm(visitor: Visitor, run: MadeRun) -> Callable[[], Answer]:
    """Open the question whether to cancel; what comes back presses its button."""
    confirm, fragment = _confirm(visitor, run)
    return lambda: visitor.press(confirm, fragment=fragment)


def test_button_in_a_dialog_does_what_it_says_while_the_session_lives(site: Site, somebody: tuple[Actor, str]) -> None:
    """Or the test below would say nothing."""
    actor, cookie = somebody
    run = _run_of(site, actor)
    with visiting(site.url, cookie) as visitor:
        _press_confirm(visitor, run)()
    assert _status(site, run.id) != ("queued", False)


@EACH_END
def test_button_in_a_dialog_changes_nothing(site: Site, somebody: tuple[Actor, str], end: End) -> None:
    actor, cookie = somebody
    run = _run_of(site, actor)
    with visiting(site.url, cookie) as visitor:
        press = _press_confirm(visitor, run)
        end(site, actor)
        assert _is_the_form(press())
    assert _status(site, run.id) == ("queued", False)


@EACH_END
def test_download_of_an_open_page_gives_nothing(site: Site, somebody: tuple[Actor, str], end: End) -> None:
    actor, cookie = somebody
    run = _run_of(site, actor)
    held = open_run(site.database, actor.organization_id, run.id)
    for code, phase_id in run.phases.items():
        held.advance(begin=[beginning(code)])
        held.advance(finish=[answer(phase_id, response="Zeppelin\n" * 10_000)])
    held.advance(end={"status": "completed", "error": {}})
    with visiting(site.url, cookie) as visitor:
        page = visitor.open(RUN.url_path, f"run={run.id}")
        file_id = page.widget("download_button", "Download all of it").deferred_file_id
        with urlopen(site.url + visitor.ask_for_file(file_id, session_id=page.session_id)) as file:
            assert file.read() == b"Zeppelin\n" * 10_000, "while the session lives"
        end(site, actor)
        assert visitor.ask_for_file(file_id, session_id=page.session_id) == ""


@EACH_END
def test_export_of_an_open_page_gives_nothing(site: Site, somebody: tuple[Actor, str], end: End) -> None:
    actor, cookie = somebody
    run = _run_of(site, actor)
    exports = "SELECT count(*) FROM audit_logs WHERE user_id = %s AND action = 'orchestrations.export'"
    with visiting(site.url, cookie) as visitor:
        page = visitor.open(RUNS.url_path)
        file_id = page.widget("download_button", "CSV").deferred_file_id
        with urlopen(site.url + visitor.ask_for_file(file_id, session_id=page.session_id)) as file:
            assert str(run.id) in file.read().decode(), "while the session lives"
        end(site, actor)
        assert visitor.ask_for_file(file_id, session_id=page.session_id) == ""
    assert site.sql(exports, actor.user_id) == [(1,)]


@EACH_END
def test_form_of_an_open_page_changes_nothing(site: Site, somebody: tuple[Actor, str], end: End) -> None:
    actor, cookie = somebody
    with visiting(site.url, cookie) as visitor:
        page = visitor.open(ACCOUNT.url_path)
        name, save = page.widget("text_input", "Name").id, page.widget("button", "Save profile").id
        end(site, actor)
        assert _is_the_form(visitor.press(save, **{name: LATER}))
    [(kept,)] = site.sql("SELECT full_name FROM users WHERE id = %s", actor.user_id)
    assert kept == actor.full_name


def test_callback_ends_no_session_but_its_own(site: Site, somebody: tuple[Actor, str]) -> None:
    actor, cookie = somebody
    with visiting(site.url, cookie) as visitor:
        sign_out = visitor.open(OVERVIEW.url_path).widget("button", "Sign out").id
        _revoke(site, actor)
        answer = visitor.press(sign_out)
    assert not [mark for mark in MARKS if answer.says(mark)]
    events = "SELECT count(*) FROM audit_logs WHERE user_id = %s AND action = 'identity.sign_out'"
    assert site.sql(events, actor.user_id) == [(0,)]
    with visiting(site.url, site.cast.secret_of(site.cast.mona)) as visitor:
        assert visitor.open(OVERVIEW.url_path).says("Acme")


def test_widget_that_the_page_never_drew_does_nothing(site: Site, somebody: tuple[Actor, str]) -> None:
    """With a living session of another organization: the ids of A's button and of its part, made up or overheard."""
    run = _run_of(site, somebody[0])
    with visiting(site.url, somebody[1]) as visitor:
        confirm, fragment = _confirm(visitor, run)
    with visiting(site.url, site.cast.secret_of(site.cast.charlie)) as visitor:
        visitor.open(RUN.url_path, f"run={run.id}")
        answers = [visitor.press(confirm), visitor.press_in_strange_part(confirm, fragment=fragment)]
    assert not [mark for answer in answers for mark in MARKS if answer.says(mark)]
    assert _status(site, run.id) == ("queued", False)


def test_tab_that_somebody_else_takes_up_gives_nothing(site: Site, somebody: tuple[Actor, str]) -> None:
    """A tab that lost its connection comes back by Streamlit's id of it, which is no session of ours."""
    run = _run_of(site, somebody[0])
    with visiting(site.url, somebody[1]) as visitor:
        page = visitor.open(RUN.url_path, f"run={run.id}")
        assert page.says("Airship log")
    with visiting(site.url, somebody[1], session_id=page.session_id) as visitor:
        again = visitor.open(RUN.url_path, f"run={run.id}")
        assert again.says("Airship log")
        assert again.session_id == page.session_id, "taken up, and not begun anew"
    for fragment in (page.refreshing[0], ""):
        with visiting(site.url, session_id=page.session_id) as visitor:
            assert _is_the_form(visitor.send(fragment=fragment))


def test_page_that_refreshes_itself_keeps_no_session_alive(site: Site, somebody: tuple[Actor, str]) -> None:
    actor, cookie = somebody
    run = _run_of(site, actor)
    seen = "SELECT now() - last_seen_at > interval '30 minutes' FROM user_sessions WHERE id = %s"
    with visiting(site.url, cookie) as visitor:
        fragments = visitor.open(RUN.url_path, f"run={run.id}").refreshing
        site.sql(
            "UPDATE user_sessions SET last_seen_at = now() - interval '40 minutes' WHERE id = %s", actor.session_id
        )
        assert any(answer.says("Timeline") for answer in visitor.refresh(fragments))
        assert site.sql(seen, actor.session_id) == [(True,)]

        # another status draws the whole page anew, which is nobody's doing either
        site.sql("UPDATE orchestration_runs SET status = 'paused' WHERE id = %s", run.id)
        assert any(answer.says("Airship log") for answer in visitor.refresh(fragments))
        assert site.sql(seen, actor.session_id) == [(True,)]

        assert visitor.send().says("Airship log")
        assert site.sql(seen, actor.session_id) == [(False,)], "a person who does something is seen"


def test_new_password_ends_open_pages_too(site: Site, somebody: tuple[Actor, str]) -> None:
    _, cookie = somebody
    with visiting(site.url, cookie) as one, visiting(site.url, cookie) as other:
        page = one.open(ACCOUNT.url_path)
        assert other.open(OVERVIEW.url_path).says("Acme")
        typed = {"Current password": PASSWORD, "New password": LATER * 3, "New password again": LATER * 3}
        answer = one.press(
            page.widget("button", "Change password").id,
            **{page.widget("text_input", label).id: value for label, value in typed.items()},
        )
        assert {"Password", "Continue"} <= answer.texts
        assert any("Your password is changed" in text for text in answer.texts)
        assert _is_the_form(other.send())
    with visiting(site.url, cookie) as visitor:
        assert _is_the_form(visitor.open(OVERVIEW.url_path))
