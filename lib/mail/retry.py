"""When a mail that was not taken is tried again."""

from typing import Final

_FIRST_WAIT_SECONDS: Final = 30
_LONGEST_WAIT_SECONDS: Final = 86_400
_MOST_DOUBLINGS: Final = 12


def wait_seconds(attempt: int, *, chance: float) -> int:
    """How long to wait after this attempt, the first being 1: half a minute, twice as long each time, a day at most.

    `chance`, from 0 to 1, moves it by a quarter up or down, so that mails that failed together do not come back
    together.
    """
    doubled = _FIRST_WAIT_SECONDS * 2 ** min(attempt - 1, _MOST_DOUBLINGS)
    return min(int(doubled * (0.75 + chance / 2)), _LONGEST_WAIT_SECONDS)
