"""Whether an endpoint would answer, asked before anything is spent."""

import time
from collections.abc import Callable
from typing import Any

from llmock.scenarios import Fail

from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.remote import RemoteModels
from tests.lib.providers.connecting import compatible

Talk = Callable[..., Any]


class TestCheck:
    def check(self, provider: RemoteModels, model: str, run_async: Talk) -> ModelCallError | None:
        try:
            run_async(provider.check(model))
        except ModelCallError as error:
            return error
        return None

    def test_a_listed_model_passes(self, mock: Any, run_async: Talk) -> None:
        assert self.check(compatible(mock.url), "gpt-4o", run_async) is None

    def test_an_unknown_model_is_named(self, mock: Any, run_async: Talk) -> None:
        error = self.check(compatible(mock.url), "gpt-nope", run_async)
        assert error is not None
        assert error.kind is ErrorKind.MODEL_NOT_FOUND
        assert "gpt-nope" in error.message

    def test_a_refused_key_is_said(self, mock: Any, run_async: Talk) -> None:
        mock.will(Fail(401))
        error = self.check(compatible(mock.url, api_key="wrong"), "gpt-4o", run_async)
        assert error is not None
        assert error.kind is ErrorKind.AUTH

    def test_an_endpoint_that_is_down_is_said(self, run_async: Talk) -> None:
        error = self.check(compatible("http://127.0.0.1:9/v1"), "gpt-4o", run_async)
        assert error is not None
        assert error.kind is ErrorKind.CONNECTION

    def test_an_endpoint_that_hangs_is_said_after_a_while(self, raw: Any, run_async: Talk) -> None:
        raw.pieces = [120.0]
        started = time.monotonic()
        error = self.check(compatible(f"{raw.url}/v1"), "gpt-4o", run_async)
        assert error is not None
        assert error.kind is ErrorKind.CONNECTION
        assert "There was no answer within 8 s." in error.message
        assert time.monotonic() - started < 60, "on a machine that has other things to do"

    def test_an_endpoint_without_a_list_passes(self, raw: Any, run_async: Talk) -> None:
        raw.status = "404 Not Found"
        assert self.check(compatible(f"{raw.url}/v1"), "anything", run_async) is None

    def test_an_address_without_its_path_is_pointed_out(self, raw: Any, run_async: Talk) -> None:
        raw.status = "404 Not Found"
        error = self.check(compatible(raw.url), "anything", run_async)
        assert error is not None
        assert "/v1" in error.message

    def test_a_web_page_is_no_list(self, raw: Any, run_async: Talk) -> None:
        raw.pieces = [b"<html></html>"]
        error = self.check(compatible(f"{raw.url}/v1"), "gpt-4o", run_async)
        assert error is not None
        assert error.kind is ErrorKind.MALFORMED

    def test_it_lists_what_the_endpoint_has(self, mock: Any, run_async: Talk) -> None:
        models = run_async(compatible(mock.url).models())
        assert "gpt-4o" in models
        assert list(models) == sorted(models)
