"""The client of OpenAI's protocol, against endpoints that behave and endpoints that do not."""

import socket
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from llmock.scenarios import Delay, Fail, Reply, StreamFault

from lib.errors import ConfigurationError
from lib.providers.base import ModelParameters
from lib.providers.errors import ErrorKind
from tests.lib.providers.connecting import compatible

Talk = Callable[..., Any]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def chunk(content: str | None = None, *, finish: str | None = None, **more: object) -> dict[str, object]:
    delta = {} if content is None else {"role": "assistant", "content": content}
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "some-model-1",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    } | more


END = chunk(finish="stop")
RECORD = chunk(usage=USAGE) | {"choices": []}


class TestAnswer:
    def test_it_streams_the_text_in_pieces_and_returns_it_whole(self, mock: Any) -> None:
        mock.will(Reply(text="One two three."))
        talk = mock.conversation()
        answer = talk.ask("How many?")
        assert answer.text == "One two three."
        assert talk.pieces == ["One ", "two ", "three."]
        assert answer.model == "gpt-4o"
        assert answer.finish_reason == "stop"
        assert (answer.status, talk.provider.endpoint_of(talk.model)) == (200, "/v1/chat/completions")
        assert answer.prompt_tokens > 0
        assert answer.completion_tokens > 0
        assert answer.total_tokens == answer.prompt_tokens + answer.completion_tokens
        assert 0 < answer.first_token_ms <= answer.execution_time_ms

    def test_a_known_model_at_an_unknown_endpoint_has_no_known_price(self, mock: Any) -> None:
        assert mock.conversation("gpt-4o").ask().cost_usd is None

    def test_a_free_endpoint_costs_nothing(self, mock: Any, conversation: Talk) -> None:
        talk = conversation(compatible(mock.url, name="local", is_free=True), "gpt-4o")
        assert talk.ask().cost_usd == Decimal(0)

    def test_it_sends_the_parameters_and_nothing_that_was_left_out(self, mock: Any) -> None:
        parameters = ModelParameters(temperature=0.5, top_p=0.9, max_tokens=7, seed=3, stop=("END",))
        mock.conversation().ask("What?", parameters=parameters)
        sent = mock.last_body()
        assert sent["messages"] == [{"role": "user", "content": "What?"}]
        assert (sent["temperature"], sent["top_p"], sent["max_tokens"], sent["seed"]) == (0.5, 0.9, 7, 3)
        assert sent["stop"] == ["END"]
        assert sent["stream_options"] == {"include_usage": True}
        assert "presence_penalty" not in sent

    def test_it_takes_the_end_by_max_tokens_for_an_answer(self, mock: Any) -> None:
        mock.will(Reply(text="half of", finish_reason="length"))
        assert mock.conversation().ask().finish_reason == "length"

    def test_thinking_is_no_part_of_the_answer(self, raw: Any, talk: Talk) -> None:
        thought: Any = chunk("")
        thought["choices"][0]["delta"] = {"reasoning_content": "Hm."}
        raw.stream(thought, chunk("Yes."), END, RECORD)
        conversation = talk(raw.url)
        assert conversation.ask().text == "Yes."
        assert conversation.pieces == ["Yes."]

    def test_calls_of_one_loop_share_a_client(self, mock: Any, run_async: Talk) -> None:
        talk = mock.conversation()

        async def twice() -> int:
            from lib.providers.http_client import shared_client

            await talk.answer()
            client = shared_client()
            await talk.answer()
            assert shared_client() is client
            return 1

        assert run_async(twice()) == 1

    def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
        self, mock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        assert mock.conversation().ask().text


class TestFailure:
    @pytest.mark.parametrize(
        ("behavior", "kind", "status"),
        [
            (Fail(401), ErrorKind.AUTH, 401),
            (Fail(403), ErrorKind.AUTH, 403),
            (Fail(402), ErrorKind.QUOTA, 402),
            (Fail(429, code="insufficient_quota"), ErrorKind.QUOTA, 429),
            (Fail(404), ErrorKind.MODEL_NOT_FOUND, 404),
            (Fail(400, message="boo"), ErrorKind.INVALID_REQUEST, 400),
            (Fail(400, code="context_length_exceeded", message="too long"), ErrorKind.CONTEXT, 400),
            (Fail(408), ErrorKind.TIMEOUT, 408),
            (Fail(500), ErrorKind.SERVER, 500),
            (Fail(503), ErrorKind.UNAVAILABLE, 503),
            (StreamFault("truncate", after_chunks=3), ErrorKind.STREAM_CUT, 200),
            (StreamFault("disconnect", after_chunks=3), ErrorKind.STREAM_CUT, 200),
            (StreamFault("disconnect", after_chunks=0), ErrorKind.CONNECTION, None),
            (StreamFault("malformed", after_chunks=3), ErrorKind.MALFORMED, 200),
            (StreamFault("malformed", after_chunks=0), ErrorKind.MALFORMED, None),
            (Fail(413), ErrorKind.CONTEXT, 413),
            (Reply(text=""), ErrorKind.EMPTY_ANSWER, 200),
            (Reply(text=" \n "), ErrorKind.EMPTY_ANSWER, 200),
            (Reply(text="No.", finish_reason="content_filter"), ErrorKind.REFUSED, 200),
        ],
    )
    def test_it_names_the_kind_of_failure(self, mock: Any, behavior: Any, kind: ErrorKind, status: int | None) -> None:
        mock.will(behavior)
        error = mock.conversation().fail()
        assert (error.kind, error.status) == (kind, status)
        assert (error.provider, error.model) == ("openai", "gpt-4o")
        assert error.message.endswith((".", "”"))

    def test_it_is_asked_once_only(self, mock: Any) -> None:
        mock.will(Fail(500))
        mock.conversation().fail()
        assert mock.conversation().ask().text, "a hidden retry would have taken the failure"

    def test_it_keeps_how_long_the_provider_asks_to_wait(self, mock: Any) -> None:
        mock.will(Fail(429, retry_after=2.5))
        error = mock.conversation().fail()
        assert error.kind is ErrorKind.RATE_LIMIT
        assert error.retry_after_seconds == pytest.approx(2.5)

    def test_it_understands_a_date_to_wait_for(self, raw: Any, talk: Talk) -> None:
        raw.status = "429 Too Many Requests"
        when = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 40))
        raw.headers = ["Content-Type: application/json", f"Retry-After: {when}"]
        raw.pieces = [b'{"error": {"message": "slow down"}}']
        error = talk(raw.url).fail()
        assert error.kind is ErrorKind.RATE_LIMIT
        assert error.retry_after_seconds == pytest.approx(40, abs=3)

    def test_an_answer_that_never_begins_is_a_time_out(self, mock: Any) -> None:
        mock.will(Delay(60))
        started = time.monotonic()
        error = mock.conversation().fail(timeout_seconds=0.5)
        assert error.kind is ErrorKind.TIMEOUT
        assert "sent no word" in error.message
        assert time.monotonic() - started < 30

    def test_an_answer_that_stops_coming_has_stalled(self, raw: Any, talk: Talk) -> None:
        raw.stream(chunk("Once upon"), 60.0, END, RECORD)
        started = time.monotonic()
        error = talk(raw.url, stall_seconds=0.4).fail(timeout_seconds=60)
        assert error.kind is ErrorKind.STALLED
        assert time.monotonic() - started < 30

    def test_an_answer_that_keeps_coming_ends_with_the_time(self, raw: Any, talk: Talk) -> None:
        raw.stream(*[part for _ in range(600) for part in (chunk("on and "), 0.1)])
        error = talk(raw.url).fail(timeout_seconds=4)
        assert error.kind is ErrorKind.TIMEOUT
        assert "still writing" in error.message

    def test_nobody_there_can_not_be_reached(self, talk: Talk) -> None:
        error = talk("http://127.0.0.1:9").fail()
        assert error.kind is ErrorKind.CONNECTION
        assert "127.0.0.1:9" in error.message
        assert "ORCHESTRATOR_OPENAI_BASE_URL" in error.message

    @pytest.mark.parametrize(
        ("events", "kind"),
        [
            ((chunk("Hi"), END), ErrorKind.NO_USAGE),
            ((chunk("Hi"), RECORD), ErrorKind.STREAM_CUT),  # no finish reason
            ((), ErrorKind.MALFORMED),
            (("5",), ErrorKind.MALFORMED),
            (("[]",), ErrorKind.MALFORMED),
            (('"text"',), ErrorKind.MALFORMED),
            (({"choices": 5},), ErrorKind.MALFORMED),
            (({"choices": [{"index": 0, "delta": "x"}]},), ErrorKind.MALFORMED),
            (({"choices": [{"index": 0, "delta": {"content": {"a": 1}}}]},), ErrorKind.STREAM_CUT),
            (("{broken",), ErrorKind.MALFORMED),
            (({"error": {"message": "Out of memory", "type": "server_error"}},), ErrorKind.SERVER),
            (({"error": {"message": "Slow", "code": "rate_limit_exceeded"}},), ErrorKind.RATE_LIMIT),
        ],
    )
    def test_what_is_no_complete_answer_is_none(self, raw: Any, talk: Talk, events: Any, kind: ErrorKind) -> None:
        raw.stream(*events)
        assert talk(raw.url).fail().kind is kind

    def test_a_web_page_is_no_answer(self, raw: Any, talk: Talk) -> None:
        raw.headers = ["Content-Type: text/html"]
        raw.pieces = [b"<html>Please sign in to the Wi-Fi</html>"]
        assert talk(raw.url).fail().kind is ErrorKind.MALFORMED

    def test_a_key_that_is_missing_is_told_from_one_that_is_wrong(self, mock: Any, conversation: Talk) -> None:
        mock.will(Fail(401), Fail(401))
        without = conversation(compatible(mock.url), "gpt-4o").fail()
        assert "asks for a key, and none is set" in without.message
        assert "does not accept the key" in mock.conversation().fail().message

    def test_a_name_that_nobody_knows_is_told_from_a_machine_that_is_off(
        self, monkeypatch: pytest.MonkeyPatch, talk: Talk
    ) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        error = talk("http://llm.example.com").fail()
        assert error.kind is ErrorKind.CONNECTION
        assert "The name in llm.example.com is not known" in error.message

    def test_a_plain_address_that_is_asked_for_encryption_is_not_trusted(self, mock: Any, conversation: Talk) -> None:
        address = mock.url.replace("http:", "https:")
        error = conversation(compatible(address, api_key="k"), "gpt-4o").fail(timeout_seconds=60)
        assert error.kind is ErrorKind.CONNECTION
        assert "can't be trusted" in error.message

    def test_a_redirect_is_not_followed(self, raw: Any, talk: Talk) -> None:
        raw.status = "302 Found"
        raw.headers = [f"Location: {raw.url}/elsewhere"]
        talk(raw.url).fail()
        assert len(raw.requests) == 1

    def test_the_endpoints_words_are_quoted_without_the_key(self, raw: Any, talk: Talk) -> None:
        raw.status = "401 Unauthorized"
        raw.headers = ["Content-Type: application/json"]
        raw.pieces = [b'{"error": {"message": "The key sk-test-0123456789 is revoked"}}']
        error = talk(raw.url).fail()
        assert "The key … is revoked" in error.message
        assert "0123456789" not in error.message

    def test_long_words_are_cut(self, raw: Any, talk: Talk) -> None:
        raw.status = "500 Internal Server Error"
        raw.headers = ["Content-Type: text/plain"]
        raw.pieces = [b"trace " * 5_000]
        assert len(talk(raw.url).fail().message) < 500

    def test_a_fault_of_the_reader_is_not_the_models(self, mock: Any, run_async: Talk) -> None:
        from lib.providers.base import ModelCall

        def break_down(_piece: str) -> None:
            raise ZeroDivisionError

        provider = compatible(mock.url)
        with pytest.raises(ZeroDivisionError):
            run_async(provider.answer(ModelCall("gpt-4o", "Hi", 5), on_text=break_down))


class TestCancel:
    def test_it_closes_the_connection_at_once(self, raw: Any, talk: Talk, run_async: Talk, wait_until: Talk) -> None:
        raw.stream(chunk("Once upon"), 30.0, END, RECORD)
        conversation = talk(raw.url)

        cancelled_at = run_async(conversation.cancel_in_the_middle(begins_within=10))
        wait_until(lambda: raw.hung_up_at is not None)
        assert raw.hung_up_at - cancelled_at < 1


@pytest.mark.parametrize("address", ["", "example.com/v1", "ftp://example.com", "http://[::1", "https://"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="address"):
        compatible(address)


def test_credentials_in_the_address_are_not_shown() -> None:
    assert compatible("https://me:secret@llm.example.com/v1").host == "llm.example.com"
