"""What was typed and is in no draft, until its writer is back: a page that is loaded anew has forgotten it.

That is so where a session ended, and where somebody reloads the page or closes it before they have chosen between two
texts. It waits in the memory of this process, for the person whom the tab was drawn for and for nobody else.
"""

import threading
from collections import deque
from collections.abc import Callable
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
    #: The tab that shows it still, by Streamlit's name for it; None where that is over.
    tab: str | None


_left: Final[deque[_Left]] = deque(maxlen=_MOST)
_lock: Final = threading.Lock()


def leave(user_id: object, template_id: UUID, notebook: object, *, tab: str | None = None) -> None:
    """Keep that for the person; of one notebook once. What a `tab` shows still is nobody's before that is gone."""
    with _lock:
        _drop(notebook)
        _left.append(_Left(user_id, template_id, notebook, clock.now() + _FOR, tab))


def forget(notebook: object) -> None:
    """Keep it no longer: everything in it is in the draft, or was given up."""
    with _lock:
        _drop(notebook)


def take(user_id: object, template_id: UUID, *, is_open: Callable[[str], bool]) -> object | None:
    """What the person left first, once; None where there is nothing, or where the tab that shows it `is_open`."""
    now = clock.now()
    with _lock:
        for one in [one for one in _left if one.until < now]:
            _left.remove(one)
        waiting = (one for one in _left if (one.user_id, one.template_id) == (user_id, template_id))
        found = next((one for one in waiting if one.tab is None or not is_open(one.tab)), None)
        if found is not None:
            _left.remove(found)
        return found.notebook if found else None


def _drop(notebook: object) -> None:
    for one in [one for one in _left if one.notebook is notebook]:
        _left.remove(one)
