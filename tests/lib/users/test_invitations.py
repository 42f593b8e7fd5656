"""Inviting: one outcome an address, the same for addresses that others have; new links, and taking one back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.errors import BeyondOwnRights, Conflict, InvalidInput, LinkExpired, NotFound, NotPermitted
from lib.identity.invitations import check_invitation
from lib.models.organization import Tier
from lib.organizations import seats
from lib.organizations.tiers import ALLOWANCES
from lib.users.changes import deactivate, reactivate
from lib.users.invitations import MOST_AT_ONCE, invite, list_invitations, renew_invitation, revoke_invitation
from lib.users.people import list_people
from lib.users.views import InvitationStatus, InviteOutcome
from tests.at_once import attempt, is_waiting
from tests.cast import Cast
from tests.conftest import Installation
from tests.doors import admin
from tests.factories import make_invitation
from tests.mailbox import mail_server
from tests.records import row, rows, signature, trail

__all__ = ["mail_server"]

pytestmark = pytest.mark.usefixtures("installation")

P = Permission


def token_of(outcome: InviteOutcome) -> str:
    path, _, token = outcome.secret_path.partition("?token=")
    assert path == "/accept"
    return token


def only(actor: Actor, **options: Any) -> Any:
    (invitation,) = list_invitations(actor, **options).items
    return invitation


def age(installation: Installation, invitation_id: UUID) -> None:
    """Let a week pass."""
    for table, column in (("invitations", "id"), ("user_tokens", "invitation_id")):
        statement = f"UPDATE {table} SET expires_at = now() - interval '1 minute' WHERE {column} = %s RETURNING 1"
        rows(installation, statement, invitation_id)


def test_several_addresses_each_have_their_outcome(installation: Installation, cast: Cast) -> None:
    typed = ("  New@Acme.Example ", "", "not an address", "max@acme.example", "new@acme.example", "зaphod@acme.example")
    lines = "\n".join((*typed, "new@acme.example"))
    outcomes = invite(cast.mona, lines, role="member")
    assert [(outcome.email, bool(outcome.secret_path)) for outcome in outcomes] == [
        ("new@acme.example", True),
        ("not an address", False),
        ("max@acme.example", False),
        ("new@acme.example", False),
        ("зaphod@acme.example", False),
    ]
    problems = [outcome.problem for outcome in outcomes]
    assert problems[0] == ""
    assert "no e-mail address" in problems[1]
    assert problems[2] == "Is one of your people already."
    assert "invited already" in problems[3]
    assert "mixes Cyrillic and Latin letters" in problems[4]
    expires_at = outcomes[0].expires_at
    assert expires_at
    assert timedelta(days=6, hours=23) < expires_at - datetime.now(UTC) <= timedelta(days=7)
    assert not outcomes[0].is_mailed


def test_addresses_may_stand_on_one_line(cast: Cast) -> None:
    outcomes = invite(cast.alice, "a@acme.example, b@acme.example;c@acme.example,\nd@acme.example;", role="viewer")
    assert [outcome.email for outcome in outcomes if outcome.secret_path] == [f"{name}@acme.example" for name in "abcd"]


@pytest.mark.usefixtures("mail_server")
def test_link_that_is_mailed_is_shown_to_nobody_else(installation: Installation, cast: Cast) -> None:
    (made,) = invite(cast.alice, "new@acme.example", role="member")
    renewed = renew_invitation(cast.alice, only(cast.alice).id)
    assert [(outcome.is_mailed, outcome.secret_path) for outcome in (made, renewed)] == [(True, "")] * 2
    by_hand = renew_invitation(cast.alice, only(cast.alice).id, by_mail=False)
    assert not by_hand.is_mailed
    assert check_invitation(token_of(by_hand)).email == "new@acme.example"
    mails = rows(installation, "SELECT recipient, kind FROM mail_outbox")
    assert mails == [{"recipient": "new@acme.example", "kind": "invitation"}] * 2


def test_invitation_is_listed_and_in_the_trail_without_its_secret(installation: Installation, cast: Cast) -> None:
    (outcome,) = invite(cast.alice, "new@acme.example", role="manager", permissions=["audit.view"])
    seen = only(cast.mona)
    assert (seen.email, seen.role, seen.permissions) == ("new@acme.example", Role.MANAGER, {P.AUDIT_VIEW})
    assert (seen.invited_by.name, seen.status, seen.may_manage) == ("Alice", InvitationStatus.INVITED, False)
    assert only(cast.alice).may_manage
    (entry,) = trail(installation, "invitations.create", seen.id)
    assert entry.items() >= signature(cast.alice).items()
    assert trail(installation, "invitations.update", seen.id) == []
    everything = rows(installation, "SELECT to_jsonb(a)::text AS said FROM audit_logs a") + rows(
        installation, "SELECT to_jsonb(t)::text AS said FROM user_tokens t UNION ALL SELECT to_jsonb(i)::text "
        "FROM invitations i",
    )  # fmt: skip
    assert not [said for said in everything if token_of(outcome) in said["said"]]


def test_nobody_is_made_before_the_link_is_used(installation: Installation, cast: Cast) -> None:
    before = rows(installation, "SELECT * FROM users ORDER BY id")
    invite(cast.alice, "new@acme.example", role="admin")
    assert rows(installation, "SELECT * FROM users ORDER BY id") == before


def test_address_known_to_another_organization_gets_the_same_answer(installation: Installation, cast: Cast) -> None:
    """To the last column of the row and the last statement, but for what is random or the address itself."""
    outcomes = invite(cast.alice, f"nobody@acme.example\n{cast.charlie.email}", role="member")
    unknown, known = ({**vars_of(outcome), "email": "", "secret_path": ""} for outcome in outcomes)
    assert unknown == known
    made = rows(installation, "SELECT * FROM invitations ORDER BY id")
    assert (
        len({tuple((k, v) for k, v in each.items() if k not in {"id", "email", "permissions"}) for each in made}) == 1
    )
    invited = [check_invitation(token_of(outcome)) for outcome in outcomes]
    assert replace(invited[0], email="") == replace(invited[1], email="")
    assert [seen.email for seen in list_invitations(cast.alice).items] == [cast.charlie.email, "nobody@acme.example"]


def vars_of(outcome: InviteOutcome) -> dict[str, object]:
    return {name: getattr(outcome, name) for name in InviteOutcome.__dataclass_fields__}


@pytest.mark.parametrize(
    ("name", "role", "permissions"),
    [
        ("mona", "manager", []),
        ("mona", "admin", []),
        ("mona", "viewer", ["audit.view"]),
    ],
)
def test_nobody_invites_beyond_what_they_may(
    installation: Installation, cast: Cast, name: str, role: str, permissions: list[str]
) -> None:
    with pytest.raises(BeyondOwnRights):
        invite(getattr(cast, name), "new@acme.example", role=role, permissions=permissions)
    assert rows(installation, "SELECT FROM invitations") == []


@pytest.mark.parametrize("name", ["max", "vera"])
def test_without_the_permission_nobody_invites_or_sees_who_is(cast: Cast, name: str) -> None:
    actor: Actor = getattr(cast, name)
    for ask in (
        lambda: invite(actor, "new@acme.example", role="viewer"),
        lambda: renew_invitation(actor, uuid4()),
        lambda: revoke_invitation(actor, uuid4()),
        lambda: list_invitations(actor),
    ):
        with pytest.raises(NotPermitted) as refused:
            ask()
        assert refused.value.permission in {"users.view", "users.invite"}


def test_stranger_finds_no_invitation(installation: Installation, cast: Cast) -> None:
    made = make_invitation(installation.database, cast.alice)
    assert list_invitations(cast.charlie).items == ()
    for ask in (renew_invitation, revoke_invitation):
        with pytest.raises(NotFound, match="no such invitation"):
            ask(cast.charlie, made.id)
    assert check_invitation(made.secret)


@pytest.mark.parametrize(("role", "permissions"), [("owner", []), ("member", ["root"])])
def test_words_that_are_none_are_refused(cast: Cast, role: str, permissions: list[str]) -> None:
    with pytest.raises(InvalidInput, match=r"is no (role|permission)"):
        invite(cast.alice, "new@acme.example", role=role, permissions=permissions)


@pytest.mark.parametrize(
    ("lines", "said"),
    [(" \n ", "No address is there"), ("\n".join(f"p{n}@a.example" for n in range(MOST_AT_ONCE + 1)), "51 addresses")],
)
def test_no_address_and_too_many_are_refused(cast: Cast, lines: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        invite(cast.alice, lines, role="viewer")


def test_deactivated_person_is_not_invited_again(installation: Installation, cast: Cast) -> None:
    deactivate(cast.alice, cast.max.user_id)
    (outcome,) = invite(cast.alice, cast.max.email, role="member")
    assert "Reactivate them instead" in outcome.problem


def test_domains_are_those_of_the_organization_and_none_below(installation: Installation, cast: Cast) -> None:
    settings = Jsonb({"security_settings": {"email_domains": ["acme.example", "xn--bcher-kva.example"]}})
    rows(
        installation, "UPDATE organizations SET settings = %s WHERE id = %s RETURNING 1", settings, cast.organization_a
    )
    lines = "a@acme.example\nb@mail.acme.example\nc@acme.example.evil\nd@Bücher.example\ne@other.example"
    outcomes = invite(cast.alice, lines, role="viewer")
    assert [bool(outcome.secret_path) for outcome in outcomes] == [True, False, False, True, False]
    assert outcomes[4].problem == "Your organization takes addresses of acme.example, xn--bcher-kva.example only."
    (free,) = invite(cast.charlie, "e@other.example", role="viewer")
    assert free.secret_path


def test_new_link_replaces_the_old_one(installation: Installation, cast: Cast) -> None:
    (first,) = invite(cast.mona, "new@acme.example", role="member")
    seen = only(cast.alice)
    second = renew_invitation(cast.alice, seen.id)
    with pytest.raises(LinkExpired):
        check_invitation(token_of(first))
    invited = check_invitation(token_of(second))
    assert (invited.email, invited.role, invited.invited_by) == ("new@acme.example", "member", "Alice")
    (entry,) = trail(installation, "invitations.update", seen.id)
    assert entry.items() >= signature(cast.alice).items()


def test_link_too_old_is_renewed_by_a_new_link_or_a_new_invitation(installation: Installation, cast: Cast) -> None:
    (first,) = invite(cast.mona, "new@acme.example", role="member")
    seen = only(cast.mona)
    age(installation, seen.id)
    with pytest.raises(LinkExpired):
        check_invitation(token_of(first))
    assert only(cast.mona).status is InvitationStatus.EXPIRED
    assert check_invitation(token_of(renew_invitation(cast.mona, seen.id)))
    age(installation, seen.id)
    (again,) = invite(cast.mona, "new@acme.example", role="viewer")
    assert check_invitation(token_of(again)).role == "viewer"
    assert only(cast.mona).id != seen.id


def test_invitation_taken_back_is_over(cast: Cast) -> None:
    (outcome,) = invite(cast.mona, "new@acme.example", role="member")
    seen = only(cast.mona)
    revoke_invitation(cast.alice, seen.id)
    with pytest.raises(LinkExpired):
        check_invitation(token_of(outcome))
    assert list_invitations(cast.mona).items == ()
    for ask in (renew_invitation, revoke_invitation):
        with pytest.raises(NotFound):
            ask(cast.mona, seen.id)


def test_manager_renews_and_takes_back_no_invitation_beyond_hers(cast: Cast) -> None:
    """With a link to an admin's place she would be one."""
    (outcome,) = invite(cast.alice, "new@acme.example", role="admin")
    seen = only(cast.mona)
    for ask in (renew_invitation, revoke_invitation):
        with pytest.raises(BeyondOwnRights):
            ask(cast.mona, seen.id)
    assert check_invitation(token_of(outcome))


def test_link_dies_with_the_right_to_give_it(installation: Installation, cast: Cast) -> None:
    """An admin who is about to go leaves no door behind."""
    (by_mona,) = invite(cast.mona, "first@acme.example", role="member")
    (by_alice,) = invite(cast.alice, "second@acme.example", role="admin")
    rows(installation, "UPDATE users SET role = 'manager' WHERE id = %s RETURNING 1", cast.alice.user_id)
    with pytest.raises(LinkExpired):
        check_invitation(token_of(by_alice))
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE id = %s RETURNING 1", cast.mona.user_id)
    with pytest.raises(LinkExpired):
        check_invitation(token_of(by_mona))


def test_list_is_narrowed_and_paged(installation: Installation, cast: Cast) -> None:
    lines = "\n".join(f"person{number}@acme.example" for number in range(5))
    invite(cast.alice, lines, role="member")
    invite(cast.alice, "boss@acme.example", role="admin")
    with admin(installation.database) as connection:  # made in one transaction, they are of one moment
        connection.execute("UPDATE invitations SET created_at = now() - interval '1 hour' WHERE role = 'member'")
    assert only(cast.alice, role=Role.ADMIN).email == "boss@acme.example"
    assert only(cast.alice, search=" SON3@").email == "person3@acme.example"
    first = list_invitations(cast.alice, limit=4)
    second = list_invitations(cast.alice, limit=4, cursor=first.older)
    assert len({seen.id for seen in (*first.items, *second.items)}) == 6
    assert first.items[0].email == "boss@acme.example"
    assert list_invitations(cast.alice, limit=4, cursor=second.newer) == first


def test_address_invited_twice_at_once_is_invited_once(installation: Installation, cast: Cast) -> None:
    with admin(installation.database) as connection:
        connection.execute(
            "INSERT INTO invitations (organization_id, email, role, invited_by) VALUES (%s, %s, 'viewer', %s)",
            [cast.organization_a, "new@acme.example", cast.mona.user_id],
        )
        with attempt(lambda: invite(cast.alice, "new@acme.example", role="admin")) as outcome:
            while not is_waiting(installation):
                pass
            connection.commit()
    assert "invited already" in outcome[0][0].problem  # type: ignore[index]  # the answer
    assert row(installation, "SELECT role FROM invitations")["role"] == "viewer"


def test_nobody_is_invited_to_the_sample(cast: Cast) -> None:
    with pytest.raises(Conflict, match="made up"):
        invite(replace(cast.alice, is_sample=True), "new@acme.example", role="viewer")


def test_tier_limits_people_and_open_invitations(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = replace(ALLOWANCES[Tier.FREE], people=5)
    monkeypatch.setattr(seats, "ALLOWANCES", {**ALLOWANCES, Tier.FREE: free})
    first, second = invite(cast.alice, "first@acme.example\nsecond@acme.example", role="viewer")
    assert first.secret_path
    assert "room for 5 people" in second.problem
    deactivate(cast.alice, cast.max.user_id)
    (third,) = invite(cast.alice, "third@acme.example", role="viewer")
    assert third.secret_path
    with pytest.raises(Conflict, match="room for 5 people"):
        reactivate(cast.alice, cast.max.user_id)
    assert len(list_people(cast.alice).items) == 4


def test_invitation_that_was_too_old_takes_its_seat_anew(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = replace(ALLOWANCES[Tier.FREE], people=5)
    monkeypatch.setattr(seats, "ALLOWANCES", {**ALLOWANCES, Tier.FREE: free})
    invite(cast.alice, "first@acme.example", role="viewer")
    too_old = row(installation, "UPDATE invitations SET expires_at = now() - interval '1 hour' RETURNING id")["id"]
    (second,) = invite(cast.alice, "second@acme.example", role="viewer")
    assert second.secret_path, "the first one's seat was free"
    with pytest.raises(Conflict, match="room for 5 people"):
        renew_invitation(cast.alice, too_old)
