"""The filters that a prompt can use: Jinja2's where they are harmless, ours where theirs could make much of little."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import wraps
from typing import Any

from jinja2 import Environment, pass_context, pass_environment
from jinja2.filters import FILTERS as _JINJA
from jinja2.runtime import Context, Undefined

from lib.templates.list_filters import LIST_FILTERS
from lib.templates.notes import share_room, take_notes
from lib.templates.steps import PromptFault, each, step

#: No text inside a prompt, and no prompt, is longer.
MAX_CHARACTERS = 1_000_000
#: Where a prompt's variables say how much of earlier answers the model can take.
MODEL, BUDGET = "model", "notes_characters"
#: The key by which a phase's answer is known from other mappings.
RESPONSE = "response"

#: Letters a step where patterns look at them, and where Python itself does.
_BY_PATTERN, _SLOWLY = 200, 20
#: Digits of a number that is made of a text, in any base; longer texts are none.
_MAX_DIGITS, _LONGEST_NUMBER = 16, 100
#: Larger, no number in a prompt is.
LARGEST_NUMBER = 10**16
#: What `trim` takes off, at most so many different letters; each is held against each.
_MAX_TRIMMED = 100


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
    length = sum(map(len, texts)) + len(separator) * len(texts)
    if length > MAX_CHARACTERS:
        raise PromptFault(f"a text becomes longer than {MAX_CHARACTERS:,} characters")
    step(len(texts) + length // 1_000)
    return separator.join(texts)


def _join(values: Iterable[Any], d: str = "") -> str:
    return join_texts([as_text(value) for value in each(values)], d)


def _of_text(change: Callable[..., Any], *, letters_a_step: int = 1_000) -> Callable[..., Any]:
    """Jinja2's filter of a text, at what it costs; of a list it would take Python's words for it."""

    @wraps(change)
    def changed(value: object, *words: Any, **named: Any) -> Any:
        text = as_text(value)
        step(len(text) // letters_a_step)
        return change(text, *words, **named)

    return changed


@pass_environment
def _truncate(environment: Environment, value: object, *words: Any, **named: Any) -> str:
    return str(_JINJA["truncate"](environment, as_text(value), *words, **named))


def _trim(value: object, chars: object = None) -> str:
    letters = None if chars is None else as_text(chars)
    if letters and len(letters) > _MAX_TRIMMED:
        raise PromptFault(f"trim takes off at most {_MAX_TRIMMED} different letters")
    return as_text(value).strip(letters)


def _int(value: Any, default: Any = 0, base: int = 10) -> Any:
    """Jinja2's, which would read a number of a million digits."""
    if isinstance(value, str):
        digits = value.strip().lstrip("+-")
        is_number = digits.isdecimal() if base == 10 else digits.isalnum()
        if is_number and len(digits) > _MAX_DIGITS:
            raise PromptFault(f"int takes numbers of at most {_MAX_DIGITS} digits")
        if len(digits) > _LONGEST_NUMBER:
            return default
    number = _JINJA["int"](value, default, base)
    if isinstance(number, int) and abs(number) > LARGEST_NUMBER:
        raise PromptFault("a number becomes too large")
    return number


def _float(value: Any, default: Any = 0.0) -> Any:
    return default if isinstance(value, str) and len(value) > _LONGEST_NUMBER else _JINJA["float"](value, default)


def _replace(value: object, old: object, new: object) -> str:
    text, before, after = as_text(value), as_text(old), as_text(new)
    step(len(text) // 1_000)
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
        text = as_text(value)
        step(len(text) // _BY_PATTERN)
        return take_notes(text, room)
    items = list(each(value))
    texts = [as_text(item).strip() for item in items]
    step(sum(map(len, texts)) // _BY_PATTERN)
    shares = share_room([len(text) for text in texts], room)
    return join_texts(
        [
            f"{item['name']}:\n{take_notes(text, share)}" if isinstance(item, Mapping) else take_notes(text, share)
            for item, text, share in zip(items, texts, shares, strict=True)
            if text
        ],
        "\n\n",
    )


FILTERS: dict[str, Any] = {
    **LIST_FILTERS,
    **{name: _JINJA[name] for name in ("abs", "d", "default")},
    **{name: _of_text(_JINJA[name]) for name in ("capitalize", "lower", "upper")},
    **{name: _of_text(_JINJA[name], letters_a_step=_SLOWLY) for name in ("title", "wordcount")},
    "float": _float,
    "int": _int,
    "join": _join,
    "notes": _notes,
    "replace": _replace,
    "round": _round,
    "string": as_text,
    "trim": _trim,
    "truncate": _truncate,
}
