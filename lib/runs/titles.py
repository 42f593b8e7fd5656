"""What a run is called that goes on from another one."""

import re
from typing import Final

from lib.runs.launch import MAX_TITLE

_RETRY: Final = re.compile(r" \(retry(?: (\d{1,3}))?\)$")


def name_retry(title: str | None) -> str | None:
    """“Plan” as “Plan (retry)”, and that as “Plan (retry 2)”, so that a list tells them apart; None stays without."""
    if title is None:
        return None
    found = _RETRY.search(title)
    number = int(found[1] or 1) + 1 if found else 1
    end = " (retry)" if number == 1 else f" (retry {number})"
    return title[: found.start() if found else None][: MAX_TITLE - len(end)].rstrip() + end
