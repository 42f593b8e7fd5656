"""Comparisons for people who write no code: what a condition may compare, with what, and how that is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lib.errors import InvalidInput
from lib.templates.comparisons import quote, says_already
from lib.templates.editing.content import Content, get_phase, set_phase_field
from lib.templates.editing.phases import upstream_of
from lib.templates.editing.questions import inputs_of
from lib.templates.inputs import InputKind, whole


class Sign(StrEnum):
    """How two values are compared."""

    IS = "=="
    IS_NOT = "!="
    MORE = ">"
    LESS = "<"


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be compared: as an expression, and as people call it."""

    expression: str
    label: str
    #: What it is one of, where that is known.
    choices: tuple[str, ...] = ()
    is_number: bool = False
    is_yes_or_no: bool = False

    @property
    def signs(self) -> tuple[Sign, ...]:
        """How it can be compared."""
        return tuple(Sign) if self.is_number else (Sign.IS, Sign.IS_NOT)

    @property
    def example(self) -> str:
        """A comparison of it, as it is written."""
        if self.is_number:
            return self.compare(Sign.MORE, 7)
        return self.compare(Sign.IS, True if self.is_yes_or_no else self.choices[0] if self.choices else "kids")

    def compare(self, sign: Sign, value: str | float | bool) -> str:
        """The comparison as it is written; a number that may be missing is asked for first."""
        if not self.is_number:
            written = str(value).lower() if self.is_yes_or_no else quote(str(value))
            return f"{self.expression} {sign} {written}"
        number = whole(float(value))
        before = f"{self.expression} is number and " if sign in {Sign.MORE, Sign.LESS} else ""
        return f"{before}{self.expression} {sign} {number}"


def list_subjects(content: Content, code: str) -> tuple[Subject, ...]:
    """What the condition of that phase can compare: questions, and fields of answers before it."""
    return (*map(_question, inputs_of(content)), *_fields(content, code))


def add_comparison(
    content: Content, code: str, expression: str, sign: Sign, value: str | float | bool | None
) -> Content:
    """Have the phase's condition say that as well as what it says already.

    Raises `InvalidInput` where there is nothing to compare with, what is to be compared is gone meanwhile, or the
    condition says that already.
    """
    subject = next((each for each in list_subjects(content, code) if each.expression == expression), None)
    if subject is None:
        message = "What you wanted to compare is not there any more. Choose again."
        raise InvalidInput(message)
    value = value.strip() if isinstance(value, str) else value
    if value is None or value == "":
        message = "Enter what it is to be compared with."
        raise InvalidInput(message)
    comparison = subject.compare(sign, value)
    before = str(get_phase(content, code).get("condition") or "").strip()
    if says_already(before, comparison):
        message = "The condition says that already."
        raise InvalidInput(message)
    return set_phase_field(content, code, ("condition",), f"{_held(before)} and {comparison}" if before else comparison)


def _held(condition: str) -> str:
    """In brackets where “and” would tear it apart."""
    words = condition.split()
    return f"({condition})" if {"or", "if"} & set(words) else condition


def _question(field: Mapping[str, Any]) -> Subject:
    return Subject(
        f"inputs.{field['name']}",
        str(field.get("label") or field["name"]),
        choices=tuple(field.get("choices") or ()),
        is_number=field.get("kind") == InputKind.NUMBER,
    )


def _fields(content: Content, code: str) -> Iterator[Subject]:
    for other in upstream_of(content, code):
        phase = get_phase(content, other)
        schema = (phase.get("output") or {}).get("schema")
        properties = schema.get("properties") if isinstance(schema, Mapping) else None
        for name, said in properties.items() if isinstance(properties, Mapping) else ():
            if name.isidentifier():
                yield _field(f'phases["{other}"].json.{name}', f"{phase.get('name') or other}: {name}", said)


def _field(expression: str, label: str, said: object) -> Subject:
    schema = said if isinstance(said, Mapping) else {}
    known = schema.get("enum")
    texts = known if isinstance(known, list) and all(isinstance(each, str) for each in known) else ()
    kind = schema.get("type")
    return Subject(
        expression,
        label,
        choices=tuple(texts),
        is_number=kind in ("number", "integer"),
        is_yes_or_no=kind == "boolean",
    )
