"""The link by which the first admin of an organization comes: renewed, ended, and worth nothing to anybody else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.db.logins import Login
from lib.errors import Conflict, LinkExpired, NotFound
from lib.identity import sessions
from lib.identity.invitations import check_invitation
from lib.identity.registration import create_user
from lib.identity.service import authenticate, issue_ticket, redeem_ticket
from lib.organizations import operator
from lib.organizations.creation import NewOrganization, invite_first_admin
from lib.organizations.operator import CommandLine
from lib.organizations.views import Standing
from lib.users.invitations import list_invitations, renew_invitation, revoke_invitation
from lib.users.views import SOME_OPERATOR, InviteOutcome
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.lib.organizations.northwind import NORA, ORIGIN, cheap_hashes, come, northwind, olga, token_of
from tests.records import row, rows

__all__ = ["cheap_hashes", "northwind", "olga"]


def test_new_link_ends_the_one_before_whatever_its_address(olga: Actor, northwind: NewOrganization) -> None:
    second = invite_first_admin(olga, northwind.id, email=NORA)
    third = invite_first_admin(CommandLine(), northwind.id, email="Other@Northwind.example")
    for ended in (northwind.invited, second):
        with pytest.raises(LinkExpired):
            check_invitation(token_of(ended))
    assert check_invitation(token_of(third)).email == "other@northwind.example"
    assert come(third).email == "other@northwind.example"


def test_link_too_old_is_renewed(installation: Installation, olga: Actor, northwind: NewOrganization) -> None:
    for table in ("invitations", "user_tokens"):
        rows(installation, f"UPDATE {table} SET expires_at = now() - interval '1 minute' RETURNING 1")
    with pytest.raises(LinkExpired):
        check_invitation(token_of(northwind.invited))
    assert check_invitation(token_of(invite_first_admin(olga, northwind.id, email=NORA)))


def test_operator_invites_nobody_where_somebody_has_come(
    installation: Installation, olga: Actor, cast: Cast, northwind: NewOrganization
) -> None:
    """The use case looks by itself, before the database has to refuse."""
    come(northwind.invited)
    with doors.admin(installation.database) as connection:
        connection.execute("DROP TRIGGER invitations_first_admin ON invitations")
    for organization_id in (northwind.id, cast.organization_b, cast.organization_a):
        with pytest.raises(Conflict, match="Somebody has come to this organization already"):
            invite_first_admin(olga, organization_id, email="olga@elsewhere.example")
    assert len(rows(installation, "SELECT FROM invitations")) == 1


def make_omar() -> None:
    """An admin of Northwind who came by the command line."""
    create_user(
        organization_slug="northwind",
        email="omar@northwind.example",
        username="omar",
        full_name="Omar",
        role=Role.ADMIN,
        password=PASSWORD,
    )


def test_link_of_the_operators_is_worth_nothing_once_somebody_came_another_way(northwind: NewOrganization) -> None:
    """Or an operator who kept it could become an admin of what others have made since."""
    make_omar()
    with pytest.raises(LinkExpired):
        check_invitation(token_of(northwind.invited))
    with pytest.raises(LinkExpired):
        come(northwind.invited)


def test_its_own_admins_see_renew_and_take_back_what_is_left_of_it(northwind: NewOrganization) -> None:
    make_omar()
    user_id = authenticate("omar", PASSWORD, origin=ORIGIN)
    omar = sessions.find_actor(redeem_ticket(issue_ticket(user_id), origin=ORIGIN), origin=ORIGIN)
    assert isinstance(omar, Actor)
    (seen,) = list_invitations(omar).items
    assert (seen.email, seen.invited_by, seen.may_manage) == (NORA, SOME_OPERATOR, True)
    assert check_invitation(token_of(renew_invitation(omar, seen.id))).invited_by == "Omar"
    revoke_invitation(omar, seen.id)
    assert list_invitations(omar).items == ()


@pytest.mark.parametrize(
    "end", ["suspended_at = now(), suspension_reason = 'x'", "deleted_at = now(), deletes_at = now()"]
)
def test_nobody_comes_to_what_is_suspended_or_deleted(
    installation: Installation, olga: Actor, northwind: NewOrganization, end: str
) -> None:
    rows(installation, f"UPDATE organizations SET {end} WHERE id = %s RETURNING 1", northwind.id)
    with pytest.raises(LinkExpired):
        check_invitation(token_of(northwind.invited))
    with pytest.raises(Conflict, match="suspended or deleted"):
        invite_first_admin(olga, northwind.id, email=NORA)
    with doors.person(installation.database, olga) as connection:
        made = connection.execute("SELECT api.invite_first_admin(%s, %s, 'x')", [northwind.id, NORA])
        assert made.fetchone() == (None,), "whatever the code asks"


def test_organization_that_is_not_there_is_not_found(olga: Actor) -> None:
    with pytest.raises(NotFound):
        invite_first_admin(olga, uuid4(), email=NORA)


def test_new_link_is_offered_as_long_as_nobody_has_come(olga: Actor, northwind: NewOrganization) -> None:
    assert operator.actions_for(olga, operator.get_organization(olga, northwind.id)) == ("invite", "suspend")
    operator.suspend_organization(olga, northwind.id, reason="Not paid.")
    suspended = operator.get_organization(olga, northwind.id)
    assert (suspended.standing, operator.actions_for(olga, suspended)) == (Standing.SUSPENDED, ("resume",))
    operator.resume_organization(olga, northwind.id)
    come(northwind.invited)
    assert operator.actions_for(olga, operator.get_organization(olga, northwind.id)) == ("suspend",)


def test_of_two_new_links_at_once_one_is_good(
    installation: Installation, olga: Actor, northwind: NewOrganization
) -> None:
    addresses = [f"nora{number}@northwind.example" for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        made = [*threads.map(lambda email: invite_first_admin(olga, northwind.id, email=email), addresses)]
    assert len([outcome for outcome in made if is_good(outcome)]) == 1
    open_ones = rows(installation, "SELECT FROM invitations WHERE accepted_at IS NULL AND revoked_at IS NULL")
    assert len(open_ones) == 1


def is_good(outcome: InviteOutcome) -> bool:
    try:
        check_invitation(token_of(outcome))
    except LinkExpired:
        return False
    return True


def test_new_link_waits_for_who_accepts_and_is_refused(
    installation: Installation, olga: Actor, northwind: NewOrganization
) -> None:
    """Whoever accepts has made their row, and not yet committed, when the operator asks for another link."""
    secret = token_of(northwind.invited)
    accept = "SELECT api.accept_invitation(sha256(%s::bytea), 'nora', 'Nora')"
    with doors.login(installation.database, Login.IDENTITY) as connection:
        assert connection.execute(accept, [secret]).fetchone() != (None,)
        with attempt(lambda: invite_first_admin(olga, northwind.id, email="other@northwind.example")) as outcome:
            while not is_waiting(installation):
                pass
            connection.commit()
    (refused,) = outcome
    assert isinstance(refused, Conflict)
    assert "Somebody has come" in refused.message
    assert row(installation, "SELECT revoked_at FROM invitations") == {"revoked_at": None}


def organization_without_people(installation: Installation) -> UUID:
    with doors.login(installation.database, Login.IDENTITY) as connection:
        made = connection.execute("SELECT api.create_organization('Old', 'old', 'free')").fetchone()
    assert made is not None
    found: UUID = made[0]
    return found


@pytest.mark.parametrize("ask", [lambda olga: olga, lambda _: CommandLine()], ids=["operator", "command line"])
def test_organization_that_an_earlier_version_made_without_people_gets_its_first_admin(
    installation: Installation, olga: Actor, ask: Callable[[Actor], Any]
) -> None:
    organization_id = organization_without_people(installation)
    assert come(invite_first_admin(ask(olga), organization_id, email=NORA)).organization_id == organization_id
