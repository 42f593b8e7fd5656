"""How stored values are written, and which of two structures' values differ: in pages as in files."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from lib.figures import number

_EMPTY: Final = "empty"
#: What JSON says of what is none, and how people do.
_AS_WORDS: Final[Mapping[str, str]] = {"null": "not set", "true": "yes", "false": "no", "[]": _EMPTY, "{}": _EMPTY}
#: Larger ones stay as JSON writes them, 1e+21.
_LARGEST_WRITTEN_OUT: Final = 1e15
#: What lies deeper is shown as JSON.
_DEEPEST: Final = 5


def said(value: object) -> str:
    """A stored value as a person reads it: True as "yes", 40.0 as "40", a list by commas.

    A structure is JSON, and nothing is said to be.
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    match value:
        case str():
            text = value or _EMPTY
        case _ if text in _AS_WORDS:
            text = _AS_WORDS[text]
        case int():
            text = number(value)
        case float() if value.is_integer() and abs(value) < _LARGEST_WRITTEN_OUT:
            text = number(int(value))
        case [*items] if all(isinstance(item, str | int | float) for item in items):
            text = ", ".join(said(item) for item in items)
    return text


def changes(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[tuple[str, str | None, str | None]]:
    """Path ("settings.quality.level"), old and new value as text of each that differs.

    None is not set: one that is missing and one that is None are alike.
    """
    before, after = dict(_flat(old)), dict(_flat(new))
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            yield path, before.get(path), after.get(path)


def _flat(values: Mapping[str, object], *, above: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            yield from _flat(value, above=f"{path}.", depth=depth + 1)
        elif value is not None:
            yield path, said(value)


def name_path(path: str) -> str:
    """What the value at a path is called: what stands inside of something after that, each by its own words."""
    return ": ".join(_name_column(part) for part in path.split("."))


def _name_column(key: str) -> str:
    """A column as people say it: "cost_limit_usd" as "Cost limit in dollars"."""
    name = key.removesuffix("_id").replace("_usd", " in dollars").replace("_ms", " in milliseconds").replace("_", " ")
    return name[:1].upper() + name[1:]
