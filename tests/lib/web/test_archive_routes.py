"""The file of an archive over HTTP: for whoever may archive, as bytes to be saved, and noted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lib.access.actor import Actor
from lib.archives import reading
from lib.archives.shelf import archive_folder
from lib.archives.views import ArchiveView
from lib.identity.cookie import session_cookie_name
from lib.web import archive_routes
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_archives import ask_database, fill_project, make_archive

APP = Starlette(routes=archive_routes.routes())
Download = Callable[..., httpx2.Response]
_EXPORTS = "SELECT count(*) FROM audit_logs WHERE action = 'archives.export'"


@pytest.fixture
def archive(installation: Installation, cast: Cast) -> ArchiveView:
    return make_archive(installation, cast.alice, fill_project(installation, cast))


@pytest.fixture
def download(serve: Callable[[ASGIApp], str], cast: Cast) -> Iterator[Download]:
    with httpx2.Client(base_url=f"http://{serve(APP)}") as client:

        def ask(actor: Actor | None, archive_id: UUID | str, **headers: str) -> httpx2.Response:
            cookie = {"cookie": f"{session_cookie_name()}={cast.secret_of(actor)}"} if actor else {}
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.get(f"/api/archives/{archive_id}/file", headers=cookie | named)

        yield ask


def test_file_is_saved_whole_and_noted(
    download: Download, installation: Installation, cast: Cast, archive: ArchiveView, tmp_path: Path
) -> None:
    answer = download(cast.mona, archive.id, sec_fetch_site="same-origin")
    assert (answer.status_code, len(answer.content)) == (200, archive.bytes)
    assert answer.headers["content-disposition"].startswith('attachment; filename="archive-folding-bicycle-')
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    path = tmp_path / "taken.zip"
    path.write_bytes(answer.content)
    assert reading.sum_file(path) == archive.sha256
    assert ask_database(installation.database, _EXPORTS) == [(1,)]


def test_nobody_else_gets_it(download: Download, installation: Installation, cast: Cast, archive: ArchiveView) -> None:
    assert download(None, archive.id).status_code == 401
    assert download(cast.max, archive.id).status_code == 403
    assert download(cast.charlie, archive.id).status_code == 404
    assert download(cast.alice, archive.id, sec_fetch_site="cross-site").status_code == 403
    assert [download(cast.alice, what).status_code for what in (uuid4(), "no-id")] == [404, 404]
    assert ask_database(installation.database, _EXPORTS) == [(0,)]


def test_lost_file_is_said_to_be_gone(download: Download, cast: Cast, archive: ArchiveView) -> None:
    for path in archive_folder().rglob("*.zip"):
        path.unlink()
    answer = download(cast.alice, archive.id)
    assert answer.status_code == 410
    assert "is not where it was put" in answer.text
