"""Files that operations have written, for whoever may see their run.

    GET    /api/operations/{operation_id}/file    200 with the file, to be saved and never shown; 401 without a living
                                                  session; 403 and 404 when it is not theirs to see, or there is
                                                  none; 410 when it was there

Models write these files: a browser gets them as bytes without a type, so that none of them is a page of ours.
"""

from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lib.audit.refusals import note_refusal
from lib.errors import DatabaseUnavailable, FileGone, NotFound, NotPermitted
from lib.runs.operating.service import get_artifact
from lib.web.saved_files import HEADERS, say
from lib.web.visitor import find_visitor


def routes() -> list[Route]:
    """The route."""
    return [Route("/api/operations/{operation_id}/file", _download, methods=["GET"])]


def _download(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    try:
        return _answer(request)
    except NotPermitted as error:
        note_refusal(error)
        return say(error.message, 403)
    except FileGone as error:
        return say(error.message, 410)
    except (NotFound, ValueError):
        return say("There is no such file, or it is not yours to see.", 404)
    except DatabaseUnavailable as error:
        return say(error.message, 503)


def _answer(request: Request) -> Response:
    actor = find_visitor(request)
    if actor is None:
        return say("Nobody is signed in here.", 401)
    artifact = get_artifact(actor, UUID(request.path_params["operation_id"]))
    named = f"attachment; filename*=UTF-8''{quote(artifact.name, safe='')}"
    headers = HEADERS | {"content-disposition": named}
    return Response(artifact.content, media_type="application/octet-stream", headers=headers)
