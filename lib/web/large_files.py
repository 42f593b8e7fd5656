"""A file that may be long, as a table of a million rows: written to disk, sent from there, and never held."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lib import clock
from lib.access.actor import Actor
from lib.audit.refusals import note_refusal
from lib.errors import Conflict, FileGone, InvalidInput, NotFound, NotPermitted, OrchestratorError
from lib.exports import ExportFormat
from lib.web.saved_files import HEADERS, say
from lib.web.visitor import find_visitor

#: Where a page of another site sends the browser here, nobody has asked for the file (Fetch Metadata).
_OWN_SITES: Final = ("same-origin", "none", None)
_CHUNK: Final = 256 * 1024
#: Of what is said in its place, the nearest first; whatever else is wrong is away for now.
_CODES: Final = {FileGone: 410, NotFound: 404, InvalidInput: 400, Conflict: 409}
#: Writes the file for whoever asks, as the parameters of the address say, and says what it is called. Raises what is
#: said in `answer`.
Make = Callable[[Actor, Mapping[str, Sequence[str]], BinaryIO], str]
#: The same of a table, in the format that the address names.
Write = Callable[[Actor, Mapping[str, Sequence[str]], BinaryIO, ExportFormat], None]


def answer(request: Request, write: Write, *, name: str) -> Response:
    """The table as a file, which is called so and after the day; or why there is none, as `answer_with` says."""
    if request.path_params["format"] not in list(ExportFormat):
        return answer_with(request, None)
    file_format = ExportFormat(request.path_params["format"])

    def make(actor: Actor, said: Mapping[str, Sequence[str]], file: BinaryIO) -> str:
        write(actor, said, file, file_format)
        return f"{name}-{clock.now():%Y-%m-%d}.{file_format}"

    return answer_with(request, make)


def answer_thing(request: Request, noun: str, copy: Callable[[Actor, UUID, BinaryIO], str]) -> Response:
    """The file of the thing whose id the address names, as `answer_with` says."""

    def make(actor: Actor, _: Mapping[str, Sequence[str]], file: BinaryIO) -> str:
        try:
            thing_id = UUID(request.path_params["id"])
        except ValueError:
            raise NotFound(noun) from None
        return copy(actor, thing_id, file)

    return answer_with(request, make)


def answer_with(request: Request, make: Make | None) -> Response:
    """The file that `make` makes, or why there is none; where there is no such file that is all, for who may ask.

    401 without a living session, 403 when it is not theirs to have, 404 where there is none and 410 where it is lost,
    400 for an address that means nothing, 409 where the organization has no such files.
    """
    try:
        return _answer(request, make)
    except NotPermitted as error:
        note_refusal(error)
        return say(error.message, 403)
    except OrchestratorError as error:
        return say(error.message, next((code for kind, code in _CODES.items() if isinstance(error, kind)), 503))


def _answer(request: Request, make: Make | None) -> Response:
    if request.headers.get("sec-fetch-site") not in _OWN_SITES:
        return say("This file is taken from the page that offers it.", 403)
    actor = find_visitor(request)
    if actor is None:
        return say("Nobody is signed in here.", 401)
    if make is None:
        return say("There is no such file.", 404)
    said = {each: request.query_params.getlist(each) for each in request.query_params}
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when it is sent
    try:
        file_name = make(actor, said, file)
        length = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = HEADERS | {"content-disposition": f'attachment; filename="{file_name}"', "content-length": str(length)}
    return StreamingResponse(_chunks(file), media_type="application/octet-stream", headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """The file from where it stands, closed at its end."""
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
