"""What the pages see of connections. No key is among it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from lib.connections.structures import LastTest
from lib.providers.base import ModelParameters
from lib.providers.pricing import Prices
from lib.providers.vendors import Vendor


class Health(StrEnum):
    """How a connection stands, at a glance."""

    #: The last test got an answer.
    WORKING = "working"
    #: The last test did not.
    FAILING = "failing"
    #: Nobody has tested it since it was made or edited.
    UNTESTED = "untested"
    #: Nobody can choose its models.
    INACTIVE = "inactive"


class Pricing(StrEnum):
    """How a connection's calls are priced."""

    #: By the public price lists, where they know the address and the model; else unknown.
    LISTED = "listed"
    FREE = "free"
    #: By the prices that were entered.
    ENTERED = "entered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """A connection, whole, but for its key."""

    id: UUID
    slug: str
    name: str
    vendor: Vendor
    base_url: str
    api_version: str
    has_key: bool
    #: The end of the key, to tell one from another; empty for short ones.
    key_last4: str
    #: Another one with every key that is entered, also one that ends alike; empty for who may not edit it.
    key_mark: str = field(repr=False)
    models: tuple[str, ...]
    parameters: ModelParameters
    pricing: Pricing
    prices: Prices | None
    #: None is no limit.
    requests_per_minute: int | None
    is_active: bool
    last_tested_at: datetime | None
    #: None until it is tested, and after an edit of what is tested.
    last_test: LastTest | None
    updated_at: datetime

    @property
    def edited(self) -> tuple[object, ...]:
        """What people edit together, to tell whether somebody has done so."""
        where = self.vendor, self.base_url, self.api_version, self.has_key, self.key_last4, self.key_mark
        return self.name, *where, self.models, self.parameters, self.pricing, self.prices, self.requests_per_minute

    @property
    def host(self) -> str:
        """Where the prompts go."""
        return urlsplit(self.base_url).netloc

    @property
    def health(self) -> Health:
        """How it stands."""
        if not self.is_active:
            return Health.INACTIVE
        if self.last_test is None:
            return Health.UNTESTED
        return Health.WORKING if self.last_test.has_worked else Health.FAILING


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionUse:
    """What would miss a connection."""

    #: Not ended yet, with a phase that asks one of its models.
    runs: int
    #: With one of its models as their default.
    projects: int
    #: That name one of its models.
    templates: int
    is_organization_default: bool

    @property
    def is_used(self) -> bool:
        """Whether anything would."""
        return bool(self.runs or self.projects or self.templates or self.is_organization_default)
