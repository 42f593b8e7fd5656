"""People and rights as they were: whatever happened since, a report says what was recorded at that moment."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from lib import clock
from lib.access.permissions import Permission, Role
from lib.audit.report.people import list_everybody, list_people_then
from lib.db.logins import Login
from lib.db.session import identity_session
from tests import doors
from tests.cast import Cast, MadeOrganization, make_person
from tests.conftest import Installation
from tests.doors import Connection

#: What happens to somebody, in SQL; `%s` is the person.
_EVENTS: Final[Mapping[str, str]] = {
    **{f"becomes {role}": f"UPDATE users SET role = '{role}' WHERE id = %s" for role in Role},
    "is let go": "UPDATE users SET deactivated_at = now() WHERE id = %s",
    "is let in again": "UPDATE users SET deactivated_at = NULL WHERE id = %s",
    "is removed": "UPDATE users SET deleted_at = now() WHERE id = %s",
    "is restored": "UPDATE users SET deleted_at = NULL WHERE id = %s",
    "operates": "UPDATE users SET is_operator = true WHERE id = %s",
    "operates no more": "UPDATE users SET is_operator = false WHERE id = %s",
    "is renamed": "UPDATE users SET full_name = full_name || '!' WHERE id = %s",
    "loses the name": "UPDATE users SET full_name = NULL WHERE id = %s",
    "has a second factor": "UPDATE user_credentials SET totp_secret = 's', totp_enabled_at = now(), "
    "totp_last_step = 1, recovery_codes = '{}' WHERE user_id = %s",
    "has none": "UPDATE user_credentials SET totp_secret = NULL, totp_enabled_at = NULL, "
    "totp_last_step = NULL, recovery_codes = NULL WHERE user_id = %s",
    "loses the password": "DELETE FROM user_credentials WHERE user_id = %s",
    "gets a password": "INSERT INTO user_credentials (user_id, password_hash) VALUES (%s, 'x') ON CONFLICT DO NOTHING",
}
_GRANTED: Final = "UPDATE users SET permissions = %s WHERE id = %s"
_STATE: Final = """
    SELECT u.id, coalesce(u.full_name, u.username), u.role, u.permissions, u.deactivated_at IS NULL, u.is_operator,
           c.totp_enabled_at IS NOT NULL
      FROM users u LEFT JOIN user_credentials c ON c.user_id = u.id
     WHERE u.organization_id = %s AND u.deleted_at IS NULL"""

People = set[tuple[Any, ...]]
_WHO: Final = st.integers(min_value=0, max_value=4)
_STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([*_EVENTS]), _WHO),
        st.tuples(st.frozensets(st.sampled_from([*Permission]), max_size=3), _WHO),
        st.tuples(st.just("joins"), _WHO),
        st.tuples(st.just("is changed by who began first and wrote last"), _WHO),
    ),
    min_size=1,
    max_size=12,
)


def recorded(connection: Connection, organization_id: UUID) -> People:
    """What stands in the tables."""
    found = connection.execute(_STATE.encode(), [organization_id]).fetchall()
    return {(row[0], row[1], row[2], tuple(sorted(row[3])), *row[4:]) for row in found}


def reported(organization_id: UUID, moment: datetime) -> People:
    """What a report says of that moment."""
    with identity_session() as session:
        everybody = list_everybody(session, organization_id, before=moment)
        then = list_people_then(session, organization_id, everybody, moment=moment)
    return {
        (
            person.id,
            person.name,
            person.role,
            tuple(sorted(person.permissions)),
            person.deactivated_at is None,
            person.is_operator,
            person.has_second_factor,
        )
        for person in then
    }


def happen(installation: Installation, cast: Cast, what: Any, user_id: UUID) -> None:
    """One step, in a transaction of its own."""
    if what == "joins":
        with doors.login(installation.database, Login.IDENTITY) as identity:
            where = MadeOrganization(cast.organization_a, "Acme Research", "acme")
            make_person(identity, where, f"n{uuid4().hex[:12]}", role=Role.VIEWER)
    elif what == "is changed by who began first and wrote last":
        with doors.admin(installation.database) as first, doors.admin(installation.database) as second:
            first.execute("SELECT now()")
            time.sleep(0.002)
            second.execute("UPDATE users SET role = 'manager' WHERE id = %s", [user_id])
            second.commit()
            pause()
            first.execute("UPDATE users SET role = 'viewer' WHERE id = %s", [user_id])
    else:
        with doors.admin(installation.database) as connection:
            if isinstance(what, frozenset):
                connection.execute(_GRANTED.encode(), [Jsonb(sorted(what)), user_id])
            else:
                connection.execute(_EVENTS[what].encode(), [user_id])


def pause() -> None:
    """Moments of the trail are told apart by the millisecond."""
    time.sleep(0.003)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])  # who came stays
@given(steps=_STEPS)
def test_people_of_a_moment_are_those_that_were_recorded_then(
    installation: Installation, cast: Cast, steps: Sequence[tuple[Any, int]]
) -> None:
    people = [each.user_id for each in (cast.mona, cast.max, cast.vera)]
    with doors.login(installation.database, Login.IDENTITY) as identity:
        where = MadeOrganization(cast.organization_a, "Acme Research", "acme")
        made = [make_person(identity, where, f"p{uuid4().hex[:12]}", role=Role.MEMBER)[0].user_id for _ in range(2)]
    people += made
    moments: list[tuple[datetime, People, str]] = []
    with doors.admin(installation.database) as connection:  # there is always an operator
        connection.execute("UPDATE users SET is_operator = true WHERE id = %s", [cast.alice.user_id])
    for what, who in (("nothing", 0), *steps):
        if what != "nothing":
            happen(installation, cast, what, people[who])
        pause()
        with doors.admin(installation.database) as looking:
            moments.append((clock.now(), recorded(looking, cast.organization_a), str(what)))
        pause()
    for moment, then, what in moments:
        assert reported(cast.organization_a, moment) == then, f"after: {what}"


def test_last_sign_in_is_the_last_before_the_moment(installation: Installation, cast: Cast) -> None:
    def sign_in() -> None:
        with doors.login(installation.database, Login.IDENTITY) as identity:
            identity.execute("SELECT api.record_sign_in(%s, 'identity.sign_in')", [cast.max.user_id])
        pause()

    found = []
    for _ in range(3):
        before = clock.now()
        sign_in()
        found.append((before, clock.now()))
        pause()
    for before, after in found:
        assert before < (_last_sign_in(cast, after) or before) < after
    assert _last_sign_in(cast, found[0][0]) is None


def _last_sign_in(cast: Cast, moment: datetime) -> datetime | None:
    with identity_session() as session:
        everybody = list_everybody(session, cast.organization_a, before=moment)
        then = list_people_then(session, cast.organization_a, everybody, moment=moment)
    (max_then,) = (person for person in then if person.id == cast.max.user_id)
    return max_then.last_sign_in_at
