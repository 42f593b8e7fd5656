"""A worker that is told to stop: it begins nothing new, and lets the calls to models that are under way end.

A run whose calls have ended is handed over between two phases, without an attempt that is lost.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from lib.engine.store import Advanced, RunKey, Store
from lib.models.operation import OperationStatus


class DrainingStore(Store):
    """A store that knows which runs are being written, and can be told to begin no further attempt."""

    def __init__(self, url: str, *, connections: int = 8) -> None:
        super().__init__(url, connections=connections)
        self._is_draining = False
        #: By run: attempts that have begun and not ended, and steps that may begin some.
        self._writing: Counter[UUID] = Counter()
        self._has_moved = asyncio.Event()

    def begin_nothing(self) -> None:
        """From now on steps only close attempts and end runs; what they would begin stays pending."""
        self._is_draining = True

    async def wait_until_still(self, run_id: UUID) -> None:
        """Until nothing of the run is being written."""
        while run_id in self._writing:
            self._has_moved.clear()
            await self._has_moved.wait()

    def forget(self, run_id: UUID) -> None:
        """Nobody here walks the run any more: whatever is still under way is somebody else's to close."""
        del self._writing[run_id]
        self._has_moved.set()

    async def advance(
        self,
        key: RunKey,
        token: UUID,
        *,
        finish: Sequence[Mapping[str, Any]] = (),
        begin: Sequence[Mapping[str, Any]] = (),
        operate: Mapping[str, Any] | None = None,
        **step: Any,
    ) -> Advanced:
        """As any store does, but for what would begin while the worker drains."""
        self._count(key.run_id, 1)
        under_way = 0
        try:
            begin = () if self._is_draining else begin
            operate = {**operate, "begin": []} if operate and self._is_draining else operate
            advanced = await super().advance(key, token, finish=finish, begin=begin, operate=operate, **step)
            under_way = len(advanced.begun) - len(finish)
            begun = sum(each.status is OperationStatus.RUNNING for each in advanced.operations)
            under_way += begun - len(operate["finish"] if operate else ())
        finally:
            self._count(key.run_id, under_way - 1)
        return advanced

    def _count(self, run_id: UUID, more: int) -> None:
        self._writing[run_id] += more
        if self._writing[run_id] <= 0:
            del self._writing[run_id]
            self._has_moved.set()
