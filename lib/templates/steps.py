"""What a prompt may take before it is stopped: steps and processor time, counted wherever it does something.

A step is one item looked at, one comparison, or a thousand letters of a text: what a prompt does costs in proportion to
how long it takes, so that nothing is cheap that could be endless.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, TypeVar

Item = TypeVar("Item")

MAX_STEPS = 100_000
MAX_SECONDS = 2.0
#: Letters that are looked at in one step.
_LETTERS: Final = 1_000


class PromptFault(Exception):
    """What is wrong with a prompt, in words that go on after “the prompt can't be used: ”."""

    def __init__(self, message: str, *, missing: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        #: The variable that is not there, until somebody who knows the others has named them.
        self.missing = missing


@dataclass(slots=True)
class Budget:
    """In steps and in processor time: how busy the machine is decides nothing."""

    max_steps: int
    max_seconds: float
    steps: int = 0
    began: float = field(default_factory=time.thread_time)

    def step(self, count: int) -> None:
        """Count so many. Raises `PromptFault` once there are too many, or it has taken too long."""
        self.steps += count
        if self.steps > self.max_steps:
            raise PromptFault(f"it takes more than {self.max_steps:,} steps; does it loop too often?")
        if time.thread_time() - self.began > self.max_seconds:
            raise took_too_long(self.max_seconds)


_budget: ContextVar[Budget] = ContextVar("budget")


@contextmanager
def counted(*, max_steps: int, max_seconds: float) -> Iterator[Budget]:
    """What is done in here counts towards a budget of its own."""
    token = _budget.set(budget := Budget(max_steps, max_seconds))
    try:
        yield budget
    finally:
        _budget.reset(token)


def step(count: int = 1) -> None:
    """Note that the prompt being rendered does so much. Raises `PromptFault` when that is too much."""
    _budget.get().step(count)


def each(values: Iterable[Item]) -> Iterator[Item]:
    """The same, a step each."""
    for value in values:
        step()
        yield value


def weigh(value: object) -> int:
    """How many steps it takes to look at all of it."""
    if isinstance(value, str):
        return 1 + len(value) // _LETTERS
    return 1 + len(value) if isinstance(value, list | tuple | range | Mapping) else 1


def took_too_long(seconds: float) -> PromptFault:
    """The fault of a prompt whose time, so many seconds, is over."""
    return PromptFault(f"it takes longer than {round(seconds, 1):g} s")
