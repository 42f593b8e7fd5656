"""The file of an archive, for whoever may have archives made.

GET    /api/archives/{id}/file    200 with the file, to be saved, which the trail notes; 410 when it is not where it was
                                  put; else as `lib.web.large_files` says
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lib.archives.service import export_archive
from lib.web.large_files import answer_thing


def routes() -> list[Route]:
    """The route."""
    return [Route("/api/archives/{id}/file", _download, methods=["GET"])]


def _download(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    return answer_thing(request, "archive", export_archive)
