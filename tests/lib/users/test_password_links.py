"""A link for a new password that one person makes for another: who may, what it opens, and how long."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.errors import BeyondOwnRights, Conflict, LinkExpired, NotFound, NotPermitted, RightsChanged, SignInRefused
from lib.identity import passwords, sessions
from lib.identity.reset import check_reset, reset_password
from lib.identity.service import authenticate
from lib.identity.tokens import hash_secret
from lib.users.changes import change_rights, deactivate, reactivate
from lib.users.password_links import make_password_link
from lib.users.people import get_person
from lib.users.rights import Rights
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.lib.users.test_changes import another, grant
from tests.mailbox import mail_server
from tests.records import row, rows, signature, trail

__all__ = ["mail_server"]

pytestmark = pytest.mark.usefixtures("installation")

P = Permission
NEW = "another good password"
NOT_ALLOWED = "42501"
ISSUE = "SELECT api.issue_password_link(%s, %s)"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


def token_of(path: str) -> str:
    return path.partition("/reset?token=")[2]


def tokens(installation: Installation) -> list[dict[str, Any]]:
    return rows(installation, "SELECT * FROM user_tokens WHERE kind = 'password_reset' ORDER BY id")


def make_operator(installation: Installation, actor: Actor) -> Actor:
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", actor.user_id)
    return replace(actor, is_operator=True)


def test_link_is_shown_where_no_mail_is_sent_and_sets_a_password_once(installation: Installation, cast: Cast) -> None:
    made = make_password_link(cast.alice, cast.max.user_id)
    assert (made.email, made.is_mailed) == (cast.max.email, False)
    token = token_of(made.secret_path)
    assert token
    assert token not in repr(made)
    (stored,) = tokens(installation)
    assert stored["token_hash"] == hash_secret(token), "the database keeps its hash and nothing else"
    assert (stored["expires_at"] - stored["created_at"]).total_seconds() == 3600
    assert rows(installation, "SELECT 1 FROM mail_outbox") == []
    assert authenticate("max", PASSWORD, origin=cast.max.origin) == cast.max.user_id, "nothing has changed yet"
    assert reset_password(token, new=NEW, origin=cast.max.origin) == cast.max.email
    assert authenticate("max", NEW, origin=cast.max.origin) == cast.max.user_id
    with pytest.raises(SignInRefused):
        authenticate("max", PASSWORD, origin=cast.max.origin)
    assert sessions.find_actor(cast.secret_of(cast.max), origin=cast.max.origin) is None
    with pytest.raises(LinkExpired):
        check_reset(token)


@pytest.mark.usefixtures("mail_server")
def test_link_goes_by_mail_to_the_person_and_to_nobody_else(installation: Installation, cast: Cast) -> None:
    made = make_password_link(cast.alice, cast.max.user_id)
    assert made.is_mailed
    assert made.secret_path == ""
    (mail,) = rows(installation, "SELECT kind, recipient, organization_id, secret FROM mail_outbox")
    assert mail.pop("secret")
    assert mail == {"kind": "password_reset", "recipient": cast.max.email, "organization_id": cast.organization_a}


def test_trail_says_who_made_one_for_whom(installation: Installation, cast: Cast) -> None:
    make_password_link(cast.alice, cast.max.user_id)
    (entry,) = trail(installation, "identity.make_password_link", cast.max.user_id)
    assert entry.items() >= signature(cast.alice).items()
    assert (entry["old_values"], entry["new_values"]) == ({}, {})


def test_link_from_before_is_worthless(cast: Cast) -> None:
    first, second = (token_of(make_password_link(cast.alice, cast.max.user_id).secret_path) for _ in range(2))
    with pytest.raises(LinkExpired):
        check_reset(first)
    check_reset(second)


@pytest.mark.parametrize("name", ["mona", "max", "vera"])
def test_without_the_permission_nobody_makes_one(installation: Installation, cast: Cast, name: str) -> None:
    actor: Actor = getattr(cast, name)
    for other in cast.of_a:
        with pytest.raises(NotPermitted):
            make_password_link(actor, other.user_id)
        assert refused_by_the_database(installation, actor, other.user_id) == NOT_ALLOWED
    assert tokens(installation) == []


def test_stranger_finds_nobody(installation: Installation, cast: Cast) -> None:
    for user_id in (cast.max.user_id, uuid4()):
        with pytest.raises(NotFound, match="no such person"):
            make_password_link(cast.charlie, user_id)
        assert refused_by_the_database(installation, cast.charlie, user_id) == NOT_ALLOWED


def test_nobody_gets_one_to_who_may_do_more(installation: Installation, cast: Cast) -> None:
    """Or whoever may edit people would become an admin by it."""
    max_ = grant(installation, cast.max, P.USERS_VIEW, P.USERS_EDIT)
    for other in (cast.alice, cast.mona):
        with pytest.raises(BeyondOwnRights):
            make_password_link(max_, other.user_id)
        assert refused_by_the_database(installation, max_, other.user_id) == NOT_ALLOWED
    assert make_password_link(max_, cast.vera.user_id).secret_path


def test_who_may_only_deactivate_makes_none(installation: Installation, cast: Cast) -> None:
    mona = grant(installation, cast.mona, P.USERS_DEACTIVATE)
    with pytest.raises(NotPermitted):
        make_password_link(mona, cast.vera.user_id)
    assert refused_by_the_database(installation, mona, cast.vera.user_id) == NOT_ALLOWED
    assert not get_person(mona, cast.vera.user_id).may_make_password_link


def test_nobody_makes_one_for_themselves(installation: Installation, cast: Cast) -> None:
    with pytest.raises(Conflict, match="Change your password under Account"):
        make_password_link(cast.alice, cast.alice.user_id)
    assert refused_by_the_database(installation, cast.alice, cast.alice.user_id) == NOT_ALLOWED
    assert not get_person(cast.alice, cast.alice.user_id).may_make_password_link


def test_operators_account_is_an_operators_to_reset(installation: Installation, cast: Cast) -> None:
    bob = make_operator(installation, another(installation, cast, "bob", Role.ADMIN))
    with pytest.raises(Conflict, match="runs the installation"):
        make_password_link(cast.alice, bob.user_id)
    assert refused_by_the_database(installation, cast.alice, bob.user_id) == NOT_ALLOWED
    alice = make_operator(installation, cast.alice)
    assert make_password_link(alice, bob.user_id).secret_path


def test_deactivated_person_gets_none(installation: Installation, cast: Cast) -> None:
    deactivate(cast.alice, cast.max.user_id)
    with pytest.raises(Conflict, match="Reactivate them first"):
        make_password_link(cast.alice, cast.max.user_id)
    with doors.person(installation.database, cast.alice) as connection:
        assert connection.execute(ISSUE, [cast.max.user_id, b"hash"]).fetchone() == (None,)
    assert not get_person(cast.alice, cast.max.user_id).may_make_password_link


def test_who_has_no_password_gets_none(installation: Installation, cast: Cast) -> None:
    rows(installation, "DELETE FROM user_credentials WHERE user_id = %s RETURNING 1", cast.max.user_id)
    with pytest.raises(Conflict, match="has no password"):
        make_password_link(cast.alice, cast.max.user_id)


def test_people_of_the_sample_get_none(cast: Cast) -> None:
    with pytest.raises(Conflict, match="made up"):
        make_password_link(replace(cast.alice, is_sample=True), cast.max.user_id)


def test_link_dies_with_a_change_of_its_persons_rights(cast: Cast) -> None:
    """Or whoever was handed it becomes an admin, once its person is made one."""
    changes = (
        lambda: change_rights(cast.alice, cast.max.user_id, role="admin", permissions=[], seen=Rights(Role.MEMBER)),
        lambda: change_rights(
            cast.alice, cast.max.user_id, role="admin", permissions=[P.AUDIT_VIEW], seen=Rights(Role.ADMIN)
        ),
        lambda: (deactivate(cast.alice, cast.max.user_id), reactivate(cast.alice, cast.max.user_id)),
    )
    for change in changes:
        token = token_of(make_password_link(cast.alice, cast.max.user_id).secret_path)
        check_reset(token)
        change()
        with pytest.raises(LinkExpired):
            check_reset(token)


def test_rights_that_are_given_while_a_link_is_made_end_it(installation: Installation, cast: Cast) -> None:
    with doors.person(installation.database, cast.alice) as connection:
        connection.execute(ISSUE, [cast.max.user_id, hash_secret("the-token")])

        def promote() -> None:
            change_rights(cast.alice, cast.max.user_id, role="admin", permissions=[], seen=Rights(Role.MEMBER))

        with attempt(promote) as outcome:
            while not is_waiting(installation):
                assert not outcome
            connection.commit()
    assert outcome == [None]
    assert [token["used_at"] is None for token in tokens(installation)] == [False]


def test_who_was_demoted_a_moment_ago_makes_none(installation: Installation, cast: Cast) -> None:
    bob = another(installation, cast, "bob", Role.ADMIN)
    change_rights(cast.alice, bob.user_id, role="manager", permissions=[], seen=Rights(Role.ADMIN))
    with pytest.raises(RightsChanged):
        make_password_link(bob, cast.vera.user_id)
    assert tokens(installation) == []


def test_mail_with_such_a_link_is_for_the_transaction_that_made_it(installation: Installation, cast: Cast) -> None:
    enqueue = "SELECT api.enqueue_mail('password_reset', %s, %s, '{}', 'sealed')"
    with doors.person(installation.database, cast.alice) as connection:
        connection.execute(ISSUE, [cast.max.user_id, b"hash"])
        assert doors.refusal(connection, enqueue, [cast.max.email, cast.organization_a]) is None
        assert doors.refusal(connection, enqueue, [cast.vera.email, cast.organization_a]) == NOT_ALLOWED
        assert doors.refusal(connection, enqueue, [cast.max.email, cast.organization_b]) == NOT_ALLOWED
    with doors.person(installation.database, cast.alice) as connection:
        assert doors.refusal(connection, enqueue, [cast.max.email, cast.organization_a]) == NOT_ALLOWED


def refused_by_the_database(installation: Installation, actor: Actor, user_id: UUID) -> str | None:
    """By plain SQL, as somebody who got past the code would write it."""
    with doors.person(installation.database, actor) as connection:
        return doors.refusal(connection, ISSUE, [user_id, b"hash"])


def test_database_lets_who_may_do_it(installation: Installation, cast: Cast) -> None:
    """Or the refusals above would say nothing."""
    assert refused_by_the_database(installation, cast.alice, cast.max.user_id) is None
    assert row(installation, "SELECT count(*) FROM user_tokens WHERE kind = 'password_reset'") == {"count": 0}
