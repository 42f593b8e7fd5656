"""The JSON structures of a connection, and what the row looks like to whoever is about to call it."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lib.providers.base import ModelParameters
from lib.providers.vendors import Vendor


class LastTest(BaseModel):
    """`provider_connections.last_test`: how the last test went; `message` is empty where it went well."""

    model_config = ConfigDict(frozen=True)

    model: str
    endpoint: str
    message: str = ""
    #: `lib.providers.errors.ErrorKind`, where it failed.
    kind: str | None = None
    status: int | None = None
    time_ms: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    #: None is unknown.
    cost_usd: Decimal | None = None

    @property
    def has_worked(self) -> bool:
        """Whether an answer came."""
        return self.kind is None


class CallableConnection(BaseModel):
    """What `api.connection_to_call` answers; the key is still sealed."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    organization_id: UUID
    slug: str
    name: str
    vendor: Vendor
    base_url: str
    api_version: str
    models: tuple[str, ...]
    #: Base64.
    encrypted_key: str | None
    is_free: bool
    input_usd_per_million: Decimal | None
    output_usd_per_million: Decimal | None
    is_active: bool
    updated_at: datetime


class OfferedConnection(BaseModel):
    """What `api.offered_connections` answers: all that whoever chooses a model has to know."""

    model_config = ConfigDict(frozen=True)

    slug: str
    name: str
    base_url: str
    models: Annotated[tuple[str, ...], Field(default=())]
    parameters: ModelParameters
    is_free: bool
