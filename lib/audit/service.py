"""What people read of the audit trail. Nobody writes it here: triggers do."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit import actions, queries
from lib.audit.views import Change
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.users.views import SOME_OPERATOR, Person

#: A page of what was done to something.
Changes = Page[Change]


def list_project_changes(actor: Actor, project_id: UUID, *, cursor: str | None = None, limit: int = 10) -> Changes:
    """A page of what was done to a project and its archives, the newest first. Raises `NotPermitted`.

    Nothing for a project that is not there, or not theirs: the page has asked for the project before.
    """
    actor.require(Permission.AUDIT_VIEW)
    with tenant_session(actor) as session:
        archives = queries.list_archives_of(session, actor.organization_id, project_id)
        things = {"projects": [project_id], "archives": archives}
        return _read(session, actor, things, cursor=cursor, limit=limit)


def list_person_changes(actor: Actor, user_id: UUID, *, cursor: str | None = None, limit: int = 10) -> Changes:
    """The same for a person, their sign-ins among it."""
    return _list_changes(actor, "users", user_id, cursor=cursor, limit=limit)


def list_template_changes(actor: Actor, template_id: UUID, *, cursor: str | None = None, limit: int = 10) -> Changes:
    """The same for a template of their organization; what its versions say stands in the versions."""
    return _list_changes(actor, "templates", template_id, cursor=cursor, limit=limit)


def list_organization_changes(actor: Actor, *, cursor: str | None = None, limit: int = 10) -> Changes:
    """The same of the person's organization itself: its names, settings, tier, quota. Raises `NotPermitted`."""
    return _list_changes(actor, "organizations", actor.organization_id, cursor=cursor, limit=limit)


def _list_changes(actor: Actor, resource_type: str, resource_id: UUID, *, cursor: str | None, limit: int) -> Changes:
    actor.require(Permission.AUDIT_VIEW)
    with tenant_session(actor) as session:
        return _read(session, actor, {resource_type: [resource_id]}, cursor=cursor, limit=limit)


def _read(
    session: Session, actor: Actor, things: Mapping[str, Sequence[UUID]], *, cursor: str | None, limit: int
) -> Changes:
    page = queries.list_changes(session, actor.organization_id, things=things, cursor=cursor, limit=limit)
    return Page(tuple(Change(**told(row)) for row in page.rows), page.newer, page.older)


def told(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """What every entry of the trail says: the fields of `Change`."""
    return {
        "id": row.id,
        "created_at": row.created_at,
        "person": Person(**row.person) if row.person else SOME_OPERATOR if row.user_id else None,
        "action": row.action,
        "did": actions.say(row.action, row.old_values, row.new_values),
        "old": actions.without_silent(row.old_values),
        "new": actions.without_silent(row.new_values),
    }
