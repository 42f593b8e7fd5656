"""A long file that a worker has written, for whoever asked for it.

GET    /api/exports/{export_id}/file    200 with the file, to be saved, which the trail notes; 410 when it is not
                                        where it was put; else as `lib.web.large_files` says
"""

from collections.abc import Mapping, Sequence
from typing import BinaryIO
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lib.access.actor import Actor
from lib.errors import NotFound
from lib.export_jobs.service import open_export
from lib.web.large_files import answer_with


def routes() -> list[Route]:
    """The route."""
    return [Route("/api/exports/{export_id}/file", _download, methods=["GET"])]


def _download(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    def copy(actor: Actor, _: Mapping[str, Sequence[str]], file: BinaryIO) -> str:
        try:
            export_id = UUID(request.path_params["export_id"])
        except ValueError:
            raise NotFound("export") from None
        return open_export(actor, export_id, file)

    return answer_with(request, copy)
