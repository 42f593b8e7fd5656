"""Whether the process lives and whether it can work, for whoever restarts it or sends it traffic."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lib.errors import DatabaseUnavailable

logger = logging.getLogger(__name__)

_NEVER_KEPT = {"cache-control": "no-store"}


def routes(open_transaction: Callable[[], AbstractContextManager[object]]) -> list[Route]:
    """`/healthz`: this process answers. `/readyz`: the database answers it too, or else 503.

    `open_transaction` is one of the doors of `lib.db.session`; it raises DatabaseUnavailable and may block, so it is
    called outside of the event loop.
    """

    async def healthz(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok", headers=_NEVER_KEPT)

    def readyz(_request: Request) -> PlainTextResponse:
        try:
            with open_transaction():
                return PlainTextResponse("ok", headers=_NEVER_KEPT)
        except DatabaseUnavailable as error:
            logger.warning("Not ready: %s", error)
            return PlainTextResponse("the database does not answer", status_code=503, headers=_NEVER_KEPT)

    return [Route("/healthz", healthz, methods=["GET"]), Route("/readyz", readyz, methods=["GET"])]
