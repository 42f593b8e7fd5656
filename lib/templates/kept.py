"""Results that are kept because they are asked for again soon: the newest, as many as have room."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """What was made last, with a limit of bytes and not of entries: one may be as large as thousands of others."""

    def __init__(self, most_bytes: int, weigh: Callable[[Value], int]) -> None:
        self._most_bytes = most_bytes
        self._weigh = weigh
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()
        #: What they weigh together.
        self.bytes = 0

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """What was made for that key, or is made now.

        Two who ask at once both make it; what `make` raises is not kept.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        value = make()
        self._put(key, value, self._weigh(value))
        return value

    def _put(self, key: Hashable, value: Value, weight: int) -> None:
        with self._lock:
            if key in self._values or weight > self._most_bytes:
                return
            self._values[key] = value, weight
            self.bytes += weight
            while self.bytes > self._most_bytes:
                self.bytes -= self._values.popitem(last=False)[1][1]
