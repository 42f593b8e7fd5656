"""What the pages see of integration connections. No secret is among it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationEntry:
    """What a person entered, not yet checked."""

    kind: str
    name: str
    target: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    #: Empty keeps the secret that is there.
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationView:
    """An integration connection, whole, but for its secret."""

    id: UUID
    slug: str
    name: str
    kind: str
    target: str
    settings: Mapping[str, str]
    #: The end of the secret, to tell one from another; empty for short ones.
    sealed_last4: str
    is_active: bool
    updated_at: datetime


class OfferedIntegration(BaseModel):
    """What `api.offered_integrations` answers: what a template may name, and where it leads."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    #: Another one where it leads elsewhere.
    revision: int
    slug: str
    name: str
    kind: str
    target: str

    @property
    def leads_to(self) -> Mapping[str, Any]:
        """As `api.leads_to` says it."""
        return {"id": str(self.id), "revision": self.revision, "target": self.target}
