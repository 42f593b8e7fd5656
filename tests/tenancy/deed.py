"""A use case that somebody tries, what it is tried with, and the permission without which it is refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.budgets.views import BudgetEntry
from lib.connections.entry import ConnectionEntry
from lib.connections.integrations.views import IntegrationEntry
from lib.exports import ExportFormat
from lib.projects.queries import ProjectFilter
from lib.projects.service import ProjectEntry
from lib.runs.launch import LaunchRequest
from lib.runs.queries import RunFilter
from lib.runs.retry_views import RetryRequest
from lib.schedules.queries import ScheduleFilter
from lib.templates.trying import Try
from lib.users.rights import Rights
from lib.webhooks.views import EndpointEntry
from tests.cast import PASSWORD
from tests.tenancy.ground import MODEL, Target

#: What nobody has: the installation's operators alone may.
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a deed is done to, and what is entered and chosen with it."""

    target: Target
    #: What the target's member holds at the moment.
    seen: Rights = field(default_factory=lambda: Rights(Role.MEMBER))
    #: What the doer's organization is called at the moment.
    own_name: str = ""
    #: What the target's project says at the moment.
    project_seen: ProjectEntry = field(default_factory=lambda: ProjectEntry(name="", topic=""))
    text: str = "Plain words"
    role: str = "viewer"
    permissions: tuple[str, ...] = ()
    cursor: str | None = None
    file_format: ExportFormat = ExportFormat.CSV
    password: str = PASSWORD

    @property
    def project(self) -> ProjectEntry:
        return ProjectEntry(name=self.text, topic=self.text, description=self.text)

    @property
    def file(self) -> bytes:
        """A template's."""
        return b"name: %s\ndata: {phases: [{code: A, name: B, prompt: C}]}" % json.dumps(self.text).encode()

    @property
    def connection(self) -> ConnectionEntry:
        base_url = "http://127.0.0.1:9/v1"  # nobody answers there
        return ConnectionEntry(name=self.text, vendor="openai_compatible", api_key="sk-planted-0123", base_url=base_url)

    @property
    def integration(self) -> IntegrationEntry:
        # nobody is asked there
        return IntegrationEntry(
            kind="http.request", name=self.text, target="https://127.0.0.1:8443/v1", secret="Bearer planted-0123456789"
        )

    @property
    def endpoint(self) -> EndpointEntry:
        # nobody is asked there
        return EndpointEntry(name=self.text, url="https://127.0.0.1:8443/hook", events=("project.updated",))

    @property
    def budget(self) -> BudgetEntry:
        return BudgetEntry(
            name=self.text, scope="user", user_id=self.target.viewer_id, period="total", limit_usd=Decimal(1)
        )

    @property
    def project_filter(self) -> ProjectFilter:
        return ProjectFilter(created_by=self.target.member_id)

    @property
    def run_filter(self) -> RunFilter:
        return RunFilter(project_id=self.target.project_id, template_id=self.target.template_id)

    @property
    def schedule_filter(self) -> ScheduleFilter:
        return ScheduleFilter(project_id=self.target.project_id)

    @property
    def template_data(self) -> dict[str, Any]:
        return {"phases": [{"code": "Phase 0", "name": "Only", "prompt": "Say something else."}]}

    @property
    def retry(self) -> RetryRequest:
        return RetryRequest(run_id=self.target.failed_id, begins_with="Phase 1", topic=self.text)

    @property
    def request(self) -> LaunchRequest:
        return LaunchRequest(
            project_id=self.target.project_id, template_id=self.target.template_id, model=MODEL, title=self.text
        )


@dataclass(frozen=True, slots=True, repr=False)
class Deed:
    """`do(actor, choice)` is the use case asked for. Without the permission it is refused, or changes nothing."""

    use_case: Callable[..., Any]
    permission: Permission | str | None
    arguments: Callable[[Choice], tuple[tuple[Any, ...], dict[str, Any]]]
    #: Whether it is done to the target's things, which a stranger does not find.
    is_to_a_thing: bool = False
    #: Whether one's own rows need no more than the permission for one's own.
    is_by_maker: bool = False

    def __repr__(self) -> str:
        return f"{self.use_case.__module__}.{self.use_case.__name__}"

    def do(self, actor: Actor, choice: Choice) -> object:
        positional, named = self.arguments(choice)
        answer = self.use_case(actor, *positional, **named)
        if isinstance(answer, Try):
            answer.wait(20)  # what comes of it is this deed's, and not the next one's
        written = next((each for each in positional if isinstance(each, BytesIO)), None)
        return answer if written is None else written.getvalue()


def give(*positional: Any, **named: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return positional, named


def about_own(
    use_case: Callable[..., Any],
    permission: Permission | str | None,
    arguments: Any = None,
    *,
    is_by_maker: bool = False,
) -> Deed:
    """Something of one's own organization, or of oneself."""
    return Deed(use_case, permission, arguments or (lambda _: give()), is_by_maker=is_by_maker)


def to_a_thing(
    use_case: Callable[..., Any], permission: Permission, arguments: Any, *, is_by_maker: bool = False
) -> Deed:
    """Something that names a thing."""
    return Deed(use_case, permission, arguments, is_to_a_thing=True, is_by_maker=is_by_maker)
