"""The JSON in a model's answer: taken out of a code fence, and read strictly, for everybody reads it the same then."""

import json
import math
from typing import Any, Final

from pydantic import JsonValue

#: In characters. What is longer is no record that later prompts read fields of.
MAX_CHARACTERS: Final = 1_000_000
MAX_DEPTH, MAX_VALUES = 40, 50_000
_FENCE: Final = "```"


class NotJson(ValueError):
    """Why a text is no JSON that can be used, in words that follow “the answer ”."""


def parse_json(text: str) -> JsonValue:
    """The JSON that `text` is, alone or in the one code fence that it has. Raises `NotJson`.

    Stricter than Python: no NaN and no infinity, no name twice in one object, and not beyond the limits above.
    """
    if len(text) > MAX_CHARACTERS:
        raise NotJson(f"is longer than {MAX_CHARACTERS:,} characters")
    try:
        value: JsonValue = json.loads(
            unfence(text), object_pairs_hook=_refuse_twice, parse_constant=_refuse_constant, parse_float=_finite
        )
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson(f"is no JSON: {_lower(error.msg)} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotJson(f"is nested more than {MAX_DEPTH} levels deep") from None
    except ValueError:  # Python reads no number of more than some thousand digits
        raise NotJson("has a number that is too long") from None
    _refuse_large(value)
    return value


def unfence(text: str) -> str:
    """What stands in the code fence of `text` where it has one, whatever is said around it; else the whole of it."""
    text = text.strip()
    before, fence, rest = text.partition(_FENCE)
    inside, closing, after = rest.partition(f"\n{_FENCE}")
    if not fence or not closing or _FENCE in after or before.lstrip()[:1] in {"{", "["}:
        return text
    first, _, body = inside.partition("\n")
    return body.strip() if first.strip().isalnum() or not first.strip() else inside.strip()


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise NotJson(f"has “{twice[:60]}” twice in one object")
    return found


def _refuse_constant(word: str) -> None:
    raise NotJson(f"has {word}, which is no number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJson("has a number that is too large")
    return number


def _refuse_large(value: JsonValue) -> None:
    level, seen = [value], 0
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        seen += len(level)
        if seen > MAX_VALUES:
            raise NotJson(f"has more than {MAX_VALUES:,} values")
        if not level:
            return
    raise NotJson(f"is nested more than {MAX_DEPTH} levels deep")


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
