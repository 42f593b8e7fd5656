"""The calls behind a chart as a file, which may be a million rows.

GET    /api/usage/calls.{format}?…    200 with the file, which the trail notes; else as `lib.web.large_files` says
"""

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lib.access.actor import Actor
from lib.exports import ExportFormat
from lib.usage.calls.address import read_address
from lib.usage.calls.service import export_calls
from lib.web import large_files


def routes() -> list[Route]:
    """The route."""
    return [Route("/api/usage/calls.{format}", _download, methods=["GET"])]


def _download(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    return large_files.answer(request, _write, name="calls")


def _write(actor: Actor, said: Mapping[str, Sequence[str]], file: BinaryIO, file_format: ExportFormat) -> None:
    export_calls(actor, read_address(said), file, file_format=file_format)
