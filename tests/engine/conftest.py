"""What a test of the engine works with: a project, templates made of phases, and workers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from llmock.scenarios import Match

from lib.db.session import tenant_session
from lib.models.template import OrchestrationTemplate, TemplateStatus
from lib.projects.service import ProjectEntry, create_project
from lib.runs.launch import LaunchRequest, launch_run
from tests.cast import Cast
from tests.whole_run import RunDetail, get_run
from tests.workers import MODEL, Workers, endpoint, until, workers

__all__ = ["endpoint", "workers"]

#: The calls that ask a model, and not the check before a launch.
CHAT = Match(path="*completions")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a test of the engine works with: a project of alice's, and templates made of phases."""

    cast: Cast
    project_id: UUID

    def template(self, phases: Sequence[Mapping[str, Any]], **more: Any) -> UUID:
        """A published template of alice's."""
        data = {"phases": [{"name": phase["code"].title(), "prompt": "{{ topic }}", **phase} for phase in phases]}
        with tenant_session(self.cast.alice) as session:
            template = OrchestrationTemplate(
                organization_id=self.cast.organization_a,
                created_by=self.cast.alice.user_id,
                name="Test",
                template_data=data | more,
                status=TemplateStatus.PUBLISHED,
            )
            session.add(template)
            session.flush()
            return template.id

    def launch(self, phases: Sequence[Mapping[str, Any]], *, model: str = MODEL, **more: Any) -> UUID:
        """A run of these phases."""
        return self.launch_template(self.template(phases, **more), model=model)

    def launch_template(self, template_id: UUID, *, model: str = MODEL) -> UUID:
        """Another run of a template."""
        request = LaunchRequest(project_id=self.project_id, template_id=template_id, model=model)
        return launch_run(self.cast.alice, request)

    def see(self, run_id: UUID) -> RunDetail:
        """The run, as alice sees it."""
        return get_run(self.cast.alice, run_id)

    def wait_for_end(self, run_id: UUID, *, seconds: float = 60.0) -> RunDetail:
        """The run once it has ended or paused."""
        until(lambda: not self.see(run_id).is_live, seconds)
        return self.see(run_id)

    def statuses(self, run_id: UUID) -> dict[str, list[str]]:
        """Code -> how each attempt stands."""
        return {phase.code: [a.status.value for a in phase.attempts] for phase in self.see(run_id).phases}


@pytest.fixture
def bench(cast: Cast, workers: Workers) -> Bench:
    """A project of alice's, ready to be launched for."""
    return Bench(cast, create_project(cast.alice, ProjectEntry(name="Folding bicycle", topic="A folding bicycle")))


def chain(*codes: str, **more: Any) -> list[dict[str, Any]]:
    """Phases one after another."""
    return [{"code": code, **more} for code in codes]
