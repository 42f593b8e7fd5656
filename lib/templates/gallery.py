"""The gallery: templates of one's own, of the organization, and public ones, with how their runs went."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.models.template import TemplateStatus
from lib.templates import queries
from lib.templates.queries import TemplateFilter
from lib.templates.views import TemplateChoice, TemplateFigures, TemplateScope, TemplateSort, TemplateSummary

#: No more categories or tags are offered to choose from.
MOST_CHOICES = 100


def list_templates(
    actor: Actor,
    chosen: TemplateFilter | None = None,
    *,
    sort: TemplateSort = TemplateSort.MOST_USED,
    cursor: str | None = None,
    limit: int = 24,
) -> Page[TemplateSummary]:
    """A page of the gallery. Raises `InvalidInput` for a cursor that is none of this order."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        page = queries.list_templates(
            session, actor, chosen=chosen or TemplateFilter(), sort=sort, cursor=cursor, limit=limit
        )
        return Page(tuple(TemplateSummary(**summary_of(actor, row)) for row in page.rows), page.newer, page.older)


def count_templates_by_scope(actor: Actor, chosen: TemplateFilter, *, most: int) -> Mapping[TemplateScope, int]:
    """How many templates of each scope the other filters leave; `most` + 1 are more, a missing one is unknown."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        return queries.count_by_scope(session, actor, chosen=chosen, most=most)


def list_gallery_words(actor: Actor) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The categories and the tags that can be chosen, at most `MOST_CHOICES` of each."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        categories = queries.list_categories(session, actor, limit=MOST_CHOICES)
        return tuple(categories), tuple(queries.list_tags(session, actor, limit=MOST_CHOICES))


def list_template_choices(actor: Actor, *, wanted: UUID | None = None, limit: int = 500) -> tuple[TemplateChoice, ...]:
    """What a run can be launched from: the organization's own, then the public ones, and `wanted` in any case."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        return tuple(
            TemplateChoice(
                id=row.id,
                name=row.name,
                is_own=row.is_own,
                is_builtin=row.is_builtin,
                status=TemplateStatus(row.status),
            )
            for row in queries.list_choices(session, actor, wanted=wanted, limit=limit)
        )


def summary_of(actor: Actor, row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """The fields of `TemplateSummary` from a row of `queries.SUMMARY`."""
    values = dict(zip(queries.SUMMARY, row, strict=False))  # pages have their key behind it
    figures = {name: values.pop(name) for name in TemplateFigures.__slots__}
    for name in ("organization_id", "created_by"):
        del values[name]
    return (
        values
        | _rights(actor, row)
        | {
            "scope": queries.scope_of(actor, row),
            "status": TemplateStatus(row.status),
            "tags": tuple(row.tags),
            "figures": TemplateFigures(**figures),
        }
    )


def _rights(actor: Actor, row: Row[*tuple[Any, ...]]) -> dict[str, bool]:
    is_own = row.organization_id == actor.organization_id
    may_edit = is_own and actor.may(Permission.TEMPLATES_EDIT, created_by=row.created_by)
    return {
        "may_edit": may_edit,
        "may_publish": is_own and actor.may(Permission.TEMPLATES_PUBLISH),
        "may_launch": row.is_launchable and actor.may(Permission.ORCHESTRATIONS_RUN),
        "may_fork": actor.may(Permission.TEMPLATES_CREATE),
    }
