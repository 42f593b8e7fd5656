"""What is measured of usage: how it is called, read from figures, and said."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from lib.ui import words
from lib.usage.views import Dimension, Figures, Latency, UsageQuery

#: A number of a chart; None where there is none.
Value = float | None


class Measure(StrEnum):
    """What the large chart shows."""

    COST = "cost"
    TOKENS = "tokens"
    CALLS = "calls"
    FAILED = "failed"
    SUCCESS = "success"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True)
class Shown:
    """How one measure is shown."""

    word: str
    #: Of the calls of a bar.
    read: Callable[[Figures, Latency], Value]
    say: Callable[[Value], str]
    #: Whether the parts add up to the whole, and stand on each other as bars.
    adds_up: bool = True
    prefix: str = ""
    suffix: str = ""
    #: As d3 writes the numbers of an axis and of what the pointer is on.
    axis_format: str = ""
    hover_format: str = ",.0f"


def _say_number(value: Value) -> str:
    return words.NOTHING if value is None else words.number(round(value))


def say_money(value: Value | Decimal) -> str:
    """Dollars to the cent."""
    return words.NOTHING if value is None else words.money(value)


def say_share(value: Value) -> str:
    """A share from 0 to 1."""
    return words.NOTHING if value is None else words.share(value, digits=1)


def say_seconds(value: Value) -> str:
    """How long a call took."""
    return words.NOTHING if value is None else words.duration(value)


def seconds(milliseconds: float | None) -> Value:
    """The same in seconds."""
    return None if milliseconds is None else milliseconds / 1000


def _success(figures: Figures, _latency: Latency) -> Value:
    return None if figures.failed_share is None else 1 - figures.failed_share


MEASURES: Final[Mapping[Measure, Shown]] = {
    Measure.COST: Shown("Cost", lambda figures, _: float(figures.cost_usd), say_money, prefix="$", hover_format=",.2f"),
    Measure.TOKENS: Shown("Tokens", lambda figures, _: figures.tokens, _say_number, axis_format="~s"),
    Measure.CALLS: Shown("Calls", lambda figures, _: figures.calls, _say_number),
    Measure.FAILED: Shown("Failed calls", lambda figures, _: figures.failed_calls, _say_number),
    Measure.SUCCESS: Shown("Success rate", _success, say_share, adds_up=False, axis_format=".0%", hover_format=".1%"),
    Measure.LATENCY: Shown(
        "Latency, median",
        lambda _, latency: seconds(latency.p50),
        say_seconds,
        adds_up=False,
        suffix=" s",
        hover_format=",.1f",
    ),
}

#: What calls are told apart by, as people say it, and what is behind it in the sidebar.
DIMENSIONS: Final[Mapping[Dimension, str]] = {
    Dimension.PROJECT: "project",
    Dimension.PERSON: "person",
    Dimension.MODEL: "model",
    Dimension.TEMPLATE: "template",
    Dimension.ENDPOINT: "endpoint",
}
#: More than one of them.
PLURALS: Final[Mapping[Dimension, str]] = {
    Dimension.PROJECT: "projects",
    Dimension.PERSON: "people",
    Dimension.MODEL: "models",
    Dimension.TEMPLATE: "templates",
    Dimension.ENDPOINT: "endpoints",
}


@dataclass(frozen=True, slots=True)
class Sort:
    """What can be asked of calls of one sort."""

    #: As the address and the switch have it.
    word: str
    label: str
    #: The first is shown where nothing else is asked for.
    measures: Sequence[Measure]
    dimensions: Sequence[Dimension]
    #: By what bars are stacked where nothing else is asked for.
    by: Dimension


MODELS: Final = Sort("models", "Model calls", [*Measure], [*DIMENSIONS], Dimension.MODEL)
#: They have no model, no tokens and no price.
OPERATIONS: Final = Sort(
    "operations",
    "Operations",
    [Measure.CALLS, Measure.FAILED, Measure.SUCCESS, Measure.LATENCY],
    [by for by in DIMENSIONS if by is not Dimension.MODEL],
    Dimension.ENDPOINT,
)


def sort_of(query: UsageQuery) -> Sort:
    """What can be asked of the calls that are looked at."""
    return MODELS if query.is_model else OPERATIONS
