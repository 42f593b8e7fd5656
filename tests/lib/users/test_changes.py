"""Role, permissions, deactivation and sessions of people: nobody gives or takes more than their own, an admin stays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.db.logins import Login
from lib.errors import BeyondOwnRights, Conflict, InvalidInput, NotFound, NotPermitted, OrchestratorError, RightsChanged
from lib.identity import sessions
from lib.users import changes, refusals
from lib.users.changes import change_rights, deactivate, end_sessions, reactivate
from lib.users.rights import Rights
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import Cast, MadeOrganization, make_person
from tests.conftest import Installation
from tests.records import row, rows, signature, trail

pytestmark = pytest.mark.usefixtures("installation")

P = Permission
MEMBER, VIEWER, ADMIN = Rights(Role.MEMBER), Rights(Role.VIEWER), Rights(Role.ADMIN)


def stored(installation: Installation, actor: Actor) -> dict[str, Any]:
    return row(installation, "SELECT role, permissions, deactivated_at FROM users WHERE id = %s", actor.user_id)


def grant(installation: Installation, actor: Actor, *permissions: Permission) -> Actor:
    """The same person, who holds these beside their role."""
    words = psycopg.types.json.Jsonb(list(permissions))
    rows(installation, "UPDATE users SET permissions = %s WHERE id = %s RETURNING 1", words, actor.user_id)
    return replace(actor, extra_permissions=frozenset(permissions))


@pytest.fixture
def bob(installation: Installation, cast: Cast) -> Actor:
    """Another admin of A."""
    return another(installation, cast, "bob", Role.ADMIN)


def another(installation: Installation, cast: Cast, name: str, role: Role) -> Actor:
    of_a = MadeOrganization(cast.organization_a, cast.alice.organization_name, cast.alice.organization_slug)
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as connection:
        return make_person(connection, of_a, name, role=role)[0]


def test_admin_changes_role_and_permissions(installation: Installation, cast: Cast) -> None:
    change_rights(cast.alice, cast.max.user_id, role="manager", permissions=["audit.view"], seen=MEMBER)
    assert stored(installation, cast.max) == {"role": "manager", "permissions": ["audit.view"], "deactivated_at": None}
    (entry,) = trail(installation, "users.update", cast.max.user_id)
    assert entry.items() >= signature(cast.alice).items()
    assert entry["old_values"] == {"role": "member", "permissions": []}
    assert entry["new_values"] == {"role": "manager", "permissions": ["audit.view"]}


def test_permissions_of_a_newer_version_stay(installation: Installation, cast: Cast) -> None:
    words = psycopg.types.json.Jsonb(["rockets.launch", "audit.view"])
    rows(installation, "UPDATE users SET permissions = %s WHERE id = %s RETURNING 1", words, cast.max.user_id)
    seen = Rights(Role.MEMBER, frozenset({P.AUDIT_VIEW}))
    change_rights(cast.alice, cast.max.user_id, role="viewer", permissions=[], seen=seen)
    assert stored(installation, cast.max)["permissions"] == ["rockets.launch"]


@pytest.mark.parametrize("name", ["mona", "max", "vera"])
def test_without_the_permission_nobody_changes_anybody(installation: Installation, cast: Cast, name: str) -> None:
    actor: Actor = getattr(cast, name)
    for other in cast.of_a:
        before = stored(installation, other)
        for change in (
            lambda other=other: change_rights(
                actor, other.user_id, role="admin", permissions=[], seen=Rights(other.role)
            ),
            lambda other=other: deactivate(actor, other.user_id),
            lambda other=other: reactivate(actor, other.user_id),
            lambda other=other: end_sessions(actor, other.user_id),
        ):
            with pytest.raises(NotPermitted):
                change()
        assert stored(installation, other) == before


def test_stranger_finds_nobody_to_change(installation: Installation, cast: Cast) -> None:
    for user_id in (cast.max.user_id, uuid4()):
        for change in (
            lambda user_id=user_id: change_rights(cast.charlie, user_id, role="viewer", permissions=[], seen=MEMBER),
            lambda user_id=user_id: deactivate(cast.charlie, user_id),
            lambda user_id=user_id: reactivate(cast.charlie, user_id),
            lambda user_id=user_id: end_sessions(cast.charlie, user_id),
        ):
            with pytest.raises(NotFound, match="no such person"):
                change()
    assert stored(installation, cast.max) == {"role": "member", "permissions": [], "deactivated_at": None}


@pytest.mark.parametrize(("role", "permissions"), [("owner", []), ("", []), ("member", ["root"]), ("Admin", [])])
def test_words_that_are_none_are_refused(
    installation: Installation, cast: Cast, role: str, permissions: list[str]
) -> None:
    with pytest.raises(InvalidInput, match=r"is no (role|permission)"):
        change_rights(cast.alice, cast.max.user_id, role=role, permissions=permissions, seen=MEMBER)
    assert stored(installation, cast.max)["role"] == "member"


#: What max, a member who may edit and deactivate people, tries: whom, to what.
BEYOND: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "himself to admin": ("max", "admin", ()),
    "himself to manager": ("max", "manager", ("users.view", "users.edit", "users.deactivate")),
    "himself one right more": ("max", "member", ("users.view", "users.edit", "users.deactivate", "audit.view")),
    "somebody to admin": ("vera", "admin", ()),
    "somebody a right that he lacks": ("vera", "viewer", ("projects.edit",)),
    "an admin down": ("alice", "viewer", ()),
    "a manager down": ("mona", "member", ()),
}


@pytest.mark.parametrize("case", BEYOND)
def test_nobody_gives_or_takes_more_than_they_have(installation: Installation, cast: Cast, case: str) -> None:
    max_ = grant(installation, cast.max, P.USERS_VIEW, P.USERS_EDIT, P.USERS_DEACTIVATE)
    name, role, permissions = BEYOND[case]
    other = max_ if name == "max" else getattr(cast, name)
    before = stored(installation, other)
    seen = Rights.read(before["role"], before["permissions"])
    with pytest.raises(BeyondOwnRights, match="beyond your own"):
        change_rights(max_, other.user_id, role=role, permissions=permissions, seen=seen)
    assert stored(installation, other) == before


def test_within_ones_own_rights_one_may_give(installation: Installation, cast: Cast) -> None:
    max_ = grant(installation, cast.max, P.USERS_VIEW, P.USERS_EDIT, P.USERS_DEACTIVATE)
    change_rights(max_, cast.vera.user_id, role="member", permissions=["users.view"], seen=VIEWER)
    assert stored(installation, cast.vera)["role"] == "member"
    deactivate(max_, cast.vera.user_id)
    reactivate(max_, cast.vera.user_id)


@pytest.mark.parametrize("name", ["mona", "alice"])
def test_nobody_deactivates_or_lets_in_somebody_above_them(
    installation: Installation, cast: Cast, bob: Actor, name: str
) -> None:
    max_ = grant(installation, cast.max, P.USERS_VIEW, P.USERS_DEACTIVATE)
    other: Actor = getattr(cast, name)
    with pytest.raises(BeyondOwnRights):
        deactivate(max_, other.user_id)
    deactivate(bob, other.user_id)
    with pytest.raises(BeyondOwnRights):
        reactivate(max_, other.user_id)


def test_change_of_what_somebody_else_has_changed_is_a_conflict(
    installation: Installation, cast: Cast, bob: Actor
) -> None:
    change_rights(bob, cast.max.user_id, role="viewer", permissions=[], seen=MEMBER)
    with pytest.raises(Conflict, match="Somebody else has changed"):
        change_rights(cast.alice, cast.max.user_id, role="member", permissions=["audit.view"], seen=MEMBER)
    assert stored(installation, cast.max)["role"] == "viewer"


def test_last_admin_stays(installation: Installation, cast: Cast) -> None:
    with pytest.raises(Conflict, match="last active admin"):
        change_rights(cast.alice, cast.alice.user_id, role="manager", permissions=[], seen=ADMIN)
    with pytest.raises(Conflict, match="can't deactivate yourself"):
        deactivate(cast.alice, cast.alice.user_id)
    assert stored(installation, cast.alice) == {"role": "admin", "permissions": [], "deactivated_at": None}


def test_deactivated_admin_does_not_count(installation: Installation, cast: Cast, bob: Actor) -> None:
    deactivate(bob, cast.alice.user_id)
    with pytest.raises(Conflict, match="last active admin"):
        change_rights(bob, bob.user_id, role="viewer", permissions=[], seen=ADMIN)


def test_admin_lowers_oneself_while_another_one_stays(installation: Installation, cast: Cast, bob: Actor) -> None:
    change_rights(cast.alice, cast.alice.user_id, role="viewer", permissions=[], seen=ADMIN)
    assert stored(installation, cast.alice)["role"] == "viewer"
    with pytest.raises(NotFound):  # her page is still that of an admin, and who may see nobody finds nobody
        change_rights(cast.alice, cast.max.user_id, role="viewer", permissions=[], seen=MEMBER)


DOWN: dict[str, Callable[[Actor, Actor], None]] = {
    "demote": lambda actor, other: change_rights(actor, other.user_id, role="viewer", permissions=[], seen=ADMIN),
    "deactivate": lambda actor, other: deactivate(actor, other.user_id),
    "step down": lambda actor, _: change_rights(actor, actor.user_id, role="viewer", permissions=[], seen=ADMIN),
}


@pytest.mark.parametrize("ways", [(first, second) for first in DOWN for second in DOWN], ids=str)
def test_two_admins_who_bring_each_other_down_leave_one(
    installation: Installation, cast: Cast, bob: Actor, ways: tuple[str, str]
) -> None:
    """Each in a thread and with a connection of its own, three times over, for they rarely meet."""
    for _ in range(3):
        start = Barrier(2)

        def bring_down(way: str, actor: Actor, other: Actor, start: Barrier = start) -> str:
            start.wait()
            try:
                DOWN[way](actor, other)
            except OrchestratorError as error:
                return type(error).__name__
            return "done"

        with ThreadPoolExecutor(2) as threads:
            asked = ((ways[0], cast.alice, bob), (ways[1], bob, cast.alice))
            outcomes = [threads.submit(bring_down, *each) for each in asked]
            said = [outcome.result() for outcome in outcomes]
        assert "done" in said  # both, where both bring the same one down
        assert set(said) <= {"done", "Conflict", "NotPermitted", "NotFound", "NotSignedIn"}
        left = rows(installation, "SELECT FROM users WHERE role = 'admin' AND deactivated_at IS NULL AND "
                    "organization_id = %s", cast.organization_a)  # fmt: skip
        assert len(left) == 1
        rows(installation, "UPDATE users SET role = 'admin', deactivated_at = NULL WHERE id = ANY (%s) RETURNING 1",
             [cast.alice.user_id, bob.user_id])  # fmt: skip


def test_second_admin_waits_and_is_refused(
    installation: Installation, cast: Cast, bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one has changed the row and not yet committed when the second one begins."""
    original = changes._update
    outcomes: list[object] = []

    def change_and_wait(*arguments: Any, **values: Any) -> None:
        original(*arguments, **values)
        monkeypatch.setattr(changes, "_update", original)
        second = attempt(lambda: change_rights(bob, cast.alice.user_id, role="viewer", permissions=[], seen=ADMIN))
        outcomes.append((second, second.__enter__()))
        while not is_waiting(installation):
            pass

    monkeypatch.setattr(changes, "_update", change_and_wait)
    change_rights(cast.alice, bob.user_id, role="viewer", permissions=[], seen=ADMIN)
    ((thread, outcome),) = outcomes  # type: ignore[misc]  # a pair, put there above
    thread.__exit__(None, None, None)
    assert [type(error) for error in outcome] == [NotFound]
    assert stored(installation, cast.alice)["role"] == "admin"


def make_operators(installation: Installation, *people: Actor) -> None:
    ids = [person.user_id for person in people]
    rows(installation, "UPDATE users SET is_operator = true WHERE id = ANY (%s) RETURNING 1", ids)


def test_last_operator_stays(installation: Installation, cast: Cast) -> None:
    make_operators(installation, cast.mona)
    with pytest.raises(Conflict, match="Nobody else runs this installation"):
        deactivate(cast.alice, cast.mona.user_id)
    assert stored(installation, cast.mona)["deactivated_at"] is None
    assert sessions.find_actor(cast.secret_of(cast.mona), origin=cast.mona.origin), "they are not signed out either"
    make_operators(installation, cast.charlie)
    deactivate(cast.alice, cast.mona.user_id)


def test_last_operator_is_asked_after_before_the_database_has_to_refuse(installation: Installation, cast: Cast) -> None:
    make_operators(installation, cast.mona)
    with doors.admin(installation.database) as connection:
        connection.execute("DROP TRIGGER users_last_operator ON users")
    with pytest.raises(Conflict, match="Nobody else runs this installation"):
        deactivate(cast.alice, cast.mona.user_id)


@pytest.mark.parametrize(
    "end", ["suspended_at = now(), suspension_reason = 'x'", "deletes_at = now() + interval '1 day'"]
)
def test_operator_of_an_organization_that_is_shut_or_ends_is_no_other_one(
    installation: Installation, cast: Cast, end: str
) -> None:
    make_operators(installation, cast.mona, cast.charlie)
    rows(installation, f"UPDATE organizations SET {end} WHERE id = %s RETURNING 1", cast.organization_b)
    with pytest.raises(Conflict, match="Nobody else runs this installation"):
        deactivate(cast.alice, cast.mona.user_id)


def test_operators_of_two_organizations_are_not_both_deactivated_at_once(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one is deactivated and not yet committed when the second, of another organization, is asked for."""
    dora = make_of_b(installation, cast)
    make_operators(installation, cast.max, dora)
    original = changes._update
    begun: list[Any] = []

    def change_and_wait(*arguments: Any, **values: Any) -> None:
        original(*arguments, **values)
        monkeypatch.setattr(changes, "_update", original)
        second = attempt(lambda: deactivate(cast.charlie, dora.user_id))
        begun.append((second, second.__enter__()))
        while not is_waiting(installation):
            pass

    monkeypatch.setattr(changes, "_update", change_and_wait)
    deactivate(cast.alice, cast.max.user_id)
    ((second, outcome),) = begun
    second.__exit__(None, None, None)
    (refused,) = outcome
    assert isinstance(refused, Conflict)
    assert refused.message == refusals.LAST_OPERATOR
    assert stored(installation, dora)["deactivated_at"] is None


def make_of_b(installation: Installation, cast: Cast) -> Actor:
    of_b = MadeOrganization(cast.organization_b, cast.charlie.organization_name, cast.charlie.organization_slug)
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as connection:
        return make_person(connection, of_b, "dora", role=Role.MEMBER)[0]


def test_deactivated_person_is_out_and_their_sessions_stay_ended(installation: Installation, cast: Cast) -> None:
    secret = cast.secret_of(cast.max)
    assert sessions.find_actor(secret, origin=cast.max.origin)
    deactivate(cast.alice, cast.max.user_id)
    assert sessions.find_actor(secret, origin=cast.max.origin) is None
    with pytest.raises(Conflict, match="deactivated already"):
        deactivate(cast.alice, cast.max.user_id)
    reactivate(cast.alice, cast.max.user_id)
    with pytest.raises(Conflict, match="active already"):
        reactivate(cast.alice, cast.max.user_id)
    assert sessions.find_actor(secret, origin=cast.max.origin) is None, "they sign in again"
    assert stored(installation, cast.max) == {"role": "member", "permissions": [], "deactivated_at": None}
    assert len(trail(installation, "users.update", cast.max.user_id)) == 2


def test_sessions_of_a_person_are_ended_and_nobody_elses(installation: Installation, cast: Cast) -> None:
    assert end_sessions(cast.alice, cast.max.user_id) == 1
    assert sessions.find_actor(cast.secret_of(cast.max), origin=cast.max.origin) is None
    assert end_sessions(cast.alice, cast.max.user_id) == 0
    for other in (cast.alice, cast.mona, cast.vera, cast.charlie):
        assert sessions.find_actor(cast.secret_of(other), origin=other.origin)
    (entry,) = trail(installation, "identity.end_sessions", cast.max.user_id)
    assert entry.items() >= signature(cast.alice).items()
    assert entry["new_values"] == {"sessions": 1}


@pytest.mark.parametrize(
    ("state", "error"), [("AO001", Conflict), ("AO002", BeyondOwnRights), ("AO003", Conflict), ("42501", RightsChanged)]
)
def test_what_the_database_refuses_is_said_in_words(
    installation: Installation, cast: Cast, state: str, error: type[OrchestratorError]
) -> None:
    """A trigger stands in for whatever raises it in earnest."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            f"CREATE FUNCTION api.refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$".encode()
        )
        connection.execute("CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION api.refuse()")
    with pytest.raises(error) as refused:
        change_rights(cast.alice, cast.max.user_id, role="viewer", permissions=[], seen=MEMBER)
    assert type(refused.value) is error
    if error is Conflict:
        assert str(refused.value) == {"AO001": refusals.LAST_ADMIN, "AO003": refusals.LAST_OPERATOR}[state]
    assert stored(installation, cast.max)["role"] == "member"
