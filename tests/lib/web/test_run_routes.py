"""The route that a page asks what is new of a run: for whoever's cookie it is, and for nobody else."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lib.access.actor import Actor
from lib.config import get_settings
from lib.db import session
from lib.identity.cookie import session_cookie_name
from lib.runs.service import watch_run
from lib.ui.components import answer
from lib.web import run_routes
from tests import doors
from tests.cast import Cast, make_cast
from tests.conftest import Installation
from tests.made_runs import call_worker
from tests.workspace import Workspace, make_workspace

APP = Starlette(routes=run_routes.routes(answer.draw_on, is_fence=answer.is_fence))
WRITTEN = "Fold it tw"


@pytest.fixture
def cast(installation: Installation) -> Cast:
    return make_cast(installation.database)


@pytest.fixture
def made(installation: Installation, cast: Cast) -> Workspace:
    """Alice's run: the first phase is completed, the second is being written."""
    return make_workspace(installation.database, cast.alice)


@pytest.fixture
def browser(serve: Callable[[ASGIApp], str]) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"http://{serve(APP)}") as client:
        yield client


@pytest.fixture
def look(browser: httpx2.Client, cast: Cast, made: Workspace) -> Callable[..., httpx2.Response]:
    """`look(actor, name=value)`: asks as that person's browser, or without a cookie."""

    def ask(actor: Actor | None, run_id: UUID | str = made.run.id, **question: object) -> httpx2.Response:
        cookie = {"cookie": f"{session_cookie_name()}={cast.secret_of(actor)}"} if actor else {}
        asked: dict[str, Any] = {name: str(value) for name, value in question.items()}
        return browser.get(f"/api/runs/{run_id}/look", params=asked, headers=cookie)

    return ask


def test_reader_gets_the_shape_and_what_was_written(
    look: Callable[..., httpx2.Response], cast: Cast, made: Workspace
) -> None:
    for actor in cast.of_a:
        got = look(actor, attempt=made.run.phases["Phase 1"])
        assert (got.status_code, got.headers["cache-control"]) == (200, "no-store")
        drawn = {"done": [], "last": f"<p>{WRITTEN}</p>\n", "after": 0, "fence": "", "is_cut": False}
        assert got.json() == {
            "shape": watch_run(actor, made.run.id).shape,
            "drawn": drawn | {"bytes": len(WRITTEN)},
        }


def test_nothing_new_has_no_words(look: Callable[..., httpx2.Response], cast: Cast, made: Workspace) -> None:
    shape = watch_run(cast.vera, made.run.id).shape
    has = {"attempt": made.run.phases["Phase 1"], "bytes": len(WRITTEN)}
    got = look(cast.vera, shape=shape, **has)
    assert (got.status_code, got.content, got.headers["cache-control"]) == (204, b"", "no-store")
    assert look(cast.vera, shape=shape).status_code == 204
    assert look(cast.vera, shape="another", **has).json() == {"shape": shape}


def test_reader_goes_on_where_they_are(look: Callable[..., httpx2.Response], cast: Cast, made: Workspace) -> None:
    phase = made.run.phases["Phase 1"]
    whose = (made.held.organization_id, made.held.token, phase)
    text = "```\n" + "räder 🚲\n" * 10
    call_worker(made.held.database, "SELECT api.write_stream(%s, %s, %s, %s)", *whose, text)
    drawn = look(cast.vera, attempt=phase, after=text.rindex("räder"), bytes=3, fence="```").json()["drawn"]
    assert (drawn["last"], drawn["bytes"]) == ("<pre><code>räder 🚲\n</code></pre>\n", len(text.encode()))


def test_nobody_gets_nothing(look: Callable[..., httpx2.Response], made: Workspace) -> None:
    got = look(None, attempt=made.run.phases["Phase 1"])
    assert (got.status_code, got.headers["cache-control"]) == (401, "no-store")
    assert WRITTEN not in got.text


def test_stranger_finds_nothing(look: Callable[..., httpx2.Response], cast: Cast, made: Workspace) -> None:
    got = look(cast.charlie, attempt=made.run.phases["Phase 1"])
    assert (got.status_code, got.text) == (404, look(cast.charlie, uuid4()).text)


def test_ended_session_gets_nothing_and_a_living_one_is_not_kept_alive(
    look: Callable[..., httpx2.Response], cast: Cast, made: Workspace, installation: Installation
) -> None:
    def change(what: str) -> None:
        with doors.admin(installation.database) as connection:
            connection.execute(f"UPDATE user_sessions SET {what} WHERE id = %s".encode(), [cast.vera.session_id])

    def last_seen() -> object:
        with doors.admin(installation.database) as connection:
            statement = "SELECT last_seen_at FROM user_sessions WHERE id = %s"
            return connection.execute(statement, [cast.vera.session_id]).fetchone()

    change("last_seen_at = now() - interval '40 minutes'")
    before = last_seen()
    assert look(cast.vera).status_code == 200
    assert last_seen() == before
    change("revoked_at = now()")
    assert look(cast.vera).status_code == 401


@pytest.mark.parametrize(
    "question",
    [
        {"attempt": "x"},
        {"after": -1},
        {"after": "1e3"},
        {"bytes": 10**12},
        {"fence": "<b>"},
        {"fence": "`" * 20_000},
    ],
    ids=str,
)
def test_question_that_can_not_be_read_is_refused(
    look: Callable[..., httpx2.Response], cast: Cast, made: Workspace, question: dict[str, object]
) -> None:
    got = look(cast.vera, **{"attempt": made.run.phases["Phase 1"], **question})
    assert got.status_code == 400
    assert "Reload the page" in got.text
    assert look(cast.vera, "nonsense").status_code == 400


def test_database_that_does_not_answer_is_said(
    look: Callable[..., httpx2.Response], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_IDENTITY_DATABASE_URL", "postgresql://orchestrator_identity:x@127.0.0.1:1/none")

    get_settings.cache_clear()
    session.dispose()
    got = look(cast.vera)
    assert got.status_code == 503
    assert "does not answer" in got.text
