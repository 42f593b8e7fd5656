"""`workspace.yaml`, read and checked."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict

from lib.access.permissions import Role
from lib.models.budget import BudgetPeriod
from lib.models.organization import Tier
from lib.models.project import Priority, ProjectStatus
from lib.models.template import TemplateStatus
from lib.models.webhook import EventType
from lib.projects.structures import ProjectMetadata
from lib.templates.structure import OperationSpec, TemplateData, parse_template


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SampleOrganization(_Part):
    """The organization's own row."""

    name: str
    slug: str
    subscription_tier: Tier
    api_quota_limit: int
    settings: dict[str, Any]


class SampleModel(_Part):
    """What a model costs, in US dollars for a million tokens, and how many tokens a second it writes."""

    input: Decimal
    output: Decimal
    speed: int
    weight: int

    @property
    def prices(self) -> tuple[Decimal, Decimal]:
        """Both; zeros for the local model."""
        return (self.input, self.output)


class SamplePerson(_Part):
    """One of the people; the more weight, the more runs are theirs."""

    username: str
    full_name: str
    role: Role
    weight: int
    deactivated_days_ago: int | None = None

    @property
    def email(self) -> str:
        """An address that can't receive anything: RFC 2606 keeps `.example` from being anybody's."""
        return f"{self.username.removesuffix('.sample')}@sample.example"


class SampleVersion(_Part):
    """What a template said before, and what its author noted then."""

    note: str
    phases: tuple[dict[str, Any], ...]


class SampleTemplate(_Part):
    """A template of the organization's own."""

    name: str
    owner: str
    category: str
    tags: tuple[str, ...]
    description: str
    phases: tuple[dict[str, Any], ...]
    status: TemplateStatus = TemplateStatus.PUBLISHED
    #: What the author noted about the newest version.
    note: str = ""
    #: The versions before it, the first one first.
    earlier: tuple[SampleVersion, ...] = ()

    @property
    def versions(self) -> tuple[tuple[str, TemplateData], ...]:
        """Note and content of each version, the first one first; checked as somebody's own would be."""
        said = (*self.earlier, SampleVersion(note=self.note, phases=self.phases))
        return tuple(
            (each.note, parse_template({"description": self.description, "phases": list(each.phases)})) for each in said
        )


class SampleProject(_Part):
    """A project, what is launched for it, and with which templates."""

    name: str
    owner: str
    priority: Priority
    description: str
    topic: str
    metadata: ProjectMetadata
    templates: tuple[str, ...]
    topics: tuple[str, ...]
    weight: int
    status: ProjectStatus = ProjectStatus.ACTIVE


class SampleSchedule(_Part):
    """What would be launched by itself, were it switched on."""

    title: str
    owner: str
    project: str
    template: str
    cron: str
    time_zone: str


class SampleEndpoint(_Part):
    """Somebody who would be told what happens, were anything sent from here."""

    name: str
    url: str
    description: str = ""
    events: tuple[EventType, ...]
    #: It said then that it is gone; 0 is one that is on.
    stopped_days_ago: float = 0
    #: It has not taken the newest.
    is_late: bool = False

    @property
    def host(self) -> str:
        """Whom a refusal names."""
        return urlsplit(self.url).hostname or ""


class SampleBudget(_Part):
    """What may be spent, by how much of it is: by the organization, or by the project or person that is named."""

    name: str
    project: str | None = None
    person: str | None = None
    period: BudgetPeriod = BudgetPeriod.MONTH
    #: From 0 to 1, of the limit.
    used: Decimal
    is_hard: bool = False
    note: str | None = None
    #: A raise for three weeks, as a share of the limit.
    raised: Decimal | None = None
    reason: str = ""


class SampleError(_Part):
    """A way in which an attempt fails."""

    kind: str
    status: int | None
    message: str
    weight: int


class SampleComment(_Part):
    """What somebody said of a run that was run again, or of the phase at which it was."""

    by: str
    is_about_phase: bool = False
    text: str


class Workspace(_Part):
    """All of it."""

    organization: SampleOrganization
    models: dict[str, SampleModel]
    people: tuple[SamplePerson, ...]
    templates: tuple[SampleTemplate, ...]
    projects: tuple[SampleProject, ...]
    schedules: tuple[SampleSchedule, ...]
    webhooks: tuple[SampleEndpoint, ...]
    budgets: tuple[SampleBudget, ...]
    #: After the last phase of a few runs: a file, then a call.
    operations: tuple[OperationSpec, ...]
    answers: tuple[str, ...]
    #: Where a phase asks for JSON; each fits the schema of every such phase.
    json_answers: tuple[str, ...]
    errors: tuple[SampleError, ...]
    comments: tuple[SampleComment, ...]


@cache
def read_workspace() -> Workspace:
    """The file's content."""
    text = Path(__file__).with_name("workspace.yaml").read_text(encoding="utf-8")
    return Workspace.model_validate(yaml.safe_load(text))
