"""Files of operations over HTTP: for whoever's cookie it is, as bytes that no browser takes for a page."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from uuid import UUID, uuid4

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from lib.integrations.folder import artifact_folder, write_artifact
from lib.web import artifact_routes
from tests.cast import Cast, make_cast
from tests.conftest import Installation
from tests.made_runs import make_operation
from tests.workspace import make_workspace

APP = Starlette(routes=artifact_routes.routes())
PAGE = b"<script>alert(document.cookie)</script>"
NAME = "Bäricht 'neu'; x=.html"


@pytest.fixture
def cast(installation: Installation) -> Cast:
    return make_cast(installation.database)


@pytest.fixture
def written(installation: Installation, cast: Cast) -> UUID:
    """A page that a model wrote, in a file whose name would end the header."""
    made = make_workspace(installation.database, cast.alice)
    phase_id = made.run.phases["Phase 0"]
    result = {"place": "folder", "path": NAME}
    columns = {"phase_execution_id": phase_id, "status": "completed", "result": result}
    operation_id = make_operation(installation.database, cast.alice, made.run.id, **columns)
    place = (cast.organization_a, made.run.id, operation_id)
    write_artifact(artifact_folder(), place, PurePosixPath(NAME), PAGE)
    return operation_id


@pytest.fixture
def download(serve: Callable[[ASGIApp], str], cast: Cast) -> Iterator[Callable[..., httpx2.Response]]:
    with httpx2.Client(base_url=f"http://{serve(APP)}") as client:

        def ask(actor: Actor | None, operation_id: UUID | str) -> httpx2.Response:
            cookie = {"cookie": f"{session_cookie_name()}={cast.secret_of(actor)}"} if actor else {}
            return client.get(f"/api/operations/{operation_id}/file", headers=cookie)

        yield ask


def test_file_is_saved_and_never_shown(download: Callable[..., httpx2.Response], cast: Cast, written: UUID) -> None:
    for actor in cast.of_a:
        answer = download(actor, written)
        assert (answer.status_code, answer.content) == (200, PAGE)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        said = answer.headers["content-disposition"]
        assert said == "attachment; filename*=UTF-8''B%C3%A4richt%20%27neu%27%3B%20x%3D.html"


def test_nobody_else_gets_it(download: Callable[..., httpx2.Response], cast: Cast, written: UUID) -> None:
    assert download(None, written).status_code == 401
    stranger = download(cast.charlie, written)
    assert (stranger.status_code, PAGE in stranger.content) == (404, False)
    for nothing in (uuid4(), "x", "..%2f..%2fetc%2fpasswd"):
        assert download(cast.alice, nothing).status_code == 404
    assert download(cast.charlie, uuid4()).content == stranger.content, "nobody learns which it is"


def test_file_that_is_gone_is_said_to_be(download: Callable[..., httpx2.Response], cast: Cast, written: UUID) -> None:
    for file in artifact_folder().rglob("*"):
        if file.is_file():
            file.unlink()
    answer = download(cast.alice, written)
    assert (answer.status_code, "was written and is not there any more" in answer.text) == (410, True)
    assert answer.headers["content-type"].startswith("text/plain")
    assert download(cast.charlie, written).status_code == 404
