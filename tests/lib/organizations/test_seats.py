from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from lib import clock
from lib.access.permissions import Role
from lib.db.logins import Login
from lib.db.session import identity_session, tenant_session
from lib.errors import Conflict, RightsChanged
from lib.models.organization import Tier
from lib.organizations.operator import CommandLine, change_tier
from lib.organizations.seats import check_seats
from tests import doors
from tests.cast import Cast, MadeOrganization, make_person
from tests.conftest import Installation


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
