"""The cast of every test: alice (admin), mona (manager), max (member) and vera (viewer) of organization A, charlie
(admin) of B. Each is a real row with a password and a living session, made as the identity login makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor, Origin
from lib.access.permissions import Role
from lib.db.logins import Login
from lib.identity.tokens import hash_secret, new_secret
from tests import doors
from tests.doors import Connection, Database

#: Everybody's.
PASSWORD = "correct horse battery staple"
#: bcrypt at its cheapest, worked out once.
_PASSWORD_HASH = "$2b$04$0JSNCKfpdMBj9dY4yH2PL.xz7HbVK9f5lBPMda2vFM8Ga0Y1926Ye"


@dataclass(frozen=True, slots=True)
class Cast:
    """The five, by name. `organization_a` and `organization_b` are theirs."""

    alice: Actor
    mona: Actor
    max: Actor
    vera: Actor
    charlie: Actor
    #: Session id -> the secret that the cookie of that browser holds.
    secrets: Mapping[UUID, str]

    @property
    def organization_a(self) -> UUID:
        return self.alice.organization_id

    @property
    def organization_b(self) -> UUID:
        return self.charlie.organization_id

    @property
    def of_a(self) -> tuple[Actor, ...]:
        """Everybody of organization A, the one with the most rights first."""
        return (self.alice, self.mona, self.max, self.vera)

    def secret_of(self, actor: Actor) -> str:
        """The value of the person's session cookie."""
        return self.secrets[actor.session_id]


@pytest.fixture
def cast(database: Database) -> Cast:
    """The cast, in the test's own database."""
    return make_cast(database)


def make_cast(database: Database) -> Cast:
    """Make both organizations, one after the other, and their people."""
    with doors.login(database, Login.IDENTITY) as connection:
        a = make_organization(connection, "Acme Research", slug="acme")
        connection.commit()
        b = make_organization(connection, "Borealis", slug="borealis")
        people = {
            "alice": make_person(connection, a, "alice", role=Role.ADMIN),
            "mona": make_person(connection, a, "mona", role=Role.MANAGER),
            "max": make_person(connection, a, "max", role=Role.MEMBER),
            "vera": make_person(connection, a, "vera", role=Role.VIEWER),
            "charlie": make_person(connection, b, "charlie", role=Role.ADMIN),
        }
    secrets = {actor.session_id: secret for actor, secret in people.values()}
    return Cast(**{name: actor for name, (actor, _) in people.items()}, secrets=secrets)


@dataclass(frozen=True, slots=True)
class MadeOrganization:
    """An organization that was just made."""

    id: UUID
    name: str
    slug: str


def make_organization(connection: Connection, name: str, *, slug: str, tier: str = "free") -> MadeOrganization:
    """Another organization. `connection` is the identity login's."""
    return MadeOrganization(
        _one(connection, "SELECT api.create_organization(%s, %s, %s)", name, slug, tier), name, slug
    )


def make_person(
    connection: Connection, organization: MadeOrganization, username: str, *, role: Role, is_operator: bool = False
) -> tuple[Actor, str]:
    """Another person, signed in, and the secret of their session. `connection` is the identity login's."""
    email, full_name = f"{username}@{organization.slug}.example", username.capitalize()
    user_id = _one(
        connection,
        "SELECT api.create_user(%s, %s, %s, %s, %s, %s)",
        organization.id,
        email,
        username,
        full_name,
        role.value,
        is_operator,
    )
    connection.execute(
        "INSERT INTO user_credentials (user_id, password_hash) VALUES (%s, %s)", [user_id, _PASSWORD_HASH]
    )
    secret = new_secret()
    session_id = _one(
        connection,
        "INSERT INTO user_sessions (token_hash, user_id, expires_at, ip_address, user_agent) "
        "VALUES (%s, %s, now() + interval '1 day', '192.0.2.7', 'tests') RETURNING id",
        hash_secret(secret),
        user_id,
    )
    actor = Actor(
        user_id=user_id,
        organization_id=organization.id,
        session_id=session_id,
        role=role,
        full_name=full_name,
        email=email,
        username=username,
        organization_name=organization.name,
        organization_slug=organization.slug,
        origin=Origin(request_id=uuid4(), ip_address="192.0.2.7", user_agent="tests"),
        is_operator=is_operator,
    )
    return actor, secret


def _one(connection: Connection, statement: str, *values: object) -> UUID:
    row = next(iter(connection.execute(statement.encode(), values)), None)
    assert row is not None
    found: UUID = row[0]
    return found
