"""What the phases of a run are asked, and whether they are: plan, inputs and the answers so far put together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lib.engine.steps import PhaseState
from lib.engine.store import OpenedRun
from lib.models.run import PhaseStatus
from lib.runs.structures import RunInputs
from lib.storable import storable
from lib.templates.json_output.wording import ask_again
from lib.templates.plan import Plan, PlannedPhase, read_plan
from lib.templates.rendering import SKIPPED, PhaseAnswer, PromptContext, add_redo, is_condition_met, render_prompt
from lib.validation import read_stored


@dataclass(frozen=True, slots=True)
class Prompts:
    """The plan of a run, and what its prompts and conditions read beside the answers."""

    plan: Plan
    context: PromptContext

    @classmethod
    def of(cls, opened: OpenedRun) -> "Prompts":
        """Raises `InvalidInput` where what was stored can't be read any more."""
        inputs = read_stored(RunInputs, opened.inputs, what="What the run was launched with")
        context = PromptContext(
            topic=opened.topic,
            project_name=inputs.project.name,
            project_description=inputs.project.description,
            inputs=inputs.values,
        )
        return cls(read_plan(opened.plan), context)

    def is_met(self, phase: PlannedPhase, states: Mapping[str, PhaseState], skipped: Collection[str]) -> bool:
        """Whether the phase's condition holds, with these skipped as well. Raises `PlanInvalid`."""
        return phase.condition is None or is_condition_met(phase, self._with_answers(states, skipped))

    def context_of(self, states: Mapping[str, PhaseState]) -> PromptContext:
        """What operations read: the answers that are there."""
        return self._with_answers(states, ())

    def begin(self, code: str, states: Mapping[str, PhaseState], skipped: Collection[str]) -> dict[str, Any]:
        """The row of `api.advance_run`'s `begin`, with these skipped as well. Raises `PlanInvalid`."""
        state = states[code]
        phase = self.plan.get_phase(code).asking(state.model)
        prompt = render_prompt(phase, self._with_answers(states, skipped))
        if state.redo is not None:
            prompt = add_redo(prompt, phase, state.redo)
        if state.misfit is not None:
            again = ask_again(state.misfit.response, state.misfit.faults, limit=phase.notes_characters)
            prompt = f"{prompt}\n\n{again}"
        return {
            "code": phase.code,
            "name": phase.name,
            "position": phase.position,
            "depends_on": list(phase.depends_on),
            "attempt": state.attempt,
            "model": phase.model,
            "prompt": storable(prompt),  # the model gets what the row says
        }

    def _with_answers(self, states: Mapping[str, PhaseState], skipped: Collection[str]) -> PromptContext:
        answers = {}
        for state in states.values():
            phase = self.plan.get_phase(state.code)
            if state.status is PhaseStatus.COMPLETED:
                answers[state.code] = PhaseAnswer(phase.code, phase.name, state.response or "", output=phase.output)
            elif state.status is PhaseStatus.SKIPPED or state.code in skipped:
                answers[state.code] = PhaseAnswer(phase.code, phase.name, status=SKIPPED, output=phase.output)
        return replace(self.context, answers=answers)
