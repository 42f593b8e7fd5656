"""What was typed when a session ended, until its writer is back: signing in loads the page anew, and a tab forgets.

It waits in the memory of this process, for the person whom the tab was drawn for and for nobody else.
"""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from lib import clock

_FOR: Final = timedelta(minutes=30)
#: Of all people; the oldest go first.
_MOST: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class _Left:
    user_id: object
    template_id: UUID
    notebook: object
    until: datetime


_left: Final[deque[_Left]] = deque(maxlen=_MOST)
_lock: Final = threading.Lock()


def leave(user_id: object, template_id: UUID, notebook: object) -> None:
    """Keep that for the person; of one tab once."""
    with _lock:
        for one in [one for one in _left if one.notebook is notebook]:
            _left.remove(one)
        _left.append(_Left(user_id, template_id, notebook, clock.now() + _FOR))


def take(user_id: object, template_id: UUID) -> object | None:
    """What the person left first, once; None where there is nothing."""
    now = clock.now()
    with _lock:
        for one in [one for one in _left if one.until < now]:
            _left.remove(one)
        found = next((one for one in _left if (one.user_id, one.template_id) == (user_id, template_id)), None)
        if found is not None:
            _left.remove(found)
        return found.notebook if found else None
