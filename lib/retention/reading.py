"""What the database says of what would go, as views."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from lib.audit.sealing import moment_of
from lib.models.retention import RetentionKind
from lib.retention.views import Removable, RunExample, SealedRange

_NOT_COUNTS: Final = frozenset({"kind", "before", "first_seal", "last_seal", "seal"})


def read_preview(found: Mapping[str, Any]) -> Sequence[Removable]:
    """Of each kind that is not kept for ever."""
    return [_read(kind, found[kind]) for kind in RetentionKind if kind in found]


def read_counts(stored: Mapping[str, Any]) -> Mapping[str, int]:
    """How many of what, without those that were none."""
    return {name: int(count) for name, count in stored.items() if name not in _NOT_COUNTS and count}


def read_moment(stored: Any) -> datetime | None:
    """As JSON has it."""
    return datetime.fromisoformat(stored) if stored else None


def _read(kind: RetentionKind, found: Mapping[str, Any]) -> Removable:
    is_runs = kind is RetentionKind.RUNS
    examples = found.get("examples", [])
    return Removable(
        kind=kind,
        before=datetime.fromisoformat(found["before"]),
        count=found["count"],
        oldest=read_moment(found["oldest"]),
        held=found["held"],
        retried=found.get("retried", 0),
        seals=found.get("seals", 0),
        broken_seal=found.get("broken_seal"),
        stopped=found.get("stopped", 0),
        waits_until=read_moment(found["waits_until"]),
        runs=[_run(each) for each in examples] if is_runs else (),
        ranges=() if is_runs else [_range(each) for each in examples],
    )


def _run(found: Mapping[str, Any]) -> RunExample:
    return RunExample(id=UUID(found["id"]), title=found["title"], ended_at=datetime.fromisoformat(found["ended_at"]))


def _range(found: Mapping[str, Any]) -> SealedRange:
    return SealedRange(
        number=found["number"],
        since=moment_of(UUID(found["after_id"])),
        until=moment_of(UUID(found["through_id"])),
        entries=found["entries"],
    )
