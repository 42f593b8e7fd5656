"""What the first page shows."""

from dataclasses import dataclass

from lib.organizations.views import Quota
from lib.runs.views import RunSummary, Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """A run that is under way, for the overview."""

    summary: RunSummary
    #: Names of the phases that are being written.
    writing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the first page shows."""

    running: tuple[LiveRun, ...]
    recent: tuple[RunSummary, ...]
    quota: Quota
    has_projects: bool
    has_runs: bool
    live_workers: int
    #: None where none of the runs under way waits for its turn.
    turns: Turns | None
