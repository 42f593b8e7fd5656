"""The model calls of one run that are under way, as tasks."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lib.engine.attempt import Attempt, Outcome, make_attempt
from lib.engine.ending import put_an_end_to
from lib.providers.base import ModelChoice, Provider


@dataclass(slots=True)
class Calls:
    """They are to be waited for beside others; `take_over` says how those went that are over."""

    provider: Callable[[ModelChoice], Awaitable[Provider]]
    write_stream: Callable[[UUID, str], Awaitable[None]]
    _attempts: dict[asyncio.Task[Outcome], Attempt] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._attempts)

    @property
    def tasks(self) -> tuple[asyncio.Task[Outcome], ...]:
        """One for each call."""
        return tuple(self._attempts)

    @property
    def codes(self) -> set[str]:
        """The phases that are being written."""
        return {attempt.phase.code for attempt in self._attempts.values()}

    def begin(self, attempt: Attempt) -> None:
        """Ask the model."""
        task = asyncio.create_task(make_attempt(attempt, provider=self.provider, write_stream=self.write_stream))
        self._attempts[task] = attempt

    def take_over(self, done: Collection[asyncio.Task[Any]]) -> list[Outcome]:
        """Drop the calls that have ended, and return how."""
        ended = [task for task in self._attempts if task in done]
        for task in ended:
            del self._attempts[task]
        return [task.result() for task in ended]

    async def end(self, as_outcome: Callable[[Attempt], Outcome]) -> list[Outcome]:
        """End them all; what had no outcome by then has that one."""
        await put_an_end_to(self._attempts)
        results = await asyncio.gather(*self._attempts, return_exceptions=True)
        outcomes = [
            result if isinstance(result, Outcome) else as_outcome(attempt)
            for attempt, result in zip(self._attempts.values(), results, strict=True)
        ]
        self._attempts.clear()
        return outcomes

    def cancel(self) -> None:
        """Close their connections, and wait for nothing."""
        for task in self._attempts:
            task.cancel()
