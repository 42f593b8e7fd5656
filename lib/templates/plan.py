"""A template made ready to run: frozen into the run's row at launch, so later edits change nothing that runs."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from lib.errors import InvalidInput
from lib.models.run import PhaseStatus
from lib.providers.base import ModelChoice, ModelParameters, ModelTraits
from lib.providers.catalog import get_traits
from lib.templates.inputs import InputField, Part
from lib.templates.model_choice import ChosenModel, ModelSource, choose_model
from lib.templates.structure import (
    OperationSpec,
    PhaseOutput,
    PhaseSpec,
    ReviewGate,
    TemplateData,
    order_phases,
    phase_title,
)
from lib.validation import read_stored

DEFAULT_TIMEOUT_SECONDS = 300
DEFAULT_MAX_ATTEMPTS = 3


class PlannedModel(Part):
    """A model that a phase asks, and what a prompt for it is made of."""

    #: `provider:model`.
    model: str
    is_small_model: bool
    notes_characters: int
    parameters: ModelParameters

    @property
    def choice(self) -> ModelChoice:
        """The model as provider and name."""
        return ModelChoice.parse(self.model)


class PlannedPhase(PlannedModel):
    """A phase with everything decided: who answers, how, how long, after what."""

    #: From 0, such that each phase comes after what it waits for.
    position: int
    code: str
    name: str
    prompt: str
    #: What has to be completed, or skipped, before it begins.
    depends_on: tuple[str, ...]
    #: All phases whose answers its prompt may read, in order: `depends_on` and what those waited for.
    upstream: tuple[str, ...]
    #: By whose word it asks that model; None in plans of before there was more than one.
    model_source: ModelSource | None = None
    timeout_seconds: int
    max_attempts: int
    condition: str | None = None
    output: PhaseOutput = PhaseOutput()
    #: Asked in this order, each where the one before it failed for good.
    fallbacks: tuple[PlannedModel, ...] = ()
    review: ReviewGate | None = None
    operations: tuple[OperationSpec, ...] = ()

    def asking(self, model: str) -> "PlannedPhase":
        """The same phase, asked of that one of its models."""
        return next((self.model_copy(update=dict(other)) for other in self.fallbacks if other.model == model), self)

    def model_after(self, model: str) -> str | None:
        """Who is asked where that model fails for good; None where nobody is left."""
        models = [self.model, *(other.model for other in self.fallbacks)]
        return models[models.index(model) + 1] if model in models[:-1] else None

    @property
    def status_when_answered(self) -> PhaseStatus:
        """Where its answer stands first: with the people who are to look at it, if there are any."""
        return PhaseStatus.WAITING_REVIEW if self.review else PhaseStatus.COMPLETED

    @property
    def title(self) -> str:
        """What people read: Phase 1 “Ideation”."""
        return phase_title(self.position, self.name)


class Plan(Part):
    """What a run does. JSON by `to_json`, back by `read_plan`."""

    schema_version: Literal[1] = 1
    template_name: str
    template_version: Annotated[int, Field(ge=1)]
    inputs: tuple[InputField, ...] = ()
    phases: tuple[PlannedPhase, ...]

    @property
    def models(self) -> tuple[ModelChoice, ...]:
        """Each phase's first model, each once: what has to answer before a launch makes sense."""
        return tuple(dict.fromkeys(phase.choice for phase in self.phases))

    @property
    def codes(self) -> tuple[str, ...]:
        """Of all phases, in their order."""
        return tuple(phase.code for phase in self.phases)

    def get_phase(self, code: str) -> PlannedPhase:
        """The phase of that code; `KeyError` where there is none."""
        for phase in self.phases:
            if phase.code == code:
                return phase
        raise KeyError(code)

    def to_json(self) -> dict[str, object]:
        """For the JSONB column."""
        return self.model_dump(mode="json")


def make_plan(
    template: TemplateData,
    *,
    template_name: str,
    template_version: int,
    model: ModelChoice | None = None,
    defaults: Mapping[ModelSource, str | None] = MappingProxyType({}),
    traits_of: Callable[[ModelChoice], ModelTraits] = get_traits,
    reviewers: Sequence[UUID] = (),
) -> Plan:
    """The plan of `template`, for a run that is launched with `model`, or with whatever comes after it.

    Each phase asks the model that `choose_model` chooses; `defaults` are what comes after the template's. Parameters:
    the phase's come before the template's, and those before what the model is best asked with. `reviewers` are asked at
    gates that name nobody.
    """
    named = {**defaults, ModelSource.RUN: str(model) if model else None, ModelSource.TEMPLATE: template.model}
    dependencies = template.dependencies()
    order = order_phases(dependencies)
    specs = {phase.code: phase for phase in template.phases}
    upstream: dict[str, set[str]] = {}
    for code in order:
        upstream[code] = set(dependencies[code]).union(*(upstream[other] for other in dependencies[code]))
    phases = tuple(
        _plan_phase(
            specs[code],
            position=position,
            depends_on=dependencies[code],
            upstream=tuple(other for other in order if other in upstream[code]),
            chosen=_choose(specs[code], named),
            defaults=template.parameters,
            traits_of=traits_of,
            reviewers=reviewers,
        )
        for position, code in enumerate(order)
    )
    return Plan(template_name=template_name, template_version=template_version, inputs=template.inputs, phases=phases)


def read_plan(data: object) -> Plan:
    """The plan as it was frozen, also one with keys that a newer version wrote."""
    return read_stored(Plan, data, what="The run's plan")


def _choose(spec: PhaseSpec, named: Mapping[ModelSource, str | None]) -> ChosenModel:
    chosen = choose_model({**named, ModelSource.PHASE: spec.model})
    if chosen is None:
        message = "No model is chosen. Choose one."
        raise InvalidInput(message, field="model")
    return chosen


def _plan_phase(
    spec: PhaseSpec,
    *,
    position: int,
    depends_on: tuple[str, ...],
    upstream: tuple[str, ...],
    chosen: ChosenModel,
    defaults: ModelParameters,
    traits_of: Callable[[ModelChoice], ModelTraits],
    reviewers: Sequence[UUID],
) -> PlannedPhase:

    def plan_model(choice: ModelChoice) -> PlannedModel:
        traits = traits_of(choice)
        return PlannedModel(
            model=str(choice),
            is_small_model=traits.is_small,
            notes_characters=traits.notes_characters,
            parameters=spec.parameters.over(defaults).over(traits.parameters),
        )

    others = [each for each in dict.fromkeys(map(ModelChoice.parse, spec.fallback_models)) if each != chosen.choice]
    return PlannedPhase(
        **dict(plan_model(chosen.choice)),
        position=position,
        code=spec.code,
        name=spec.name,
        prompt=spec.prompt,
        depends_on=depends_on,
        upstream=upstream,
        model_source=chosen.source,
        timeout_seconds=spec.timeout_seconds or DEFAULT_TIMEOUT_SECONDS,
        max_attempts=spec.max_attempts or DEFAULT_MAX_ATTEMPTS,
        condition=spec.condition,
        output=spec.output,
        fallbacks=tuple(map(plan_model, others)),
        review=spec.review and _name_reviewers(spec.review, reviewers),
        operations=spec.operations,
    )


def _name_reviewers(gate: ReviewGate, reviewers: Sequence[UUID]) -> ReviewGate:
    return gate if gate.reviewers else gate.model_copy(update={"reviewers": tuple(map(str, reviewers))})
