"""The trail as a file, which may be a million entries, and the compliance report of a period.

GET    /api/audit/entries.{format}?…        200 with the file, which the trail notes; else as `lib.web.large_files` says
GET    /api/audit/report.html?from=…&to=…   the same
"""

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lib.access.actor import Actor
from lib.audit.address import read_address
from lib.audit.report.period import read_address as read_period
from lib.audit.report.service import write_report
from lib.audit.trail import export_entries
from lib.exports import ExportFormat
from lib.web import large_files


def routes() -> list[Route]:
    """The routes."""
    return [
        Route("/api/audit/entries.{format}", _download, methods=["GET"]),
        Route("/api/audit/report.html", _report, methods=["GET"]),
    ]


def _download(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    return large_files.answer(request, _write, name="audit")


def _write(actor: Actor, said: Mapping[str, Sequence[str]], file: BinaryIO, file_format: ExportFormat) -> None:
    export_entries(actor, read_address(said), file, file_format=file_format)


def _report(request: Request) -> Response:  # no coroutine, as above
    return large_files.answer_with(request, _write_report)


def _write_report(actor: Actor, said: Mapping[str, Sequence[str]], file: BinaryIO) -> str:
    period = read_period(said, actor.time_zone)
    write_report(actor, period, file)
    return f"compliance-report-{actor.organization_slug}-{period.first}-to-{period.last}.html"
