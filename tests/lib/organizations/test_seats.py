from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from lib import clock
from lib.access.actor import Origin
from lib.access.permissions import Role
from lib.db.logins import Login
from lib.db.session import identity_session, tenant_session
from lib.errors import Conflict, RightsChanged
from lib.identity import passwords
from lib.identity.invitations import accept_invitation, check_invitation
from lib.identity.queries import Invited
from lib.identity.tokens import hash_secret
from lib.models.organization import Tier
from lib.organizations.operator import CommandLine, change_tier
from lib.organizations.seats import check_seats
from lib.organizations.tiers import ALLOWANCES
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import PASSWORD, Cast, MadeOrganization, make_person
from tests.conftest import Installation
from tests.factories import MadeInvitation, make_invitation
from tests.workers import until


@pytest.fixture(autouse=True)
def _uses(installation: Installation) -> None:
    """All of it is asked of a database."""


def write(installation: Installation, statement: str, *values: object) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(statement.encode(), values)


def fill(installation: Installation, cast: Cast, people: int, *, name: str = "person") -> None:
    of_a = MadeOrganization(cast.organization_a, "Acme Research", "acme")
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as connection:
        for number in range(people):
            make_person(connection, of_a, f"{name}{number}", role=Role.VIEWER)


def test_tier_has_room_for_so_many_people_and_says_what_to_do(installation: Installation, cast: Cast) -> None:
    fill(installation, cast, 20)
    with tenant_session(cast.mona) as session:
        check_seats(session, cast.organization_a)
    fill(installation, cast, 1, name="last")
    deactivate = "UPDATE users SET deactivated_at = %s WHERE id = %s"
    with tenant_session(cast.alice) as session, pytest.raises(Conflict, match="room for 25 people; 25 have"):
        check_seats(session, cast.organization_a)
    write(installation, deactivate, clock.now(), cast.vera.user_id)
    with identity_session(None) as session:
        check_seats(session, cast.organization_a)
    write(installation, deactivate, None, cast.vera.user_id)
    change_tier(CommandLine(), cast.organization_a, Tier.PRO)
    with tenant_session(cast.alice) as session:
        check_seats(session, cast.organization_a)


@pytest.mark.parametrize("who", ["max", "vera", "charlie"])
def test_seats_are_nobody_elses_to_count(cast: Cast, who: str) -> None:
    with pytest.raises(RightsChanged), tenant_session(getattr(cast, who)) as session:
        check_seats(session, cast.organization_a)


def test_database_and_code_say_alike_how_many_people_a_tier_has_room_for(installation: Installation) -> None:
    with doors.admin(installation.database) as connection:
        for tier in Tier:
            found = connection.execute("SELECT api.most_people(%s)", [tier]).fetchone()
            assert found == (ALLOWANCES[tier].people,), tier


def invite_two(installation: Installation, cast: Cast) -> tuple[MadeInvitation, MadeInvitation]:
    """Two who are invited where one seat is left; the tier was another one then."""
    fill(installation, cast, 20)
    one, two = (
        make_invitation(installation.database, cast.alice, email=f"{name}@acme.example") for name in ("one", "two")
    )
    return one, two


def accept(made: MadeInvitation, name: str) -> Invited:
    origin = Origin(request_id=uuid4())
    return accept_invitation(made.secret, full_name=name, username=name, password=PASSWORD, origin=origin)


def test_last_seat_is_one_persons_of_two_who_accept_at_once(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over two connections: the second waits for the first one's end, counts them, and is told in words."""
    monkeypatch.setattr(passwords, "COST", 4)
    one, two = invite_two(installation, cast)
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as first:
        taken = first.execute("SELECT api.accept_invitation(%s, 'one', 'One')", [hash_secret(one.secret)]).fetchone()
        assert taken is not None
        assert taken[0] is not None
        with attempt(lambda: accept(two, "two")) as outcome:
            until(lambda: bool(outcome) or is_waiting(installation), 10)
            assert not outcome, "it waits"
            first.commit()
    (refused,) = outcome
    assert isinstance(refused, Conflict)
    assert refused.message.startswith("Acme Research has no room for another person")
    with doors.admin(installation.database) as connection:
        names = connection.execute("SELECT username FROM users WHERE username IN ('one', 'two')").fetchall()
    assert names == [("one",)]
    assert check_invitation(two.secret), "the link is good still, for when there is room"
    write(installation, "UPDATE users SET deactivated_at = now() WHERE id = %s", cast.vera.user_id)
    assert accept(two, "two").organization_name == "Acme Research"


def test_first_who_accepts_and_fails_leaves_the_seat(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "COST", 4)
    one, two = invite_two(installation, cast)
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as first:
        first.execute("SELECT api.accept_invitation(%s, 'one', 'One')", [hash_secret(one.secret)])
        with attempt(lambda: accept(two, "two")) as outcome:
            until(lambda: bool(outcome) or is_waiting(installation), 10)
            first.rollback()
    assert isinstance(outcome[0], Invited)


def test_two_who_take_the_last_seat_at_once_do_not_both_get_it(installation: Installation, cast: Cast) -> None:
    fill(installation, cast, 20)

    def add(name: str) -> bool:
        try:
            with identity_session(None) as session:
                check_seats(session, cast.organization_a)
                session.connection().exec_driver_sql(
                    "SELECT api.create_user(%s, %s, %s, 'New', 'viewer', false)",
                    (cast.organization_a, f"{name}@acme.example", name),
                )
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(3) as threads:
        assert sum(threads.map(add, ["one", "two", "three"])) == 1
