"""What a page that watches a run asks once a second, past Streamlit: a rerun would take several times as much.

    GET    /api/runs/{run_id}/look    200 with the run's shape, and with what was written since of the answer that the
                                      question names; 204 when nothing of that is new; 400 when it can't be read; 401
                                      without a living session; 403 and 404 when it is not theirs to see

The session is looked up each time and none is kept alive by it: nobody did anything. A database that does not answer is
answered 503.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from lib.audit.refusals import note_refusal
from lib.errors import DatabaseUnavailable, InvalidInput, NotFound, NotPermitted
from lib.runs.watching.service import Reader, look_at_run
from lib.web.visitor import find_visitor

#: `lib.ui.components.answer.draw_on`: draws what stands after so many characters, inside the code block of that fence.
Draw = Callable[[str, int, str], Mapping[str, object]]

_NEVER_KEPT: Final = {"cache-control": "no-store"}
#: More characters, or bytes, than any answer has.
_MOST: Final = 10**9


@dataclass(frozen=True, slots=True)
class _Question:
    run_id: UUID
    shape: str
    reader: Reader | None
    fence: str


def routes(draw: Draw, *, is_fence: Callable[[str], bool]) -> list[Route]:
    """The route, over what draws an answer: the pages' part, which the routes don't know."""

    def look(request: Request) -> Response:  # no coroutine: Starlette calls it outside of the event loop
        try:
            return _answer(request, draw, is_fence)
        except InvalidInput as error:
            return _say(error.message, 400)
        except NotPermitted as error:
            note_refusal(error)
            return _say(error.message, 403)
        except NotFound as error:
            return _say(error.message, 404)
        except DatabaseUnavailable as error:
            return _say(error.message, 503)

    return [Route("/api/runs/{run_id}/look", look, methods=["GET"])]


def _answer(request: Request, draw: Draw, is_fence: Callable[[str], bool]) -> Response:
    asked = _read(request.path_params["run_id"], request.query_params, is_fence)
    actor = find_visitor(request, is_used=False)
    if actor is None:
        return _say("Nobody is signed in here.", 401)
    seen = look_at_run(actor, asked.run_id, reader=asked.reader)
    if seen.shape == asked.shape and seen.text is None:
        return Response(status_code=204, headers=_NEVER_KEPT)
    said: dict[str, object] = {"shape": seen.shape}
    if asked.reader and seen.text is not None:
        said["drawn"] = {**draw(seen.text, asked.reader.after, asked.fence), "bytes": seen.has_bytes}
    return JSONResponse(said, headers=_NEVER_KEPT)


def _read(run_id: str, query: QueryParams, is_fence: Callable[[str], bool]) -> _Question:
    try:
        fence = query.get("fence", "")
        numbers = [int(query.get(name, "0")) for name in ("after", "bytes")]
        if not is_fence(fence) or not all(0 <= number < _MOST for number in numbers):
            raise ValueError
        after, has_bytes = numbers
        attempt = query.get("attempt")
        reader = Reader(attempt_id=UUID(attempt), after=after, has_bytes=has_bytes) if attempt else None
        return _Question(UUID(run_id), query.get("shape", ""), reader, fence)
    except ValueError:
        raise InvalidInput("This question can't be read. Reload the page that asked it.") from None


def _say(text: str, status: int) -> Response:
    return PlainTextResponse(text, status_code=status, headers=_NEVER_KEPT)
