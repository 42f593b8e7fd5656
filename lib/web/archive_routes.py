"""The file of an archive, for whoever may have archives made.

GET    /api/archives/{archive_id}/file    200 with the file, to be saved, which the trail notes; 401 without a
                                          living session; 403 and 404 when it is not theirs to have, or there is
                                          none; 410 when it is not where it was put
"""

from collections.abc import Mapping, Sequence
from typing import BinaryIO
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lib.access.actor import Actor
from lib.archives.service import export_archive
from lib.errors import NotFound
from lib.web.large_files import answer_with


def routes() -> list[Route]:
    """The route."""
    return [Route("/api/archives/{archive_id}/file", _download, methods=["GET"])]


def _download(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    def copy(actor: Actor, _: Mapping[str, Sequence[str]], file: BinaryIO) -> str:
        try:
            archive_id = UUID(request.path_params["archive_id"])
        except ValueError:
            raise NotFound("archive") from None
        return export_archive(actor, archive_id, file)

    return answer_with(request, copy)
