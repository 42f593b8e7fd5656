"""What an attempt tells the database: whoever ended it, it names the model and the endpoint that were asked."""

from dataclasses import replace
from uuid import UUID

import pytest

from lib.engine.attempt import Attempt, Outcome
from lib.providers.base import NO_ENDPOINT
from lib.providers.errors import ErrorKind, ModelCallError
from tests.lib.engine.test_ending import ANSWER
from tests.lib.engine.test_follow_up import phase

DATED = replace(ANSWER, model="a-20260101")
FAILURE = ModelCallError("Too many calls.", kind=ErrorKind.RATE_LIMIT, provider="openai", model="a", status=429)


@pytest.mark.parametrize(
    "end", [{"answer": DATED}, {"error": FAILURE}, {}, {"answer": DATED, "error": FAILURE}], ids=str
)
def test_every_end_names_what_was_asked(end: dict[str, object]) -> None:
    attempt = Attempt(UUID(int=1), 1, phase(), "x", endpoint="/v1/messages")
    told = replace(Outcome(attempt), **end).as_finish()
    assert (told["provider"], told["model"], told["endpoint"]) == ("openai", "a", "/v1/messages")
    assert told.get("reported_model") == ("a-20260101" if "answer" in end else None)


def test_where_nobody_was_asked_there_is_no_endpoint() -> None:
    told = Outcome(Attempt(UUID(int=1), 1, phase(), "x"), error=FAILURE).as_finish()
    assert told["endpoint"] == NO_ENDPOINT
