"""Every select of the installation's operator, on functions of the database that return a few columns and no others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime, Integer, Row, Select, Text, Uuid, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session

from lib.db.paging import Order, Page, read_page
from lib.entry import clean_search
from lib.models.organization import Tier
from lib.organizations.views import OrganizationSort, OrganizationSummary, Quota, Standing

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
