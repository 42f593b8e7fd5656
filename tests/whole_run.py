"""A run with all its texts, as somebody reads it who opens every step: pages read them for the open ones only."""

from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from lib.access.actor import Actor
from lib.runs.service import get_texts, watch_run
from lib.runs.views import AttemptFigures, PhaseFigures, RunProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView(AttemptFigures):
    """One attempt at a phase, whole."""

    prompt: str | None
    #: The whole answer, or as far as it is written.
    response: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseView(PhaseFigures):
    """A phase with all its attempts, whole."""

    attempts: tuple[AttemptView, ...]

    @property
    def newest(self) -> AttemptView:
        """The attempt that counts."""
        return self.attempts[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail(RunProgress):
    """A run, whole."""

    phases: tuple[PhaseView, ...]


def get_run(actor: Actor, run_id: UUID) -> RunDetail:
    """The run as this person sees it. Raises `NotFound`."""

    def whole(attempt: AttemptFigures) -> AttemptView:
        texts = get_texts(actor, run_id, attempt.id)
        return AttemptView(**_values(attempt), prompt=texts.prompt, response=texts.response)

    seen = watch_run(actor, run_id)
    phases = [
        PhaseView(**_values(phase) | {"attempts": tuple(whole(attempt) for attempt in phase.attempts)})
        for phase in seen.phases
    ]
    return RunDetail(**_values(seen) | {"phases": tuple(phases)})


def _values(of: AttemptFigures | PhaseFigures | RunProgress) -> dict[str, Any]:
    return {field.name: getattr(of, field.name) for field in fields(of)}
