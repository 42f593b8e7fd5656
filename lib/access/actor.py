"""Who asks. Two make an `Actor`: `lib.identity` of a living session, `lib.access.speaking` of whom a worker speaks for.

A use case takes it first; a function that has one in hand knows that one of these was checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from lib.access.permissions import GRANTS, Permission, Role, Scope
from lib.errors import NotPermitted

DEFAULT_LANDING_PAGE: Final = "overview"
#: Where one may land after signing in, by the page's address -> what opens it.
LANDING_PAGES: Final[Mapping[str, Permission | None]] = {
    DEFAULT_LANDING_PAGE: None,
    "launch": Permission.ORCHESTRATIONS_RUN,
    "runs": Permission.ORCHESTRATIONS_VIEW,
    "projects": Permission.PROJECTS_VIEW,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from; written beside every change in the audit trail."""

    request_id: UUID
    ip_address: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in person of one organization, with what they may do."""

    user_id: UUID
    organization_id: UUID
    session_id: UUID
    role: Role
    full_name: str
    email: str
    username: str
    organization_name: str
    organization_slug: str
    origin: Origin
    extra_permissions: frozenset[Permission] = field(default_factory=frozenset)
    #: Whether a worker acts for them, at a time that they have set. No session is theirs then, and `session_id` is nil.
    is_scheduled: bool = False
    #: Never while they visit.
    is_operator: bool = False
    #: Whether their organization is the sample workspace.
    is_sample: bool = False
    #: Whether it is an operator who looks around as this person of the sample workspace.
    is_visiting: bool = False
    #: Whether their organization shows its members nothing but what they made.
    sees_own_only: bool = False
    #: Until when they have to set up a second factor; None where they have one or need none.
    second_factor_due: datetime | None = None
    time_zone: str = "UTC"
    #: As they chose it.
    landing_page: str = DEFAULT_LANDING_PAGE

    @property
    def landing_pages(self) -> tuple[str, ...]:
        """The pages that this person may choose to land on."""
        return tuple(page for page, opens in LANDING_PAGES.items() if opens is None or self.may_some(opens))

    @property
    def first_page(self) -> str:
        """Where they land after signing in: what they chose, as long as it is open to them."""
        return self.landing_page if self.landing_page in self.landing_pages else DEFAULT_LANDING_PAGE

    def may(self, permission: Permission, *, created_by: UUID | None = None) -> bool:
        """Whether this person holds the permission, for a row that `created_by` made where that matters.

        Without `created_by` a permission that reaches only one's own rows does not count.
        """
        if permission in self.extra_permissions:
            return True
        scope = GRANTS[self.role].get(permission)
        return scope is Scope.ORGANIZATION or (scope is Scope.OWN and created_by == self.user_id)

    def may_some(self, permission: Permission) -> bool:
        """Whether the permission reaches at least one's own rows: what opens a page or shows a button."""
        return self.may(permission, created_by=self.user_id)

    def require(self, permission: Permission, *, created_by: UUID | None = None) -> None:
        """Raise `NotPermitted` unless `may`."""
        if not self.may(permission, created_by=created_by):
            raise NotPermitted(permission)
