from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import httpx2
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lib.errors import DatabaseUnavailable
from lib.web import health


@contextmanager
def _unreachable() -> Iterator[None]:
    raise DatabaseUnavailable("no answer from 10.0.0.7")
    yield


def test_ready_while_the_database_answers(serve: Callable[[ASGIApp], str]) -> None:
    address = serve(Starlette(routes=health.routes(nullcontext)))

    assert httpx2.get(f"http://{address}/healthz").text == "ok"
    assert httpx2.get(f"http://{address}/readyz").text == "ok"


def test_alive_but_not_ready_without_the_database(serve: Callable[[ASGIApp], str]) -> None:
    address = serve(Starlette(routes=health.routes(_unreachable)))

    assert httpx2.get(f"http://{address}/healthz").status_code == 200
    ready = httpx2.get(f"http://{address}/readyz")
    assert ready.status_code == 503
    assert ready.text == "the database does not answer"


def test_the_answer_is_never_kept(serve: Callable[[ASGIApp], str]) -> None:
    address = serve(Starlette(routes=health.routes(nullcontext)))

    for path in ("/healthz", "/readyz"):
        assert httpx2.get(f"http://{address}{path}").headers["cache-control"] == "no-store"
