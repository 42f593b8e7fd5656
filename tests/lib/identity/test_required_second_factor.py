"""`require_2fa`: a time of grace, and then sessions that open nothing but the set-up of a second factor."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from lib.access.actor import Actor, Origin
from lib.access.permissions import Role
from lib.db.session import identity_session
from lib.identity import second_factor, sessions
from lib.identity.policy import DEFAULT_GRACE_DAYS, MOST_GRACE_DAYS
from lib.identity.service import authenticate, change_password, issue_ticket, redeem_ticket, sign_out
from lib.organizations.structures import SecuritySettings
from lib.samples.service import load_sample, make_sample, visit_sample
from tests.cast import PASSWORD, Cast, make_cast
from tests.conftest import Installation
from tests.factors import enrol
from tests.lib.identity.conftest import Look
from tests.sample import with_operator


def _set(sql: Look, cast: Cast, **security: object) -> None:
    """What organization A's security settings say from now on."""
    sql(
        "UPDATE organizations SET settings = %s WHERE id = %s",
        Jsonb({"security_settings": security}),
        cast.organization_a,
    )


def _pass(sql: Look, **time: float) -> None:
    """Let so much time pass since it was required, and since everybody was made."""
    sql("UPDATE organizations SET second_factor_required_at = second_factor_required_at - %s", timedelta(**time))
    sql("UPDATE users SET created_at = created_at - %s", timedelta(**time))


def _find(cast: Cast, actor: Actor, origin: Origin) -> Actor | None:
    return sessions.find_actor(cast.secret_of(actor), origin=origin)


def _days_left(sql: Look, due: datetime | None) -> float:
    assert due
    [(now,)] = sql("SELECT now()")
    return float((due - now) / timedelta(days=1))


def test_nothing_is_due_where_nothing_is_required(cast: Cast, origin: Origin, sql: Look) -> None:
    for settings in ({}, {"require_2fa": False}, {"require_2fa": None}, {"require_2fa": "true"}, {"require_2fa": 1}):
        _set(sql, cast, **settings)
        found = _find(cast, cast.max, origin)
        assert found
        assert found.second_factor_due is None
    assert sql("SELECT count(*) FROM organizations WHERE second_factor_required_at IS NOT NULL") == [(0,)]


def test_grace_is_a_week_and_everything_is_open_meanwhile(cast: Cast, origin: Origin, sql: Look) -> None:
    _set(sql, cast, require_2fa=True)
    for actor in cast.of_a:
        found = _find(cast, actor, origin)
        assert found
        assert _days_left(sql, found.second_factor_due) == pytest.approx(7, abs=0.01)
        assert sessions.find_enrollee(cast.secret_of(actor), origin=origin) is None
    other = _find(cast, cast.charlie, origin)
    assert other
    assert other.second_factor_due is None


def test_after_the_grace_nobody_is_an_actor_but_who_has_one(cast: Cast, origin: Origin, sql: Look) -> None:
    enrol(cast.mona)
    _set(sql, cast, require_2fa=True)
    _pass(sql, days=6, hours=23)
    assert _find(cast, cast.max, origin)
    _pass(sql, hours=1, seconds=1)
    for actor in (cast.alice, cast.max, cast.vera):
        assert _find(cast, actor, origin) is None
    mona = _find(cast, cast.mona, origin)
    assert mona
    assert mona.second_factor_due is None
    assert _find(cast, cast.charlie, origin)


def test_after_the_grace_the_session_is_good_for_the_set_up(cast: Cast, origin: Origin, sql: Look) -> None:
    _set(sql, cast, require_2fa=True, grace_days=0)
    enrollee = sessions.find_enrollee(cast.secret_of(cast.max), origin=origin)
    assert enrollee
    assert (enrollee.user_id, enrollee.session_id) == (cast.max.user_id, cast.max.session_id)
    assert (enrollee.username, enrollee.email) == ("max", "max@acme.example")
    assert (enrollee.organization_name, enrollee.origin) == ("Acme Research", origin)
    assert sessions.is_living(cast.secret_of(cast.max), origin=origin), "the browser keeps its cookie"

    enrol(enrollee)
    found = _find(cast, cast.max, origin)
    assert found
    assert found.second_factor_due is None
    assert sessions.find_enrollee(cast.secret_of(cast.max), origin=origin) is None


def test_signing_in_after_the_grace_opens_the_set_up_only(cast: Cast, origin: Origin, sql: Look) -> None:
    _set(sql, cast, require_2fa=True, grace_days=0)
    secret = redeem_ticket(issue_ticket(authenticate("max", PASSWORD, origin=origin)), origin=origin)
    assert sessions.find_actor(secret, origin=origin) is None
    assert sessions.find_enrollee(secret, origin=origin)
    sign_out(secret, origin=origin)
    assert sessions.find_enrollee(secret, origin=origin) is None


@pytest.mark.parametrize(
    "end",
    [
        "UPDATE user_sessions SET revoked_at = now()",
        "UPDATE user_sessions SET expires_at = now()",
        "UPDATE user_sessions SET last_seen_at = now() - interval '61 minutes'",
        "UPDATE user_sessions SET state = 'pending_second_factor'",
        "UPDATE users SET deactivated_at = now()",
        "UPDATE organizations SET deleted_at = now()",
    ],
)
def test_set_up_ends_as_a_session_does(cast: Cast, origin: Origin, sql: Look, end: str) -> None:
    _set(sql, cast, require_2fa=True, grace_days=0)
    assert sessions.find_enrollee(cast.secret_of(cast.max), origin=origin)
    sql(end)
    assert sessions.find_enrollee(cast.secret_of(cast.max), origin=origin) is None
    assert not sessions.is_living(cast.secret_of(cast.max), origin=origin)


def test_asking_for_the_set_up_keeps_no_session_alive(cast: Cast, origin: Origin, sql: Look) -> None:
    _set(sql, cast, require_2fa=True, grace_days=0)
    sql("UPDATE user_sessions SET last_seen_at = now() - interval '59 minutes'")
    before = sql("SELECT last_seen_at, expires_at FROM user_sessions ORDER BY id")
    assert sessions.find_enrollee(cast.secret_of(cast.max), origin=origin)
    assert _find(cast, cast.max, origin) is None
    assert sql("SELECT last_seen_at, expires_at FROM user_sessions ORDER BY id") == before


def test_shorter_timeout_ends_a_session_with_a_second_factor_too(cast: Cast, origin: Origin, sql: Look) -> None:
    enrol(cast.max)
    sql("UPDATE user_sessions SET last_seen_at = now() - interval '6 minutes'")
    _set(sql, cast, require_2fa=True, session_timeout=300)
    assert _find(cast, cast.max, origin) is None
    assert sessions.find_enrollee(cast.secret_of(cast.max), origin=origin) is None


def test_person_who_comes_later_has_a_grace_of_their_own(cast: Cast, origin: Origin, sql: Look) -> None:
    _set(sql, cast, require_2fa=True)
    _pass(sql, days=8)
    sql("UPDATE users SET created_at = now() - interval '2 days' WHERE id = %s", cast.vera.user_id)
    vera = _find(cast, cast.vera, origin)
    assert vera
    assert _days_left(sql, vera.second_factor_due) == pytest.approx(5, abs=0.01)
    assert _find(cast, cast.max, origin) is None


def test_whoever_loses_theirs_after_the_grace_sets_up_another(cast: Cast, origin: Origin, sql: Look) -> None:
    factor = enrol(cast.max)
    _set(sql, cast, require_2fa=True, grace_days=0)
    assert _find(cast, cast.max, origin)
    second_factor.turn_off(cast.max, password=PASSWORD, code=factor.code())
    assert _find(cast, cast.max, origin) is None
    enrollee = sessions.find_enrollee(cast.secret_of(cast.max), origin=origin)
    assert enrollee
    enrol(enrollee)
    second_factor.reset("max@acme.example")
    assert not sessions.is_living(cast.secret_of(cast.max), origin=origin)


def test_requirement_that_is_taken_back_opens_everything_and_begins_anew(cast: Cast, origin: Origin, sql: Look) -> None:
    _set(sql, cast, require_2fa=True)
    _pass(sql, days=8)
    assert _find(cast, cast.max, origin) is None
    _set(sql, cast)
    found = _find(cast, cast.max, origin)
    assert found
    assert found.second_factor_due is None
    _set(sql, cast, require_2fa=True)
    found = _find(cast, cast.max, origin)
    assert found
    assert _days_left(sql, found.second_factor_due) == pytest.approx(7, abs=0.01)


def test_other_settings_do_not_move_its_beginning(cast: Cast, origin: Origin, sql: Look) -> None:
    _set(sql, cast, require_2fa=True)
    _pass(sql, days=3)
    since = sql("SELECT second_factor_required_at FROM organizations ORDER BY id")
    _set(sql, cast, require_2fa=True, session_timeout=900)
    assert sql("SELECT second_factor_required_at FROM organizations ORDER BY id") == since
    _set(sql, cast, require_2fa=True, grace_days=2)
    assert _find(cast, cast.max, origin) is None, "a shorter grace holds at once"


@pytest.mark.parametrize(
    ("stored", "days"),
    [
        (0, 0),
        (3, 3),
        (90, 90),
        (-5, 0),
        (10**30, MOST_GRACE_DAYS),
        ("3", DEFAULT_GRACE_DAYS),
        (None, DEFAULT_GRACE_DAYS),
        (True, DEFAULT_GRACE_DAYS),
        ([1], DEFAULT_GRACE_DAYS),
    ],
)
def test_grace_that_makes_no_sense_is_taken_as_the_nearest_that_does(
    cast: Cast, origin: Origin, sql: Look, stored: Any, days: int
) -> None:
    _set(sql, cast, require_2fa=True, grace_days=stored)
    _pass(sql, days=days, seconds=-60)
    assert _find(cast, cast.max, origin)
    _pass(sql, seconds=61)
    assert _find(cast, cast.max, origin) is None


def test_grace_of_the_settings_form_is_the_databases() -> None:
    assert SecuritySettings().grace_days == DEFAULT_GRACE_DAYS == 7
    assert SecuritySettings(grace_days=MOST_GRACE_DAYS).grace_days == 90


def test_processes_of_the_version_before_take_such_a_session_for_none(cast: Cast, sql: Look, origin: Origin) -> None:
    asked = "SELECT count(*) FROM user_sessions s, api.find_actor(s.token_hash) a WHERE s.user_id = %s"
    _set(sql, cast, require_2fa=True)
    assert sql(asked, cast.max.user_id) == [(1,)]
    _pass(sql, days=8)
    assert sql(asked, cast.max.user_id) == [(0,)]
    enrollee = sessions.find_enrollee(cast.secret_of(cast.max), origin=origin)
    assert enrollee
    enrol(enrollee)
    assert sql(asked, cast.max.user_id) == [(1,)]


def test_set_up_asks_for_the_password_and_opens_nothing_else(cast: Cast, origin: Origin, sql: Look) -> None:
    _set(sql, cast, require_2fa=True, grace_days=0)
    enrollee = sessions.find_enrollee(cast.secret_of(cast.max), origin=origin)
    assert enrollee
    assert not isinstance(enrollee, Actor)
    assert not hasattr(enrollee, "require")
    change_password(cast.max, current=PASSWORD, new="another good password")
    assert sessions.find_enrollee(cast.secret_of(cast.max), origin=origin) is None


@pytest.fixture
def visiting(installation: Installation, sql: Look) -> tuple[Cast, Actor]:
    """An operator of organization A who looks around in the sample."""
    cast, operator = with_operator(installation.database, make_cast(installation.database))
    make_sample(operator)
    visit_sample(operator, Role.MANAGER)
    return cast, operator


def test_visit_obeys_what_the_visitors_own_organization_requires(
    visiting: tuple[Cast, Actor], origin: Origin, sql: Look
) -> None:
    cast, operator = visiting
    sql(
        "UPDATE organizations SET settings = %s WHERE id = %s",
        Jsonb({"security_settings": {"require_2fa": True}}),
        operator.organization_id,
    )
    found = _find(cast, operator, origin)
    assert found
    assert found.is_visiting
    assert _days_left(sql, found.second_factor_due) == pytest.approx(7, abs=0.01)
    _pass(sql, days=8)
    assert _find(cast, operator, origin) is None
    enrollee = sessions.find_enrollee(cast.secret_of(operator), origin=origin)
    assert enrollee
    assert enrollee.user_id == operator.user_id, "their own second factor, and not that of whom they visit"
    enrol(enrollee)
    found = _find(cast, operator, origin)
    assert found
    assert found.is_visiting


def test_visit_does_not_mind_what_the_sample_requires(visiting: tuple[Cast, Actor], origin: Origin, sql: Look) -> None:
    cast, operator = visiting
    sql(
        "UPDATE organizations SET settings = %s WHERE sample_made_at IS NOT NULL",
        Jsonb({"security_settings": {"require_2fa": True, "grace_days": 0}}),
    )
    found = _find(cast, operator, origin)
    assert found
    assert (found.is_visiting, found.second_factor_due) == (True, None)


def test_people_of_the_sample_sign_in_as_ever(installation: Installation, origin: Origin) -> None:
    sample = load_sample()
    for person in sample.people:
        with identity_session(origin) as session:
            secret = sessions.open_session(session, person.user_id, origin=origin)
        found = sessions.find_actor(secret, origin=origin)
        assert found
        assert (found.is_sample, found.second_factor_due) == (True, None)
