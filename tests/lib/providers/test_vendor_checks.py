"""Whether a vendor would answer, and what it has, asked before anything is spent and without its SDK."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from lib.config import ROOT
from lib.providers import remote
from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.vendors import Vendor
from tests.lib.providers.connecting import KEY
from tests.lib.providers.dialects import DIALECTS, MODEL, SAID, Dialect, Refusal

Talk = Callable[..., Any]
every_vendor = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def answer(raw: Any, body: object, status: str = "200 OK") -> None:
    raw.status = status
    raw.headers = ["Content-Type: application/json"]
    raw.pieces = [json.dumps(body).encode()]


def refuse(raw: Any, refusal: Refusal) -> None:
    answer(raw, refusal.body, refusal.status)


def failure_of(run_async: Talk, work: Any) -> ModelCallError:
    with pytest.raises(ModelCallError) as caught:
        run_async(work)
    return caught.value


class TestModels:
    @every_vendor
    def test_it_lists_what_can_write(self, raw: Any, run_async: Talk, dialect: Dialect) -> None:
        answer(raw, dialect.listing)
        assert run_async(dialect.provider(raw.url).models()) == dialect.listed
        assert raw.requests[0].startswith(f"GET {dialect.list_target} HTTP/1.1\r\n")
        assert dialect.key_header in raw.requests[0].lower().replace(KEY.lower(), KEY)

    @every_vendor
    def test_without_a_key_none_is_sent(self, raw: Any, run_async: Talk, dialect: Dialect) -> None:
        answer(raw, dialect.listing)
        run_async(dialect.provider(raw.url, key=None).models())
        names = [line.partition(":")[0].lower() for line in raw.requests[0].splitlines()]
        assert not {"authorization", "api-key", "x-goog-api-key", "x-api-key"} & set(names)

    @every_vendor
    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ("key", ErrorKind.AUTH),
            ("forbidden", ErrorKind.AUTH),
            ("rate", ErrorKind.RATE_LIMIT),
            ("server", ErrorKind.SERVER),
            ("overloaded", ErrorKind.UNAVAILABLE),
        ],
    )
    def test_a_refusal_is_named_in_plain_words(
        self, raw: Any, run_async: Talk, dialect: Dialect, fault: str, kind: ErrorKind
    ) -> None:
        refuse(raw, dialect.refusals[fault])
        error = failure_of(run_async, dialect.provider(raw.url).models())
        assert error.kind is kind
        assert f"It said: “{SAID}" in error.message
        assert "“”" not in error.message

    @every_vendor
    @pytest.mark.parametrize("body", [b"<html></html>", b"[]", b'{"data": 5, "models": 5}', b" " * 9_000_000])
    def test_what_is_no_list_is_none(self, raw: Any, run_async: Talk, dialect: Dialect, body: bytes) -> None:
        raw.pieces = [body]
        error = failure_of(run_async, dialect.provider(raw.url).models())
        assert error.kind is ErrorKind.MALFORMED
        assert "Check that it speaks the protocol of" in error.message

    @every_vendor
    def test_entries_of_another_shape_are_passed_over(self, raw: Any, run_async: Talk, dialect: Dialect) -> None:
        listing = {
            name: [5, {"x": 1}, *value] if isinstance(value, list) else value for name, value in dialect.listing.items()
        }
        answer(raw, listing)
        assert run_async(dialect.provider(raw.url).models()) == dialect.listed

    @every_vendor
    def test_a_vendor_that_hangs_is_said_after_a_while(
        self, raw: Any, run_async: Talk, dialect: Dialect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The eight seconds that people wait are waited once, in test_openai_check."""
        monkeypatch.setattr(remote, "CHECK_SECONDS", 1.0)
        raw.pieces = [120.0]
        started = time.monotonic()
        error = failure_of(run_async, dialect.provider(raw.url).models())
        assert error.kind is ErrorKind.CONNECTION
        assert "There was no answer within 1 s." in error.message
        assert time.monotonic() - started < 60, "on a machine that has other things to do"


#: What a vendor answers to the question whether it has the model, where it has.
KNOWN = {
    "anthropic": {"type": "model", "id": MODEL, "display_name": "Some model"},
    "google": {"name": f"models/{MODEL}", "supportedGenerationMethods": ["generateContent"]},
    "azure": {"error": {"message": "[] is too short - 'messages'", "type": "invalid_request_error", "code": None}},
}
#: Of the others the list is asked for the model: see test_openai_check.
ASKED_BY_NAME = [each for each in DIALECTS if each.vendor not in {Vendor.OPENAI, Vendor.OPENAI_COMPATIBLE}]


class TestCheck:
    @every_vendor
    def test_a_model_that_is_there_passes(self, raw: Any, run_async: Talk, dialect: Dialect) -> None:
        is_azure = dialect.name.startswith("azure")
        known = KNOWN.get("azure" if is_azure else dialect.name, dialect.listing)
        answer(raw, known, "400 Bad Request" if is_azure else "200 OK")
        run_async(dialect.provider(raw.url).check(MODEL))
        assert dialect.key_header in raw.requests[0].lower().replace(KEY.lower(), KEY)

    @every_vendor
    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ("key", ErrorKind.AUTH),
            ("forbidden", ErrorKind.AUTH),
            ("rate", ErrorKind.RATE_LIMIT),
            ("server", ErrorKind.SERVER),
            ("overloaded", ErrorKind.UNAVAILABLE),
        ],
    )
    def test_a_refusal_is_named(self, raw: Any, run_async: Talk, dialect: Dialect, fault: str, kind: ErrorKind) -> None:
        refuse(raw, dialect.refusals[fault])
        error = failure_of(run_async, dialect.provider(raw.url).check(MODEL))
        assert (error.kind, error.model) == (kind, MODEL)

    @pytest.mark.parametrize("dialect", ASKED_BY_NAME, ids=lambda dialect: dialect.name)
    def test_a_model_that_is_not_there_is_named(self, raw: Any, run_async: Talk, dialect: Dialect) -> None:
        refuse(raw, dialect.refusals["model"])
        error = failure_of(run_async, dialect.provider(raw.url).check(MODEL))
        assert error.kind is ErrorKind.MODEL_NOT_FOUND
        assert MODEL in error.message

    @every_vendor
    def test_nobody_there_is_said(self, run_async: Talk, dialect: Dialect) -> None:
        error = failure_of(run_async, dialect.provider("http://127.0.0.1:9").check(MODEL))
        assert error.kind is ErrorKind.CONNECTION
        assert "nothing answers at this address" in error.message

    def test_azures_deployment_is_asked_without_a_message_and_so_for_nothing(self, raw: Any, run_async: Talk) -> None:
        for dialect in (each for each in DIALECTS if each.name.startswith("azure")):
            answer(raw, KNOWN["azure"], "400 Bad Request")
            run_async(dialect.provider(raw.url).check(MODEL))
            assert raw.requests[-1].startswith(f"POST {dialect.target} HTTP/1.1\r\n")
            assert json.loads(raw.bodies[-1]) == {"model": MODEL, "messages": []}

    def test_an_address_that_is_no_resource_of_azure_is_pointed_out(self, raw: Any, run_async: Talk) -> None:
        (azure,) = (dialect for dialect in DIALECTS if dialect.name == "azure")
        answer(raw, {"error": {"code": "404", "message": "Resource not found"}}, "404 Not Found")
        assert "https://NAME.openai.azure.com" in failure_of(run_async, azure.provider(raw.url).models()).message


def test_neither_listing_nor_checking_loads_an_sdk() -> None:
    script = """
import asyncio, sys
from lib.providers.errors import ModelCallError
from lib.providers.vendors import ConnectionSpec, Vendor, connect
print(sorted(name for name in NAMES if name in sys.modules))
async def main():
    for vendor in Vendor:
        provider = connect(ConnectionSpec("here", vendor, "http://127.0.0.1:9", None))
        for work in (provider.models(), provider.check("some-model")):
            try:
                await work
            except ModelCallError:
                pass
asyncio.run(main())
print(sorted(name for name in NAMES if name in sys.modules))
"""
    names = "NAMES = ('openai', 'anthropic', 'google.genai', 'pydantic_ai', 'genai_prices', 'httpx2')\n"
    done = subprocess.run([sys.executable, "-c", names + script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["[]", "['httpx2']", ""]
