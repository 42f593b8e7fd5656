"""What stands behind a template: drafts, requests for somebody's word, and templates that everybody sees."""

from typing import Any
from uuid import UUID, uuid4

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.db.logins import Login
from tests import doors
from tests.cast import MadeOrganization, make_person
from tests.doors import Database
from tests.factories import TEMPLATE_DATA, insert, made_by, make_template, make_version


def make_draft(database: Database, actor: Actor, template_id: UUID, *, base_version: int = 1) -> UUID:
    """What the person is writing for the template's next version."""
    content = {"data": dict(TEMPLATE_DATA), "samples": {}}
    with doors.person(database, actor) as connection:
        return insert(
            connection,
            "template_drafts",
            **made_by(actor),
            template_id=template_id,
            base_version=base_version,
            content=content,
        )


def make_review(
    database: Database, actor: Actor, template_id: UUID, *, version: int = 1, makes_public: bool = False
) -> UUID:
    """The person asks for that version to be offered, to the organization or to everybody."""
    with doors.person(database, actor) as connection:
        return insert(
            connection,
            "template_reviews",
            organization_id=actor.organization_id,
            template_id=template_id,
            version=version,
            makes_public=makes_public,
            requested_by=actor.user_id,
        )


def agree_to_public(database: Database, author: Actor, template_id: UUID, *, approver: Actor) -> None:
    """Have the author ask for the first version, which is there, to be public, and another person agree."""
    review_id = make_review(database, author, template_id, makes_public=True)
    with doors.person(database, approver) as connection:
        connection.execute(
            "UPDATE template_reviews SET decision = 'approved', decided_by = %s, decided_at = now() WHERE id = %s",
            [approver.user_id, review_id],
        )


def make_public_template(database: Database, author: Actor, **named: Any) -> UUID:
    """A template that every organization can launch; a colleague who is made for it has agreed to it."""
    template_id = make_template(database, author, **named)
    make_version(database, author, template_id, data=named.get("data", TEMPLATE_DATA))
    organization = MadeOrganization(author.organization_id, author.organization_name, author.organization_slug)
    with doors.login(database, Login.IDENTITY) as connection:
        colleague, _ = make_person(connection, organization, f"colleague-{uuid4().hex[:8]}", role=Role.MANAGER)
    agree_to_public(database, author, template_id, approver=colleague)
    with doors.person(database, colleague) as connection:
        connection.execute(
            "UPDATE orchestration_templates SET status = 'published', is_public = true WHERE id = %s", [template_id]
        )
    return template_id


def let_publish_to_everybody(database: Database) -> None:
    """Give every organization a tier that has it."""
    with doors.admin(database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro'")
