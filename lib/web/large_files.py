"""A table as a file, which may be a million rows: written to disk, sent from there, and never held."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lib import clock
from lib.access.actor import Actor
from lib.audit.refusals import note_refusal
from lib.errors import Conflict, DatabaseUnavailable, InvalidInput, NotPermitted
from lib.exports import ExportFormat
from lib.web.saved_files import HEADERS, say
from lib.web.visitor import find_visitor

#: Where a page of another site sends the browser here, nobody has asked for the file (Fetch Metadata).
OWN_SITES: Final = ("same-origin", "none", None)
_CHUNK: Final = 256 * 1024
#: Writes the file for whoever asks, as the parameters of the address say. Raises what is said in `answer`.
Write = Callable[[Actor, Mapping[str, Sequence[str]], BinaryIO, ExportFormat], None]


def answer(request: Request, write: Write, *, name: str) -> Response:
    """The file, which is called so and after the day; or why there is none.

    401 without a living session, 403 when it is not theirs to have, 400 for an address that means nothing, 409 where
    the organization has no such files.
    """
    try:
        return _answer(request, write, name=name)
    except NotPermitted as error:
        note_refusal(error)
        return say(error.message, 403)
    except InvalidInput as error:
        return say(error.message, 400)
    except Conflict as error:
        return say(error.message, 409)
    except DatabaseUnavailable as error:
        return say(error.message, 503)


def _answer(request: Request, write: Write, *, name: str) -> Response:
    if request.headers.get("sec-fetch-site") not in OWN_SITES:
        return say("This file is taken from the page that offers it.", 403)
    actor = find_visitor(request)
    if actor is None:
        return say("Nobody is signed in here.", 401)
    if request.path_params["format"] not in list(ExportFormat):
        return say("There is no such file.", 404)
    file_format = ExportFormat(request.path_params["format"])
    said = {each: request.query_params.getlist(each) for each in request.query_params}
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when it is sent
    try:
        write(actor, said, file, file_format)
        length = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    file_name = f"{name}-{clock.now():%Y-%m-%d}.{file_format}"
    headers = HEADERS | {"content-disposition": f'attachment; filename="{file_name}"', "content-length": str(length)}
    return StreamingResponse(chunks(file), media_type="application/octet-stream", headers=headers)


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The file from where it stands, closed at its end."""
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
