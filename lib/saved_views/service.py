"""A person's views of a page: kept, found again, renamed, deleted."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.entry import clean_line
from lib.errors import AlreadyTaken, InvalidInput, NotFound
from lib.models.saved_view import SavedView
from lib.saved_views import queries
from lib.saved_views.views import SavedViewEntry

#: Pages that have saved views, and what opens them.
PAGES: Final[Mapping[str, Permission]] = {"analytics": Permission.ANALYTICS_VIEW}
#: More are no list to choose from.
MOST_VIEWS: Final = 50
LONGEST_NAME: Final = 100
_LONGEST_QUERY: Final = 8_000


def list_saved_views(actor: Actor, page: str) -> tuple[SavedViewEntry, ...]:
    """The person's own, by name."""
    actor.require(PAGES[page])
    with tenant_session(actor) as session:
        found = queries.list_views(session, actor.user_id, page, limit=MOST_VIEWS)
        return tuple(SavedViewEntry(view.id, view.name, view.query) for view in found)


def save_view(actor: Actor, page: str, *, name: str, query: str) -> UUID:
    """Keep a view under a name. Raises `InvalidInput`; `AlreadyTaken` where the person has one that is called so."""
    actor.require(PAGES[page])
    name = clean_line(name, field="Name", longest=LONGEST_NAME)
    if len(query) > _LONGEST_QUERY:
        message = "This view names too many things to be kept. Take some of the filters away."
        raise InvalidInput(message, field="Name")
    with tenant_session(actor) as session:
        if queries.count_views(session, actor.user_id, page) >= MOST_VIEWS:
            message = f"You have {MOST_VIEWS} views of this page. Delete one first."
            raise InvalidInput(message, field="Name")
        _refuse_taken(session, actor, page, name)
        view = SavedView(
            organization_id=actor.organization_id, user_id=actor.user_id, page=page, name=name, query=query
        )
        session.add(view)
        _flush(session, name)
        return view.id


def rename_view(actor: Actor, view_id: UUID, *, name: str) -> None:
    """Call it otherwise. Raises `NotPermitted`, `NotFound`, `InvalidInput` and `AlreadyTaken`."""
    name = clean_line(name, field="Name", longest=LONGEST_NAME)
    with tenant_session(actor) as session:
        view = _get(session, actor, view_id)
        if view.name != name:
            _refuse_taken(session, actor, view.page, name)
            view.name = name
            _flush(session, name)


def delete_view(actor: Actor, view_id: UUID) -> None:
    """Forget it. Raises `NotPermitted` and `NotFound`."""
    with tenant_session(actor) as session:
        session.delete(_get(session, actor, view_id))


def _get(session: Session, actor: Actor, view_id: UUID) -> SavedView:
    view = queries.find_view(session, view_id)
    if view is None:
        raise NotFound("view")
    actor.require(PAGES[view.page])
    return view


def _refuse_taken(session: Session, actor: Actor, page: str, name: str) -> None:
    if queries.find_named(session, actor.user_id, page, name):
        raise _taken(name)


def _flush(session: Session, name: str) -> None:
    """Two tabs may save under one name at once: the second one is refused as if it had come later."""
    try:
        session.flush()
    except IntegrityError as error:
        raise _taken(name) from error


def _taken(name: str) -> AlreadyTaken:
    message = f"You have a view that is called “{name}”. Choose another name, or delete that one first."
    return AlreadyTaken(message, field="Name")
