"""What people say about a run or one of its phases: whoever sees the run reads it, whoever may review it writes.

One's own words are one's own to change and to delete; who governs the organization may delete anybody's.
"""

from typing import Final
from uuid import UUID

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.entry import clean_text
from lib.errors import NotFound, NotPermitted
from lib.models.comment import RunComment
from lib.runs.commenting import queries
from lib.runs.commenting.views import Comment, CommentCounts
from lib.users.views import Person

MAX_COMMENT: Final = 10_000


def list_comments(
    actor: Actor, run_id: UUID, phase_code: str | None = None, *, cursor: str | None = None, limit: int = 20
) -> Page[Comment]:
    """A page of what was said of the run as a whole, or of that phase, the oldest first. Raises `NotFound`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        if not queries.has_run(session, run_id):
            raise NotFound("run")
        page = queries.list_comments(session, actor.organization_id, run_id, phase_code, cursor=cursor, limit=limit)
        comments = tuple(
            Comment(
                id=row.id,
                author=Person(**row.author),
                text=row.comment_text,
                created_at=row.created_at,
                edited_at=row.edited_at,
                may_edit=row.created_by == actor.user_id,
                may_delete=row.created_by == actor.user_id or actor.may(Permission.ORGANIZATION_EDIT),
            )
            for row in page.rows
        )
        return Page(comments, page.newer, page.older)


def count_comments(actor: Actor, run_id: UUID) -> CommentCounts:
    """How many comments each phase and the run itself have; none of a run that the person can't see."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        counted = queries.count_comments(session, actor.organization_id, run_id)
        of = {row[0]: row[1] for row in counted}
        return CommentCounts(of=of, may_write=actor.may(Permission.ORCHESTRATIONS_REVIEW))


def add_comment(actor: Actor, run_id: UUID, text: str, *, phase_code: str | None = None) -> UUID:
    """Say something in one's own name. Raises `InvalidInput`, `NotFound`, `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_REVIEW)
    said = clean_text(text, field="Comment", longest=MAX_COMMENT)
    with tenant_session(actor) as session:
        if not queries.has_run(session, run_id):
            raise NotFound("run")
        if phase_code is not None and not queries.has_phase(session, run_id, phase_code):
            raise NotFound("phase")
        comment = RunComment(
            organization_id=actor.organization_id,
            run_id=run_id,
            phase_code=phase_code,
            created_by=actor.user_id,
            comment_text=said,
        )
        session.add(comment)
        session.flush()
        return comment.id


def edit_comment(actor: Actor, comment_id: UUID, text: str) -> None:
    """Say it otherwise; that it was edited stands beside it. Raises `InvalidInput`, `NotFound`, `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    said = clean_text(text, field="Comment", longest=MAX_COMMENT)
    with tenant_session(actor) as session:
        comment = _get(queries.load_comment(session, comment_id))
        if comment.created_by != actor.user_id:
            message = "This is somebody else's comment. Write your own below it."
            raise NotPermitted(Permission.ORCHESTRATIONS_REVIEW, message, who=actor)
        comment.comment_text = said


def delete_comment(actor: Actor, comment_id: UUID) -> None:
    """Take one's own words back, or anybody's where one governs the organization. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        comment = _get(queries.load_comment(session, comment_id))
        if comment.created_by != actor.user_id:
            actor.require(Permission.ORGANIZATION_EDIT)
        comment.deleted_at = clock.now()


def _get(comment: RunComment | None) -> RunComment:
    if comment is None:
        raise NotFound("comment")
    return comment
