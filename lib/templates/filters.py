"""The filters that a prompt can use: Jinja2's where they are harmless, ours where theirs could make much of little."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jinja2 import pass_context
from jinja2.filters import FILTERS as _JINJA
from jinja2.runtime import Context, Undefined

from lib.templates.notes import share_room, take_notes

#: No text inside a prompt, and no prompt, is longer.
MAX_CHARACTERS = 1_000_000
#: Where a prompt's variables say how much of earlier answers the model can take.
MODEL, BUDGET = "model", "notes_characters"
#: The key by which a phase's answer is known from other mappings.
RESPONSE = "response"

_HARMLESS = (
    *("abs", "capitalize", "count", "d", "default", "first", "float", "int", "items", "last", "length", "list"),
    *("lower", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "title"),
    *("trim", "truncate", "unique", "upper", "wordcount"),
)


class Stand(str):
    """A text that stands for a whole structure, each part of which is that text again.

    Empty it stands for what a skipped phase would have answered: no loop turns over it, and it is neither more nor
    less than anything. In a preview it is a mark.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator["Stand"]:
        return iter((self,) if self else ())

    def __lt__(self, other: object) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__


class PromptFault(Exception):
    """What is wrong with a prompt, in words that go on after “the prompt can't be used: ”."""

    def __init__(self, message: str, *, missing: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        #: The variable that is not there, until somebody who knows the others has named them.
        self.missing = missing


def as_text(value: object) -> str:
    """How a value is written into a prompt."""
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Undefined):
        return str(value)  # raises, naming it
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, Mapping) and isinstance(value.get(RESPONSE), str):
        return str(value[RESPONSE])
    raise PromptFault("a list can't be written as it is; use a loop, or a filter such as join or notes")


def join_texts(texts: Sequence[str], separator: str = "") -> str:
    """The texts as one, if it is not too long."""
    if sum(map(len, texts)) + len(separator) * len(texts) > MAX_CHARACTERS:
        raise PromptFault(f"a text becomes longer than {MAX_CHARACTERS:,} characters")
    return separator.join(texts)


def _join(values: Iterable[Any], d: str = "") -> str:
    return join_texts([as_text(value) for value in values], d)


def _replace(value: object, old: object, new: object) -> str:
    text, before, after = as_text(value), as_text(old), as_text(new)
    if len(text) + text.count(before) * len(after) > MAX_CHARACTERS:
        raise PromptFault(f"a text becomes longer than {MAX_CHARACTERS:,} characters")
    return text.replace(before, after)


def _round(value: float, precision: int = 0) -> float:
    if not 0 <= precision <= 10:
        raise PromptFault("round takes 0 to 10 places")
    return round(value, precision)


@pass_context
def _notes(context: Context, value: Any, limit: int | None = None) -> str:
    """The beginning of one earlier answer, or of several under their names, as much as the model can take."""
    budget = int(context[MODEL][BUDGET])
    room = budget if limit is None else max(0, min(limit, budget))
    if isinstance(value, str | Mapping) or value is None:
        return take_notes(as_text(value), room)
    items = list(value)
    texts = [as_text(item).strip() for item in items]
    shares = share_room([len(text) for text in texts], room)
    return join_texts(
        [
            f"{item['name']}:\n{take_notes(text, share)}" if isinstance(item, Mapping) else take_notes(text, share)
            for item, text, share in zip(items, texts, shares, strict=True)
            if text
        ],
        "\n\n",
    )


FILTERS: dict[str, Any] = {name: _JINJA[name] for name in _HARMLESS} | {
    "join": _join,
    "notes": _notes,
    "replace": _replace,
    "round": _round,
    "string": as_text,
}
