"""Launching: from what a person chose to a run in the queue, checked before anything is spent."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections.offers import check_model, open_model, read_offers, read_traits
from lib.cost_limit import clean_limit
from lib.db.session import tenant_session
from lib.entry import clean_line, clean_text
from lib.errors import Conflict, InvalidInput, NotFound
from lib.models.project import Priority, Project, ProjectStatus
from lib.models.run import OrchestrationRun, RunPriority, RunStatus
from lib.organizations.queries import read_quota, read_settings
from lib.organizations.views import Quota
from lib.projects.queries import load_project
from lib.projects.service import MAX_TOPIC
from lib.projects.structures import ProjectSettings
from lib.providers.base import ModelChoice
from lib.providers.catalog import Catalog
from lib.providers.errors import ModelCallError
from lib.runs.estimating.service import estimate_plan, read_past
from lib.runs.phases import make_phases
from lib.runs.structures import ProjectAtLaunch, RunEstimate, RunInputs
from lib.runs.turns import USUAL_PRIORITY
from lib.templates.access import get_launchable, read_data, refuse_withdrawn
from lib.templates.inputs import InputValue, validate_inputs
from lib.templates.model_choice import ChosenModel, ModelSource, choose_model
from lib.templates.operations import refuse_unsupported
from lib.templates.plan import Plan, PlannedPhase, make_plan
from lib.templates.previews import preview_again
from lib.templates.rendering import PreviewedPrompt, PromptContext
from lib.validation import read_stored

MAX_TITLE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchRequest:
    """What a person chose on the Launch page, not yet checked."""

    project_id: UUID
    template_id: UUID
    #: `provider:model`; None takes the template's, the project's, the organization's or the installation's.
    model: str | None = None
    #: What the person was shown that would be asked; where that is another one by then, nothing is launched.
    shown_model: str | None = None
    #: What the run is called; empty takes the topic's first words.
    title: str = ""
    #: None takes the project's.
    topic: str | None = None
    inputs: Mapping[str, object] = field(default_factory=dict)
    #: None takes the project's.
    priority: RunPriority | None = None
    #: Once the run has cost so much, nothing further begins before somebody raises it; None is none.
    cost_limit_usd: Decimal | None = None
    #: Whether the operations after its phases are done; otherwise they say what they would do. None is what the
    #: organization's settings say, which may forbid it as well.
    integration_enabled: bool | None = None
    #: The schedule that it is launched for.
    schedule_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A request that can be launched, but for the model's answer to whether it is there."""

    title: str
    topic: str
    #: What its phases ask, but for those that the template gives another one.
    model: ChosenModel
    plan: Plan
    inputs: Mapping[str, InputValue]
    cost_limit_usd: Decimal | None
    project: ProjectAtLaunch
    priority: RunPriority
    #: What the models will be asked, with a mark where an answer will stand.
    prompts: tuple[PreviewedPrompt, ...]
    #: What that will probably take.
    estimate: RunEstimate
    quota: Quota
    #: Whether the organization lets runs do operations, and whether this one will.
    lets_operate: bool = False
    integration_enabled: bool = False


def check_project(actor: Actor, project_id: UUID) -> None:
    """Raise what speaks against launching for this project: `NotFound`, `Conflict`."""
    actor.require(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        get_active(load_project(session, project_id))


def preview_launch(actor: Actor, request: LaunchRequest) -> Prepared:
    """Everything that a launch would do, without doing it. Raises what `launch_run` raises, but for the model."""
    actor.require(Permission.ORCHESTRATIONS_RUN)
    if request.model is not None:
        ModelChoice.parse(request.model)
    with tenant_session(actor) as session:
        project = get_active(load_project(session, request.project_id))
        template = get_launchable(session, actor, request.template_id)
        topic = clean_text(project.topic if request.topic is None else request.topic, field="Topic", longest=MAX_TOPIC)
        data = read_data(actor, template)
        settings = read_stored(ProjectSettings, project.settings, what="The project's settings")
        defaults = _read_defaults(session, actor, settings)
        is_allowed = read_settings(session, actor.organization_id).integration_enabled
        at_launch = ProjectAtLaunch(name=project.name, description=project.description or "")
        priority = request.priority or USUAL_PRIORITY[Priority(project.priority)]
    named = {ModelSource.RUN: request.model, ModelSource.TEMPLATE: data.model, **defaults}
    chosen = choose_model(named) or _first_offered(actor)
    plan = make_plan(
        data,
        template_name=template.name,
        template_version=template.version,
        model=chosen.choice if chosen.source is ModelSource.RUN else None,
        defaults={**defaults, chosen.source: str(chosen.choice)},
        traits_of=read_traits(actor),
        reviewers=settings.reviewer_ids,
    )
    refuse_unsupported(plan)
    values = validate_inputs(plan.inputs, request.inputs)
    context = PromptContext(
        topic=topic, project_name=at_launch.name, project_description=at_launch.description, inputs=values
    )
    prompts = preview_again(actor.organization_id, plan, context)
    with tenant_session(actor) as session:
        past = read_past(session, actor.organization_id, request.template_id, plan)
        quota = read_quota(session, actor.organization_id)
    return Prepared(
        title=clean_line(request.title or _first_words(topic), field="Title", longest=MAX_TITLE),
        topic=topic,
        model=chosen,
        plan=plan,
        inputs=values,
        cost_limit_usd=clean_limit(request.cost_limit_usd),
        project=at_launch,
        priority=priority,
        prompts=prompts,
        estimate=estimate_plan(actor, plan, context, asked=plan.codes, past=past),
        quota=quota,
        lets_operate=is_allowed,
        integration_enabled=is_allowed and request.integration_enabled is not False,
    )


def find_default_model(
    actor: Actor, catalog: Catalog, *, project: ProjectSettings, template_model: str | None
) -> ChosenModel | None:
    """What a launch asks when nobody chooses, and by whose word; None where nothing is on offer in the `catalog`."""
    actor.require(Permission.ORCHESTRATIONS_RUN)
    named = {ModelSource.TEMPLATE: template_model, ModelSource.PROJECT: project.default_ai_model}
    if chosen := choose_model(named):
        return chosen
    with tenant_session(actor) as session:
        if chosen := choose_model({ModelSource.ORGANIZATION: _read_organization_default(session, actor)}):
            return chosen
    return _first_of(catalog)


def launch_run(actor: Actor, request: LaunchRequest, *, also: Callable[[Session, UUID], None] | None = None) -> UUID:
    """Put a run into the queue and return its id; run, phases, audit and queue entry are one transaction.

    `also` is done to the run's id in the same one: where it raises, nothing was launched. Every model that a phase asks
    first is asked whether it would answer, and all others have to be offered. Raises `InvalidInput`, `PlanInvalid`,
    `PlanNotSupported`, `NotFound`, `NotPermitted`, `Conflict`, `ModelError`; then nothing was launched.
    """
    prepared = preview_launch(actor, request)
    _refuse_another_model(request, prepared)
    check_models(actor, prepared.plan.phases)
    with tenant_session(actor) as session:
        refuse_withdrawn(session, actor, request.template_id)  # or the policy would refuse what is gone, without words
        run = OrchestrationRun(**_run_columns(actor, request, prepared))
        session.add(run)
        session.flush()
        # Looked at again: a check of a model takes seconds, the run's row waits for whoever archives its project, and
        # its count for whoever retires the template.
        get_active(load_project(session, request.project_id))
        refuse_withdrawn(session, actor, request.template_id)
        session.add_all(make_phases(actor, run.id, prepared.plan))
        session.flush()
        session.execute(select(func.api.enqueue_run(run.id)))
        if also is not None:
            also(session, run.id)
        return run.id


def check_models(actor: Actor, phases: Iterable[PlannedPhase], *, checked: set[ModelChoice] | None = None) -> None:
    """Ask the first model of each phase whether it would answer, and see that the others are offered.

    Those are not asked: they are there for the hour in which somebody does not answer. Neither are those that `checked`
    holds, to which the others are added. Raises `ModelError`.
    """
    asked = list(phases)
    checked = set() if checked is None else checked
    for choice in dict.fromkeys(phase.choice for phase in asked):
        if choice not in checked:
            check_model(actor, choice)
            checked.add(choice)
    for phase in asked:
        for other in phase.fallbacks:
            try:
                open_model(actor, other.choice)
            except ModelCallError as error:
                message = f"{phase.title} asks {other.model} where its model fails, and that is not there: "
                raise ModelCallError(
                    message + error.message, kind=error.kind, provider=error.provider, model=error.model
                ) from error


def _refuse_another_model(request: LaunchRequest, prepared: Prepared) -> None:
    """Nobody pays for a model that they did not see: whoever names none gets the default that was shown to them."""
    asked = str(prepared.model.choice)
    if request.shown_model not in {None, asked}:
        message = (
            f"The default model is “{asked}” by now, and no longer “{request.shown_model}”. Nothing was launched; look "
            "at the model again, then launch."
        )
        raise Conflict(message)


def _read_defaults(session: Session, actor: Actor, settings: ProjectSettings) -> dict[ModelSource, str | None]:
    return {
        ModelSource.PROJECT: settings.default_ai_model,
        ModelSource.ORGANIZATION: _read_organization_default(session, actor),
    }


def _read_organization_default(session: Session, actor: Actor) -> str | None:
    return read_settings(session, actor.organization_id).default_ai_model


def _first_offered(actor: Actor) -> ChosenModel:
    catalog = read_offers(actor)
    first = _first_of(catalog)
    if first is None:
        raise InvalidInput(" ".join(catalog.problems) or "No model is on offer.", field="model")
    return first


def _first_of(catalog: Catalog) -> ChosenModel | None:
    return ChosenModel(catalog.models[0].choice, ModelSource.INSTALLATION) if catalog.models else None


def _run_columns(actor: Actor, request: LaunchRequest, prepared: Prepared) -> dict[str, Any]:
    return {
        "organization_id": actor.organization_id,
        "project_id": request.project_id,
        "user_id": actor.user_id,
        "title": prepared.title,
        "topic": prepared.topic,
        "status": RunStatus.QUEUED,
        "total_phases": len(prepared.plan.phases),
        "template_id": request.template_id,
        "template_version": prepared.plan.template_version,
        "plan": prepared.plan.to_json(),
        "inputs": RunInputs(project=prepared.project, values=dict(prepared.inputs)).model_dump(mode="json"),
        "model": str(prepared.model.choice),
        "priority": prepared.priority,
        "cost_limit_usd": prepared.cost_limit_usd,
        "integration_enabled": prepared.integration_enabled,
        "estimate": prepared.estimate.model_dump(mode="json"),
        "schedule_id": request.schedule_id,
    }


def get_active(project: Project | None) -> Project:
    """The project, if runs can be launched for it. Raises `NotFound`, `Conflict`."""
    if project is None:
        raise NotFound("project")
    if project.status != ProjectStatus.ACTIVE:
        message = f"The project “{project.name}” is {project.status}. Make it active again before launching for it."
        raise Conflict(message)
    return project


def _first_words(topic: str) -> str:
    """The beginning of the topic's first line, at most 80 characters, cut between words."""
    line = topic.splitlines()[0].strip()
    return line if len(line) <= 80 else line[:80].rsplit(" ", 1)[0] + "…"
