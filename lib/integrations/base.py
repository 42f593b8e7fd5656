"""What a kind of operation is made of, and what it is given when it is performed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lib.errors import OrchestratorError


class Rendered:
    """Marks a parameter that is written as prompts are: what it says is rendered when its phase is completed."""


RENDERED: Final = Rendered()
#: The short name of one of the organization's integration connections.
Slug = Annotated[str, Field(min_length=1, max_length=50)]


class Parameters(BaseModel):
    """What a template says of an operation. Titles and descriptions are the form's; `lines` is how high a field is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Fields that `RENDERED` marks.
    @classmethod
    def rendered_fields(cls) -> frozenset[str]:
        return frozenset(name for name, each in cls.model_fields.items() if RENDERED in each.metadata)

    def find_hopeless(self) -> Iterator[str]:
        """What is written such that it fails in each run, whatever is filled in: `name: what is wrong`."""
        yield from ()

    @property
    def connection_slug(self) -> str | None:
        """The connection that it goes by; None where it needs none."""
        slug: str | None = getattr(self, "connection", None)
        return slug


class FailureKind(StrEnum):
    """Why an operation failed. Stored in `error_details` and `api_usage.error_kind`."""

    #: The parameters, as they were rendered, can't be used.
    INVALID = "invalid"
    #: The connection is missing, switched off, or does not fit.
    NOT_CONFIGURED = "not_configured"
    #: The address is not one that may be called.
    REFUSED = "refused"
    #: Nobody answers, or the connection broke.
    CONNECTION = "connection"
    #: No whole answer in time.
    TIMEOUT = "timeout"
    #: The receiver asks to come back later.
    BUSY = "busy"
    #: The receiver does not take it.
    STATUS = "status"
    #: No room left where it is to be written.
    DISK_FULL = "disk_full"
    #: There is something else already where it is to be written.
    EXISTS = "exists"
    #: Something on our side.
    INTERNAL = "internal"
    #: The worker ended in the middle of it; written by whoever takes its run over.
    LOST = "lost"


class OperationFailed(OrchestratorError):
    """An operation was not performed, or nobody knows. The message may be shown: no secret is in it."""

    def __init__(
        self,
        message: str,
        *,
        kind: FailureKind,
        is_retryable: bool = False,
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.is_retryable = is_retryable
        self.status = status
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConnection:
    """A connection with its secret opened, for the moment of a call."""

    name: str
    target: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """For whom it is performed."""

    organization_id: UUID
    run_id: UUID
    operation_id: UUID
    #: The same with every attempt at this operation, so that a receiver can tell that it has it already.
    idempotency_key: UUID
    #: Private hosts that the operator lets through.
    allowed_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """What came of it. `result` is kept and shown: no secret is in it."""

    result: Mapping[str, Any]
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """Something that a connection of a kind asks for beside its secret, as the form shows it."""

    name: str
    label: str
    example: str = ""
    help: str = ""
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionForm:
    """What a connection of a kind is made of."""

    label: str
    #: What the secret is bound to, such as an address; empty where the secret says it itself.
    target_label: str = ""
    target_example: str = ""
    target_help: str = ""
    settings: tuple[SettingField, ...] = ()
    #: What is sealed, and never shown again.
    sealed: SettingField
    #: Whether asking it whether it is there changes nothing there.
    is_testable: bool = False


class Kind(Protocol):
    """A kind of operation. To add one, put a module with a `KIND` into `kinds`; docs/operations.md shows it."""

    #: As `integration_operations.operation_type` has it.
    name: ClassVar[str]
    label: ClassVar[str]
    help: ClassVar[str]
    icon: ClassVar[str]
    parameters: ClassVar[type[Parameters]]
    #: None where no connection of the organization is used.
    connection: ClassVar[ConnectionForm | None]

    def is_outside(self, params: Parameters) -> bool:
        """Whether somebody outside of this installation notices: people approve it first unless the template says."""
        ...

    def check(self, params: Parameters) -> None:
        """Raise `OperationFailed` where the rendered parameters can't be used."""
        ...

    def check_connection(self, target: str, settings: Mapping[str, str], secret: str | None) -> str:
        """The target as it is kept. Raises `InvalidInput`. Without a secret the one that is there stays."""
        ...

    def describe(self, params: Parameters, *, target: str = "") -> str:
        """What it would do, in one sentence. `target` is its connection's, where that is known."""
        ...

    async def perform(self, params: Parameters, connection: OpenConnection | None, occasion: Occasion) -> Performed:
        """Do it. Raises `OperationFailed`. No transaction is open."""
        ...

    async def test(self, connection: OpenConnection, *, allowed_hosts: frozenset[str]) -> None:
        """Ask whether the connection works, where that has no effect outside. Raises `OperationFailed`."""
        ...
