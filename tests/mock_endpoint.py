"""An HTTP endpoint on this machine that speaks as the vendors do, and behaves as badly as a test asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from fastapi.routing import APIRouter
from llmock.main import create_app
from llmock.testing import LLMockServer


@contextmanager
def mock_endpoint() -> Iterator[LLMockServer]:
    """One that listens, with a state of its own. At its end nobody waits any more for what is made to take long.

    FastAPI looks into the functions behind all routes of an application when its first request comes, for a tenth of a
    second of a core. Under load a check before a launch waited eight seconds for it and gave up: it is done once.
    """
    endpoint = LLMockServer()
    endpoint.app.router = _routes()
    with endpoint:
        yield endpoint
        if endpoint._server:
            endpoint._server.force_exit = True


@cache
def _routes() -> APIRouter:
    return create_app().router
