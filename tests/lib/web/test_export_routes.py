"""A file that a worker has written, over HTTP: for whoever asked for it, as bytes to be saved, and noted."""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from lib.web import export_routes
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_exports import AUDIT, ask, change, newest, notes, set_tier, stored, work
from tests.made_usage import make_calls

APP = Starlette(routes=export_routes.routes())
Download = Callable[..., httpx2.Response]


@pytest.fixture
def export_id(installation: Installation, cast: Cast) -> UUID:
    make_calls(installation.database, cast.organization_a, [{"user_id": cast.max.user_id}] * 4)
    made = ask(cast.mona)
    work(installation)
    return made


@pytest.fixture
def download(serve: Callable[[ASGIApp], str], cast: Cast) -> Iterator[Download]:
    with httpx2.Client(base_url=f"http://{serve(APP)}") as client:

        def take(actor: Actor | None, export_id: UUID | str, **headers: str) -> httpx2.Response:
            cookie = {"cookie": f"{session_cookie_name()}={cast.secret_of(actor)}"} if actor else {}
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.get(f"/api/exports/{export_id}/file", headers=cookie | named)

        yield take


def test_file_is_saved_whole_and_noted(
    download: Download, installation: Installation, cast: Cast, export_id: UUID
) -> None:
    answer = download(cast.mona, export_id, sec_fetch_site="same-origin")
    (path,) = stored()
    assert (answer.status_code, answer.content) == (200, path.read_bytes())
    made_at = newest(cast.mona).made_at
    assert answer.headers["content-disposition"] == f'attachment; filename="calls-{made_at:%Y-%m-%d}.csv"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    (noted,) = notes(installation, "export_jobs.export")
    assert (noted["user_id"], noted["resource_id"]) == (cast.mona.user_id, export_id)


def test_nobody_else_gets_it(download: Download, installation: Installation, cast: Cast, export_id: UUID) -> None:
    assert download(None, export_id).status_code == 401
    assert [download(actor, export_id).status_code for actor in (cast.alice, cast.max, cast.charlie)] == [404] * 3
    assert download(cast.mona, export_id, sec_fetch_site="cross-site").status_code == 403
    assert [download(cast.mona, what).status_code for what in (uuid4(), "no-id")] == [404, 404]
    change(installation, "UPDATE users SET role = 'viewer' WHERE id = %s", cast.mona.user_id)
    assert download(cast.mona, export_id).status_code == 403
    assert notes(installation, "export_jobs.export") == []


def test_tier_without_such_files_gives_none(download: Download, installation: Installation, cast: Cast) -> None:
    set_tier(installation, cast.organization_a, "pro")
    export_id = ask(cast.alice, AUDIT)
    work(installation)
    set_tier(installation, cast.organization_a, "free")
    assert download(cast.alice, export_id).status_code == 409


def test_lost_file_is_said_to_be_gone(download: Download, cast: Cast, export_id: UUID) -> None:
    for path in stored():
        path.unlink()
    answer = download(cast.mona, export_id)
    assert answer.status_code == 410
    assert "Ask for the file anew" in answer.text
