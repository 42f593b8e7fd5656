"""Says in plain words what is wrong with structured data: JSONB columns, templates, imported files.

`validate` is for what is written (an unknown key is refused by name), `read_stored` for what is read back
(an unknown key, written by a newer version, is kept in `model_extra`).
"""

import difflib
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from lib.errors import InvalidInput
from lib.quoting import LONGEST_SENTENCE, cut
from lib.storable import is_storable

Model = TypeVar("Model", bound=BaseModel)
#: Where something is: names of fields, and numbers of entries from 0.
Location = tuple[str | int, ...]

#: More lines help nobody; the rest is counted.
_MAX_LINES = 20
_MAX_VALUES = 100_000
_MAX_DEPTH = 40
_CHOICES = frozenset({"literal_error", "enum"})

#: Error type of pydantic -> words, filled from the error's context. Whatever is missing here keeps pydantic's words.
#: https://docs.pydantic.dev/latest/errors/validation_errors/
_WORDS = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": "has characters that are not allowed here",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_long": "has more than {max_length} entries",
    "dict_type": "must be a group of named values",
    "mapping_type": "must be a group of named values",
    "model_type": "must be a group of named values",
    "model_attributes_type": "must be a group of named values",
    "none_required": "must be empty",
    "uuid_type": "must be an id",
    "uuid_parsing": "must be an id",
    "date_type": "must be a date like 2026-01-31",
    "date_parsing": "must be a date like 2026-01-31",
    "date_from_datetime_parsing": "must be a date like 2026-01-31",
    "datetime_type": "must be a date and time",
    "datetime_parsing": "must be a date and time",
    "url_type": "must be a web address",
    "url_parsing": "must be a web address",
    "recursion_loop": "contains itself",
}

#: Pattern -> what it allows, in words.
_ALLOWED = {
    "^[a-z][a-z0-9_]{0,49}$": "a small letter from a to z first, then such letters, digits and _, 50 in all",
    "^[a-z0-9.-]+$": "small letters from a to z, digits, dots and hyphens",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where."""

    location: Location
    #: pydantic's name for it.
    kind: str
    #: Its words with its place, as `explain` has them. Made when they are asked for: of thousands a few are shown.
    say: Callable[[], str]


def validate(
    model_class: type[Model], data: object, *, what: str, labels: Mapping[str, str] = MappingProxyType({})
) -> Model:
    """`data` as a `model_class`, or `InvalidInput` that names every wrong and every unknown field.

    `what` starts the message: “The template can't be used: …”. Text that PostgreSQL can't store as JSON
    (a NUL, half a surrogate pair, NaN) is refused as well. `labels` is what people call a field, by its place
    ("limits.monthly_cost_usd").
    """
    problems = tuple(words for _, words in _unstorable(data, labels))
    if not problems:
        try:
            return model_class.model_validate(data)
        except ValidationError as error:
            problems = explain(error, model_class, labels)
    raise InvalidInput(describe(problems, what=what), problems=problems)


def find_faults(model_class: type[BaseModel], data: object) -> tuple[Fault, ...]:
    """Whatever is wrong with `data` as a `model_class`, for who knows its lines; nothing where `validate` takes it."""
    found = tuple(Fault(location, "unstorable", partial(str, words)) for location, words in _unstorable(data))
    if not found:
        try:
            model_class.model_validate(data)
        except ValidationError as error:
            return tuple(
                Fault(each["loc"], each["type"], partial(_line, each, model_class)) for each in _details(error)
            )
    return found


def read_stored(model_class: type[Model], data: object, *, what: str) -> Model:
    """What was stored, leniently: unknown keys are kept in `model_extra`, the rest must still fit.

    A writer merges its changes into the stored data; `model_dump` of a nested model drops unknown keys.
    """
    try:
        return model_class.model_validate(data, extra="allow")
    except ValidationError as error:
        problems = explain(error, model_class)
        raise InvalidInput(describe(problems, what=what), problems=problems) from None


def describe(problems: Sequence[str], *, what: str) -> str:
    """One message of all problems, a line each when there are several."""
    if len(problems) == 1:
        return f"{what} can't be used: {problems[0]}."
    return f"{what} can't be used:\n" + "\n".join(f"- {line}" for line in problems)


def explain(
    error: ValidationError,
    model_class: type[BaseModel] | None = None,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, ...]:
    """One line a fault, without a full stop. `model_class` allows “did you mean” for unknown keys."""
    details = _details(error)
    lines: dict[str, None] = {}
    for number, detail in enumerate(details):
        if len(lines) == _MAX_LINES:
            return (*lines, f"and {len(details) - number} more")
        lines[_line(detail, model_class, labels)] = None
    return tuple(lines)


def find_similar(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def _details(error: ValidationError) -> list[Any]:
    """What pydantic says, without its calling a list too short whose entries are there and wrong."""
    found = error.errors(include_url=False)
    around = {detail["loc"][:length] for detail in found for length in range(len(detail["loc"]))}
    return [detail for detail in found if detail["type"] != "too_short" or detail["loc"] not in around]


def _line(
    detail: Mapping[str, Any],
    model_class: type[BaseModel] | None,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> str:
    location, kind, context = tuple(detail["loc"]), str(detail["type"]), dict(detail.get("ctx") or {})
    if kind != "extra_forbidden":
        place = name_place(_call(location, labels))
        if kind in _CHOICES:
            return f"{place}must be one of: {context['expected']}{_instead(detail['input'])}"
        return f"{place}{_complaint(kind, context, str(detail['msg']))}"
    *parents, key = location
    known = _keys_at(model_class, parents) if model_class else ()
    similar = find_similar(cut(key), known)
    hint = f"did you mean “{similar}”" if similar else f"known are {', '.join(known)}" if known else ""
    return f"{name_place(parents)}“{cut(key)}” is not known{'; ' if hint else ''}{hint}"


def _instead(given: object) -> str:
    """The word that is none of those asked for; whoever imports a long file looks for it by that."""
    text = cut(given)
    return f", not “{text}”" if text else ""


def _complaint(kind: str, context: dict[str, Any], message: str) -> str:
    if kind in {"value_error", "assertion_error"}:
        return cut(context.get("error", message), LONGEST_SENTENCE).rstrip(".")
    if kind == "string_too_short":
        return "is empty" if context["min_length"] <= 1 else f"needs at least {context['min_length']} characters"
    if kind == "string_pattern_mismatch" and context["pattern"] in _ALLOWED:
        return f"{_WORDS[kind]}; allowed are {_ALLOWED[context['pattern']]}"
    if kind == "too_short":
        return "needs at least one entry" if context["min_length"] == 1 else f"needs {context['min_length']} entries"
    if kind in _WORDS:
        return _WORDS[kind].format(**{name: _write(value) for name, value in context.items()})
    return message[:1].lower() + message[1:]


def _write(value: object) -> object:
    """A number as people write it: 0.0 as "0", 1e9 as "1,000,000,000"."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:,}" if isinstance(value, int | float) else value


def _call(location: Location, labels: Mapping[str, str]) -> Location:
    """The same place by what people call the field in it."""
    for length in range(len(location), 0, -1):
        if label := labels.get(".".join(map(str, location[:length]))):
            return (label, *location[length:])
    return location


def name_place(location: Sequence[str | int]) -> str:
    """`("phases", 2, "prompt")` as “phases 3, prompt: ”: people count from one. Of a list in a list “phases 3.1”."""
    parts: list[str] = []
    before: str | int = ""
    for part in location:
        if isinstance(part, str):
            parts.append(cut(part))
        elif isinstance(before, int):
            parts[-1] += f".{part + 1}"
        elif parts:
            parts[-1] += f" {part + 1}"
        else:
            parts.append(f"entry {part + 1}")
        before = part
    return ", ".join(parts) + ": " if parts else ""


def _keys_at(model_class: type[BaseModel], location: Sequence[str | int]) -> tuple[str, ...]:
    """The keys that the model at `location` knows, or none where the way there is not only models and lists."""
    current: type[BaseModel] | None = model_class
    for part in location:
        if isinstance(part, int):
            continue
        field = next((f for name, f in _fields(current) if name == part), None)
        current = next(_models_in(field.annotation), None) if field else None
    return tuple(name for name, _ in _fields(current))


def _fields(model_class: type[BaseModel] | None) -> list[tuple[str, Any]]:
    fields = model_class.model_fields if model_class else {}
    return [(field.alias or name, field) for name, field in fields.items()]


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _unstorable(data: object, labels: Mapping[str, str] = MappingProxyType({})) -> Iterator[tuple[Location, str]]:
    """What JSONB refuses, and what would take forever to look at, such as the nested aliases of a YAML file.

    https://www.postgresql.org/docs/current/datatype-json.html
    """
    waiting: deque[tuple[Location, object]] = deque([((), data)])
    for seen in itertools.count():
        if not waiting:
            return
        location, value = waiting.popleft()
        if seen + len(waiting) > _MAX_VALUES or len(location) > _MAX_DEPTH:
            yield (), "it is nested too deeply or has too many entries"
            return
        if isinstance(value, str) and not is_storable(value):
            yield location, f"{name_place(_call(location, labels))}has a character that can't be stored"
        elif isinstance(value, float) and not math.isfinite(value):
            yield location, f"{name_place(_call(location, labels))}must be a finite number"
        elif isinstance(value, Mapping):
            waiting.extend(((*location, "a name"), str(key)) for key in value)
            waiting.extend(((*location, str(key)), inner) for key, inner in value.items())
        elif isinstance(value, list | tuple):
            waiting.extend(((*location, index), inner) for index, inner in enumerate(value))
