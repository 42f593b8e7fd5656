"""What the installation's operator does with organizations: list, tier, quota, suspend, restore; creation is beside.

Never a tenant's content: everything is asked of functions of the database that check who asks and return the columns of
`OrganizationSummary` and no others. What is changed stands in that organization's own trail.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from lib.access.actor import Actor, command_line
from lib.db.constraints import NO_OPERATOR_LEFT, sqlstate_of
from lib.db.paging import Page
from lib.db.session import identity_session, tenant_session
from lib.entry import clean_text
from lib.errors import Conflict, InvalidInput, NotFound, OperatorOnly
from lib.models.organization import Tier
from lib.organizations import queries
from lib.organizations.queries import OrganizationFilter
from lib.organizations.tiers import explain_change, quota_after
from lib.organizations.views import OrganizationSort, OrganizationSummary, Standing

_LONGEST_REASON: Final = 500
#: The column is an INTEGER.
_LARGEST_QUOTA: Final = 2**31 - 1
_LAST_OPERATOR: Final = (
    "Nobody outside of this organization would run the installation. Make somebody there its operator first "
    "(“orchestrator users create --operator”)."
)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Whoever may start `orchestrator` on the installation's machine: they hold its keys already."""


Operator = Actor | CommandLine


def require_operator(operator: Actor) -> None:
    """Raise `NotPermitted` unless this person runs the installation, and visits nobody."""
    if not operator.is_operator:
        raise OperatorOnly(who=operator)


def list_organizations(
    operator: Operator,
    chosen: OrganizationFilter | None = None,
    *,
    sort: OrganizationSort = OrganizationSort.NEWEST,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[OrganizationSummary]:
    """A page of the installation's organizations. Raises `NotPermitted`."""
    with door(operator) as session:
        return queries.list_organizations(
            session, chosen or OrganizationFilter(), sort=sort, cursor=cursor, limit=limit
        )


def get_organization(operator: Operator, organization_id: UUID) -> OrganizationSummary:
    """One of them. Raises `NotPermitted`, `NotFound`."""
    with door(operator) as session:
        return get_row(session, organization_id)


def find_organization(operator: Operator, slug: str) -> OrganizationSummary:
    """The one of that short name. Raises `NotPermitted`, `NotFound`."""
    with door(operator) as session:
        found = queries.find_organization(session, slug=slug)
    if found is None:
        raise NotFound("organization")
    return found


def change_tier(operator: Operator, organization_id: UUID, tier: Tier) -> tuple[str, ...]:
    """Change the tier, and the quota with it unless it was given by hand; returns what stays beyond the new one.

    Raises `NotPermitted`, `NotFound`.
    """
    with door(operator) as session:
        found = get_row(session, organization_id)
        quota = quota_after(found.tier, tier, limit=found.quota.limit)
        _govern(session, organization_id, {"tier": tier.value, "quota_limit": quota})
    return preview_tier(found, tier)


def preview_tier(organization: OrganizationSummary, tier: Tier) -> tuple[str, ...]:
    """What `change_tier` would leave beyond the new tier, in sentences."""
    return explain_change(
        organization.tier,
        tier,
        people=organization.people,
        calls_used=organization.quota.used,
        quota_limit=organization.quota.limit,
    )


def set_quota(operator: Operator, organization_id: UUID, limit: int | None) -> None:
    """Set the calls to models a month; None is no limit. Raises `NotPermitted`, `InvalidInput`, `NotFound`."""
    with door(operator) as session:
        if limit is not None and not 0 <= limit <= _LARGEST_QUOTA:
            message = f"A quota is a whole number of calls up to {_LARGEST_QUOTA:,}, or no limit at all."
            raise InvalidInput(message, field="Calls a month")
        _govern(session, organization_id, {"quota_limit": limit})


def suspend_organization(operator: Operator, organization_id: UUID, *, reason: str) -> None:
    """Let nobody of it in, end their sessions and have its runs wait. Its people read `reason` when they sign in.

    Raises `NotPermitted`, `InvalidInput`, `NotFound`, `Conflict` for the operator's own, and for the last operators'.
    """
    with door(operator) as session:
        if isinstance(operator, Actor) and operator.organization_id == organization_id:
            raise Conflict("This is your own organization: suspending it would shut you out. Another operator can.")
        said = clean_text(reason, field="Reason", longest=_LONGEST_REASON)
        _govern(session, organization_id, {"suspension_reason": said})


def resume_organization(operator: Operator, organization_id: UUID) -> None:
    """End the suspension: its people sign in again, its runs go on by themselves. Raises `NotPermitted`, `NotFound`."""
    with door(operator) as session:
        _govern(session, organization_id, {"suspension_reason": None})


def delete_organization(operator: Operator, organization_id: UUID) -> datetime:
    """Begin the waiting period, as an admin of it would, and return its end.

    Raises as `resume_organization` does, and `Conflict` for the last operators'.
    """
    with door(operator) as session:
        _govern(session, organization_id, {"is_deleting": True})
        ends_at = get_row(session, organization_id).deletes_at
    assert ends_at is not None  # noqa: S101 written a moment ago
    return ends_at


def restore_organization(operator: Operator, organization_id: UUID) -> None:
    """Take the end back, while it waits and after it has come. What was cancelled at the end stays so.

    Raises `NotPermitted`, `NotFound`.
    """
    with door(operator) as session:
        _govern(session, organization_id, {"is_deleting": False})


def actions_for(operator: Actor, organization: OrganizationSummary) -> tuple[str, ...]:
    """What can be done now to how it stands: of "invite", "suspend", "resume", "restore"."""
    is_own = organization.id == operator.organization_id
    is_open = organization.standing in {Standing.ACTIVE, Standing.DELETING}
    offered = {
        "invite": is_open and not organization.people,
        "suspend": is_open and not is_own,
        "resume": organization.suspension_reason is not None,
        "restore": organization.deletes_at is not None,
    }
    return tuple(action for action, is_offered in offered.items() if is_offered)


def door(operator: Operator) -> AbstractContextManager[Session]:
    """The operator's transaction; the database looks again whether they are one."""
    if isinstance(operator, CommandLine):
        return identity_session(command_line("organizations"))
    require_operator(operator)
    return tenant_session(operator)


@contextmanager
def identity_door(operator: Operator) -> Iterator[Session]:
    """The transaction for what the identity login alone can do for an operator; the database looks again here too."""
    if isinstance(operator, CommandLine):
        with identity_session(command_line("organizations")) as session:
            yield session
        return
    require_operator(operator)
    with identity_session(operator.origin, user_id=operator.user_id) as session:
        try:
            session.execute(select(func.api.require_operator()))
        except ProgrammingError as error:
            raise OperatorOnly(who=operator) from error
        yield session


def get_row(session: Session, organization_id: UUID) -> OrganizationSummary:
    """One of them, in that transaction. Raises `NotFound`."""
    found = queries.find_organization(session, organization_id=organization_id)
    if found is None:
        raise NotFound("organization")
    return found


def _govern(session: Session, organization_id: UUID, changes: Mapping[str, object]) -> None:
    try:
        is_there = queries.govern(session, organization_id, changes)
    except DBAPIError as error:
        if sqlstate_of(error) == NO_OPERATOR_LEFT:
            raise Conflict(_LAST_OPERATOR) from error
        raise
    if not is_there:
        raise NotFound("organization")
