"""What a walk waits for beside its calls: the moment of another attempt, and that of a connection's limit."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lib.engine.steps import PhaseState
from lib.engine.store import Held
from lib.providers.retry import jitter_of

#: Who was told so often to wait for a connection's limit asks no more seldom after that.
_MOST_SPREAD = 8
#: A run in which nothing was begun or written for longer is set aside: its place is for runs that have something to do.
MOST_IDLE_SECONDS = 2.0
#: No run is set aside for less: the queue has to have noted that it was let go.
_LEAST_REST_SECONDS = 0.5


@dataclass(slots=True)
class Waits:
    """The waits of one run. They are tasks, to be waited for beside others; `take_over` says which are over."""

    run_id: UUID
    #: Before another attempt: the phase as it is then.
    _attempts: dict[asyncio.Task[None], PhaseState] = field(default_factory=dict)
    #: For the limit of a connection: the code of the phase.
    _holds: dict[asyncio.Task[None], str] = field(default_factory=dict)
    #: When each of them is over, by the loop's clock.
    _due: dict[asyncio.Task[None], float] = field(default_factory=dict)
    #: Since when there is nothing but waits, by that clock.
    _idle_since: float | None = None

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

    def find_rest(self, *, due: Sequence[float] = ()) -> float | None:
        """For how many seconds nothing is to be done, where that is too long to keep a place; asked while all waits.

        `due` is when what waits elsewhere is to begin, by the loop's clock.
        """
        if not (due := (*self._due.values(), *due)):
            return None
        now = asyncio.get_running_loop().time()
        self._idle_since = now if self._idle_since is None else self._idle_since
        first = min(due)
        return max(first - now, _LEAST_REST_SECONDS) if first - self._idle_since > MOST_IDLE_SECONDS else None

    def note_begun(self) -> None:
        """There is something else than waits."""
        self._idle_since = None

    def add(self, state: PhaseState, *, seconds: float) -> None:
        """Wait before another attempt, which `state` is."""
        self._attempts[self._begin(max(seconds, 0))] = state

    def hold(self, held: Held) -> None:
        """Wait as long as the database said; who was held before, a while longer, for many may wait for the same."""
        spread = min(held.times - 1, _MOST_SPREAD) * jitter_of(self.run_id, held.code, held.times)
        self._holds[self._begin(held.wait_seconds * (1 + spread))] = held.code

    def _begin(self, seconds: float) -> asyncio.Task[None]:
        task = asyncio.create_task(asyncio.sleep(seconds))
        self._due[task] = asyncio.get_running_loop().time() + seconds
        return task

    def take_over(self, done: Collection[asyncio.Task[Any]]) -> list[PhaseState]:
        """Drop the waits that are over, and return the phases of which another attempt is due."""
        for task in [task for task in self._due if task in done]:
            del self._due[task]
            self._holds.pop(task, None)
        return [self._attempts.pop(wait) for wait in [task for task in self._attempts if task in done]]

    def drop(self) -> None:
        """Wait for nothing any more."""
        for task in self.tasks:
            task.cancel()
        self._attempts.clear()
        self._holds.clear()
        self._due.clear()
