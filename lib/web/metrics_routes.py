"""What the installation's health page shows, for Prometheus: numbers of the database's own, and nobody's content.

GET    /metrics                       200 with the text format; 401 without the token of ORCHESTRATOR_METRICS_TOKEN,
                                      and 404 where that is not set; 503 while the database does not answer
"""

import hmac

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lib.backup.history import read_history
from lib.config import get_settings
from lib.errors import DatabaseUnavailable
from lib.health.service import count_statements, read_growth, read_health, sum_removals
from lib.organizations.operator import CommandLine
from lib.retention.operator import read_retention

_NEVER_KEPT = {"Cache-Control": "no-store"}


def routes() -> list[Route]:
    """The route."""
    return [Route("/metrics", _metrics, methods=["GET"])]


def _metrics(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
    token = get_settings().metrics_token
    if token is None:
        return PlainTextResponse("Not Found", 404, _NEVER_KEPT)
    wanted = f"Bearer {token.get_secret_value()}".encode()
    if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted):
        return PlainTextResponse("The token is missing or wrong.", 401, _NEVER_KEPT | {"WWW-Authenticate": "Bearer"})
    try:
        operator = CommandLine()  # who has the token was given it by whoever holds the machine's keys
        health, growth, backups = read_health(operator), read_growth(operator), read_history(operator)
        statements, removed, retention = count_statements(operator), sum_removals(operator), read_retention(operator)
    except DatabaseUnavailable as error:
        return PlainTextResponse(error.message, 503, _NEVER_KEPT)
    from lib.web.metrics_text import CONTENT_TYPE, write_metrics  # noqa: PLC0415 - not at every start

    said = write_metrics(health, growth, backups, statements=statements, removed=removed, retention=retention)
    return Response(said, 200, _NEVER_KEPT, CONTENT_TYPE)
