"""Rows for tests, each made through the door that makes it in earnest, past the same policies and guards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql
from psycopg.types.json import Jsonb

from lib import clock
from lib.access.actor import Actor
from lib.connections.integrations.views import IntegrationView
from lib.connections.views import ConnectionView, Pricing
from lib.db.logins import Login
from lib.identity.tokens import hash_secret, new_secret
from lib.models.organization import Tier
from lib.organizations.creation import NewOrganization, create_organization
from lib.organizations.operator import CommandLine
from lib.projects.service import ProjectEntry, entry_of, get_project, update_project
from lib.providers.base import ModelParameters
from lib.providers.vendors import Vendor
from tests import doors
from tests.doors import Connection, Database

TOPIC = "A bicycle that folds into a backpack"
TEMPLATE_DATA: Mapping[str, Any] = {
    "phases": [
        {"code": "Phase 0", "name": "Ideation", "prompt": "Ideas for {{ topic }}"},
        {"code": "Phase 1", "name": "Research", "prompt": "What is known about {{ topic }}"},
    ]
}


@dataclass(frozen=True, slots=True)
class MadeInvitation:
    """An open invitation and what its link holds."""

    id: UUID
    secret: str


def insert(connection: Connection, table: str, **values: object) -> UUID:
    """Insert one row and return its `id`; dicts become JSONB."""
    adapted = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, adapted)),
        sql.SQL(", ").join(sql.Placeholder() * len(adapted)),
    )
    row = connection.execute(statement, list(adapted.values())).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def make_project(database: Database, actor: Actor, *, name: str = "Folding bicycle", topic: str = TOPIC) -> UUID:
    """A project of the person's."""
    with doors.person(database, actor) as connection:
        return insert(connection, "projects", **made_by(actor), name=name, topic=topic)


def edit_project(actor: Actor, project_id: UUID, entry: ProjectEntry) -> None:
    """Save it as somebody does who has just opened the form."""
    update_project(actor, project_id, entry, seen=entry_of(get_project(actor, project_id)))


def make_template(
    database: Database,
    actor: Actor,
    *,
    name: str = "Two steps",
    data: Mapping[str, Any] = TEMPLATE_DATA,
    **columns: object,
) -> UUID:
    """A template of the person's, a draft unless `columns` say otherwise."""
    with doors.person(database, actor) as connection:
        return insert(
            connection, "orchestration_templates", **made_by(actor), name=name, template_data=dict(data), **columns
        )


def make_version(
    database: Database,
    actor: Actor,
    template_id: UUID,
    *,
    version: int = 1,
    data: Mapping[str, Any] = TEMPLATE_DATA,
) -> UUID:
    """A version of a template, the first one unless it says otherwise."""
    with doors.person(database, actor) as connection:
        return insert(
            connection,
            "template_versions",
            **made_by(actor),
            template_id=template_id,
            version=version,
            template_data=dict(data),
        )


def make_connection(
    database: Database, actor: Actor, *, slug: str = "acme-llm", key: str = "sk-of-the-tests-0123456789", **columns: Any
) -> UUID:
    """A connection to models, by somebody who may. Its key is no seal: whoever needs to call it makes it in earnest."""
    with doors.person(database, actor) as connection:
        return insert(
            connection,
            "provider_connections",
            **made_by(actor),
            slug=slug,
            name="Acme models",
            vendor="openai_compatible",
            base_url="https://llm.example/v1",
            encrypted_key=key.encode(),
            key_last4=key[-4:],
            **columns,
        )


def make_integration(
    database: Database,
    actor: Actor,
    *,
    slug: str = "acme-api",
    secret: str = "Bearer of-the-tests-0123456789",
    **columns: Any,
) -> UUID:
    """Where operations go, by somebody who may. Its secret is no seal, as `make_connection`'s key."""
    said = {"name": "Acme API", "kind": "http.request", "target": "https://api.example/v1"}
    with doors.person(database, actor) as connection:
        return insert(
            connection,
            "integration_connections",
            **made_by(actor),
            slug=slug,
            encrypted_secret=secret.encode(),
            sealed_last4=secret[-4:],
            **said | columns,
        )


def see_connection(connection_id: UUID) -> ConnectionView:
    """What a page shows of `make_connection`'s, also to who may not read it."""
    return ConnectionView(
        id=connection_id,
        slug="acme-llm",
        name="Acme models",
        vendor=Vendor.OPENAI_COMPATIBLE,
        base_url="https://llm.example/v1",
        api_version="",
        has_key=True,
        key_last4="6789",
        key_mark="",
        models=(),
        parameters=ModelParameters(),
        pricing=Pricing.LISTED,
        prices=None,
        requests_per_minute=None,
        is_active=True,
        last_tested_at=None,
        last_test=None,
        updated_at=clock.now(),
    )


def make_webhook(database: Database, actor: Actor, *, name: str = "Deployments", **columns: Any) -> UUID:
    """A webhook, by somebody who may."""
    made = {"url": "https://hooks.example/deployments", "secret_key": "whsec_of-the-tests", **columns}
    with doors.person(database, actor) as connection:
        return insert(connection, "webhooks", organization_id=actor.organization_id, name=name, **made)


def see_integration(integration_id: UUID) -> IntegrationView:
    """What a page shows of `make_integration`'s."""
    return IntegrationView(
        id=integration_id,
        slug="acme-api",
        name="Acme API",
        kind="http.request",
        target="https://api.example/v1",
        settings={},
        sealed_last4="6789",
        is_active=True,
        updated_at=clock.now(),
    )


def make_token(database: Database, actor: Actor) -> None:
    """A one-time link of the person's."""
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute(
            "INSERT INTO user_tokens (kind, token_hash, user_id, expires_at) "
            "VALUES ('sign_in', %s, %s, now() + interval '1 minute')",
            [hash_secret(new_secret()), actor.user_id],
        )


def make_mail(database: Database, actor: Actor) -> UUID:
    """A mail to the person, on its way: sign-in writes it."""
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute(
            "SELECT api.enqueue_mail('password_reset', %s, %s, %s, %s)",
            [actor.email, actor.organization_id, Jsonb({"name": actor.full_name}), b"sealed"],
        )
    with doors.admin(database) as connection:
        found = connection.execute("SELECT max(id::text)::uuid FROM mail_outbox").fetchone()
    assert found is not None
    made: UUID = found[0]
    return made


def make_new_organization(slug: str = "northwind", *, name: str = "Northwind") -> NewOrganization:
    """An organization of the installation under test to which nobody has come yet, made by the command line."""
    return create_organization(CommandLine(), name=name, slug=slug, tier=Tier.FREE, email=f"first@{slug}.example")


def make_invitation(
    database: Database, actor: Actor, *, email: str = "", role: str = "member", permissions: Sequence[str] = ()
) -> MadeInvitation:
    """Somebody invited by the person, and the secret of the link."""
    secret = new_secret()
    with doors.person(database, actor) as connection:
        invitation_id = insert(
            connection,
            "invitations",
            organization_id=actor.organization_id,
            email=email or f"{uuid4().hex}@invited.example",
            role=role,
            permissions=Jsonb(list(permissions)),
            invited_by=actor.user_id,
        )
        connection.execute("SELECT api.issue_invitation(%s, %s)", [invitation_id, hash_secret(secret)])
    return MadeInvitation(invitation_id, secret)


def made_by(actor: Actor) -> dict[str, Any]:
    """Whose a row is."""
    return {"organization_id": actor.organization_id, "created_by": actor.user_id}


def show_members_their_own_only(database: Database, organization_id: UUID) -> None:
    """Let members of the organization see nothing but what they made, as an admin's setting does."""
    with doors.admin(database) as connection:
        connection.execute(
            "UPDATE organizations SET settings = settings || %s WHERE id = %s",
            [Jsonb({"security_settings": {"members_see_own_only": True}}), organization_id],
        )


def let_operate(database: Database, organization_id: UUID, *, is_on: bool) -> None:
    """Whether the organization lets its runs do operations, as an admin's setting does."""
    with doors.admin(database) as connection:
        connection.execute(
            "UPDATE organizations SET settings = settings || %s WHERE id = %s",
            [Jsonb({"integration_enabled": is_on}), organization_id],
        )
