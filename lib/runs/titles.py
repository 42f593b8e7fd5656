"""What a run is called that goes on from another one."""

import re
from typing import Final

from lib.runs.launch import MAX_TITLE

_RETRY: Final = re.compile(r"Retry(?: (\d{1,3}))?: ")


def name_retry(title: str | None) -> str | None:
    """“Plan” as “Retry: Plan”, and that as “Retry 2: Plan”, so that a list tells them apart; None stays without."""
    if title is None:
        return None
    found = _RETRY.match(title)
    begin = f"Retry {int(found[1] or 1) + 1}: " if found else "Retry: "
    return (begin + title[found.end() if found else 0 :])[:MAX_TITLE]
