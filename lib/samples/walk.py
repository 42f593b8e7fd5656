"""One run on its way, phase by phase: attempts, answers, usage; as the engine would have left them."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from lib.models.run import PhaseStatus, RunStatus
from lib.runs.states import FINAL_RUN_STATUSES
from lib.runs.structures import NotAsked
from lib.samples.content import SampleError, Workspace
from lib.samples.launches import Launch
from lib.samples.reviews import look_at
from lib.samples.rows import Row, Rows
from lib.templates.plan import Plan, PlannedPhase
from lib.templates.rendering import SKIPPED, PhaseAnswer, PromptContext, is_condition_met, render_prompt

_CHARACTERS_A_TOKEN = 4
_ENDPOINT = "/v1/chat/completions"
_MOST_ATTEMPTS = 3
#: An answer is made of so many of the sample texts.
_MOST_PARTS = 3
#: Of a hundred attempts so many fail and are made again.
_FAILED_ATTEMPTS = 3


@dataclass(slots=True)
class Walk:
    """One run on its way."""

    rows: Rows
    workspace: Workspace
    launch: Launch
    plan: Plan
    run_id: UUID
    status: RunStatus
    #: The phase where it ends, or stands.
    turning: int
    context: PromptContext
    #: Code -> when it ended.
    ends: dict[str, datetime] = field(default_factory=dict)
    answers: dict[str, PhaseAnswer] = field(default_factory=dict)
    phases: dict[str, Row] = field(default_factory=dict)
    tokens: int = 0
    #: None once the price of an attempt is unknown.
    cost_usd: Decimal | None = Decimal(0)
    error: Row = field(default_factory=dict)

    def walk(self) -> None:
        for phase in self.plan.phases:
            self._walk_phase(phase)

    def _walk_phase(self, phase: PlannedPhase) -> None:
        if self.launch.before and phase.code in self.launch.before.reused:
            self._take_over(phase, self.launch.before.reused[phase.code])
            return
        begins = max((self.ends[code] for code in phase.depends_on if code in self.ends), default=self.started)
        if self._is_skipped(phase):
            self._skip(phase, begins)
        elif self.status is RunStatus.COMPLETED or phase.position < self.turning:
            self._write(phase, begins)
        elif phase.position > self.turning or self.status in {RunStatus.QUEUED, RunStatus.PAUSED}:
            self._leave(phase)
        elif self.status is RunStatus.FAILED:
            self._fail(phase, begins)
        else:
            self._stand(phase, begins)

    def _is_skipped(self, phase: PlannedPhase) -> bool:
        """Whether the run came to it, and its condition was not true. The next one is then where the run ends."""
        is_reached = self.status is RunStatus.COMPLETED or phase.position <= self.turning
        if not is_reached or self.status in {RunStatus.QUEUED, RunStatus.PAUSED}:
            return False
        return not is_condition_met(phase, replace(self.context, answers=self.answers))

    def _skip(self, phase: PlannedPhase, moment: datetime) -> None:
        message = f"Skipped, because its condition is not true: {phase.condition}"
        why = {"kind": NotAsked.CONDITION, "message": message}
        self._add(phase, 1, status=PhaseStatus.SKIPPED, completed_at=moment, error_details=why)
        self.ends[phase.code] = moment
        self.answers[phase.code] = PhaseAnswer(phase.code, phase.name, status=SKIPPED, output=phase.output)
        if phase.position == self.turning:
            self.turning += 1

    @property
    def started(self) -> datetime:
        return self.launch.moment + timedelta(milliseconds=90)

    @property
    def ended(self) -> datetime | None:
        """When the run ended; None while it stands."""
        return max(self.ends.values(), default=self.started) if self.status in FINAL_RUN_STATUSES else None

    def _write(self, phase: PlannedPhase, begins: datetime) -> None:
        attempt = 1
        if phase.review:
            self._add_answered(phase, begins, attempt, self._answer(phase), PhaseStatus.REJECTED)
            begins, attempt = self.ends[phase.code] + self.rows.seconds(2), 2
        while attempt < _MOST_ATTEMPTS and self.rows.chance.random() * 100 < _FAILED_ATTEMPTS:
            begins = self._add_failed(phase, begins, attempt, self._error()) + self.rows.seconds(4)
            attempt += 1
        self._add_answered(phase, begins, attempt, self._answer(phase), PhaseStatus.COMPLETED)

    def _take_over(self, phase: PlannedPhase, row: Row) -> None:
        """As api.reuse_phase copies it: nothing was asked for it here, so it has no start."""
        kept = (
            "prompt_text",
            "response_text",
            "original_response",
            "execution_time_ms",
            "cost_usd",
            "finish_reason",
            "token_usage",
            "model",
        )
        copied = {name: row[name] for name in kept}
        taken = {"started_at": None, "completed_at": self.started, "reused_from": row["id"]}
        self._add(phase, 1, status=PhaseStatus.COMPLETED, **copied, **taken)
        self.answers[phase.code] = PhaseAnswer(phase.code, phase.name, row["response_text"], output=phase.output)
        self.ends[phase.code] = self.started

    def _fail(self, phase: PlannedPhase, begins: datetime) -> None:
        error = self._error()
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            begins = self._add_failed(phase, begins, attempt, error) + self.rows.seconds(6)
        self.error = self._details(phase, error) | {"phase": phase.code, "attempt": _MOST_ATTEMPTS}

    def _stand(self, phase: PlannedPhase, begins: datetime) -> None:
        """The phase at which a run is now: being written, in review, or cancelled while it was written."""
        if self.status is RunStatus.WAITING_REVIEW:
            self._add_answered(phase, begins, 1, self._answer(phase), PhaseStatus.WAITING_REVIEW)
        elif self.status is RunStatus.CANCELLED:
            self._add_cancelled(phase, begins)
        else:
            self._add(phase, 1, status=PhaseStatus.RUNNING, started_at=begins, prompt_text=self._prompt(phase))

    def _leave(self, phase: PlannedPhase) -> None:
        left = {RunStatus.FAILED: PhaseStatus.SKIPPED, RunStatus.CANCELLED: PhaseStatus.CANCELLED}
        self._add(phase, 1, status=left.get(self.status, PhaseStatus.PENDING))

    def _add_answered(
        self, phase: PlannedPhase, begins: datetime, attempt: int, answer: str, status: PhaseStatus
    ) -> None:
        prompt = self._prompt(phase)
        asked, answered = len(prompt) // _CHARACTERS_A_TOKEN, len(answer) // _CHARACTERS_A_TOKEN
        model = self.workspace.models[phase.model]
        cost = round((asked * model.input + answered * model.output) / 1_000_000, 6)
        took = self.rows.seconds(0.6 + answered / model.speed)
        reviewed = look_at(status, answer, asked_at=begins + took) if phase.review else None
        ended = reviewed.decided_at if reviewed else begins + took
        phase_id = self._add(
            phase,
            attempt,
            status=status,
            started_at=begins,
            completed_at=ended,
            **(reviewed.columns if reviewed else {"response_text": answer}),
            prompt_text=prompt,
            execution_time_ms=milliseconds(took),
            cost_usd=str(cost),
            finish_reason="stop",
            token_usage={
                "prompt_tokens": asked,
                "completion_tokens": answered,
                "total_tokens": asked + answered,
                "model": phase.choice.model,
                "cost_usd": float(cost),
            },
        )
        self._use(phase, phase_id, begins, took, tokens=(asked, answered), cost=cost)
        if reviewed and phase.review:
            reviewed.add_to(self.rows, self.phases[phase.code] | {"id": phase_id}, phase.review, self.launch.reviewers)
        self.answers[phase.code] = PhaseAnswer(
            phase.code, phase.name, self.phases[phase.code]["response_text"], output=phase.output
        )
        self.ends[phase.code] = ended or begins + took
        self.tokens += asked + answered
        self.cost_usd = None if self.cost_usd is None else self.cost_usd + cost

    def _add_failed(self, phase: PlannedPhase, begins: datetime, attempt: int, error: SampleError) -> datetime:
        took = self.rows.seconds(300 if error.kind == "timeout" else 1.5, spread=0.1)
        ended = begins + took
        phase_id = self._add(
            phase,
            attempt,
            status=PhaseStatus.FAILED,
            started_at=begins,
            completed_at=ended,
            prompt_text=self._prompt(phase),
            execution_time_ms=milliseconds(took),
            cost_usd="0",
            finish_reason="error",
            error_details=self._details(phase, error),
        )
        self._use(phase, phase_id, begins, took, error=error)
        self.ends[phase.code] = ended
        return ended

    def _add_cancelled(self, phase: PlannedPhase, begins: datetime) -> None:
        """Given up while it was written: what was asked for until then, only the vendor knows."""
        took = self.rows.seconds(5)
        error = SampleError(
            kind="cancelled", status=None, message="The run was cancelled while this was being written.", weight=0
        )
        cost = None if any(self.workspace.models[phase.model].prices) else Decimal(0)
        phase_id = self._add(
            phase,
            1,
            status=PhaseStatus.CANCELLED,
            started_at=begins,
            completed_at=begins + took,
            prompt_text=self._prompt(phase),
            execution_time_ms=milliseconds(took),
            cost_usd=None if cost is None else str(cost),
            finish_reason="cancelled",
            error_details={"kind": error.kind, "message": error.message},
        )
        self._use(phase, phase_id, begins, took, cost=cost, error=error)
        self.ends[phase.code] = begins + took
        self.cost_usd = None if cost is None else self.cost_usd

    def _add(self, phase: PlannedPhase, attempt: int, **columns: Any) -> UUID:
        optional = ("prompt_text", "response_text", "original_response", "redo_comment", "execution_time_ms")
        row = {
            "run_id": self.run_id,
            "organization_id": self.launch.organization_id,
            "phase_code": phase.code,
            "phase_name": phase.name,
            "position": phase.position,
            "depends_on": list(phase.depends_on),
            "attempt": attempt,
            "model": phase.model,
            "token_usage": {},
            "error_details": {},
            "review_policy": phase.review.model_dump(mode="json") if phase.review else None,
            **dict.fromkeys(("started_at", "completed_at", "cost_usd", "finish_reason", "reused_from", *optional)),
            **columns,
        }
        self.phases[phase.code] = row
        return self.rows.add("phase_executions", made=self.launch.moment, **row)

    def _use(
        self,
        phase: PlannedPhase,
        phase_id: UUID,
        begins: datetime,
        took: timedelta,
        *,
        tokens: tuple[int, int] = (0, 0),
        cost: Decimal | None = Decimal(0),
        error: SampleError | None = None,
    ) -> None:
        self.rows.add(
            "api_usage",
            made=begins + took,
            organization_id=self.launch.organization_id,
            user_id=self.launch.user_id,
            project_id=self.launch.project_id,
            run_id=self.run_id,
            phase_execution_id=phase_id,
            endpoint=_ENDPOINT,
            method="POST",
            provider=phase.choice.provider,
            model=phase.choice.model,
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
            tokens_used=sum(tokens),
            response_time_ms=milliseconds(took),
            status_code=error.status if error else 200,
            cost_usd=None if cost is None else str(cost),
            error_kind=error.kind if error else None,
            created_at=begins + took,
        )

    def _prompt(self, phase: PlannedPhase) -> str:
        return render_prompt(phase, replace(self.context, answers=self.answers))

    def _answer(self, phase: PlannedPhase) -> str:
        if phase.output.kind == "json":
            return self.rows.chance.choice(self.workspace.json_answers)
        parts = self.rows.chance.sample(self.workspace.answers, self.rows.chance.randint(1, _MOST_PARTS))
        return "\n".join(parts).format(topic=self.launch.topic)

    def _error(self) -> SampleError:
        return self.rows.choose({error: error.weight for error in self.workspace.errors})

    def _details(self, phase: PlannedPhase, error: SampleError) -> Row:
        details = {"kind": error.kind, "message": error.message, "status": error.status}
        return details | {"provider": phase.choice.provider, "model": phase.choice.model}


def milliseconds(duration: timedelta) -> int:
    """As the columns count."""
    return round(duration / timedelta(milliseconds=1))
