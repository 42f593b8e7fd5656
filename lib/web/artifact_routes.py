"""Files that operations have written, for whoever may see their run.

    GET    /api/operations/{operation_id}/file    200 with the file, to be saved and never shown; 401 without a living
                                                  session; 403 and 404 when it is not theirs to see, or there is
                                                  none; 410 when it was there

Models write these files: a browser gets them as bytes without a type, so that none of them is a page of ours.
"""

from typing import Final
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lib.errors import DatabaseUnavailable, FileGone, NotFound, NotPermitted
from lib.identity import cookie, sessions
from lib.runs.operating.service import get_artifact
from lib.web.visitor import origin_of

_SAFE: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}


def routes() -> list[Route]:
    """The route."""
    return [Route("/api/operations/{operation_id}/file", _download, methods=["GET"])]


def _download(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    try:
        return _answer(request)
    except NotPermitted as error:
        return _say(error.message, 403)
    except FileGone as error:
        return _say(error.message, 410)
    except (NotFound, ValueError):
        return _say("There is no such file, or it is not yours to see.", 404)
    except DatabaseUnavailable as error:
        return _say(error.message, 503)


def _answer(request: Request) -> Response:
    secret = request.cookies.get(cookie.session_cookie_name())
    actor = sessions.find_actor(secret, origin=origin_of(request)) if secret else None
    if actor is None:
        return _say("Nobody is signed in here.", 401)
    artifact = get_artifact(actor, UUID(request.path_params["operation_id"]))
    named = f"attachment; filename*=UTF-8''{quote(artifact.name, safe='')}"
    headers = _SAFE | {"content-disposition": named}
    return Response(artifact.content, media_type="application/octet-stream", headers=headers)


def _say(text: str, status: int) -> Response:
    return PlainTextResponse(text, status_code=status, headers=_SAFE)
