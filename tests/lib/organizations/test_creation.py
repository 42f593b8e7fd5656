"""A new organization and its first admin: invited, and nobody else's to see, to touch or to become."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.audit.service import list_organization_changes
from lib.db.logins import Login
from lib.errors import (
    AlreadyTaken,
    Conflict,
    InvalidInput,
    LinkExpired,
    NotFound,
    NotPermitted,
    OperatorOnly,
    RightsChanged,
)
from lib.identity.invitations import check_invitation
from lib.models.organization import Tier
from lib.organizations import operator
from lib.organizations.creation import NewOrganization, create_organization, invite_first_admin
from lib.organizations.operator import CommandLine
from lib.users.invitations import invite
from lib.users.views import SOME_OPERATOR
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_new_organization
from tests.lib.organizations.northwind import NORA, cheap_hashes, come, northwind, olga, token_of
from tests.mailbox import mail_server
from tests.records import rows, trail

__all__ = ["cheap_hashes", "mail_server", "northwind", "olga"]

NOT_ALLOWED, HAS_PEOPLE = "42501", "23514"


def mails(installation: Installation) -> list[dict[str, Any]]:
    return rows(installation, "SELECT recipient, organization_id, values FROM mail_outbox ORDER BY id")


def test_operator_makes_an_organization_and_invites_its_first_admin(olga: Actor, northwind: NewOrganization) -> None:
    made = operator.get_organization(olga, northwind.id)
    assert (made.name, made.slug, made.tier, made.people) == ("Northwind", "northwind", Tier.PRO, 0)
    assert made.quota.limit == 50_000
    expires_at = northwind.invited.expires_at
    assert expires_at
    assert timedelta(days=6, hours=23) < expires_at - datetime.now(UTC) <= timedelta(days=7)
    invited = check_invitation(token_of(northwind.invited))
    assert (invited.organization_name, invited.email, invited.role) == ("Northwind", NORA, "admin")
    assert invited.invited_by is None


def test_who_accepts_is_its_admin_and_invites_the_others(
    installation: Installation, olga: Actor, northwind: NewOrganization
) -> None:
    nora = come(northwind.invited)
    assert (nora.organization_id, nora.role, nora.is_operator) == (northwind.id, Role.ADMIN, False)
    assert operator.get_organization(olga, northwind.id).people == 1
    (outcome,) = invite(nora, "omar@northwind.example", role="manager")
    assert come(outcome, username="omar").organization_id == northwind.id
    with pytest.raises(LinkExpired):
        check_invitation(token_of(northwind.invited))
    (made,) = rows(installation, "SELECT id, created_by FROM users WHERE username = 'nora'")
    assert made == {"id": nora.user_id, "created_by": None}


def test_command_line_makes_one_too(installation: Installation, cast: Cast) -> None:
    made = create_organization(CommandLine(), name="Northwind  Ltd", slug="northwind", tier=Tier.FREE, email=NORA)
    assert come(made.invited).organization_name == "Northwind Ltd"


@pytest.mark.parametrize(
    ("changed", "wrong", "field"),
    [
        ({"name": ""}, InvalidInput, "Organization name"),
        ({"name": "x" * 300}, InvalidInput, "Organization name"),
        ({"slug": "Not A Slug"}, InvalidInput, "Short name"),
        ({"slug": "acme"}, AlreadyTaken, "Short name"),
        ({"email": "nobody"}, InvalidInput, "E-mail"),
        ({"email": "nоra@northwind.example"}, InvalidInput, "E-mail"),  # noqa: RUF001  a Cyrillic o
    ],
)
def test_of_wrong_values_nothing_is_made(
    installation: Installation, olga: Actor, changed: dict[str, str], wrong: type[InvalidInput], field: str
) -> None:
    entered: dict[str, Any] = {"name": "Northwind", "slug": "northwind", "tier": Tier.FREE, "email": NORA} | changed
    with pytest.raises(wrong) as refused:
        create_organization(olga, **entered)
    assert refused.value.field == field
    assert len(rows(installation, "SELECT FROM organizations")) == 2
    assert rows(installation, "SELECT FROM invitations") == []


def test_without_its_invitation_no_organization_is_made(installation: Installation, olga: Actor) -> None:
    """A trigger stands in for whatever goes wrong at the last."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            "CREATE FUNCTION api.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; "
            "CREATE TRIGGER refuse BEFORE INSERT ON user_tokens FOR EACH ROW EXECUTE FUNCTION api.refuse()"
        )
    with pytest.raises(DBAPIError):
        create_organization(olga, name="Northwind", slug="northwind", tier=Tier.FREE, email=NORA)
    with pytest.raises(NotFound):
        operator.find_organization(olga, "northwind")


def test_deleted_organization_keeps_its_short_name(installation: Installation, olga: Actor) -> None:
    rows(installation, "UPDATE organizations SET deleted_at = now() WHERE slug = 'borealis' RETURNING 1")
    with pytest.raises(AlreadyTaken):
        create_organization(olga, name="Other", slug="borealis", tier=Tier.FREE, email=NORA)


def test_address_that_somebody_has_is_invited_like_any_other(olga: Actor, cast: Cast) -> None:
    """Whether it is somebody's of another organization is not an operator's to know either."""
    made = create_organization(olga, name="New", slug="new", tier=Tier.FREE, email=cast.charlie.email)
    with pytest.raises(Conflict, match="No new account can be made for this e-mail address"):
        come(made.invited)


@pytest.mark.usefixtures("mail_server")
def test_link_is_mailed_where_mail_is_sent(installation: Installation, olga: Actor) -> None:
    made = create_organization(olga, name="Northwind", slug="northwind", tier=Tier.FREE, email=NORA)
    assert (made.invited.is_mailed, made.invited.secret_path) == (True, "")
    again = invite_first_admin(olga, made.id, email="other@northwind.example")
    assert (again.is_mailed, again.secret_path) == (True, "")
    said = {"organization": "Northwind", "inviter": "The installation's operator", "role": "admin", "days": "7"}
    assert mails(installation) == [
        {"recipient": address, "organization_id": made.id, "values": said}
        for address in (NORA, "other@northwind.example")
    ]


def test_where_none_is_sent_it_is_handed_over(installation: Installation, northwind: NewOrganization) -> None:
    assert not northwind.invited.is_mailed
    assert mails(installation) == []


@pytest.mark.parametrize("who", ["alice", "mona", "max", "vera", "charlie"])
def test_nobody_else_makes_invites_sees_or_touches(installation: Installation, cast: Cast, who: str) -> None:
    actor: Actor = getattr(cast, who)
    made = make_new_organization()
    for deed in (
        lambda: create_organization(actor, name="New", slug="new", tier=Tier.FREE, email=actor.email),
        lambda: invite_first_admin(actor, made.id, email=actor.email),
    ):
        with pytest.raises(NotPermitted):
            deed()
    with pytest.raises(OperatorOnly):
        create_organization(replace(actor, is_operator=True), name="New", slug="new", tier=Tier.FREE, email=actor.email)
    with pytest.raises(RightsChanged):
        invite_first_admin(replace(actor, is_operator=True), made.id, email=actor.email)
    assert_untouched(installation, actor, made)


def test_operator_sees_nothing_of_the_invitation_and_touches_it_by_one_function(
    installation: Installation, olga: Actor, northwind: NewOrganization
) -> None:
    assert_untouched(installation, olga, northwind)
    with doors.person(installation.database, olga) as connection:
        made = connection.execute("SELECT * FROM api.invite_first_admin(%s, 'x@y.example', '')", [northwind.id])
        assert [column.name for column in made.description or ()] == ["invite_first_admin"]
        row_ = made.fetchone()
        assert row_ is not None
        assert [type(value) for value in row_] == [datetime]


def assert_untouched(installation: Installation, actor: Actor, made: NewOrganization) -> None:
    """By plain SQL: the row is not there for them, nor theirs to make in nobody's name, nor a mail theirs to write."""
    issue = "SELECT FROM api.issue_invitation(%s, 'x') AS until WHERE until IS NOT NULL"
    insert = "INSERT INTO invitations (organization_id, email, role) VALUES (%s, 'me@x.example', 'admin')"
    mail = "SELECT api.enqueue_mail('invitation', %s, %s, '{}', NULL)"
    (invitation,) = rows(installation, "SELECT * FROM invitations WHERE organization_id = %s", made.id)
    with doors.person(installation.database, actor) as connection:
        for statement in ("SELECT FROM invitations", "UPDATE invitations SET revoked_at = now()"):
            reached = doors.reached(connection, f"{statement} WHERE organization_id = %s", [made.id])
            assert reached == 0, statement
        assert doors.reached(connection, issue, [invitation["id"]]) == 0
        for organization_id in (made.id, actor.organization_id):
            assert doors.refusal(connection, insert, [organization_id]) in {NOT_ALLOWED, HAS_PEOPLE}
        assert doors.refusal(connection, mail, [NORA, made.id]) == NOT_ALLOWED
        assert doors.refusal(connection, mail, [invitation["email"], made.id]) == NOT_ALLOWED
    assert rows(installation, "SELECT * FROM invitations WHERE organization_id = %s", made.id) == [invitation]


def test_row_in_nobodys_name_is_not_the_schemas_owners_to_make(
    installation: Installation, northwind: NewOrganization
) -> None:
    insert = "INSERT INTO invitations (organization_id, email, role) VALUES (%s, 'me@x.example', 'admin')"
    with doors.login(installation.database, Login.OWNER) as connection:
        assert doors.refusal(connection, insert, [northwind.id]) == NOT_ALLOWED


def test_it_is_in_that_organizations_trail_as_an_operators(
    installation: Installation, olga: Actor, northwind: NewOrganization
) -> None:
    (made,) = rows(installation, "SELECT id FROM invitations")
    (entry,) = trail(installation, "invitations.create", made["id"])
    assert (entry["organization_id"], entry["user_id"], entry["address"]) == (
        northwind.id,
        olga.user_id,
        olga.origin.ip_address,
    )
    assert token_of(northwind.invited) not in str(rows(installation, "SELECT * FROM audit_logs"))
    nora = come(northwind.invited)
    assert {change.person for change in list_organization_changes(nora).items} == {SOME_OPERATOR}
    (accepted,) = trail(installation, "invitations.update", made["id"])
    assert accepted["user_id"] == nora.user_id
