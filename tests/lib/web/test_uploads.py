"""Who may hand a file to Streamlit."""

from collections.abc import Callable

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from lib.identity.cookie import session_cookie_name
from lib.web.closed import ClosedPaths, is_closed
from lib.web.uploads import SignedInUploads
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("installation")

PATH = "/_stcore/upload_file/3ca692d8-7823-4e5d-8641-f7cfbc10b974/7873bf99-e56c-462a-b19e-538d853d0b62"


async def _take(request: Request) -> PlainTextResponse:
    return PlainTextResponse("taken")


_APP = Starlette(
    routes=[Route("/{path:path}", _take, methods=["GET", "PUT", "DELETE", "OPTIONS"])],
    middleware=[Middleware(ClosedPaths), Middleware(SignedInUploads, public_url=None)],
)


def test_upload_is_taken_from_who_is_signed_in_on_a_page_of_ours(serve: Callable[[ASGIApp], str], cast: Cast) -> None:
    address = f"http://{serve(_APP)}"

    def status(*, origin: str | None = address, secret: str = cast.secret_of(cast.max), method: str = "PUT") -> int:
        headers = {"cookie": f"{session_cookie_name()}={secret}"} | ({"origin": origin} if origin else {})
        return httpx2.request(method, address + PATH, headers=headers, content=b"name: x").status_code

    assert status() == status(method="DELETE") == 200
    assert status(secret="") == status(secret="nobody's") == 404
    assert status(origin=None) == status(origin="https://evil.example") == status(origin="null") == 404
    assert status(method="GET") == status(method="OPTIONS") == 404
    assert httpx2.get(f"{address}/runs").text == "taken"


@pytest.mark.parametrize("path", [f"/{PATH}", f"{PATH}/", f"{PATH}/../../../metrics", f"{PATH}x", PATH.upper()])
def test_what_is_not_written_as_an_upload_is_closed_or_nothing(path: str) -> None:
    assert not is_closed(PATH)
    assert is_closed(path) or path == PATH.upper()
