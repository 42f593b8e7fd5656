"""The questions that a template asks at launch, and whether an answer is one."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from lib.errors import AnswerFault, AnswersInvalid
from lib.storable import is_storable
from lib.validation import describe, find_similar

#: Longest answers where the field itself says nothing.
MAX_TEXT, MAX_LONG_TEXT = 1_000, 50_000
_LARGEST_NUMBER = 1e15

#: What an answer is stored as; a date is text like 2026-01-31, and None stayed empty.
InputValue = str | int | float | None
Name = Annotated[str, Field(min_length=1, max_length=255)]


class Part(BaseModel):
    """What every part of a template and of a plan has in common."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True, serialize_by_alias=True
    )


class InputKind(StrEnum):
    """What a field of the launch form asks for."""

    #: One line.
    TEXT = "text"
    #: Several lines.
    LONG_TEXT = "long_text"
    #: One of `choices`.
    CHOICE = "choice"
    #: A number, within `minimum` and `maximum`.
    NUMBER = "number"
    #: A day, kept as 2026-01-31.
    DATE = "date"


class InputField(Part):
    """A question that the launch form asks; prompts read the answer as `inputs.<name>`."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
    label: Name
    kind: InputKind = InputKind.TEXT
    required: StrictBool = True
    default: str | int | float | None = None
    choices: tuple[Name, ...] = Field(default=(), max_length=100)
    help: Annotated[str, Field(max_length=500)] = ""
    max_length: Annotated[int, Field(ge=1, le=MAX_LONG_TEXT, strict=True)] | None = None
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        problem = None
        if self.kind is InputKind.CHOICE and not self.choices:
            problem = "there is nothing to choose from yet; enter the choices"
        elif self.choices and self.kind is not InputKind.CHOICE:
            problem = "choices are for a question whose answer is one of several (choice)"
        elif self.max_length is not None and self.kind not in {InputKind.TEXT, InputKind.LONG_TEXT}:
            problem = "max_length belongs to texts"
        elif (self.minimum is not None or self.maximum is not None) and self.kind is not InputKind.NUMBER:
            problem = "minimum and maximum belong to numbers"
        elif self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            problem = "the least answer allowed (minimum) is more than the most (maximum)"
        if problem:
            raise ValueError(problem)
        if self.default is not None:
            try:
                _take(self, self.default)
            except ValueError as error:
                message = f"the default {error}"
                raise ValueError(message) from None
        return self


def validate_inputs(fields: Iterable[InputField], values: Mapping[str, object]) -> dict[str, InputValue]:
    """The answers to a template's questions, ready to be stored: each field is there, None where it stayed empty.

    Raises `AnswersInvalid` with one line a fault, and the label of the first wrong field as `field`.
    """
    known = {field.name: field for field in fields}
    faults: list[AnswerFault] = []
    for name in values:
        if name not in known:
            similar = find_similar(name, known)
            hint = f"; did you mean “{similar}”" if similar else ""
            faults.append(AnswerFault(name, name, f"is not asked for{hint}"))
    taken: dict[str, InputValue] = {}
    for name, field in known.items():
        given = values.get(name)
        value = field.default if given is None or given == "" else given
        try:
            taken[name] = _take(field, value)
        except ValueError as error:
            faults.append(AnswerFault(name, field.label, str(error), is_missing=_is_empty(value)))
    if faults:
        lines = [
            f"{fault.label}: {fault.words}" if fault.name in known else f"“{fault.name}” {fault.words}"
            for fault in faults
        ]
        raise AnswersInvalid(describe(lines, what="What you entered"), faults=faults, problems=lines)
    return taken


def find_repeated(field: InputField) -> str | None:
    """The first choice that is there twice. Whoever writes one is told; what was stored before goes on working."""
    return next((choice for n, choice in enumerate(field.choices) if choice in field.choices[:n]), None)


def whole(value: InputValue) -> InputValue:
    """A number without digits behind the point as people write it, 40 and not 40.0; everything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _take(field: InputField, value: object) -> InputValue:
    """`value` as it is stored; `ValueError` says what is wrong with it."""
    if _is_empty(value):
        if field.required:
            message = "is missing"
            raise ValueError(message)
        return None
    if field.kind is InputKind.NUMBER:
        return _take_number(field, value)
    if field.kind is InputKind.DATE:
        return _take_date(value)
    return _take_text(field, value)


def _take_text(field: InputField, value: object) -> str:
    most = field.max_length or (MAX_LONG_TEXT if field.kind is InputKind.LONG_TEXT else MAX_TEXT)
    text = value.strip() if isinstance(value, str) else ""
    problem = None
    if not isinstance(value, str):
        problem = "must be text"
    elif not is_storable(text):
        problem = "has a character that can't be stored"
    elif field.kind is InputKind.CHOICE and text not in field.choices:
        problem = f"must be one of: {', '.join(field.choices)}"
    elif len(text) > most:
        problem = f"is longer than {most} characters"
    elif field.kind is InputKind.TEXT and len(text.splitlines()) > 1:
        problem = "must be one line"
    if problem:
        raise ValueError(problem)
    return text


def _take_number(field: InputField, value: object) -> InputValue:
    problem = None
    # A bool is an int to Python and a mistake to everybody else; comparisons with NaN are false.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN alone is not itself
        problem = "must be a number"
    elif not -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER:
        problem = "is too large"
    elif field.minimum is not None and value < field.minimum:
        problem = f"must be at least {whole(field.minimum)}"
    elif field.maximum is not None and value > field.maximum:
        problem = f"must be at most {whole(field.maximum)}"
    elif isinstance(value, int | float):
        return whole(value)
    raise ValueError(problem)


def _take_date(value: object) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        message = "must be a date like 2026-01-31"
        raise ValueError(message) from None
