"""Asking a model for JSON by the means of its vendor, beside the prompt that asks in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from lib.providers.base import JsonWish
from lib.providers.wire import JsonMode

if TYPE_CHECKING:
    from pydantic_ai.models import ModelRequestParameters

#: What a grammar is made of. Of a schema with anything else the answer is held to JSON only, and checked afterwards.
_GRAMMATICAL: Final = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "title", "description"),
        *("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "default", "examples", "$schema"),
    }
)


def ask_for(wish: JsonWish | None, mode: JsonMode) -> "tuple[dict[str, Any], ModelRequestParameters | None]":
    """Settings and parameters of pydantic-ai that hold the model to what is wished, as far as `mode` can."""
    from pydantic_ai.models import ModelRequestParameters  # noqa: PLC0415 - loaded by `RemoteModels.answer`

    if wish is None or mode is JsonMode.NONE:
        return {}, None
    if mode is JsonMode.SCHEMA:
        return {"extra_body": {"response_format": _grammar(wish)}}, None
    # an array or a number is no object, and nothing else is what this mode lets a model write
    return {}, ModelRequestParameters(output_mode="prompted") if wish.is_object else None


def _grammar(wish: JsonWish) -> dict[str, Any]:
    if wish.schema is None or not _is_grammatical(wish.schema):
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": wish.schema}}


def _is_grammatical(schema: object) -> bool:
    if not isinstance(schema, Mapping):
        return isinstance(schema, bool)
    inner = [*_named(schema.get("properties")), *(schema[key] for key in ("items",) if key in schema)]
    return schema.keys() <= _GRAMMATICAL and all(map(_is_grammatical, inner))


def _named(properties: object) -> list[object]:
    return list(properties.values()) if isinstance(properties, Mapping) else []
