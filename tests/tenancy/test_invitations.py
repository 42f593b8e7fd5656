"""Who may invite whom, asked of PostgreSQL by plain SQL: nobody gives, by a row or by a link, more than they have."""

from collections.abc import Sequence

import pytest
from psycopg.types.json import Jsonb

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.db.logins import Login
from lib.identity.tokens import hash_secret, new_secret
from lib.users.rights import Rights, may_invite
from tests import doors
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.doors import Connection
from tests.factories import make_invitation

NOT_ALLOWED = "42501"
P = Permission
INSERT = "INSERT INTO invitations (organization_id, email, role, permissions, invited_by) VALUES (%s, %s, %s, %s, %s)"
ISSUE = "SELECT api.issue_invitation(%s, %s)"
#: What somebody holds beside their role, as each of these.
GRANTS: Sequence[tuple[Permission, ...]] = (
    (),
    (P.USERS_INVITE,),
    (P.USERS_EDIT,),
    (P.USERS_INVITE, P.USERS_EDIT),
    (P.USERS_INVITE, P.PROJECTS_EDIT, P.PROJECTS_ARCHIVE, P.ORCHESTRATIONS_CANCEL, P.TEMPLATES_EDIT),
)
GIVEN: Sequence[tuple[Permission, ...]] = ((), (P.PROJECTS_EDIT,), (P.AUDIT_VIEW,), (P.PROJECTS_VIEW, P.USERS_EDIT))


@pytest.fixture(scope="module")
def people(module_database: ClonedDatabase) -> Cast:
    return make_cast(module_database)


def grant(connection: Connection, actor: Actor, permissions: Sequence[Permission]) -> Actor:
    """The same person with these permissions beside their role."""
    connection.execute("UPDATE users SET permissions = %s WHERE id = %s", [Jsonb(list(permissions)), actor.user_id])
    return Actor(
        **{name: getattr(actor, name) for name in Actor.__dataclass_fields__ if name != "extra_permissions"},
        extra_permissions=frozenset(permissions),
    )


def values(actor: Actor, role: str, permissions: Sequence[str] = ()) -> list[object]:
    return [actor.organization_id, "new@invited.example", role, Jsonb(list(permissions)), actor.user_id]


@pytest.mark.parametrize("name", ["alice", "mona", "max", "vera"])
def test_database_and_code_let_the_same_people_invite(module_database: ClonedDatabase, people: Cast, name: str) -> None:
    actor: Actor = getattr(people, name)
    with doors.admin(module_database) as connection, connection.transaction(force_rollback=True):
        for held in GRANTS:
            holder = grant(connection, actor, held)
            for role in Role:
                for given in GIVEN:
                    row = connection.execute(
                        "SELECT api.may_invite_as(%s, %s, %s)", [actor.user_id, role, Jsonb(list(given))]
                    ).fetchone()
                    assert row == (may_invite(holder, Rights(role, frozenset(given))),), (held, role, given)


@pytest.mark.parametrize(
    ("name", "role", "permissions", "refused"),
    [
        ("alice", "admin", (), None),
        ("alice", "member", ("audit.view",), None),
        ("mona", "member", (), None),
        ("mona", "viewer", (), None),
        ("mona", "manager", (), NOT_ALLOWED),
        ("mona", "admin", (), NOT_ALLOWED),
        ("mona", "viewer", ("projects.edit",), NOT_ALLOWED),
        ("mona", "viewer", ("users.edit",), NOT_ALLOWED),
        ("max", "viewer", (), NOT_ALLOWED),
        ("vera", "viewer", (), NOT_ALLOWED),
    ],
)
def test_managers_invite_members_and_viewers_and_the_others_nobody(
    *,
    module_database: ClonedDatabase,
    people: Cast,
    name: str,
    role: str,
    permissions: Sequence[str],
    refused: str | None,
) -> None:
    actor: Actor = getattr(people, name)
    with doors.person(module_database, actor) as connection:
        assert doors.refusal(connection, INSERT, values(actor, role, permissions)) == refused


def test_manager_gets_no_link_to_what_she_may_not_give(database: ClonedDatabase, cast: Cast) -> None:
    """Whoever holds a link becomes what it invites to: a new one for an admin would make an admin of her."""
    made = make_invitation(database, cast.alice, role="admin")
    with doors.person(database, cast.mona) as connection:
        assert doors.refusal(connection, ISSUE, [made.id, hash_secret(new_secret())]) == NOT_ALLOWED
        assert doors.reached(connection, "UPDATE invitations SET revoked_at = now() WHERE id = %s", [made.id]) == 0
    own = make_invitation(database, cast.mona)
    with doors.person(database, cast.mona) as connection:
        assert doors.refusal(connection, ISSUE, [own.id, hash_secret(new_secret())]) is None


def test_stranger_gets_no_link(database: ClonedDatabase, cast: Cast) -> None:
    made = make_invitation(database, cast.alice)
    with doors.person(database, cast.charlie) as connection:
        assert connection.execute(ISSUE, [made.id, hash_secret(new_secret())]).fetchone() == (None,)
    with doors.login(database, Login.IDENTITY) as connection:
        assert len(connection.execute("SELECT FROM user_tokens WHERE kind = 'invitation'").fetchall()) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"accepted_at": "2026-01-01T00:00:00Z", "accepted_by": "self"},
        {"revoked_at": "2026-01-01T00:00:00Z"},
        {"expires_at": "2099-01-01T00:00:00Z"},
        {"invited_by": "other"},
    ],
    ids=str,
)
def test_invitation_is_new_and_in_ones_own_name(
    module_database: ClonedDatabase, people: Cast, forged: dict[str, str]
) -> None:
    who = {"self": people.alice.user_id, "other": people.mona.user_id}
    row = {
        "organization_id": people.organization_a,
        "email": "new@invited.example",
        "role": "viewer",
        "invited_by": people.alice.user_id,
    }
    for columns, refused in ((row, None), (row | {name: who.get(v, v) for name, v in forged.items()}, NOT_ALLOWED)):
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO invitations ({', '.join(columns)}) VALUES ({marks})"
        with doors.person(module_database, people.alice) as connection:
            assert doors.refusal(connection, statement, [*columns.values()]) == refused


@pytest.mark.parametrize("change", ["role = 'admin'", "email = 'me@x.example'", "expires_at = 'infinity'"])
def test_open_invitation_is_only_taken_back(database: ClonedDatabase, cast: Cast, change: str) -> None:
    made = make_invitation(database, cast.mona)
    with doors.person(database, cast.mona) as connection:
        statement = f"UPDATE invitations SET {change} WHERE id = %s"
        assert doors.refusal(connection, statement, [made.id]) == NOT_ALLOWED
        assert doors.reached(connection, "UPDATE invitations SET revoked_at = now() WHERE id = %s", [made.id]) == 1


@pytest.mark.parametrize("name", ["mona", "max", "vera", "charlie"])
def test_sessions_are_ended_and_counted_by_who_may(database: ClonedDatabase, cast: Cast, name: str) -> None:
    end, count = "SELECT api.end_sessions(%s)", "SELECT * FROM api.count_sessions(%s)"
    whose = [cast.vera.user_id if name != "vera" else cast.max.user_id]
    with doors.person(database, getattr(cast, name)) as connection:
        assert doors.refusal(connection, end, whose) == NOT_ALLOWED
        assert connection.execute(count.encode(), whose).fetchone() == (0, None)
    with doors.person(database, cast.alice) as connection:
        row = connection.execute(count.encode(), whose).fetchone()
        assert row is not None
        assert row[0] == 1
        assert connection.execute(end.encode(), whose).fetchone() == (1,)
        assert connection.execute(count.encode(), whose).fetchone() == (0, None)
