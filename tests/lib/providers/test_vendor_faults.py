"""Every fault of every vendor, over a real socket: the same kinds, in plain words, with the vendor's host."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from lib.providers.errors import ErrorKind
from tests.lib.providers.connecting import KEY
from tests.lib.providers.dialects import DIALECTS, MODEL, SAID, Dialect, Refusal

Talk = Callable[..., Any]
every_vendor = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)

#: Fault -> its kind and a part of what people are told.
REFUSALS = {
    "key": (ErrorKind.AUTH, "does not accept the key. Check the key on the Connections page"),
    "forbidden": (ErrorKind.AUTH, f"does not let it use “{MODEL}”"),
    "model": (ErrorKind.MODEL_NOT_FOUND, f"does not know the model “{MODEL}”"),
    "rate": (ErrorKind.RATE_LIMIT, "It asks to wait 7 s."),
    "quota": (ErrorKind.QUOTA, "is used up"),
    "server": (ErrorKind.SERVER, "failed while answering"),
    "overloaded": (ErrorKind.UNAVAILABLE, "overloaded"),
    "context": (ErrorKind.CONTEXT, "too long"),
    "parameter": (ErrorKind.INVALID_REQUEST, "refused the request"),
}
#: What the vendors have no own answer to, for it comes from what stands before them.
GATEWAYS = {
    "402 Payment Required": (ErrorKind.QUOTA, "is used up"),
    "408 Request Timeout": (ErrorKind.TIMEOUT, "waited in vain"),
    "413 Content Too Large": (ErrorKind.CONTEXT, "too long"),
    "502 Bad Gateway": (ErrorKind.SERVER, "can't reach the model behind it"),
    "503 Service Unavailable": (ErrorKind.UNAVAILABLE, "maintenance"),
    "504 Gateway Timeout": (ErrorKind.SERVER, "waited in vain"),
}


def refuse(raw: Any, refusal: Refusal) -> None:
    raw.status = refusal.status
    raw.headers = ["Content-Type: application/json", *refusal.headers]
    raw.pieces = [json.dumps(refusal.body).encode()]


class TestRefusal:
    @every_vendor
    @pytest.mark.parametrize("fault", REFUSALS)
    def test_it_is_named_in_plain_words(self, raw: Any, conversation: Talk, dialect: Dialect, fault: str) -> None:
        kind, told = REFUSALS[fault]
        refuse(raw, dialect.refusals[fault])
        error = conversation(dialect.provider(raw.url), MODEL).fail()
        assert (error.kind, error.status) == (kind, int(dialect.refusals[fault].status[:3]))
        assert told in error.message
        assert f"It said: “{SAID}" in error.message
        assert (error.provider, error.model) == ("here", MODEL)
        assert error.retry_after_seconds == (7 if fault == "rate" else None)
        assert f"127.0.0.1:{raw.port}" in error.message or kind is ErrorKind.CONTEXT

    @every_vendor
    @pytest.mark.parametrize("status", GATEWAYS)
    def test_what_stands_before_the_vendor_is_understood_too(
        self, raw: Any, conversation: Talk, dialect: Dialect, status: str
    ) -> None:
        kind, told = GATEWAYS[status]
        raw.status = status
        raw.headers = ["Content-Type: text/html"]
        raw.pieces = [b"<html>nginx</html>"]
        error = conversation(dialect.provider(raw.url), MODEL).fail()
        assert (error.kind, error.status) == (kind, int(status[:3]))
        assert told in error.message

    @every_vendor
    def test_it_is_asked_once_only(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        for fault in ("rate", "server", "overloaded"):
            raw.requests.clear()
            refuse(raw, dialect.refusals[fault])
            conversation(dialect.provider(raw.url), MODEL).fail()
            assert len(raw.requests) == 1, "a hidden retry"

    @every_vendor
    def test_the_vendors_words_are_quoted_without_the_key(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        refuse(raw, dialect.refusals["key"])
        raw.pieces = [raw.pieces[0].replace(SAID.encode(), f"The key {KEY} is revoked".encode())]
        message = conversation(dialect.provider(raw.url), MODEL).fail().message
        assert "The key … is revoked" in message
        assert KEY not in message

    @every_vendor
    def test_a_key_that_is_missing_is_told_from_one_that_is_wrong(
        self, raw: Any, conversation: Talk, dialect: Dialect
    ) -> None:
        refuse(raw, dialect.refusals["key"])
        message = conversation(dialect.provider(raw.url, key=None), MODEL).fail().message
        assert "asks for a key, and none is set. Set the key on the Connections page." in message

    @every_vendor
    def test_a_redirect_is_not_followed(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.status = "302 Found"
        raw.headers = [f"Location: {raw.url}/elsewhere"]
        error = conversation(dialect.provider(raw.url), MODEL).fail()
        assert len(raw.requests) == 1
        assert "sends callers to another address" in error.message


class TestFilter:
    @every_vendor
    def test_an_answer_that_the_filter_stopped_is_refused(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = dialect.answer("Well, ", reason="filter")
        error = conversation(dialect.provider(raw.url), MODEL).fail()
        assert (error.kind, error.status) == (ErrorKind.REFUSED, 200)
        assert f"The content filter of 127.0.0.1:{raw.port}" in error.message

    @pytest.mark.parametrize(
        "dialect", [each for each in DIALECTS if "filter" in each.refusals], ids=lambda it: it.name
    )
    def test_so_is_a_prompt(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        refuse(raw, dialect.refusals["filter"])
        assert conversation(dialect.provider(raw.url), MODEL).fail().kind is ErrorKind.REFUSED

    def test_so_is_a_prompt_at_google_which_says_so_in_a_stream(self, raw: Any, conversation: Talk) -> None:
        (google,) = (dialect for dialect in DIALECTS if dialect.name == "google")
        blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 4}}
        raw.stream(blocked, done=False)
        assert conversation(google.provider(raw.url), MODEL).fail().kind is ErrorKind.REFUSED


class TestStream:
    @every_vendor
    def test_without_a_finish_reason_it_was_cut(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = dialect.answer("Once upon", reason=None)
        assert conversation(dialect.provider(raw.url), MODEL).fail().kind is ErrorKind.STREAM_CUT

    @every_vendor
    def test_without_anything_after_its_words_it_was_cut(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = [*dialect.begin(), dialect.word("Once upon")]
        assert conversation(dialect.provider(raw.url), MODEL).fail().kind is ErrorKind.STREAM_CUT

    def test_without_message_stop_it_was_cut_at_anthropic(self, raw: Any, conversation: Talk) -> None:
        (anthropic,) = (dialect for dialect in DIALECTS if dialect.name == "anthropic")
        raw.pieces = anthropic.answer("Once upon")[:-1]
        assert conversation(anthropic.provider(raw.url), MODEL).fail().kind is ErrorKind.STREAM_CUT

    @every_vendor
    def test_a_connection_that_breaks_in_the_middle_cuts_it(
        self, raw: Any, conversation: Talk, dialect: Dialect
    ) -> None:
        raw.headers.append("Content-Length: 100000")
        raw.pieces = dialect.answer("Once upon")[:-1]
        error = conversation(dialect.provider(raw.url), MODEL).fail()
        assert (error.kind, error.status) == (ErrorKind.STREAM_CUT, 200)
        assert "broke in the middle of the answer" in error.message

    @every_vendor
    def test_a_connection_that_breaks_before_the_first_word_is_no_answer(
        self, raw: Any, conversation: Talk, dialect: Dialect
    ) -> None:
        raw.headers.append("Content-Length: 100000")
        raw.pieces = []
        assert conversation(dialect.provider(raw.url), MODEL).fail().kind is ErrorKind.CONNECTION

    @every_vendor
    def test_without_a_count_of_tokens_it_is_not_believed(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = dialect.answer("Once upon", usage=False)
        error = conversation(dialect.provider(raw.url), MODEL).fail()
        # Anthropic's protocol has the count and the reason in one event, which the SDK can't read without the count.
        expected = ErrorKind.MALFORMED if dialect.name == "anthropic" else ErrorKind.NO_USAGE
        assert error.kind is expected

    @every_vendor
    @pytest.mark.parametrize("pieces", [(), (" \n ",)])
    def test_a_whole_one_without_a_word_is_empty(
        self, raw: Any, conversation: Talk, dialect: Dialect, pieces: tuple[str, ...]
    ) -> None:
        raw.pieces = dialect.answer(*pieces)
        assert conversation(dialect.provider(raw.url), MODEL).fail().kind is ErrorKind.EMPTY_ANSWER

    @every_vendor
    def test_thinking_that_used_up_its_room_is_told(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = dialect.answer(reason="length")
        assert "Thinking used up max_tokens" in conversation(dialect.provider(raw.url), MODEL).fail().message

    @every_vendor
    def test_trouble_in_its_middle_is_named(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = [*dialect.begin(), dialect.word("Once upon"), dialect.trouble]
        error = conversation(dialect.provider(raw.url), MODEL).fail()
        assert error.kind is ErrorKind.UNAVAILABLE
        assert f"It said: “{SAID}" in error.message

    @every_vendor
    def test_a_web_page_is_none(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.headers = ["Content-Type: text/html"]
        raw.pieces = [b"<html>Please sign in to the Wi-Fi</html>"]
        error = conversation(dialect.provider(raw.url), MODEL).fail()
        assert error.kind in {ErrorKind.MALFORMED, ErrorKind.CONNECTION}

    @every_vendor
    def test_garbage_in_its_middle_is_none(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        event = dialect.word("Once upon")
        raw.pieces = [*dialect.begin(), event, event.replace(b'"Once upon"', b'"Once')]
        error = conversation(dialect.provider(raw.url), MODEL).fail()
        assert (error.kind, error.status) == (ErrorKind.MALFORMED, 200)
        assert "became unreadable in the middle" in error.message

    @pytest.mark.parametrize("reason", ["OTHER", "MALFORMED_FUNCTION_CALL", "LANGUAGE"])
    def test_google_may_say_itself_that_it_broke_off(self, raw: Any, conversation: Talk, reason: str) -> None:
        (google,) = (dialect for dialect in DIALECTS if dialect.name == "google")
        raw.pieces = google.answer("Once upon", reason=reason)
        error = conversation(google.provider(raw.url), MODEL).fail()
        assert error.kind is ErrorKind.STREAM_CUT
        assert f"It ended with “{reason}”." in error.message


class TestTime:
    @every_vendor
    def test_an_answer_that_never_begins_is_a_time_out(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = [60.0]
        started = time.monotonic()
        error = conversation(dialect.provider(raw.url), MODEL).fail(timeout_seconds=0.5)
        assert error.kind is ErrorKind.TIMEOUT
        assert "sent no word within" in error.message
        assert time.monotonic() - started < 30

    @every_vendor
    def test_an_answer_that_stops_coming_has_stalled(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = dialect.answer("Once upon", 60.0, "a time")
        error = conversation(dialect.provider(raw.url, stall_seconds=0.4), MODEL).fail(timeout_seconds=60)
        assert (error.kind, error.status) == (ErrorKind.STALLED, 200)

    @every_vendor
    def test_an_answer_that_keeps_coming_ends_with_the_time(
        self, raw: Any, conversation: Talk, dialect: Dialect
    ) -> None:
        raw.pieces = dialect.answer(*[part for _ in range(600) for part in ("on and ", 0.1)])
        error = conversation(dialect.provider(raw.url), MODEL).fail(timeout_seconds=2)
        assert error.kind is ErrorKind.TIMEOUT
        assert "still writing" in error.message

    @every_vendor
    def test_cancelling_closes_the_connection_at_once(
        self, raw: Any, conversation: Talk, run_async: Talk, wait_until: Talk, dialect: Dialect
    ) -> None:
        raw.pieces = dialect.answer("Once upon", 30.0, "a time")
        talk = conversation(dialect.provider(raw.url), MODEL)

        cancelled_at = run_async(talk.cancel_in_the_middle(begins_within=30))
        wait_until(lambda: raw.hung_up_at is not None)
        assert raw.hung_up_at - cancelled_at < 1


class TestConnection:
    @every_vendor
    def test_nobody_there_can_not_be_reached(self, conversation: Talk, dialect: Dialect) -> None:
        error = conversation(dialect.provider("http://127.0.0.1:9"), MODEL).fail()
        assert (error.kind, error.status) == (ErrorKind.CONNECTION, None)
        assert "127.0.0.1:9 can't be reached: nothing answers at this address" in error.message
        assert "the address on the Connections page" in error.message

    @every_vendor
    def test_a_name_that_nobody_knows_is_told(
        self, conversation: Talk, monkeypatch: pytest.MonkeyPatch, dialect: Dialect
    ) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        error = conversation(dialect.provider("http://llm.example.com"), MODEL).fail()
        assert error.kind is ErrorKind.CONNECTION
        assert "The name in llm.example.com is not known" in error.message

    @every_vendor
    def test_connecting_is_given_up_long_before_the_answer_is(
        self, raw: Any, conversation: Talk, run_async: Talk, dialect: Dialect
    ) -> None:
        """Whatever an SDK says of time-outs: Google's says there are none."""
        from lib.providers.http_client import shared_client

        seen: list[Any] = []

        async def note(request: httpx2.Request) -> None:
            seen.append(request.extensions["timeout"])

        async def ask() -> None:
            shared_client().event_hooks["request"].append(note)
            await conversation(dialect.provider(raw.url), MODEL).answer()

        raw.pieces = dialect.answer("Yes.")
        run_async(ask())
        assert seen[0]["connect"] == 10
        assert seen[0]["read"] is None
