"""The file of an archive, for whoever may have archives made.

GET    /api/archives/{archive_id}/file    200 with the file, to be saved, which the trail notes; 401 without a
                                          living session; 403 and 404 when it is not theirs to have, or there is
                                          none; 410 when it is not where it was put
"""

import tempfile
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lib.archives.service import export_archive
from lib.audit.refusals import note_refusal
from lib.errors import FileGone, NotFound, NotPermitted, OrchestratorError
from lib.web.large_files import OWN_SITES, chunks
from lib.web.saved_files import HEADERS, say
from lib.web.visitor import find_visitor


def routes() -> list[Route]:
    """The route."""
    return [Route("/api/archives/{archive_id}/file", _download, methods=["GET"])]


def _download(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    try:
        return _answer(request)
    except NotPermitted as error:
        note_refusal(error)
        return say(error.message, 403)
    except FileGone as error:
        return say(error.message, 410)
    except (NotFound, ValueError):
        return say("There is no such file, or it is not yours to have.", 404)
    except OrchestratorError as error:
        return say(error.message, 503)


def _answer(request: Request) -> Response:
    if request.headers.get("sec-fetch-site") not in OWN_SITES:
        return say("This file is taken from the page that offers it.", 403)
    actor = find_visitor(request)
    if actor is None:
        return say("Nobody is signed in here.", 401)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when it is sent
    try:
        name = export_archive(actor, UUID(request.path_params["archive_id"]), file)
        length = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = HEADERS | {"content-disposition": f'attachment; filename="{name}"', "content-length": str(length)}
    return StreamingResponse(chunks(file), media_type="application/zip", headers=headers)
