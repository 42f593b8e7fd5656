"""Rows for tests, each made through the door that makes it in earnest: people's by the person, the engine's by a
worker. So a test that needs a finished run gets one that the policies and guards have let through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql
from psycopg.types.json import Jsonb

from lib import clock
from lib.access.actor import Actor
from lib.connections.views import ConnectionView, Pricing
from lib.db.logins import Login
from lib.identity.tokens import hash_secret, new_secret
from lib.models.organization import Tier
from lib.organizations.creation import NewOrganization, create_organization
from lib.organizations.operator import CommandLine
from lib.providers.base import ModelChoice, ModelParameters, ModelTraits
from lib.providers.vendors import Vendor
from lib.templates.plan import make_plan
from lib.templates.structure import parse_template
from tests import doors
from tests.doors import Connection, Database

MODEL = "local:smollm2-135m"
TOPIC = "A bicycle that folds into a backpack"
TEMPLATE_DATA: Mapping[str, Any] = {
    "phases": [
        {"code": "Phase 0", "name": "Ideation", "prompt": "Ideas for {{ topic }}"},
        {"code": "Phase 1", "name": "Research", "prompt": "What is known about {{ topic }}"},
    ]
}


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A run and its phases' first attempts, by code."""

    id: UUID
    phases: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run that a worker has taken: `token` is what writes to it from here on."""

    database: Database
    organization_id: UUID
    run_id: UUID
    token: UUID

    def advance(
        self,
        *,
        finish: Sequence[Mapping[str, Any]] = (),
        begin: Sequence[Mapping[str, Any]] = (),
        end: Mapping[str, Any] | None = None,
    ) -> Any:
        """One step, as the worker takes it; returns what the database answers."""
        step = {"finish": list(finish), "begin": list(begin), "end": end}
        arguments = (self.organization_id, self.run_id, self.token, Jsonb(step))
        return call_worker(self.database, "SELECT api.advance_run(%s, %s, %s, %s)", *arguments)


@dataclass(frozen=True, slots=True)
class MadeInvitation:
    """An open invitation and what its link holds."""

    id: UUID
    secret: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """One organization with a row in every table, made in one person's name."""

    #: The person.
    user_id: UUID
    project_id: UUID
    template_id: UUID
    version_id: UUID
    #: Phase 0 is completed, Phase 1 is being written.
    run: MadeRun
    held: HeldRun
    operation_id: UUID
    webhook_id: UUID
    connection_id: UUID
    invitation_id: UUID


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
        return insert(connection, "projects", **_made_by(actor), name=name, topic=topic)


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
            connection, "orchestration_templates", **_made_by(actor), name=name, template_data=dict(data), **columns
        )


def make_version(database: Database, actor: Actor, template_id: UUID) -> UUID:
    """The first version of a template."""
    with doors.person(database, actor) as connection:
        return insert(
            connection,
            "template_versions",
            **_made_by(actor),
            template_id=template_id,
            version=1,
            template_data=dict(TEMPLATE_DATA),
        )


def make_run(
    database: Database,
    actor: Actor,
    *,
    project_id: UUID,
    template_id: UUID | None = None,
    title: str = "A run",
    model: str = MODEL,
) -> MadeRun:
    """A run as its launch leaves it: queued, each phase pending. It is not in the queue, so no worker takes it."""
    plan = make_plan(
        parse_template(TEMPLATE_DATA),
        template_name="Two steps",
        template_version=1,
        model=ModelChoice.parse(model),
        traits_of=lambda _: ModelTraits(is_small=True, notes_characters=2000, parameters=ModelParameters()),
    )
    with doors.person(database, actor) as connection:
        run_id = insert(
            connection,
            "orchestration_runs",
            organization_id=actor.organization_id,
            user_id=actor.user_id,
            project_id=project_id,
            template_id=template_id,
            template_version=1,
            title=title,
            topic=TOPIC,
            status="queued",
            total_phases=len(plan.phases),
            plan=plan.to_json(),
            inputs={"project": {"name": "Folding bicycle", "description": ""}, "values": {}},
            model=model,
        )
        phases = {
            phase.code: insert(
                connection,
                "phase_executions",
                organization_id=actor.organization_id,
                run_id=run_id,
                phase_code=phase.code,
                phase_name=phase.name,
                position=phase.position,
                depends_on=list(phase.depends_on),
                model=phase.model,
            )
            for phase in plan.phases
        }
    return MadeRun(run_id, phases)


def open_run(database: Database, organization_id: UUID, run_id: UUID) -> HeldRun:
    """Take a run as a worker does."""
    token = uuid4()
    opened = call_worker(database, "SELECT api.open_segment(%s, %s, %s)", organization_id, run_id, token)
    assert opened["state"] in {"running", "cancelling"}, opened
    return HeldRun(database, organization_id, run_id, token)


def beginning(code: str, *, attempt: int = 1, position: int | None = None) -> dict[str, Any]:
    """An entry of `begin`."""
    number = int(code.rpartition(" ")[2])
    return {
        "code": code,
        "name": TEMPLATE_DATA["phases"][number]["name"],
        "position": number if position is None else position,
        "depends_on": [],
        "attempt": attempt,
        "model": MODEL,
        "prompt": f"Ideas for {TOPIC}",
    }


def answer(phase_id: UUID, *, status: str = "completed", **columns: Any) -> dict[str, Any]:
    """An entry of `finish`: 150 tokens asked, 800 answered, for 0.028 dollars in 5 seconds."""
    return {
        "id": str(phase_id),
        "status": status,
        "response": "Fold it twice.",
        "prompt_tokens": 150,
        "completion_tokens": 800,
        "model": "smollm2-135m",
        "provider": "local",
        "endpoint": "chat/completions",
        "method": "POST",
        "status_code": 200,
        "cost_usd": 0.028,
        "execution_time_ms": 5000,
        "finish_reason": "stop",
        "error": None,
        **columns,
    }


def end_run(database: Database, actor: Actor, run: MadeRun, *, status: str = "completed") -> None:
    """Walk a queued run to its end: all phases completed, or the first one failed or cancelled and the rest undone."""
    held = open_run(database, actor.organization_id, run.id)
    if status == "cancelled":
        ask_to_cancel(database, actor, run.id)
    if status == "completed":
        for code, phase_id in run.phases.items():
            held.advance(begin=[beginning(code)])
            held.advance(finish=[answer(phase_id)])
    elif status == "failed":
        code, phase_id = next(iter(run.phases.items()))
        held.advance(begin=[beginning(code)])
        error = {"kind": "unreachable", "message": "The endpoint does not answer."}
        held.advance(finish=[answer(phase_id, status="failed", response=None, error=error)])
    held.advance(end={"status": status, "error": {}})


def fail_second_phase(database: Database, actor: Actor, run: MadeRun) -> None:
    """Walk a queued run as far as its second phase, whose key is refused."""
    first, second = run.phases
    held = open_run(database, actor.organization_id, run.id)
    held.advance(begin=[beginning(first)])
    held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])
    error = {"kind": "auth", "message": "The key was refused.", "phase": second, "attempt": 1, "status": 401}
    held.advance(finish=[answer(run.phases[second], status="failed", response=None, error=error)])
    held.advance(end={"status": "failed", "error": error})


def ask_to_cancel(database: Database, actor: Actor, run_id: UUID) -> None:
    """The wish of a person who may: without it the engine cancels nothing."""
    with doors.person(database, actor) as connection:
        connection.execute("UPDATE orchestration_runs SET cancel_requested_at = now() WHERE id = %s", [run_id])


def make_connection(
    database: Database, actor: Actor, *, slug: str = "acme-llm", key: str = "sk-of-the-tests-0123456789", **columns: Any
) -> UUID:
    """A connection to models, by somebody who may. Its key is no seal: whoever needs to call it makes it in earnest."""
    with doors.person(database, actor) as connection:
        return insert(
            connection,
            "provider_connections",
            **_made_by(actor),
            slug=slug,
            name="Acme models",
            vendor="openai_compatible",
            base_url="https://llm.example/v1",
            encrypted_key=key.encode(),
            key_last4=key[-4:],
            **columns,
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
        is_active=True,
        last_tested_at=None,
        last_test=None,
        updated_at=clock.now(),
    )


def make_webhook(database: Database, actor: Actor, *, name: str = "Deployments") -> UUID:
    """A webhook, by somebody who may."""
    with doors.person(database, actor) as connection:
        return insert(
            connection,
            "webhooks",
            organization_id=actor.organization_id,
            name=name,
            url="https://hooks.example/deployments",
            secret_key="whsec_of-the-tests",
        )


def make_operation(database: Database, actor: Actor, run_id: UUID) -> UUID:
    """An operation after a phase, as the engine writes it."""
    with doors.engine(database, actor.organization_id) as connection:
        return insert(
            connection,
            "integration_operations",
            organization_id=actor.organization_id,
            run_id=run_id,
            operation_type="file.write",
            operation_params={"path": "plan.md"},
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


def make_workspace(database: Database, actor: Actor) -> Workspace:
    """A row in every table for the person's organization. The person is an admin."""
    project_id = make_project(database, actor)
    template_id = make_template(database, actor)
    version_id = make_version(database, actor, template_id)
    run = make_run(database, actor, project_id=project_id, template_id=template_id)
    held = open_run(database, actor.organization_id, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first)])
    held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])
    call_worker(
        database,
        "SELECT api.write_stream(%s, %s, %s, %s)",
        actor.organization_id,
        held.token,
        run.phases[second],
        "Fold it tw",
    )
    make_token(database, actor)
    make_mail(database, actor)
    return Workspace(
        user_id=actor.user_id,
        project_id=project_id,
        template_id=template_id,
        version_id=version_id,
        run=run,
        held=held,
        operation_id=make_operation(database, actor, run.id),
        webhook_id=make_webhook(database, actor),
        connection_id=make_connection(database, actor, slug=f"acme-{uuid4()}"),
        invitation_id=make_invitation(database, actor).id,
    )


def call_worker(database: Database, statement: str, *values: object) -> Any:
    """What one of the worker's functions answers."""
    with doors.login(database, Login.WORKER) as connection:
        row = connection.execute(statement.encode(), values).fetchone()
        assert row is not None
        return row[0]


def _made_by(actor: Actor) -> dict[str, Any]:
    return {"organization_id": actor.organization_id, "created_by": actor.user_id}


def show_members_their_own_only(database: Database, organization_id: UUID) -> None:
    """Let members of the organization see nothing but what they made, as an admin's setting does."""
    with doors.admin(database) as connection:
        connection.execute(
            "UPDATE organizations SET settings = settings || %s WHERE id = %s",
            [Jsonb({"security_settings": {"members_see_own_only": True}}), organization_id],
        )
