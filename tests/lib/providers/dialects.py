"""How each vendor's protocol sounds: prepared bytes by the vendors' documented formats, for servers of tests."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr

from lib.providers.remote import RemoteModels
from lib.providers.vendors import ConnectionSpec, Vendor, connect
from tests.lib.providers.connecting import KEY

MODEL = "some-model"
#: The model as it calls itself in its answers.
DATED = "some-model-2026-01-01"
SAID = "So the vendor says"
#: With everything that a vendor counts apart: 12 in, of them 5 from a cache; 7 out, of them 4 for thinking where that
#: is told.
PROMPT_TOKENS, COMPLETION_TOKENS = 12, 7

Piece = bytes | float


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with an error."""

    status: str
    body: Mapping[str, Any]
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """One vendor."""

    name: str
    vendor: Vendor
    #: The path that a call is sent to, with its query.
    target: str
    #: The header that carries the key, in lower case, as it has to stand there.
    key_header: str
    #: What begins an answer, one piece of its text, and what ends it. `None` of a reason or of usage leaves it out.
    begin: Callable[[], list[bytes]]
    word: Callable[[str], bytes]
    end: Callable[[str | None, bool], list[bytes]]
    #: The vendor's words for `stop`, `length` and a stop by its filter.
    reasons: tuple[str, str, str]
    refusals: Mapping[str, Refusal]
    #: An error in the middle of a stream: overloaded.
    trouble: bytes
    #: What the list of models says, and what of it can write.
    listing: Mapping[str, Any]
    listed: tuple[str, ...]
    #: Where the list is asked for.
    list_target: str
    #: Behind the server's address.
    base_path: str = ""
    api_version: str = ""

    def provider(self, url: str, *, key: str | None = KEY, **more: Any) -> RemoteModels:
        """The provider at `url`; `more` is for the spec or for `connect`."""
        of_spec = {name: more.pop(name) for name in ("prices", "is_free") if name in more}
        spec = ConnectionSpec(
            name="here",
            vendor=self.vendor,
            base_url=url + self.base_path,
            api_key=SecretStr(key) if key else None,
            api_version=self.api_version,
            **of_spec,
        )
        return connect(spec, **more)

    def answer(self, *pieces: str | float, reason: str | None = "stop", usage: bool = True) -> list[Piece]:
        """A whole stream of these pieces; a number is a pause in seconds."""
        said = dict(zip(("stop", "length", "filter"), self.reasons, strict=True)).get(reason or "", reason)
        words = [piece if isinstance(piece, float) else self.word(piece) for piece in pieces]
        return [*self.begin(), *words, *self.end(said, usage)]


def _data(event: object) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()


# OpenAI: https://platform.openai.com/docs/api-reference/chat-streaming and …/docs/guides/error-codes


def _chunk(delta: Mapping[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": DATED}
    return {**chunk, "choices": [choice], "usage": None, **more}


_OPENAI_USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 7,
    "total_tokens": 19,
    "prompt_tokens_details": {"cached_tokens": 5, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 0},
}


def _openai_end(reason: str | None, usage: bool) -> list[bytes]:
    events = [_data(_chunk({}, reason))] if reason else []
    if usage:
        events.append(_data(_chunk({}) | {"choices": [], "usage": _OPENAI_USAGE}))
    return [*events, b"data: [DONE]\n\n"]


def _openai_error(status: str, *headers: str, code: str | None = None, kind: str | None = None) -> Refusal:
    return Refusal(status, {"error": {"message": f"{SAID}.", "type": kind, "param": None, "code": code}}, headers)


_OPENAI_REFUSALS = {
    "key": _openai_error("401 Unauthorized", code="invalid_api_key", kind="invalid_request_error"),
    "forbidden": _openai_error("403 Forbidden", kind="invalid_request_error"),
    "model": _openai_error("404 Not Found", code="model_not_found", kind="invalid_request_error"),
    "rate": _openai_error("429 Too Many Requests", "Retry-After: 7", code="rate_limit_exceeded", kind="requests"),
    "quota": _openai_error("429 Too Many Requests", code="insufficient_quota", kind="insufficient_quota"),
    "server": _openai_error("500 Internal Server Error", kind="server_error"),
    "overloaded": _openai_error("503 Service Unavailable", kind="server_error"),
    "context": _openai_error("400 Bad Request", code="context_length_exceeded", kind="invalid_request_error"),
    "parameter": _openai_error("400 Bad Request", code="unsupported_value", kind="invalid_request_error"),
    "filter": _openai_error("400 Bad Request", code="invalid_prompt", kind="invalid_request_error"),
}
_OPENAI = Dialect(
    name="openai",
    vendor=Vendor.OPENAI,
    target="/v1/chat/completions",
    key_header=f"authorization: bearer {KEY}",
    begin=lambda: [_data(_chunk({"role": "assistant", "content": "", "refusal": None}))],
    word=lambda text: _data(_chunk({"content": text})),
    end=_openai_end,
    reasons=("stop", "length", "content_filter"),
    refusals=_OPENAI_REFUSALS,
    trouble=_data({"error": {"message": f"{SAID}.", "type": "server_error", "code": "server_is_overloaded"}}),
    listing={"object": "list", "data": [{"id": name, "object": "model"} for name in (MODEL, "another")]},
    listed=("another", MODEL),
    list_target="/v1/models",
    base_path="/v1",
)

# Azure: https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference and …/openai/concepts/content-filter

_FINE = {"filtered": False, "severity": "safe"}
_FILTER_RESULTS = {"hate": _FINE, "self_harm": _FINE, "sexual": _FINE, "violence": _FINE}


def _azure_error(status: str, code: str, *headers: str) -> Refusal:
    return Refusal(status, {"error": {"code": code, "message": f"{SAID}."}}, headers)


_AZURE_REFUSALS = {
    "key": _azure_error("401 Unauthorized", "401"),
    "forbidden": _azure_error("403 Forbidden", "403"),
    "model": _azure_error("404 Not Found", "DeploymentNotFound"),
    "rate": _azure_error("429 Too Many Requests", "429", "Retry-After: 7"),
    "quota": _openai_error("429 Too Many Requests", code="insufficient_quota", kind="insufficient_quota"),
    "server": _azure_error("500 Internal Server Error", "InternalServerError"),
    "overloaded": _azure_error("503 Service Unavailable", "ServiceUnavailable"),
    "context": _openai_error("400 Bad Request", code="context_length_exceeded", kind="invalid_request_error"),
    "parameter": _openai_error("400 Bad Request", code="unsupported_value", kind="invalid_request_error"),
    "filter": Refusal(
        "400 Bad Request",
        {
            "error": {
                "message": f"{SAID}.",
                "type": None,
                "param": "prompt",
                "code": "content_filter",
                "status": 400,
                "innererror": {
                    "code": "ResponsibleAIPolicyViolation",
                    "content_filter_result": _FILTER_RESULTS | {"violence": {"filtered": True, "severity": "high"}},
                },
            }
        },
    ),
}


def _azure(name: str, target: str, list_target: str, key_header: str, api_version: str) -> Dialect:
    prompt_results = [{"prompt_index": 0, "content_filter_results": _FILTER_RESULTS}]
    first = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": prompt_results}

    def word(text: str) -> bytes:
        chunk = _chunk({"content": text})
        chunk["choices"][0]["content_filter_results"] = _FILTER_RESULTS
        return _data(chunk)

    return Dialect(
        name=name,
        vendor=Vendor.AZURE_OPENAI,
        target=target,
        key_header=key_header,
        begin=lambda: [_data(first), _data(_chunk({"role": "assistant", "content": "", "refusal": None}))],
        word=word,
        end=_openai_end,
        reasons=("stop", "length", "content_filter"),
        refusals=_AZURE_REFUSALS,
        trouble=_OPENAI.trouble,
        listing={"object": "list", "data": [{"id": "gpt-4o-2024-08-06", "object": "model"}]},
        listed=(),
        list_target=list_target,
        api_version=api_version,
    )


# Anthropic: https://platform.claude.com/docs/en/api/messages-streaming and …/api/errors


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\n".encode() + _data({"type": kind, **fields})


def _anthropic_begin() -> list[bytes]:
    usage = {
        "input_tokens": 4,
        "cache_creation_input_tokens": 3,
        "cache_read_input_tokens": 5,
        "output_tokens": 1,
        "service_tier": "standard",
    }
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": DATED}
    return [
        _event("message_start", message={**message, "stop_reason": None, "stop_sequence": None, "usage": usage}),
        _event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        _event("ping"),
    ]


def _anthropic_end(reason: str | None, usage: bool) -> list[bytes]:
    stop = _event("content_block_stop", index=0)
    if not reason:
        return [stop, _event("message_stop")]
    counted = {"usage": {"output_tokens": 7}} if usage else {}
    delta = _event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, **counted)
    return [stop, delta, _event("message_stop")]


def _anthropic_error(status: str, kind: str, *headers: str, said: str = SAID) -> Refusal:
    body = {"type": "error", "error": {"type": kind, "message": f"{said}."}, "request_id": "req_1"}
    return Refusal(status, body, headers)


_ANTHROPIC = Dialect(
    name="anthropic",
    vendor=Vendor.ANTHROPIC,
    target="/v1/messages",
    key_header=f"authorization: bearer {KEY}",
    begin=_anthropic_begin,
    word=lambda text: _event("content_block_delta", index=0, delta={"type": "text_delta", "text": text}),
    end=_anthropic_end,
    reasons=("end_turn", "max_tokens", "refusal"),
    refusals={
        "key": _anthropic_error("401 Unauthorized", "authentication_error"),
        "forbidden": _anthropic_error("403 Forbidden", "permission_error"),
        "model": _anthropic_error("404 Not Found", "not_found_error"),
        "rate": _anthropic_error("429 Too Many Requests", "rate_limit_error", "Retry-After: 7"),
        "quota": _anthropic_error(
            "400 Bad Request", "invalid_request_error", said=f"{SAID}: your credit balance is too low"
        ),
        "server": _anthropic_error("500 Internal Server Error", "api_error"),
        "overloaded": _anthropic_error("529 Overloaded", "overloaded_error"),
        "context": _anthropic_error(
            "400 Bad Request", "invalid_request_error", said=f"{SAID}: prompt is too long: 210000 tokens"
        ),
        "parameter": _anthropic_error("400 Bad Request", "invalid_request_error"),
    },
    trouble=_event("error", error={"type": "overloaded_error", "message": f"{SAID}."}),
    listing={
        "data": [{"type": "model", "id": name, "display_name": name} for name in (MODEL, "another")],
        "has_more": False,
        "first_id": MODEL,
        "last_id": "another",
    },
    listed=(MODEL, "another"),
    list_target="/v1/models?limit=1000",
)

# Google: https://ai.google.dev/api/generate-content and …/gemini-api/docs/troubleshooting


def _candidates(*parts: Mapping[str, Any], reason: str | None = None, usage: bool = True) -> bytes:
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    chunk: dict[str, Any] = {"candidates": [candidate], "modelVersion": DATED, "responseId": "r1"}
    if reason:
        candidate["finishReason"] = reason
    if usage:
        counted = {"promptTokenCount": 12, "cachedContentTokenCount": 5, "totalTokenCount": 19}
        chunk["usageMetadata"] = {**counted, "candidatesTokenCount": 3, "thoughtsTokenCount": 4}
    return _data(chunk)


def _google_error(status: str, name: str, *details: Mapping[str, Any], said: str = SAID) -> Refusal:
    return Refusal(
        status,
        {"error": {"code": int(status[:3]), "message": f"{said}.", "status": name, "details": list(details)}},
    )


def _google_type(name: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{name}", **fields}


def _google_quota(per: str) -> dict[str, Any]:
    violation = {"quotaMetric": "generate_content", "quotaId": f"GenerateRequestsPer{per}PerProjectPerModel-FreeTier"}
    return _google_type("QuotaFailure", violations=[violation])


_GOOGLE = Dialect(
    name="google",
    vendor=Vendor.GOOGLE,
    target=f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse",
    key_header=f"x-goog-api-key: {KEY}",
    begin=list,
    word=lambda text: _candidates({"text": text}, usage=False),
    end=lambda reason, usage: [_candidates({"text": ""}, reason=reason, usage=usage)] if reason or usage else [],
    reasons=("STOP", "MAX_TOKENS", "SAFETY"),
    refusals={
        "key": _google_error(
            "400 Bad Request",
            "INVALID_ARGUMENT",
            _google_type("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com"),
        ),
        "forbidden": _google_error("403 Forbidden", "PERMISSION_DENIED"),
        "model": _google_error("404 Not Found", "NOT_FOUND"),
        "rate": _google_error(
            "429 Too Many Requests",
            "RESOURCE_EXHAUSTED",
            _google_quota("Minute"),
            _google_type("RetryInfo", retryDelay="7s"),
        ),
        "quota": _google_error("429 Too Many Requests", "RESOURCE_EXHAUSTED", _google_quota("Day")),
        "server": _google_error("500 Internal Server Error", "INTERNAL"),
        "overloaded": _google_error("503 Service Unavailable", "UNAVAILABLE"),
        "context": _google_error(
            "400 Bad Request",
            "INVALID_ARGUMENT",
            said=f"{SAID}: the input token count (2000000) exceeds the maximum number of tokens allowed (1048576)",
        ),
        "parameter": _google_error("400 Bad Request", "INVALID_ARGUMENT"),
    },
    trouble=_data({"error": {"code": 503, "message": f"{SAID}.", "status": "UNAVAILABLE"}}),
    listing={
        "models": [
            {"name": f"models/{MODEL}", "supportedGenerationMethods": ["generateContent", "countTokens"]},
            {"name": "models/text-embedding-004", "supportedGenerationMethods": ["embedContent"]},
            {"name": "models/another", "supportedGenerationMethods": ["generateContent"]},
        ]
    },
    listed=(MODEL, "another"),
    list_target="/v1beta/models?pageSize=1000",
)

_COMPATIBLE = replace(_OPENAI, name="compatible", vendor=Vendor.OPENAI_COMPATIBLE)
_DATED_API = "api-version=2024-10-21"
DIALECTS = (
    _OPENAI,
    _COMPATIBLE,
    _ANTHROPIC,
    _GOOGLE,
    _azure("azure", "/openai/v1/chat/completions", "/openai/v1/models", f"api-key: {KEY}", ""),
    _azure(
        "azure-dated",
        f"/openai/deployments/{MODEL}/chat/completions?{_DATED_API}",
        f"/openai/models?{_DATED_API}",
        f"api-key: {KEY}",
        "2024-10-21",
    ),
)
