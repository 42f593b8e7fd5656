"""A good answer of each vendor, byte for byte as it is documented, over a real socket."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

import httpx2
import pytest

from lib.providers.base import ModelParameters
from lib.providers.http_client import shared_client
from lib.providers.vendors import Prices, Vendor
from tests.lib.providers.connecting import KEY
from tests.lib.providers.dialects import COMPLETION_TOKENS, DATED, DIALECTS, MODEL, PROMPT_TOKENS, Dialect

Talk = Callable[..., Any]
every_vendor = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


@every_vendor
def test_it_streams_the_text_in_pieces_and_returns_it_whole(raw: Any, conversation: Talk, dialect: Dialect) -> None:
    raw.pieces = dialect.answer("One ", "two ", "three.")
    talk = conversation(dialect.provider(raw.url), MODEL)
    answer = talk.ask("How many?")
    assert answer.text == "One two three."
    assert talk.pieces == ["One ", "two ", "three."]
    assert answer.model == DATED
    assert answer.finish_reason == "stop"
    assert (answer.status, talk.provider.endpoint_of(MODEL)) == (200, dialect.target.partition("?")[0])
    assert 0 < answer.first_token_ms <= answer.execution_time_ms


@every_vendor
def test_it_counts_tokens_of_caches_and_of_thinking_as_well(raw: Any, conversation: Talk, dialect: Dialect) -> None:
    raw.pieces = dialect.answer("Yes.")
    answer = conversation(dialect.provider(raw.url), MODEL).ask()
    assert (answer.prompt_tokens, answer.completion_tokens) == (PROMPT_TOKENS, COMPLETION_TOKENS)


@every_vendor
def test_the_end_by_max_tokens_is_an_answer(raw: Any, conversation: Talk, dialect: Dialect) -> None:
    raw.pieces = dialect.answer("half of", reason="length")
    assert conversation(dialect.provider(raw.url), MODEL).ask().finish_reason == "length"


@every_vendor
def test_it_asks_where_and_as_the_vendor_wants_to_be_asked(raw: Any, conversation: Talk, dialect: Dialect) -> None:
    raw.pieces = dialect.answer("Yes.")
    conversation(dialect.provider(raw.url), MODEL).ask("What is it?")
    (head,) = raw.requests
    assert head.startswith(f"POST {dialect.target} HTTP/1.1\r\n")
    assert dialect.key_header in head.lower().replace(KEY.lower(), KEY)
    assert "What is it?" in raw.bodies[0].decode()


class TestCost:
    @every_vendor
    def test_the_connections_own_prices_count(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = dialect.answer("Yes.")
        prices = Prices(input_usd_per_million=Decimal("0.5"), output_usd_per_million=Decimal(2))
        answer = conversation(dialect.provider(raw.url, prices=prices), MODEL).ask()
        assert answer.cost_usd == Decimal("0.00002")  # 12 of 0.5 and 7 of 2, by a million

    @every_vendor
    def test_what_is_free_costs_nothing(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = dialect.answer("Yes.")
        assert conversation(dialect.provider(raw.url, is_free=True), MODEL).ask().cost_usd == Decimal(0)

    @every_vendor
    def test_at_an_unknown_address_it_is_unknown(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = [_renamed(piece, _PRICED[dialect.vendor][1]) for piece in dialect.answer("Yes.")]
        assert conversation(dialect.provider(raw.url), MODEL).ask().cost_usd is None

    @every_vendor
    def test_at_the_vendors_own_address_its_public_list_counts(
        self, raw: Any, conversation: Talk, dialect: Dialect
    ) -> None:
        """Nothing but the address in the request is the vendor's: the client leads it to our own server."""
        address, model, cost = _PRICED[dialect.vendor]
        raw.pieces = [_renamed(piece, model) for piece in dialect.answer("Yes.")]

        async def lead_here(request: httpx2.Request) -> None:
            request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=raw.port)

        client = httpx2.AsyncClient(timeout=None, event_hooks={"request": [lead_here]})
        provider = dialect.provider(address, client=lambda: client)
        assert conversation(provider, MODEL).ask().cost_usd == cost


#: The vendor's address, a model with a public price, and what 12 tokens in (5 of them cached) and 7 out cost there.
_PRICED = {
    Vendor.OPENAI: ("https://api.openai.com", "gpt-4o-mini", Decimal("0.000005625")),
    Vendor.OPENAI_COMPATIBLE: ("https://api.openai.com", "gpt-4o-mini", Decimal("0.000005625")),
    Vendor.ANTHROPIC: ("https://api.anthropic.com", "claude-sonnet-4-5", Decimal("0.00012975")),
    Vendor.GOOGLE: ("https://generativelanguage.googleapis.com", "gemini-2.5-flash", Decimal("0.00001975")),
    Vendor.AZURE_OPENAI: ("https://acme.openai.azure.com", "gpt-4o-mini", Decimal("0.000005625")),
}


def _renamed(piece: Any, model: str) -> Any:
    return piece.replace(DATED.encode(), model.encode()) if isinstance(piece, bytes) else piece


ALL = ModelParameters(
    temperature=1.5, top_p=0.9, max_tokens=7, seed=3, stop=("END",), presence_penalty=0.5, frequency_penalty=-0.5
)
_OPENAIS = {
    "temperature": 1.5,
    "top_p": 0.9,
    "seed": 3,
    "stop": ["END"],
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
}


class TestParameters:
    #: Vendor -> what is sent of ALL.
    SENT: ClassVar[dict[Vendor, dict[str, Any]]] = {
        Vendor.OPENAI: _OPENAIS | {"max_completion_tokens": 7},
        Vendor.AZURE_OPENAI: _OPENAIS | {"max_completion_tokens": 7},
        Vendor.OPENAI_COMPATIBLE: _OPENAIS | {"max_tokens": 7},
        Vendor.ANTHROPIC: {"temperature": 1.0, "stop_sequences": ["END"], "max_tokens": 7},
        Vendor.GOOGLE: {
            "temperature": 1.5,
            "topP": 0.9,
            "seed": 3,
            "stopSequences": ["END"],
            "presencePenalty": 0.5,
            "frequencyPenalty": -0.5,
            "maxOutputTokens": 7,
        },
    }
    NAMES = frozenset(name for names in SENT.values() for name in names)

    def _sent(self, raw: Any, talk: Any, parameters: ModelParameters) -> dict[str, Any]:
        talk.ask(parameters=parameters)
        body = json.loads(raw.bodies[-1])
        told = body.get("generationConfig", body)
        return {name: value for name, value in told.items() if name in self.NAMES}

    @every_vendor
    def test_each_goes_by_the_vendors_name_and_what_it_does_not_take_is_left_out(
        self, raw: Any, conversation: Talk, dialect: Dialect
    ) -> None:
        raw.pieces = dialect.answer("Yes.")
        talk = conversation(dialect.provider(raw.url), MODEL)
        assert self._sent(raw, talk, ALL) == self.SENT[dialect.vendor]

    @every_vendor
    def test_what_is_not_set_is_not_sent(self, raw: Any, conversation: Talk, dialect: Dialect) -> None:
        raw.pieces = dialect.answer("Yes.")
        sent = self._sent(raw, conversation(dialect.provider(raw.url), MODEL), ModelParameters())
        # The protocol of Anthropic wants to be told how long an answer may be.
        assert sent.keys() == ({"max_tokens"} if dialect.vendor is Vendor.ANTHROPIC else set())

    @every_vendor
    def test_what_a_vendor_never_takes_is_told(self, raw: Any, dialect: Dialect) -> None:
        ignored = dialect.provider(raw.url).ignored
        is_anthropic = dialect.vendor is Vendor.ANTHROPIC
        assert ignored == ({"seed", "presence_penalty", "frequency_penalty"} if is_anthropic else set())

    def test_a_reasoning_model_of_openai_is_not_told_how_to_sample(self, raw: Any, conversation: Talk) -> None:
        (openai,) = (dialect for dialect in DIALECTS if dialect.vendor is Vendor.OPENAI)
        raw.pieces = openai.answer("Yes.")
        sent = self._sent(raw, conversation(openai.provider(raw.url), "o4-mini"), ALL)
        assert sent == {"max_completion_tokens": 7, "seed": 3, "stop": ["END"]}

    @pytest.mark.parametrize("model", ["claude-opus-4-8", "claude-sonnet-5"])
    def test_a_model_of_anthropic_that_samples_by_itself_is_not_told_how(
        self, raw: Any, conversation: Talk, model: str
    ) -> None:
        (anthropic,) = (dialect for dialect in DIALECTS if dialect.vendor is Vendor.ANTHROPIC)
        raw.pieces = anthropic.answer("Yes.")
        sent = self._sent(raw, conversation(anthropic.provider(raw.url), model), ALL)
        assert sent == {"max_tokens": 7, "stop_sequences": ["END"]}

    @pytest.mark.parametrize(
        ("parameters", "version"),
        [
            (ModelParameters(max_tokens=7), "2026-10-21"),
            (ModelParameters(temperature=0.2), "2023-06-01"),
            (ModelParameters(top_p=0.2), "2023-06-01"),
        ],
    )
    def test_anthropic_is_asked_in_a_version_that_takes_what_is_sent(
        self, raw: Any, conversation: Talk, parameters: ModelParameters, version: str
    ) -> None:
        (anthropic,) = (dialect for dialect in DIALECTS if dialect.vendor is Vendor.ANTHROPIC)
        raw.pieces = anthropic.answer("Yes.")
        conversation(anthropic.provider(raw.url), MODEL).ask(parameters=parameters)
        versions = [line for line in raw.requests[0].lower().splitlines() if line.startswith("anthropic-version:")]
        assert versions == [f"anthropic-version: {version}"]


@every_vendor
def test_calls_of_one_loop_share_a_connection(raw: Any, conversation: Talk, run_async: Talk, dialect: Dialect) -> None:
    raw.pieces = dialect.answer("Yes.")
    talk = conversation(dialect.provider(raw.url), MODEL)

    async def twice() -> None:
        await talk.answer()
        client = shared_client()
        await talk.answer()
        assert shared_client() is client

    run_async(twice())


@every_vendor
def test_it_works_in_one_event_loop_after_the_other(raw: Any, conversation: Talk, dialect: Dialect) -> None:
    raw.pieces = dialect.answer("Yes.")
    talk = conversation(dialect.provider(raw.url), MODEL)
    assert [talk.ask().text, talk.ask().text] == ["Yes.", "Yes."]


@every_vendor
def test_nothing_of_the_operators_own_environment_is_sent(
    raw: Any, conversation: Talk, monkeypatch: pytest.MonkeyPatch, dialect: Dialect
) -> None:
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_ADMIN_KEY",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_AD_TOKEN",
        "GOOGLE_API_KEY",
        "GEMINI_API_KEY",
    ):
        monkeypatch.setenv(name, "of-the-operator")
    for name in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, "x-gateway: of-the-operator")
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    raw.pieces = dialect.answer("Yes.")
    for key in (KEY, None):
        assert conversation(dialect.provider(raw.url, key=key), MODEL).ask().text == "Yes."
    assert "of-the-operator" not in "".join(raw.requests)


@every_vendor
def test_cookies_of_one_call_do_not_come_back_with_the_next(
    raw: Any, conversation: Talk, run_async: Talk, dialect: Dialect
) -> None:
    raw.headers.append("Set-Cookie: who=someone; Path=/")
    raw.pieces = dialect.answer("Yes.")
    talk = conversation(dialect.provider(raw.url), MODEL)

    async def twice() -> None:
        await talk.answer()
        await talk.answer()

    run_async(twice())
    assert len(raw.requests) == 2
    assert "cookie" not in "".join(raw.requests).lower()
