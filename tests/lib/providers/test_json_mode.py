"""Whom a provider asks for JSON by its vendor's own means, and that nobody else hears of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lib.providers.base import JsonWish
from lib.providers.json_mode import ask_for
from lib.providers.vendors import ConnectionSpec, Vendor, connect
from lib.providers.wire import JsonMode
from tests.lib.providers.dialects import DIALECTS, Dialect

Talk = Callable[..., Any]
CARD = JsonWish({"type": "object", "properties": {"score": {"type": "integer"}}})
#: Vendor -> the model that is asked, and what its request says of it.
HELD = {
    Vendor.OPENAI: ("gpt-4o-mini", ("response_format", {"type": "json_object"})),
    Vendor.GOOGLE: ("gemini-2.5-flash", ("generationConfig", {"responseMimeType": "application/json"})),
}
every_vendor = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def body_of(raw: Any, conversation: Talk, dialect: Dialect, model: str, wish: JsonWish | None) -> dict[str, Any]:
    raw.pieces = dialect.answer("{}")
    conversation(dialect.provider(raw.url), model).ask("Give me JSON.", json=wish)
    body: dict[str, Any] = json.loads(raw.bodies[-1])
    return body


@every_vendor
def test_vendor_with_a_json_mode_is_asked_for_it_and_no_other(raw: Any, conversation: Talk, dialect: Dialect) -> None:
    model, (field, wanted) = HELD.get(dialect.vendor, ("gpt-4o-mini", ("response_format", None)))
    body = body_of(raw, conversation, dialect, model, CARD)
    if dialect.vendor in HELD:
        assert wanted.items() <= body[field].items()
    else:
        assert "response_format" not in body
        assert "json" not in json.dumps({key: value for key, value in body.items() if key != "messages"}).lower()
    assert "Give me JSON." in json.dumps(body)
    assert "score" not in json.dumps(body), "the prompt alone says what it has to fit"


@every_vendor
def test_nothing_is_asked_where_text_will_do_or_the_mode_would_refuse(
    raw: Any, conversation: Talk, dialect: Dialect
) -> None:
    for model, wish in (
        ("gpt-4o-mini", None),
        ("gpt-4o-mini", JsonWish()),
        ("gpt-4o-mini", JsonWish({"type": "array"})),
        ("gpt-4-0613", CARD),
        ("gpt-4o-audio-preview", CARD),
        ("gemma-3-27b-it", CARD),
    ):
        body = body_of(raw, conversation, dialect, model, wish)
        assert "response_format" not in body
        assert "responseMimeType" not in json.dumps(body)


def test_llama_cpp_gets_the_schema_as_a_grammar_where_it_can_be_one() -> None:
    spec = ConnectionSpec("local", Vendor.OPENAI_COMPATIBLE, "http://127.0.0.1:1/v1", None, is_llama_cpp=True)
    assert connect(spec)._wire.json_mode_of("any") is JsonMode.SCHEMA
    settings, _ = ask_for(CARD, JsonMode.SCHEMA)
    assert settings["extra_body"]["response_format"]["json_schema"]["schema"] == CARD.schema
    for schema in ({"$ref": "#/$defs/a"}, {"properties": {"a": {"pattern": "^a"}}}, {"items": {"oneOf": []}}):
        settings, _ = ask_for(JsonWish(schema), JsonMode.SCHEMA)
        assert settings["extra_body"]["response_format"] == {"type": "json_object"}
