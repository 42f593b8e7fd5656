"""Accepting an invitation: once, by its link alone, whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from lib.access.actor import Actor, Origin
from lib.access.permissions import Permission, Role
from lib.errors import AlreadyTaken, Conflict, InvalidInput, LinkExpired
from lib.identity import sessions
from lib.identity.invitations import accept_invitation, check_invitation, find_faults
from lib.identity.service import authenticate, issue_ticket, redeem_ticket
from lib.identity.tokens import new_secret
from lib.users.invitations import renew_invitation, revoke_invitation
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import MadeInvitation, make_invitation
from tests.lib.identity.conftest import Look

pytestmark = pytest.mark.usefixtures("installation")

ENTERED = {"full_name": "  Nora   Lindqvist ", "username": "Nora", "password": "  correct horse battery  "}


@pytest.fixture
def made(installation: Installation, cast: Cast) -> MadeInvitation:
    permissions = ["audit.view"]
    return make_invitation(
        installation.database, cast.alice, email="nora@acme.example", role="manager", permissions=permissions
    )


def people(sql: Look) -> list[Any]:
    return sql("SELECT id FROM users ORDER BY id")


def test_link_says_what_it_invites_to(made: MadeInvitation) -> None:
    invited = check_invitation(made.secret)
    assert (invited.organization_name, invited.email, invited.role) == ("Acme Research", "nora@acme.example", "manager")
    assert invited.invited_by == "Alice"
    assert invited.policy.min_password_length == 12


def test_who_accepts_is_one_of_the_people_and_signs_in(
    made: MadeInvitation, cast: Cast, origin: Origin, sql: Look
) -> None:
    accept_invitation(made.secret, **ENTERED, origin=origin)
    user_id = authenticate("nora@acme.example", ENTERED["password"], origin=origin)
    actor = sessions.find_actor(redeem_ticket(issue_ticket(user_id), origin=origin), origin=origin)
    assert isinstance(actor, Actor)
    assert (actor.organization_id, actor.role) == (cast.organization_a, Role.MANAGER)
    assert actor.extra_permissions == {Permission.AUDIT_VIEW}
    assert (actor.full_name, actor.username, actor.is_operator) == ("Nora Lindqvist", "nora", False)
    assert sql("SELECT created_by, email_verified_at FROM users WHERE id = %s", user_id) == [(cast.alice.user_id, None)]
    entries = sql(
        "SELECT action, user_id, host(ip_address) FROM audit_logs WHERE user_id = %s AND action !~ '^identity' "
        "ORDER BY id",
        user_id,
    )
    where = origin.ip_address
    assert entries == [
        ("users.create", user_id, where),
        ("invitations.update", user_id, where),
        ("credentials.create", user_id, where),
    ]


def test_link_is_good_once(made: MadeInvitation, origin: Origin, sql: Look) -> None:
    accept_invitation(made.secret, **ENTERED, origin=origin)
    before = people(sql)
    for attempt in (
        lambda: check_invitation(made.secret),
        lambda: accept_invitation(made.secret, **(ENTERED | {"username": "other"}), origin=origin),
    ):
        with pytest.raises(LinkExpired, match="was used, replaced or taken back"):
            attempt()
    assert people(sql) == before


@pytest.mark.parametrize(
    "name", ["forged", "empty", "expired", "revoked", "replaced", "of the invitation", "of another kind"]
)
def test_link_that_is_not_good_is_refused_with_the_same_words(
    *, made: MadeInvitation, cast: Cast, origin: Origin, sql: Look, name: str
) -> None:
    token = made.secret
    match name:
        case "forged":
            token = new_secret()
        case "empty":
            token = ""
        case "expired":
            sql("UPDATE user_tokens SET expires_at = now() WHERE kind = 'invitation'")
        case "revoked":
            revoke_invitation(cast.alice, made.id)
        case "replaced":
            renew_invitation(cast.alice, made.id)
        case "of the invitation":
            token = str(made.id)
        case "of another kind":
            token = issue_ticket(cast.max.user_id)
    before = people(sql)
    said = set()
    for attempt in (
        lambda: check_invitation(token),
        lambda: accept_invitation(token, **ENTERED, origin=origin),
    ):
        with pytest.raises(LinkExpired) as refused:
            attempt()
        said.add(refused.value.message)
    assert len(said) == 1
    assert said.pop().startswith("This invitation was used, replaced or taken back, or it is older than a week.")
    assert people(sql) == before


def test_link_of_a_deleted_organization_is_not_good(made: MadeInvitation, cast: Cast, sql: Look) -> None:
    sql("UPDATE organizations SET deleted_at = now() WHERE id = %s", cast.organization_a)
    with pytest.raises(LinkExpired):
        check_invitation(made.secret)


def test_link_of_a_suspended_organization_is_not_good(
    made: MadeInvitation, cast: Cast, origin: Origin, sql: Look
) -> None:
    sql("UPDATE organizations SET suspended_at = now(), suspension_reason = 'x' WHERE id = %s", cast.organization_a)
    with pytest.raises(LinkExpired):
        check_invitation(made.secret)
    sql("UPDATE organizations SET suspended_at = NULL, suspension_reason = NULL WHERE id = %s", cast.organization_a)
    check_invitation(made.secret)


def test_two_who_accept_at_once_are_one(made: MadeInvitation, origin: Origin, sql: Look) -> None:
    start = Barrier(2)

    def accept(username: str) -> str:
        start.wait()
        try:
            accept_invitation(made.secret, **(ENTERED | {"username": username}), origin=origin)
        except LinkExpired:
            return "refused"
        return "accepted"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(accept, ["nora", "norah"])) == ["accepted", "refused"]
    assert sql("SELECT count(*) FROM users WHERE email = 'nora@acme.example'") == [(1,)]


@pytest.mark.parametrize("whose", ["charlie", "max"])
def test_address_that_somebody_has_is_refused_kindly_and_says_not_whose(
    *, installation: Installation, cast: Cast, origin: Origin, sql: Look, whose: str
) -> None:
    """Of another organization, or of one's own that has come by another way since."""
    owner: Actor = getattr(cast, whose)
    made = make_invitation(installation.database, cast.alice, email=owner.email)
    before = people(sql)
    with pytest.raises(Conflict) as refused:
        accept_invitation(made.secret, **ENTERED, origin=origin)
    assert refused.value.message.startswith("No new account can be made for this e-mail address.")
    for word in (owner.full_name, owner.username, owner.organization_name):
        assert word.lower() not in refused.value.message.lower()
    assert people(sql) == before
    assert check_invitation(made.secret), "nothing is used up"


def test_taken_user_name_is_said_and_the_link_stays_good(made: MadeInvitation, origin: Origin) -> None:
    with pytest.raises(AlreadyTaken, match="user name already"):
        accept_invitation(made.secret, **(ENTERED | {"username": "Charlie"}), origin=origin)
    accept_invitation(made.secret, **ENTERED, origin=origin)


def test_faults_are_said_by_field_and_nothing_is_made(made: MadeInvitation, origin: Origin, sql: Look) -> None:
    sql('UPDATE organizations SET settings = \'{"security_settings": {"min_password_length": 20}}\'')
    entered = {"full_name": "Nоra", "username": "no ra", "password": "short"}  # noqa: RUF001  a Cyrillic o
    invited = check_invitation(made.secret)
    faults = find_faults(invited, **entered)
    assert list(faults) == ["Full name", "User name", "Password"]
    assert "mixes Cyrillic and Latin letters" in faults["Full name"]
    assert "needs at least 20" in faults["Password"]
    before = people(sql)
    with pytest.raises(InvalidInput) as refused:
        accept_invitation(made.secret, **entered, origin=origin)
    assert len(refused.value.problems) == 3
    assert people(sql) == before


def test_password_is_none_of_the_names(made: MadeInvitation) -> None:
    faults = find_faults(check_invitation(made.secret), **(ENTERED | {"password": "nora@acme.example"}))
    assert list(faults) == ["Password"]
