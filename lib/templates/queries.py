"""Every select on templates and their figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Numeric, Row, Select, Text, and_, cast, exists, func, or_, select, true
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.counting import count_each
from lib.db.paging import Order, Rows, read_page
from lib.entry import clean_search
from lib.models.readable_templates import readable_templates
from lib.models.template import (
    OrchestrationTemplate,
    TemplateReview,
    TemplateStatistics,
    TemplateStatus,
    TemplateVersion,
)
from lib.templates.views import TemplateScope, TemplateSort
from lib.users.queries import person

_T, _S, _V, _R = readable_templates.c, TemplateStatistics, TemplateVersion, TemplateReview
_RUNS: Final = func.coalesce(_S.runs, 0)
#: Computed in the order's own terms: nobody compares them with a column.
_SUCCESS: Final = cast(_S.completed, Numeric) / func.nullif(_S.completed + _S.failed, 0)
_COST: Final = _S.cost_usd / func.nullif(_S.known_costs, 0)
_TIME: Final = cast(_S.time_ms / func.nullif(_S.whole, 0), Integer)

#: The fewer the smaller it is, and of as many by name: one key, as a page's place has one.
_MOST_USED: Final = func.lpad(cast(2**31 - 1 - _RUNS, Text), 10, "0").concat(func.lower(_T.name))

#: The card's; where it says nothing, what the template says of itself.
_DESCRIPTION: Final = func.coalesce(_T.description, _T.template_data["description"].astext, "")

#: What `TemplateSummary` is made of, by name.
SUMMARY: Final = {
    "id": _T.id,
    "organization_id": _T.organization_id,
    "created_by": _T.created_by,
    "is_builtin": _T.is_builtin,
    "name": _T.name,
    "description": _DESCRIPTION,
    "category": func.coalesce(_T.category, ""),
    "tags": _T.tags,
    "status": _T.status,
    "is_public": _T.is_public,
    "publisher": func.coalesce(_T.publisher_name, ""),
    "version": _T.version,
    "phase_count": func.jsonb_array_length(_T.template_data["phases"]),
    "updated_at": _T.updated_at,
    "runs": _RUNS,
    "completed": func.coalesce(_S.completed, 0),
    "failed": func.coalesce(_S.failed, 0),
    "average_cost_usd": _COST,
    "average_time_ms": _TIME,
    "is_waiting": exists().where(_R.template_id == _T.id, _R.decision.is_(None)),
}

ORDERS: Final = {
    TemplateSort.MOST_USED: Order("used", _MOST_USED, _T.id, kind=str, is_descending=False, is_leakproof=False),
    TemplateSort.NEWEST: Order("newest", _T.created_at, _T.id),
    TemplateSort.NAME: Order("name", func.lower(_T.name), _T.id, kind=str, is_descending=False, is_leakproof=False),
    TemplateSort.SUCCESS: Order("success", _SUCCESS, _T.id, kind=Decimal, is_nullable=True, is_leakproof=False),
    TemplateSort.CHEAPEST: Order(
        "cost", _COST, _T.id, kind=Decimal, is_descending=False, is_nullable=True, is_leakproof=False
    ),
    TemplateSort.QUICKEST: Order(
        "time", _TIME, _T.id, kind=int, is_descending=False, is_nullable=True, is_leakproof=False
    ),
}
#: Orders of what stands in the template's own row.
_WITHOUT_FIGURES: Final = frozenset({TemplateSort.NEWEST, TemplateSort.NAME})


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFilter:
    """Which templates a gallery shows; None is all but the retired."""

    scope: TemplateScope | None = None
    category: str | None = None
    tag: str | None = None
    search: str = ""

    def __post_init__(self) -> None:
        """However it was typed, the search is as `clean_search` leaves it."""
        object.__setattr__(self, "search", clean_search(self.search))


def _is_in(actor: Actor, scope: TemplateScope | None) -> ColumnElement[bool]:
    """The condition of a scope. Which rows can be seen at all is the policies'."""
    own, mine = _T.organization_id == actor.organization_id, _T.created_by == actor.user_id
    foreign = and_(_T.organization_id.is_distinct_from(actor.organization_id), _T.status == TemplateStatus.PUBLISHED)
    edits_all = actor.may(Permission.TEMPLATES_EDIT)
    others = _T.status != TemplateStatus.RETIRED if edits_all else _T.status == TemplateStatus.PUBLISHED
    conditions = {
        TemplateScope.MINE: and_(own, mine, _T.status != TemplateStatus.RETIRED),
        TemplateScope.ORGANIZATION: and_(own, _T.created_by != actor.user_id, others),
        TemplateScope.PUBLIC: foreign,
        TemplateScope.RETIRED: and_(own, true() if edits_all else mine, _T.status == TemplateStatus.RETIRED),
    }
    if scope is not None:
        return conditions[scope]
    return or_(*(conditions[each] for each in TemplateScope if each is not TemplateScope.RETIRED))


def _narrow(actor: Actor, statement: Select[*tuple[Any, ...]], chosen: TemplateFilter) -> Select[*tuple[Any, ...]]:
    conditions = [_is_in(actor, chosen.scope)]
    if chosen.category is not None:
        conditions.append(_T.category == chosen.category)
    if chosen.tag is not None:
        conditions.append(_T.tags.contains([chosen.tag]))
    if chosen.search:
        conditions.append(or_(*(text.icontains(chosen.search, autoescape=True) for text in _TEXTS)))
    return statement.where(*conditions)


#: What a search is looked for in.
_TEXTS: Final = (_T.name, _DESCRIPTION, func.array_to_string(_T.tags, " "))


def _with_figures(actor: Actor, *columns: Any) -> Select[*tuple[Any, ...]]:
    joined = and_(_S.template_id == _T.id, _S.organization_id == actor.organization_id)
    return select(*columns).select_from(readable_templates).outerjoin(_S, joined)


def _summaries(actor: Actor) -> Select[*tuple[Any, ...]]:
    """The columns of `SUMMARY`, in that order, and whether the person can launch it."""
    return _with_figures(actor, *SUMMARY.values()).add_columns(is_launchable(actor).label("is_launchable"))


def list_templates(
    session: Session,
    actor: Actor,
    *,
    chosen: TemplateFilter,
    sort: TemplateSort,
    cursor: str | None,
    limit: int,
) -> Rows:
    """A page of the gallery, in that order.

    The keys are read first and what stands on the cards for this page alone: the planner would look into every
    template's phases before it sorts.
    """
    keys = select(_T.id) if sort in _WITHOUT_FIGURES else _with_figures(actor, _T.id)
    page = read_page(session, _narrow(actor, keys, chosen), order=ORDERS[sort], cursor=cursor, limit=limit)
    wanted = [row.id for row in page.rows]
    summaries = _summaries(actor).where(_T.id.in_(wanted))
    found = {row.id: row for row in session.execute(summaries)} if wanted else {}
    return Rows(rows=[found[each] for each in wanted if each in found], newer=page.newer, older=page.older)


def count_by_scope(session: Session, actor: Actor, *, chosen: TemplateFilter, most: int) -> dict[TemplateScope, int]:
    """How many there are in each scope, whichever is chosen; the other filters hold."""
    statements = {
        scope: _narrow(actor, select(*_TEXTS), replace(chosen, scope=scope, search="")) for scope in TemplateScope
    }
    return count_each(session, statements, search=chosen.search, most=most)


def list_categories(session: Session, actor: Actor, *, limit: int) -> list[str]:
    """The categories of what the gallery shows, by name."""
    found = select(_T.category).where(_T.category.is_not(None), _T.category != "", _is_in(actor, None))
    return [str(category) for category in session.scalars(found.distinct().order_by(_T.category).limit(limit))]


def list_tags(session: Session, actor: Actor, *, limit: int) -> list[str]:
    """The tags of what the gallery shows, those that most templates have first."""
    tags = _narrow(actor, select(func.unnest(_T.tags).label("tag")), TemplateFilter()).subquery()
    counted = select(tags.c.tag).group_by(tags.c.tag).order_by(func.count().desc(), tags.c.tag).limit(limit)
    return list(session.scalars(counted))


def find_template(session: Session, actor: Actor, template_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One template as `list_templates` lists it, with the rest of what its page shows."""
    source = readable_templates.alias()
    forked_from = select(source.c.name).where(source.c.id == _T.forked_from).scalar_subquery()
    newest = select(func.max(_V.version)).where(_V.template_id == _T.id).scalar_subquery()
    statement = _summaries(actor).add_columns(
        _T.template_data,
        _T.description.label("card_description"),
        _T.created_at,
        _T.usage_count,
        _T.forked_from,
        person(_T.created_by).label("maker"),
        forked_from.label("source"),
        newest.label("newest"),
    )
    return session.execute(statement.where(_T.id == template_id)).one_or_none()


def find_readable(session: Session, template_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """What the person can see of a template."""
    return session.execute(select(readable_templates).where(_T.id == template_id)).one_or_none()


def can_launch(session: Session, actor: Actor, template_id: UUID) -> bool:
    """Whether the person can launch from it now."""
    return bool(session.scalar(select(exists().where(_T.id == template_id, is_launchable(actor)))))


def load_template(session: Session, template_id: UUID, *, for_update: bool = False) -> OrchestrationTemplate | None:
    """The row of one of the organization's own, to change it (`for_update`: as it stands once it is locked)."""
    own = OrchestrationTemplate
    statement = select(own).where(own.id == template_id, own.deleted_at.is_(None))
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def list_choices(session: Session, actor: Actor, *, wanted: UUID | None, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What a run can be launched from: the organization's first, then the public ones; `wanted` among them."""
    is_own = _T.organization_id.is_not_distinct_from(actor.organization_id).label("is_own")
    columns = select(_T.id, _T.name, is_own, _T.is_builtin, _T.status)
    launchable = columns.where(is_launchable(actor))
    ordered = launchable.order_by(is_own.desc(), func.lower(_T.name), _T.id)
    found = list(session.execute(ordered.limit(limit)).all())
    if wanted is not None and all(row.id != wanted for row in found):
        found = [*session.execute(launchable.where(_T.id == wanted)), *found]
    return found


def is_launchable(actor: Actor) -> ColumnElement[bool]:
    """Published, or a draft of what the person may edit: whoever writes one tries it. The one place that says so."""
    own = _T.organization_id == actor.organization_id
    if not actor.may(Permission.TEMPLATES_EDIT):
        own = and_(own, _T.created_by == actor.user_id)
    return or_(
        _T.status == TemplateStatus.PUBLISHED,
        and_(own, _T.status.in_([TemplateStatus.DRAFT, TemplateStatus.IN_REVIEW])),
    )


def find_builtin(session: Session, name: str) -> OrchestrationTemplate | None:
    """The built-in template of that name, locked: two upgrades at once publish it once."""
    builtin = OrchestrationTemplate
    return session.scalar(
        select(builtin).where(builtin.organization_id.is_(None), builtin.name == name).with_for_update()
    )


def scope_of(actor: Actor, row: Row[*tuple[Any, ...]]) -> TemplateScope:
    """In which part of the gallery a row of `SUMMARY` stands."""
    if row.organization_id != actor.organization_id:
        return TemplateScope.PUBLIC
    if row.status == TemplateStatus.RETIRED:
        return TemplateScope.RETIRED
    return TemplateScope.MINE if row.created_by == actor.user_id else TemplateScope.ORGANIZATION
