"""Who has a second factor is for who may see people; since when one is required is nobody's to move."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.logins import Login
from lib.identity.tokens import hash_secret
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.tenancy.test_columns import grant

NOT_ALLOWED = "42501"
ASK = "SELECT user_id, has_second_factor FROM api.second_factors(%s)"
REQUIRED = Jsonb({"security_settings": {"require_2fa": True}})


@pytest.fixture
def everybody(database: ClonedDatabase, cast: Cast) -> list[UUID]:
    """The ids of the cast; max and charlie have a second factor, and mona's waits for its first code."""
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute(
            "UPDATE user_credentials SET totp_secret = 'x', totp_enabled_at = now(), totp_last_step = 1, "
            "recovery_codes = '{}' WHERE user_id = ANY (%s)",
            [[cast.max.user_id, cast.charlie.user_id]],
        )
        connection.execute("UPDATE user_credentials SET totp_secret = 'x' WHERE user_id = %s", [cast.mona.user_id])
    return [actor.user_id for actor in (*cast.of_a, cast.charlie)]


def _ask(database: ClonedDatabase, who: Actor | None, people: Sequence[UUID]) -> dict[UUID, bool]:
    with doors.person(database, who) as connection:
        return dict(connection.execute(ASK, [list(people)]).fetchall())


def test_whoever_may_see_people_sees_who_of_their_own_has_one(
    database: ClonedDatabase, cast: Cast, everybody: list[UUID]
) -> None:
    of_a = {actor.user_id: actor is cast.max for actor in cast.of_a}
    assert _ask(database, cast.alice, everybody) == of_a
    assert _ask(database, cast.mona, everybody) == of_a
    assert _ask(database, cast.charlie, everybody) == {cast.charlie.user_id: True}
    assert _ask(database, cast.alice, everybody[:1]) == {cast.alice.user_id: False}
    assert _ask(database, cast.alice, []) == {}


def test_whoever_may_not_sees_nobody(database: ClonedDatabase, cast: Cast, everybody: list[UUID]) -> None:
    for who in (cast.max, cast.vera, None):
        assert _ask(database, who, everybody) == {}
    grant(database, cast, Permission.USERS_VIEW)
    assert set(_ask(database, cast.vera, everybody)) == {actor.user_id for actor in cast.of_a}


@pytest.mark.parametrize("login", [Login.IDENTITY, Login.WORKER])
def test_other_logins_do_not_ask(database: ClonedDatabase, everybody: list[UUID], login: Login) -> None:
    with doors.login(database, login) as connection:
        assert doors.refusal(connection, ASK, [everybody]) == NOT_ALLOWED


@pytest.mark.parametrize("column", ["totp_secret", "totp_enabled_at", "totp_last_step", "recovery_codes"])
def test_nobody_but_the_identity_login_reads_it(database: ClonedDatabase, cast: Cast, column: str) -> None:
    with doors.person(database, cast.alice) as connection:
        assert doors.refusal(connection, f"SELECT {column} FROM user_credentials") == NOT_ALLOWED
    with doors.engine(database, cast.organization_a) as connection:
        assert doors.refusal(connection, f"SELECT {column} FROM user_credentials") == NOT_ALLOWED


def test_owner_whose_functions_read_it_writes_nothing_of_it(database: ClonedDatabase, everybody: list[UUID]) -> None:
    with doors.login(database, Login.OWNER) as connection:
        assert doors.reached(connection, "SELECT FROM user_credentials") == len(everybody)
        assert doors.reached(connection, "UPDATE user_credentials SET recovery_codes = NULL") == 0
        assert doors.reached(connection, "DELETE FROM user_credentials") == 0


def test_admin_requires_one_and_moves_its_beginning_no_further(database: ClonedDatabase, cast: Cast) -> None:
    since = "SELECT second_factor_required_at = now() FROM organizations"
    with doors.person(database, cast.alice) as connection:
        assert connection.execute("UPDATE organizations SET settings = %s", [REQUIRED]).rowcount == 1
        assert connection.execute(since).fetchone() == (True,)
        for moved in ("now() + interval '1 year'", "NULL", "now() - interval '1 year'"):
            move = f"UPDATE organizations SET second_factor_required_at = {moved}"
            assert doors.refusal(connection, move) == NOT_ALLOWED
            assert doors.refusal(connection, f"{move}, settings = %s", [REQUIRED]) == NOT_ALLOWED
        connection.execute("UPDATE organizations SET settings = '{}'")
        assert connection.execute("SELECT second_factor_required_at FROM organizations").fetchone() == (None,)


def test_whoever_may_not_edit_the_organization_requires_nothing(database: ClonedDatabase, cast: Cast) -> None:
    for who in (cast.mona, cast.max, cast.vera, cast.charlie):
        with doors.person(database, who) as connection:
            statement = "UPDATE organizations SET settings = %s WHERE id = %s"
            assert doors.reached(connection, statement, [REQUIRED, cast.organization_a]) == 0


@pytest.mark.parametrize(
    "half",
    [
        "totp_enabled_at = now()",
        "totp_secret = 'x', totp_enabled_at = now()",
        "totp_enabled_at = now(), totp_last_step = 1, recovery_codes = '{}'",
        "recovery_codes = '{}'",
        "totp_secret = 'x', totp_last_step = 1",
    ],
)
def test_half_of_a_second_factor_is_refused(database: ClonedDatabase, cast: Cast, half: str) -> None:
    with doors.login(database, Login.IDENTITY) as connection:
        assert doors.refusal(connection, f"UPDATE user_credentials SET {half}") == "23514"


LOCKED_OUT = "SELECT people, is_oneself FROM api.count_locked_out(%s)"


def test_whom_it_would_lock_out_is_counted_for_who_may_edit_the_organization(
    database: ClonedDatabase, cast: Cast, everybody: list[UUID]
) -> None:
    with doors.person(database, cast.alice) as connection:
        assert connection.execute(LOCKED_OUT, [0]).fetchone() == (3, True), "all but max, who has one"
        assert connection.execute(LOCKED_OUT, [1]).fetchone() == (0, False)
    for who in (cast.mona, cast.max, cast.vera):
        with doors.person(database, who) as connection:
            assert connection.execute(LOCKED_OUT, [0]).fetchone() == (0, False)
    with doors.person(database, cast.charlie) as connection:
        assert connection.execute(LOCKED_OUT, [0]).fetchone() == (0, False), "of their own, where all have one"


def test_count_of_who_would_be_locked_out_is_what_sign_in_then_does(database: ClonedDatabase, cast: Cast) -> None:
    """Both count from when it was required, or from when its person came."""
    with doors.admin(database) as connection:
        connection.execute("UPDATE users SET created_at = now() - interval '9 days' WHERE id <> %s", [cast.max.user_id])
        connection.execute("UPDATE organizations SET settings = %s", [REQUIRED])
        connection.execute("UPDATE organizations SET second_factor_required_at = now() - interval '5 days'")
    for days in (0, 3, 4, 5, 6, 8):
        with doors.admin(database) as connection:
            settings = Jsonb({"security_settings": {"require_2fa": True, "grace_days": days}})
            connection.execute("UPDATE organizations SET settings = %s", [settings])
        with doors.login(database, Login.IDENTITY) as connection:
            hashes = [hash_secret(cast.secret_of(actor)) for actor in cast.of_a]
            due = [
                connection.execute(
                    "SELECT second_factor_due <= now() FROM api.find_living_session(%s)", [each]
                ).fetchone()
                for each in hashes
            ]
        with doors.person(database, cast.alice) as connection:
            counted = connection.execute(LOCKED_OUT, [days]).fetchone()
        assert counted == (due.count((True,)), due[0] == (True,)), days
