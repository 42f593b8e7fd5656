"""What a walk waits for beside its calls: the moment of another attempt, and that of a connection's limit."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lib.engine.steps import PhaseState
from lib.engine.store import Held
from lib.providers.retry import jitter_of

#: Who was told so often to wait for a connection's limit asks no more seldom after that.
_MOST_SPREAD = 8


@dataclass(slots=True)
class Waits:
    """The waits of one run. They are tasks, to be waited for beside others; `take_over` says which are over."""

    run_id: UUID
    #: Before another attempt: the phase as it is then.
    _attempts: dict[asyncio.Task[None], PhaseState] = field(default_factory=dict)
    #: For the limit of a connection: the code of the phase.
    _holds: dict[asyncio.Task[None], str] = field(default_factory=dict)
    #: Code -> how often in a row it was held.
    _held: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._attempts or self._holds)

    @property
    def tasks(self) -> tuple[asyncio.Task[None], ...]:
        """One for each wait."""
        return (*self._attempts, *self._holds)

    @property
    def codes(self) -> set[str]:
        """The phases that wait."""
        return {*(state.code for state in self._attempts.values()), *self._holds.values()}

    def add(self, state: PhaseState, *, seconds: float) -> None:
        """Wait before another attempt, which `state` is."""
        self._attempts[asyncio.create_task(asyncio.sleep(max(seconds, 0)))] = state

    def hold(self, held: Held) -> None:
        """Wait as long as the database said; who was held before, a while longer, for many may wait for the same."""
        times = self._held[held.code] = self._held.get(held.code, 0) + 1
        spread = min(times - 1, _MOST_SPREAD) * jitter_of(self.run_id, held.code, times)
        self._holds[asyncio.create_task(asyncio.sleep(held.wait_seconds * (1 + spread)))] = held.code

    def forget_holds(self, code: str) -> None:
        """The phase has begun: the next time that it is held is the first again."""
        self._held.pop(code, None)

    def take_over(self, done: Collection[asyncio.Task[Any]]) -> list[PhaseState]:
        """Drop the waits that are over, and return the phases of which another attempt is due."""
        for hold in [task for task in self._holds if task in done]:
            del self._holds[hold]
        return [self._attempts.pop(wait) for wait in [task for task in self._attempts if task in done]]

    def drop(self) -> None:
        """Wait for nothing any more."""
        for task in self.tasks:
            task.cancel()
        self._attempts.clear()
        self._holds.clear()
