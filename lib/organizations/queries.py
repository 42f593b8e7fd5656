"""Every select on organizations themselves; the operator's, on functions of few columns, stand at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Row,
    Select,
    Text,
    Uuid,
    column,
    exists,
    func,
    literal,
    select,
    text,
    true,
    values,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session, aliased

from lib.db.paging import Order, Page, read_page
from lib.entry import clean_search
from lib.errors import NotSignedIn
from lib.models.organization import Organization, OrganizationSlug, Tier
from lib.models.people import people
from lib.models.run import OrchestrationRun, RunStatus
from lib.models.template import TemplateReview
from lib.organizations.structures import OrganizationSettings
from lib.organizations.views import MOST_COUNTED, LockedOut, OrganizationSort, OrganizationSummary, Quota, Standing

#: For so long a run that failed waits for whoever launched it.
_FRESH: Final = timedelta(days=1)
#: Since when the others wait.
_EVER: Final = datetime.min.replace(tzinfo=UTC)
_RETRY = aliased(OrchestrationRun)
#: No EXISTS: of that PostgreSQL makes a table of all runs of the organization, to ask it of a handful.
_A_RETRY = (
    select(_RETRY.id)
    .where(_RETRY.organization_id == OrchestrationRun.organization_id, _RETRY.parent_run_id == OrchestrationRun.id)
    .limit(1)
    .scalar_subquery()
)


#: What the installation's operator sees, by a function that returns these columns and no others.
_ROWS: Final = (
    func.api.list_organizations()
    .table_valued(
        column("id", Uuid()),
        column("name", Text()),
        column("slug", Text()),
        column("tier", Text()),
        column("quota_used", Integer()),
        column("quota_limit", Integer()),
        column("quota_resets_at", DateTime(timezone=True)),
        column("status", Text()),
        column("suspension_reason", Text()),
        column("deletes_at", DateTime(timezone=True)),
        column("created_at", DateTime(timezone=True)),
    )
    .alias("listed")
)
_NAME: Final = func.lower(_ROWS.c.name)

ORDERS: Final[Mapping[OrganizationSort, Order]] = {
    OrganizationSort.NEWEST: Order("newest", _ROWS.c.created_at, _ROWS.c.id),
    OrganizationSort.OLDEST: Order("oldest", _ROWS.c.created_at, _ROWS.c.id, is_descending=False),
    OrganizationSort.NAME: Order("name", _NAME, _ROWS.c.id, kind=str, is_descending=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationFilter:
    """Which organizations a list has."""

    standing: Standing | None = None
    tier: Tier | None = None
    search: str = ""

    def __post_init__(self) -> None:
        """However it was typed, the search is as `clean_search` leaves it."""
        object.__setattr__(self, "search", clean_search(self.search))


def read_frame(
    session: Session,
    organization_id: UUID,
    user_id: UUID,
    *,
    steers_all: bool,
    steers_own: bool,
    publishes: bool,
    answers: Select[*tuple[Any, ...]] | None,
) -> Row[*tuple[Any, ...]] | None:
    """The tier, when it ends if it does, and how many runs, answers and versions of templates wait for this person.

    Each part is read by a few index entries.

    Runs that are paused, if the person may continue them; and those of their own that failed within the last day and
    were not retried. The table is named once for both, as every page asks this: each time it is named, the policies
    look at who asks. `answers` finds what waits for their review.
    """
    stopped = [(RunStatus.PAUSED, _EVER, not steers_all)]
    failed = (RunStatus.FAILED, func.now() - _FRESH, True)
    sought = values(
        column("status", OrchestrationRun.status.type),
        column("since", OrchestrationRun.created_at.type),
        column("is_own", Boolean),
        name="sought",
    ).data([*(stopped if steers_all or steers_own else []), failed])
    # As many as are counted. The order is the index's: without it the planner may read the table for so few.
    some = (
        select(OrchestrationRun.id)
        .where(
            OrchestrationRun.organization_id == organization_id,
            OrchestrationRun.status == sought.c.status,
            OrchestrationRun.created_at > sought.c.since,
            ~sought.c.is_own | (OrchestrationRun.user_id == user_id),
            (sought.c.status != RunStatus.FAILED) | _A_RETRY.is_(None),
        )
        .order_by(OrchestrationRun.created_at.desc())
        .limit(MOST_COUNTED + 1)
        .lateral()
    )
    waiting = select(func.count()).select_from(sought.join(some, true())).scalar_subquery()
    frame = select(
        Organization.subscription_tier.label("tier"),
        Organization.deletes_at,
        waiting.label("waiting"),
        (literal(0) if answers is None else _count(answers)).label("answers"),
        (_waiting_reviews(organization_id, user_id) if publishes else literal(0)).label("reviews"),
    )
    return session.execute(frame.where(Organization.id == organization_id)).one_or_none()


def _waiting_reviews(organization_id: UUID, user_id: UUID) -> ColumnElement[int]:
    """How many versions of templates others have asked somebody's word for, as far as they are counted."""
    waiting = select(TemplateReview.id).where(
        TemplateReview.organization_id == organization_id,
        TemplateReview.decision.is_(None),
        TemplateReview.requested_by != user_id,
    )
    return _count(waiting)


def _count(found: Select[*tuple[Any, ...]]) -> ColumnElement[int]:
    """How many rows it finds, as far as they are counted."""
    return select(func.count()).select_from(found.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()


def read_settings(session: Session, organization_id: UUID) -> OrganizationSettings:
    """The organization's settings. Raises `NotSignedIn` when who asks is gone by now."""
    stored = session.scalar(select(Organization.settings).where(Organization.id == organization_id))
    if stored is None:
        raise NotSignedIn
    return OrganizationSettings.read(stored)


def read_quota(session: Session, organization_id: UUID) -> Quota:
    """What the organization has used in this period. Raises `NotSignedIn` when who asks is gone by now."""
    columns = (Organization.api_quota_used, Organization.api_quota_limit, Organization.quota_resets_at)
    found = session.execute(select(*columns).where(Organization.id == organization_id)).one_or_none()
    if found is None:
        raise NotSignedIn
    return Quota.read(*found)


def read_tier(session: Session, organization_id: UUID) -> Tier:
    """The organization's tier. Raises `NotSignedIn` when who asks is gone by now."""
    stored = session.scalar(select(Organization.subscription_tier).where(Organization.id == organization_id))
    if stored is None:
        raise NotSignedIn
    return Tier(stored)


def load_organization(session: Session, organization_id: UUID, *, for_update: bool) -> Organization | None:
    """The row, to read it or to change it (`for_update`: as it stands once it is locked).

    Rows that refer to it may be added meanwhile: whoever does has locks that a change of the settings waits for.
    """
    statement = select(Organization).where(Organization.id == organization_id)
    return session.scalar(statement.with_for_update(key_share=True) if for_update else statement)


def list_slugs(session: Session, organization_id: UUID) -> Sequence[str]:
    """Every short name that the organization has had, the latest first."""
    statement = select(OrganizationSlug.slug).where(OrganizationSlug.organization_id == organization_id)
    return session.scalars(statement.order_by(OrganizationSlug.created_at.desc(), OrganizationSlug.id.desc())).all()


def has_slug(session: Session, organization_id: UUID, slug: str) -> bool:
    """Whether a short name is one of them."""
    is_it = exists().where(OrganizationSlug.organization_id == organization_id, OrganizationSlug.slug == slug)
    return bool(session.scalar(select(is_it)))


def count_people(session: Session, organization_id: UUID) -> int:
    """Those who can sign in."""
    can_sign_in = people.c.organization_id == organization_id, ~people.c.is_deactivated
    return session.scalar(select(func.count()).select_from(people).where(*can_sign_in)) or 0


def ask_deletion(session: Session, *, is_wanted: bool) -> datetime | None:
    """Begin or end the waiting period of the person's organization; when it is over, where it runs."""
    found: datetime | None = session.scalar(select(func.api.ask_deletion(is_wanted)))
    return found


def list_organizations(
    session: Session, chosen: OrganizationFilter, *, sort: OrganizationSort, cursor: str | None, limit: int
) -> Page[OrganizationSummary]:
    """A page of organizations, in that order; people are counted for those on it alone."""
    equal = {_ROWS.c.status: chosen.standing, _ROWS.c.tier: chosen.tier}
    statement = _all().where(*(column == value.value for column, value in equal.items() if value is not None))
    if chosen.search:
        statement = statement.where(
            _ROWS.c.name.icontains(chosen.search, autoescape=True)
            | _ROWS.c.slug.icontains(chosen.search, autoescape=True)
        )
    page = read_page(session, statement, order=ORDERS[sort], cursor=cursor, limit=limit)
    return Page(_summaries(session, page.rows), page.newer, page.older)


def count_locked_out(session: Session, grace_days: int) -> LockedOut:
    """Who would be locked out at once, were a second factor required with so many days of grace."""
    row = session.execute(
        text("SELECT people, is_oneself FROM api.count_locked_out(:days)"), {"days": grace_days}
    ).one()
    return LockedOut(people=row.people, is_oneself=row.is_oneself)


def find_organization(
    session: Session, *, organization_id: UUID | None = None, slug: str | None = None
) -> OrganizationSummary | None:
    """One of them, by its id or its short name of today."""
    is_it = _ROWS.c.slug == slug if organization_id is None else _ROWS.c.id == organization_id
    found = _summaries(session, session.execute(_all().where(is_it)).all())
    return found[0] if found else None


def govern(session: Session, organization_id: UUID, changes: Mapping[str, object]) -> bool:
    """Change what is an operator's; whether there is such an organization."""
    return bool(session.scalar(select(func.api.govern_organization(organization_id, literal(changes, JSONB())))))


def _all() -> Select[*tuple[Any, ...]]:
    return select(*_ROWS.c)


def _summaries(session: Session, rows: Sequence[Row[Any]]) -> tuple[OrganizationSummary, ...]:
    ids = [row.id for row in rows]
    counted = func.api.count_people(literal(ids, ARRAY(Uuid()))).table_valued("organization_id", "people")
    people = {row[0]: row[1] for row in session.execute(select(counted.c.organization_id, counted.c.people))}
    return tuple(
        OrganizationSummary(
            id=row.id,
            name=row.name,
            slug=row.slug,
            tier=Tier(row.tier),
            people=people.get(row.id, 0),
            quota=Quota(used=row.quota_used, limit=row.quota_limit, resets_at=row.quota_resets_at),
            standing=Standing(row.status),
            suspension_reason=row.suspension_reason,
            deletes_at=row.deletes_at,
            created_at=row.created_at,
        )
        for row in rows
    )
