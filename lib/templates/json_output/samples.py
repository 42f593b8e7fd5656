"""JSON that could be an answer, for previews: what a schema asks for, with marks where the words will stand."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

_DEEPEST: Final = 6
_MOST_ENTRIES: Final = 3


def sample_of(schema: Mapping[str, Any], *, name: str = "text", depth: int = 0) -> JsonValue:
    """A value such as `schema` describes: limits of numbers and lists are kept, combinations are not solved."""
    given = [schema[key] for key in ("const", "default") if key in schema]
    given += [schema[key][0] for key in ("enum", "examples") if isinstance(schema.get(key), list) and schema[key]]
    if given or depth > _DEEPEST:
        value: JsonValue = given[0] if given else None
        return value
    kind = _kind_of(schema)
    made: dict[str, JsonValue] = {"boolean": True, "null": None, "string": f"⟨{name}⟩"}
    if kind == "object":
        return _object(schema, depth)
    if kind == "array":
        items = schema.get("items")
        count = min(max(_number(schema.get("minItems"), 2), 1), _MOST_ENTRIES)
        return [sample_of(items, name=name, depth=depth + 1)] * count if isinstance(items, Mapping) else []
    return made[kind] if kind in made else _number(schema.get("minimum"), 1)


def _kind_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next(iter(kind), None)
    return str(kind or ("object" if "properties" in schema else "array" if "items" in schema else "string"))


def _object(schema: Mapping[str, Any], depth: int) -> dict[str, JsonValue]:
    properties = schema.get("properties")
    named = properties if isinstance(properties, Mapping) else {}
    return {
        key: sample_of(inner, name=key, depth=depth + 1) for key, inner in named.items() if isinstance(inner, Mapping)
    }


def _number(value: object, otherwise: int) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
