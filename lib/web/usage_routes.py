"""The calls behind a chart as a file, which may be a million rows: written to disk, sent from there, and never held.

GET    /api/usage/calls.{format}?…    200 with the file, which the trail notes; 400 for an address that names no
                                      calls; 401 without a living session; 403 when usage is not theirs to see
"""

import tempfile
from collections.abc import Iterator
from typing import BinaryIO, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lib import clock
from lib.audit.refusals import note_refusal
from lib.errors import DatabaseUnavailable, InvalidInput, NotPermitted
from lib.exports import ExportFormat
from lib.usage.calls.address import read_address
from lib.usage.calls.service import export_calls
from lib.web.saved_files import HEADERS, say
from lib.web.visitor import find_visitor

#: Where a page of another site sends the browser here, nobody has asked for the file (Fetch Metadata).
_OWN_SITES: Final = ("same-origin", "none", None)
_CHUNK: Final = 256 * 1024


def routes() -> list[Route]:
    """The route."""
    return [Route("/api/usage/calls.{format}", _download, methods=["GET"])]


def _download(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    try:
        return _answer(request)
    except NotPermitted as error:
        note_refusal(error)
        return say(error.message, 403)
    except InvalidInput as error:
        return say(error.message, 400)
    except DatabaseUnavailable as error:
        return say(error.message, 503)


def _answer(request: Request) -> Response:
    if request.headers.get("sec-fetch-site") not in _OWN_SITES:
        return say("This file is taken from the page of analytics.", 403)
    actor = find_visitor(request)
    if actor is None:
        return say("Nobody is signed in here.", 401)
    if request.path_params["format"] not in list(ExportFormat):
        return say("There is no such file.", 404)
    file_format = ExportFormat(request.path_params["format"])
    said = {name: request.query_params.getlist(name) for name in request.query_params}
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when it is sent
    try:
        export_calls(actor, read_address(said), file, file_format=file_format)
        length = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    name = f"calls-{clock.now():%Y-%m-%d}.{file_format}"
    headers = HEADERS | {"content-disposition": f'attachment; filename="{name}"', "content-length": str(length)}
    return StreamingResponse(_chunks(file), media_type="application/octet-stream", headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
