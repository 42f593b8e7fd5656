"""Every select on templates, their versions, drafts, reviews and figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Numeric, Row, Select, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.counting import count_each
from lib.db.paging import Order, Rows, count_at_most, read_page
from lib.entry import clean_search
from lib.models.template import (
    OrchestrationTemplate,
    ReviewDecision,
    TemplateDraft,
    TemplateReview,
    TemplateStatistics,
    TemplateStatus,
    TemplateVersion,
)
from lib.templates.views import TemplateScope, TemplateSort
from lib.users.queries import person

_T, _S = OrchestrationTemplate, TemplateStatistics
_IS_THERE: Final = _T.deleted_at.is_(None)
_RUNS: Final = func.coalesce(_S.runs, 0)
#: Computed in the order's own terms: nobody compares them with a column.
_SUCCESS: Final = cast(_S.completed, Numeric) / func.nullif(_S.completed + _S.failed, 0)
_COST: Final = _S.cost_usd / func.nullif(_S.known_costs, 0)
_TIME: Final = cast(_S.time_ms / func.nullif(_S.completed, 0), Integer)

#: What `TemplateSummary` is made of, by name.
SUMMARY: Final = {
    "id": _T.id,
    "organization_id": _T.organization_id,
    "created_by": _T.created_by,
    "name": _T.name,
    "description": func.coalesce(_T.description, _T.template_data["description"].astext, ""),
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
    "is_waiting": exists().where(TemplateReview.template_id == _T.id, TemplateReview.decision.is_(None)),
}

ORDERS: Final = {
    TemplateSort.MOST_USED: Order("used", _RUNS, _T.id, kind=int, is_leakproof=False),
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
        TemplateScope.RETIRED: and_(own, _T.status == TemplateStatus.RETIRED),
    }
    if scope is not None:
        return conditions[scope]
    return or_(*(conditions[each] for each in TemplateScope if each is not TemplateScope.RETIRED))


def _narrow(actor: Actor, statement: Select[*tuple[Any, ...]], chosen: TemplateFilter) -> Select[*tuple[Any, ...]]:
    conditions = [_IS_THERE, _is_in(actor, chosen.scope)]
    if chosen.category is not None:
        conditions.append(_T.category == chosen.category)
    if chosen.tag is not None:
        conditions.append(_T.tags.contains([chosen.tag]))
    if chosen.search:
        conditions.append(or_(*(text.icontains(chosen.search, autoescape=True) for text in _TEXTS)))
    return statement.where(*conditions)


#: What a search is looked for in.
_TEXTS: Final = (_T.name, func.coalesce(_T.description, ""), func.array_to_string(_T.tags, " "))


def _with_figures(actor: Actor, *columns: Any) -> Select[*tuple[Any, ...]]:
    joined = and_(_S.template_id == _T.id, _S.organization_id == actor.organization_id)
    return select(*columns).select_from(_T).outerjoin(_S, joined)


def list_templates(
    session: Session,
    actor: Actor,
    *,
    chosen: TemplateFilter,
    sort: TemplateSort,
    cursor: str | None,
    limit: int,
) -> Rows:
    """A page of the gallery, in that order."""
    statement = _narrow(actor, _with_figures(actor, *SUMMARY.values()), chosen)
    return read_page(session, statement, order=ORDERS[sort], cursor=cursor, limit=limit)


def count_by_scope(session: Session, actor: Actor, *, chosen: TemplateFilter, most: int) -> dict[TemplateScope, int]:
    """How many there are in each scope, whichever is chosen; the other filters hold."""
    statements = {
        scope: _narrow(actor, select(*_TEXTS), replace(chosen, scope=scope, search="")) for scope in TemplateScope
    }
    return count_each(session, statements, search=chosen.search, most=most)


def count_templates(session: Session, actor: Actor, *, chosen: TemplateFilter, most: int) -> int:
    """How many there are, counted no further than `most`."""
    return count_at_most(session, _narrow(actor, select(_T.id), chosen), most=most)


def list_categories(session: Session, actor: Actor, *, limit: int) -> list[str]:
    """The categories of what the gallery shows, by name."""
    found = select(_T.category).where(_T.category.is_not(None), _T.category != "", _IS_THERE, _is_in(actor, None))
    return [str(category) for category in session.scalars(found.distinct().order_by(_T.category).limit(limit))]


def list_tags(session: Session, actor: Actor, *, limit: int) -> list[str]:
    """The tags of what the gallery shows, those that most templates have first."""
    tags = _narrow(actor, select(func.unnest(_T.tags).label("tag")), TemplateFilter()).subquery()
    counted = select(tags.c.tag).group_by(tags.c.tag).order_by(func.count().desc(), tags.c.tag).limit(limit)
    return list(session.scalars(counted))


def find_template(session: Session, actor: Actor, template_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One template as `list_templates` lists it, with the row behind it."""
    source = aliased(OrchestrationTemplate)
    forked_from = select(source.name).where(source.id == _T.forked_from, source.deleted_at.is_(None)).scalar_subquery()
    newest = select(func.max(TemplateVersion.version)).where(TemplateVersion.template_id == _T.id).scalar_subquery()
    statement = _with_figures(actor, *SUMMARY.values()).add_columns(
        _T,
        person(_T.created_by).label("maker"),
        forked_from.label("source"),
        newest.label("newest"),
    )
    return session.execute(statement.where(_T.id == template_id, _IS_THERE)).one_or_none()


def load_template(
    session: Session, template_id: UUID, *, for_update: bool = False, launchable_by: Actor | None = None
) -> OrchestrationTemplate | None:
    """The row, to change it (`for_update`: as it stands once it is locked) or to launch from it (`launchable_by`)."""
    statement = select(_T).where(_T.id == template_id, _IS_THERE)
    if launchable_by is not None:
        statement = statement.where(is_launchable(launchable_by))
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def list_choices(session: Session, actor: Actor, *, wanted: UUID | None, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What a run can be launched from: the organization's first, then the public ones; `wanted` among them."""
    columns = select(_T.id, _T.name, _T.organization_id.is_(None).label("is_builtin"), _T.status)
    launchable = columns.where(_IS_THERE, is_launchable(actor))
    ordered = launchable.order_by(
        _T.organization_id.is_distinct_from(actor.organization_id), func.lower(_T.name), _T.id
    )
    found = list(session.execute(ordered.limit(limit)).all())
    if wanted is not None and all(row.id != wanted for row in found):
        found = [*session.execute(launchable.where(_T.id == wanted)), *found]
    return found


def is_launchable(actor: Actor) -> ColumnElement[bool]:
    """Published, or a draft of what the person may edit: whoever writes one tries it."""
    own = _T.organization_id == actor.organization_id
    if not actor.may(Permission.TEMPLATES_EDIT):
        own = and_(own, _T.created_by == actor.user_id)
    return or_(
        _T.status == TemplateStatus.PUBLISHED,
        and_(own, _T.status.in_([TemplateStatus.DRAFT, TemplateStatus.IN_REVIEW])),
    )


def find_builtin(session: Session, name: str) -> OrchestrationTemplate | None:
    """The built-in template of that name, locked: two upgrades at once publish it once."""
    return session.scalar(select(_T).where(_T.organization_id.is_(None), _T.name == name).with_for_update())


#: The newest first.
VERSION_ORDER: Final = Order("version", TemplateVersion.version, TemplateVersion.id, kind=int)


def list_versions(session: Session, template_id: UUID, *, cursor: str | None, limit: int) -> Rows:
    """A page of a template's versions, the newest first, without what they say."""
    statement = select(
        TemplateVersion.version,
        person(TemplateVersion.created_by).label("author"),
        TemplateVersion.note,
        TemplateVersion.created_at,
    ).where(TemplateVersion.template_id == template_id)
    return read_page(session, statement, order=VERSION_ORDER, cursor=cursor, limit=limit)


def find_version(session: Session, template_id: UUID, version: int) -> TemplateVersion | None:
    """One version, whole."""
    return session.scalar(
        select(TemplateVersion).where(TemplateVersion.template_id == template_id, TemplateVersion.version == version)
    )


def newest_version(session: Session, template_id: UUID) -> int:
    """The number of the newest version, offered or not; 0 where there is none."""
    return (
        session.scalar(
            select(func.coalesce(func.max(TemplateVersion.version), 0)).where(
                TemplateVersion.template_id == template_id
            )
        )
        or 0
    )


def find_draft(session: Session, actor: Actor, template_id: UUID) -> TemplateDraft | None:
    """The person's own draft; there is no other to be seen."""
    return session.scalar(
        select(TemplateDraft).where(TemplateDraft.template_id == template_id, TemplateDraft.created_by == actor.user_id)
    )


def find_review(session: Session, template_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """The newest request about a template, waiting or decided, with its people."""
    statement = select(
        TemplateReview,
        person(TemplateReview.requested_by).label("requester"),
        person(TemplateReview.decided_by).label("decider"),
    ).where(TemplateReview.template_id == template_id)
    newest = statement.order_by(TemplateReview.created_at.desc(), TemplateReview.id.desc()).limit(1)
    return session.execute(newest).one_or_none()


def count_waiting(session: Session, actor: Actor, *, most: int) -> int:
    """How many requests of others wait for a decision, counted no further than `most`."""
    waiting = select(TemplateReview.id).where(
        TemplateReview.organization_id == actor.organization_id,
        TemplateReview.decision.is_(None),
        TemplateReview.requested_by != actor.user_id,
    )
    return count_at_most(session, waiting, most=most)


def find_waiting(session: Session, template_id: UUID) -> TemplateReview | None:
    """The request about a template that nobody has decided yet."""
    return session.scalar(
        select(TemplateReview).where(TemplateReview.template_id == template_id, TemplateReview.decision.is_(None))
    )


def is_approved_as_public(session: Session, template_id: UUID, version: int) -> bool:
    """Whether somebody has agreed to that version's being public."""
    approved = exists().where(
        TemplateReview.template_id == template_id,
        TemplateReview.version == version,
        TemplateReview.makes_public,
        TemplateReview.decision == ReviewDecision.APPROVED,
    )
    return bool(session.scalar(select(approved)))


def load_review(session: Session, review_id: UUID, *, for_update: bool = False) -> TemplateReview | None:
    """One request, to decide it (`for_update`: as it stands once it is locked)."""
    statement = select(TemplateReview).where(TemplateReview.id == review_id)
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def scope_of(actor: Actor, row: Row[*tuple[Any, ...]]) -> TemplateScope:
    """In which part of the gallery a row of `SUMMARY` stands."""
    if row.organization_id != actor.organization_id:
        return TemplateScope.PUBLIC
    if row.status == TemplateStatus.RETIRED:
        return TemplateScope.RETIRED
    return TemplateScope.MINE if row.created_by == actor.user_id else TemplateScope.ORGANIZATION
