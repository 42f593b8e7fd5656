"""What a removal came to, in words: on pages, and in a report."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from lib.figures import count, number
from lib.models.retention import RetentionKind

#: What retention is about, as people call it.
KINDS: Final[Mapping[str, str]] = {
    RetentionKind.RUNS: "Runs",
    RetentionKind.USAGE: "Usage",
    RetentionKind.AUDIT: "Audit trail",
}
#: What was counted -> one and many of it; in the order in which it is told.
_COUNTED: Final = {
    "runs": ("run", "runs"),
    "phases": ("phase", "phases"),
    "operations": ("operation", "operations"),
    "reviews": ("review", "reviews"),
    "words": ("word about an answer", "words about answers"),
    "comments": ("comment", "comments"),
    "calls": ("call", "calls"),
    "entries": ("entry of the audit trail", "entries of the audit trail"),
}


def add_up(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Of each what all of them come to: the batches of one removal."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total)


def say_broken(seal: int) -> str:
    """What stops a removal, and until when."""
    return f"Seal {number(seal)} does not hold: nothing from there on is removed until an operator has looked."


def say_counts(counts: Mapping[str, int]) -> list[str]:
    """As ["3 runs", "9 phases"]."""
    return [count(counts[name], one, plural=many) for name, (one, many) in _COUNTED.items() if name in counts]
