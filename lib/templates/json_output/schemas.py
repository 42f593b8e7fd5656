"""JSON Schemas of answers: which of them can be used, and what of an answer does not fit.

A template is written by people and its schema is run by a worker, so none may hang or fill one:

* every keyword that is looked at is a step of a budget, for references to references multiply;
* regular expressions are RE2's, which takes a time that grows with the text only and refuses what would need much room;
* references lead to a place in the same schema; nothing is ever fetched;
* `uniqueItems` compares by what stands there, and not each entry with each.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import JsonValue

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MAX_SCHEMA_CHARACTERS: Final = 50_000
MAX_STEPS, MAX_SECONDS = 200_000, 2.0
_MOST_FAULTS: Final = 8
#: Enough to find a schema that refers to itself without an end.
_STEPS_OF_SAMPLE: Final = 2_000
_MOST_SHOWN: Final = 80
_RE2_BYTES: Final = 1 << 20
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
#: What leads out of the schema, or changes what its references mean.
_REFUSED: Final = {
    "$id": "a schema of a phase stands alone",
    "$anchor": "write references as #/$defs/…",
    "$dynamicAnchor": "write references as #/$defs/…",
    "$dynamicRef": "write references as #/$defs/…",
    "$vocabulary": "it has no effect here",
    "patternProperties": "name the properties, or use additionalProperties",
}
#: Keywords whose value holds schemas by name, or values that are none.
_NAMED: Final = frozenset({"properties", "$defs", "dependentSchemas"})
_VALUES: Final = frozenset({"const", "enum", "default", "examples"})
_TYPES: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class _Budget:
    def __init__(self, most_steps: int) -> None:
        self.steps = most_steps
        self.ends = time.thread_time() + MAX_SECONDS

    def step(self) -> None:
        self.steps -= 1
        if self.steps < 0 or time.thread_time() > self.ends:
            raise _TooMuch


class _TooMuch(Exception):
    """The schema takes more steps, or more time, than one may."""


_budget: ContextVar[_Budget] = ContextVar("budget")


def find_problem(schema: Mapping[str, JsonValue]) -> str | None:
    """Why `schema` can't be used, in words that follow “schema: ”; None where it can."""
    written = json.dumps(schema, sort_keys=True)
    if len(written) > MAX_SCHEMA_CHARACTERS:
        return f"is longer than {MAX_SCHEMA_CHARACTERS:,} characters"
    return _find_problem(written)


def find_faults(schema: Mapping[str, JsonValue], value: JsonValue, *, most_steps: int = MAX_STEPS) -> tuple[str, ...]:
    """What of `value` does not fit, a line each, the first few; nothing where all does.

    Takes some seconds of processor time at most, and so many steps.
    """
    token = _budget.set(_Budget(most_steps))
    found: list[str] = []
    try:
        for error in _validator(json.dumps(schema, sort_keys=True)).iter_errors(value):
            if (said := _say(error)) not in found:
                found.append(said)
            if len(found) == _MOST_FAULTS:
                break
    except _TooMuch:
        found.append("it is too large to be held against the schema")
    except RecursionError:
        found.append("it is nested too deeply to be held against the schema")
    finally:
        _budget.reset(token)
    return tuple(found)


@lru_cache(maxsize=256)
def _find_problem(written: str) -> str | None:
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415 - 0.1 s that few pages need

    schema = json.loads(written)
    dialect = schema.get("$schema", _DIALECT)
    if not isinstance(dialect, str) or dialect.rstrip("#") != _DIALECT:
        return f"$schema is another dialect; write it for {_DIALECT}, or leave $schema out"
    if (problem := next(_walk(schema, schema, ()), None)) is not None:
        return problem
    try:
        _class().check_schema(schema)
    except SchemaError as error:
        return f"{_place(error.absolute_path)}{_cut(error.message)}"
    samples: tuple[JsonValue, ...] = ({}, [], "", 0, None)
    for sample in samples:
        if any("nested too deeply" in fault for fault in find_faults(schema, sample, most_steps=_STEPS_OF_SAMPLE)):
            return "it refers to itself without an end"
    return None


def _walk(schema: object, whole: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """What the metaschema lets pass and is not to be used here."""
    if isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from _walk(inner, whole, (*path, str(number + 1)))
    if not isinstance(schema, dict):
        return
    for name, inner in schema.items():
        here = (*path, name)
        if name in _REFUSED:
            yield f"{_place(path)}{name} can't be used: {_REFUSED[name]}"
        elif name == "$schema" and path:
            yield f"{_place(path)}$schema can only stand at the top"
        elif name == "$ref" and isinstance(inner, str) and not _leads_somewhere(inner, whole):
            yield f"{_place(here)}“{inner[:_MOST_SHOWN]}” is no place in this schema; nothing is fetched from elsewhere"
        elif name == "pattern" and isinstance(inner, str) and (why := _why_no_pattern(inner)):
            yield f"{_place(here)}{why}"
        elif name in _NAMED and isinstance(inner, dict):
            for key, one in inner.items():
                yield from _walk(one, whole, (*here, key))
        elif name not in _VALUES:
            yield from _walk(inner, whole, here)


def _leads_somewhere(reference: str, whole: Mapping[str, Any]) -> bool:
    if reference == "#":
        return True
    if not reference.startswith("#/") or "%" in reference:
        return False
    found: Any = whole
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, dict) and key in found:
            found = found[key]
        else:
            return False
    return isinstance(found, dict | bool)


@lru_cache(maxsize=256)
def _pattern(written: str) -> Any:
    import re2  # noqa: PLC0415 - only a schema with a pattern needs it

    options = re2.Options()
    options.max_mem = _RE2_BYTES
    options.log_errors = False
    return re2.compile(written, options)


def _why_no_pattern(written: str) -> str | None:
    try:
        _pattern(written)
    except Exception as error:  # re2 has an error of its own, which is to be loaded with it
        why = error.args[0] if error.args else ""
        said = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        return f"is no regular expression that can be used (RE2: {_cut(said)})"
    return None


@lru_cache(maxsize=64)
def _validator(written: str) -> Any:
    from referencing import Registry  # noqa: PLC0415 - see `_find_problem`

    schema = json.loads(written)
    schema.pop("$schema", None)
    # an empty registry fetches nothing; the library's own would
    return _class()(schema, registry=Registry())


@lru_cache(maxsize=1)
def _class() -> Any:
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - see `_find_problem`

    checks = {**Draft202012Validator.VALIDATORS, "pattern": _check_pattern, "uniqueItems": _check_unique}
    checks["patternProperties"] = _check_nothing
    return validators.extend(Draft202012Validator, {name: _counted(check) for name, check in checks.items()})


def _counted(check: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    def keyword(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        if budget := _budget.get(None):  # none where the schema itself is checked
            budget.step()
        yield from check(validator, value, instance, schema) or ()

    return keyword


def _check_nothing(*_: Any) -> None:
    """Refused before it gets here."""


def _check_pattern(_validator: Any, pattern: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - see `_find_problem`

    if isinstance(instance, str) and not _pattern(pattern).search(instance):
        yield ValidationError(f"does not match {pattern}")


def _check_unique(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - see `_find_problem`

    if wanted and isinstance(instance, list):
        seen = {json.dumps(entry, sort_keys=True) for entry in instance}
        if len(seen) < len(instance):
            yield ValidationError("has an entry twice")


def _say(error: "ValidationError") -> str:
    """`['cards'][2]['title']` as “cards 3, title: must be text”: people count from one."""
    keyword, wanted = str(error.validator), error.validator_value
    match keyword:
        case "type":
            names = wanted if isinstance(wanted, list) else [wanted]
            said = f"must be {' or '.join(_TYPES.get(str(name), str(name)) for name in names)}"
        case "enum" if isinstance(wanted, list):
            said = f"must be one of: {', '.join(_cut(json.dumps(each, ensure_ascii=False)) for each in wanted[:20])}"
        case "const":
            said = f"must be {_cut(json.dumps(wanted, ensure_ascii=False))}"
        case "minLength" | "maxLength":
            said = f"must have at {'least' if keyword == 'minLength' else 'most'} {wanted} characters"
        case "minItems" | "maxItems":
            said = f"must have at {'least' if keyword == 'minItems' else 'most'} {wanted} entries"
        case "minimum" | "maximum":
            said = f"must be at {'least' if keyword == 'minimum' else 'most'} {wanted}"
        case "required":
            said = f"{_cut(error.message).replace(chr(39), chr(34))}"
        case _:
            said = _cut(error.message)
    return f"{_place(error.absolute_path)}{said}"


def _place(path: Any) -> str:
    parts: list[str] = []
    for part in path:
        if isinstance(part, int) and parts:
            parts[-1] += f" {part + 1}"
        else:
            parts.append(f"entry {part + 1}" if isinstance(part, int) else str(part)[:_MOST_SHOWN])
    return f"{', '.join(parts)}: " if parts else ""


def _cut(words: str) -> str:
    return words if len(words) <= 2 * _MOST_SHOWN else f"{words[: 2 * _MOST_SHOWN]}…"
