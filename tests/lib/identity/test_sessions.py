from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import Engine, event

from lib.access.actor import Actor, Origin
from lib.access.permissions import Permission
from lib.db.session import identity_session
from lib.errors import NotFound
from lib.identity import sessions
from tests.cast import Cast
from tests.lib.identity.conftest import Look


def _open(actor: Actor, origin: Origin) -> str:
    with identity_session(origin) as session:
        return sessions.open_session(session, actor.user_id, origin=origin)


def _security(sql: Look, **settings: object) -> None:
    sql("UPDATE organizations SET settings = %s", Jsonb({"security_settings": settings}))


def test_person_behind_the_cookie_is_found(cast: Cast, origin: Origin) -> None:
    for actor in (*cast.of_a, cast.charlie):
        assert sessions.find_actor(cast.secret_of(actor), origin=origin) == replace(actor, origin=origin)


def test_forged_cookie_is_nobodys(cast: Cast, origin: Origin) -> None:
    for forged in ("", "forged", "x" * 43, "x" * 100_000, "nul\0", "\ud800", "' OR true --"):
        assert sessions.find_actor(forged, origin=origin) is None


def test_what_the_database_keeps_of_a_secret_is_no_cookie(cast: Cast, origin: Origin, sql: Look) -> None:
    for (token_hash,) in sql("SELECT encode(token_hash, 'hex') FROM user_sessions"):
        assert sessions.find_actor(token_hash, origin=origin) is None


@pytest.mark.parametrize(
    "end",
    [
        "UPDATE user_sessions SET revoked_at = now()",
        "UPDATE user_sessions SET expires_at = now()",
        "UPDATE user_sessions SET state = 'pending_second_factor'",
        "UPDATE users SET deactivated_at = now()",
        "UPDATE users SET deleted_at = now()",
        "UPDATE organizations SET deleted_at = now()",
    ],
)
def test_session_ends_at_once(cast: Cast, origin: Origin, sql: Look, end: str) -> None:
    sql(end)
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin) is None


def test_finding_the_person_is_one_statement_and_the_announcement(cast: Cast, origin: Origin) -> None:
    statements: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    secret = cast.secret_of(cast.alice)
    sessions.find_actor(secret, origin=origin)  # connects
    event.listen(Engine, "before_cursor_execute", hear)
    try:
        sessions.find_actor(secret, origin=origin)
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    assert len(statements) == 2
    assert "find_living_session" in statements[1]


def test_use_is_written_down_once_a_minute(cast: Cast, origin: Origin, sql: Look) -> None:
    secret, seen = cast.secret_of(cast.alice), "SELECT now() - last_seen_at FROM user_sessions WHERE id = %s"
    at = "UPDATE user_sessions SET last_seen_at = now() - %s"

    sql(at, timedelta(seconds=50))
    assert sessions.find_actor(secret, origin=origin)
    assert sql(seen, cast.alice.session_id)[0][0] > timedelta(seconds=49)

    sql(at, timedelta(seconds=70))
    assert sessions.find_actor(secret, origin=origin)
    assert sql(seen, cast.alice.session_id)[0][0] < timedelta(seconds=20)


def test_used_session_goes_on_for_as_long_as_the_organization_says(cast: Cast, origin: Origin, sql: Look) -> None:
    _security(sql, session_timeout=600)
    sql(
        "UPDATE user_sessions SET last_seen_at = now() - interval '5 minutes', expires_at = now() + interval '1 second'"
    )
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin)
    [(left,)] = sql("SELECT expires_at - last_seen_at FROM user_sessions WHERE id = %s", cast.alice.session_id)
    assert left == timedelta(minutes=10)


def test_shorter_timeout_holds_at_once(cast: Cast, origin: Origin, sql: Look) -> None:
    sql("UPDATE user_sessions SET last_seen_at = now() - interval '11 minutes'")
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin, is_used=False)
    _security(sql, session_timeout=600)
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin) is None


def test_session_that_a_shorter_timeout_ended_is_over_for_good(cast: Cast, origin: Origin, sql: Look) -> None:
    sql("UPDATE user_sessions SET last_seen_at = now() - interval '11 minutes'")
    _security(sql, session_timeout=600)
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin) is None
    _security(sql, session_timeout=3600)
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin) is None
    assert sessions.find_actor(cast.secret_of(cast.mona), origin=origin), "nobody asked for this one meanwhile"
    assert sessions.find_ending(cast.secret_of(cast.alice)) is sessions.Ending.BY_TIME


def test_how_a_session_ended_is_told_to_who_has_its_secret(cast: Cast, sql: Look) -> None:
    secret = cast.secret_of(cast.alice)
    assert sessions.find_ending(secret) is None, "it lives"
    assert sessions.find_ending("made-up") is None
    sessions.end_session(cast.alice, cast.alice.session_id)
    assert sessions.find_ending(secret) is sessions.Ending.BY_SOMEBODY
    sql("UPDATE user_sessions SET expires_at = now() - interval '1 day'")
    assert sessions.find_ending(secret) is sessions.Ending.BY_SOMEBODY, "before its time was over"
    assert sessions.find_ending(cast.secret_of(cast.mona)) is sessions.Ending.BY_TIME


def test_what_a_page_does_by_itself_keeps_no_session_alive(cast: Cast, origin: Origin, sql: Look) -> None:
    sql("UPDATE user_sessions SET last_seen_at = now() - interval '59 minutes'")
    before = sql("SELECT last_seen_at, expires_at FROM user_sessions ORDER BY id")
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin, is_used=False)
    assert sql("SELECT last_seen_at, expires_at FROM user_sessions ORDER BY id") == before
    sql("UPDATE user_sessions SET last_seen_at = now() - interval '61 minutes'")
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin, is_used=False) is None


def test_session_ends_after_30_days_however_busy(cast: Cast, origin: Origin, sql: Look) -> None:
    sql(
        "UPDATE user_sessions SET created_at = now() - interval '30 days' + interval '10 minutes',"
        " last_seen_at = now() - interval '5 minutes'"
    )
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin)
    [(age,)] = sql("SELECT expires_at - created_at FROM user_sessions WHERE id = %s", cast.alice.session_id)
    assert age == timedelta(days=30)


def test_longest_timeout_ends_30_days_after_the_sign_in_however_busy(cast: Cast, origin: Origin, sql: Look) -> None:
    _security(sql, session_timeout=30 * 86400)
    sql(
        "UPDATE user_sessions SET created_at = now() - interval '29 days 23 hours', "
        "last_seen_at = now() - interval '2 days'"
    )
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin)
    [(left,)] = sql("SELECT expires_at - now() FROM user_sessions WHERE id = %s", cast.alice.session_id)
    assert left <= timedelta(hours=1)


def test_timeout_that_is_shortened_while_a_session_lives_counts_from_its_last_use(
    cast: Cast, origin: Origin, sql: Look
) -> None:
    _security(sql, session_timeout=30 * 86400)
    secret = _open(cast.max, origin)
    _security(sql, session_timeout=600)
    sql("UPDATE user_sessions SET last_seen_at = now() - interval '9 minutes'")
    assert sessions.find_actor(secret, origin=origin), "a use begins the new time-out"
    [(left,)] = sql(
        "SELECT expires_at - last_seen_at FROM user_sessions WHERE user_id = %s AND id <> %s",
        cast.max.user_id,
        cast.max.session_id,
    )
    assert left == timedelta(minutes=10)
    sql("UPDATE user_sessions SET last_seen_at = now() - interval '10 minutes 1 second'")
    assert sessions.find_actor(secret, origin=origin) is None


def test_longer_timeout_gives_no_ended_session_back(cast: Cast, origin: Origin, sql: Look) -> None:
    sql(
        "UPDATE user_sessions SET last_seen_at = now() - interval '61 minutes', "
        "expires_at = now() - interval '1 minute'"
    )
    _security(sql, session_timeout=30 * 86400)
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin) is None


def test_new_session_lasts_as_long_as_the_organization_says(cast: Cast, origin: Origin, sql: Look) -> None:
    _security(sql, session_timeout=8 * 3600)
    secret = _open(cast.max, origin)
    actor = sessions.find_actor(secret, origin=origin)
    assert actor
    [(lifetime, address, agent)] = sql(
        "SELECT expires_at - created_at, host(ip_address), user_agent FROM user_sessions WHERE id = %s",
        actor.session_id,
    )
    assert (lifetime, address, agent) == (timedelta(hours=8), "198.51.100.9", "Firefox")


def test_granted_permission_counts_and_an_unknown_word_does_not(cast: Cast, origin: Origin, sql: Look) -> None:
    granted = ["analytics.view", "everything", 7, None, {"a": 1}]
    sql("UPDATE users SET permissions = %s WHERE id = %s", Jsonb(granted), cast.max.user_id)
    actor = sessions.find_actor(cast.secret_of(cast.max), origin=origin)
    assert actor
    assert actor.extra_permissions == {Permission.ANALYTICS_VIEW}
    assert actor.may(Permission.ANALYTICS_VIEW)


def test_time_zone_comes_from_the_preferences(cast: Cast, origin: Origin, sql: Look) -> None:
    for stored, zone in (("Europe/Oslo", "Europe/Oslo"), (5, "UTC"), ("", "UTC"), (None, "UTC")):
        sql("UPDATE users SET preferences = %s", Jsonb({"time_zone": stored}))
        actor = sessions.find_actor(cast.secret_of(cast.vera), origin=origin)
        assert actor
        assert actor.time_zone == zone


def test_person_without_a_full_name_is_called_by_the_user_name(cast: Cast, origin: Origin, sql: Look) -> None:
    sql("UPDATE users SET full_name = NULL")
    actor = sessions.find_actor(cast.secret_of(cast.vera), origin=origin)
    assert actor
    assert actor.full_name == "vera"


def test_everybody_lists_their_own_living_sessions(cast: Cast, origin: Origin, sql: Look) -> None:
    for _ in range(3):
        _open(cast.max, origin)
    sql("UPDATE user_sessions SET last_seen_at = now() - interval '1 hour' WHERE id = %s", cast.max.session_id)
    ended = sessions.list_sessions(cast.max)[0]
    sql("UPDATE user_sessions SET expires_at = now() WHERE id = %s", ended.id)
    _open(cast.alice, origin)

    *others, current = sessions.list_sessions(cast.max)

    assert [other.ip_address for other in others] == ["198.51.100.9"] * 2
    assert [other.user_agent for other in others] == ["Firefox"] * 2
    assert not any(other.is_current for other in others)
    assert current.is_current
    assert current.id == cast.max.session_id
    assert current.created_at < current.expires_at


def test_one_session_is_ended_and_the_trail_says_so(cast: Cast, origin: Origin, sql: Look) -> None:
    secret = _open(cast.max, origin)
    other = next(found for found in sessions.list_sessions(cast.max) if not found.is_current)
    sessions.end_session(cast.max, other.id)
    assert sessions.find_actor(secret, origin=origin) is None
    assert sessions.find_actor(cast.secret_of(cast.max), origin=origin)
    [trail] = sql("SELECT user_id, host(ip_address) FROM audit_logs WHERE action = 'identity.end_sessions'")
    assert trail == (cast.max.user_id, "192.0.2.7")
    with pytest.raises(NotFound):
        sessions.end_session(cast.max, other.id)


def test_nobody_ends_another_persons_session(cast: Cast, origin: Origin) -> None:
    for session_id in (cast.vera.session_id, cast.charlie.session_id, uuid4()):
        with pytest.raises(NotFound):
            sessions.end_session(cast.alice, session_id)
    assert sessions.find_actor(cast.secret_of(cast.vera), origin=origin)
    assert sessions.find_actor(cast.secret_of(cast.charlie), origin=origin)


def test_all_other_sessions_are_ended_and_nobody_elses(cast: Cast, origin: Origin) -> None:
    others = [_open(cast.max, origin) for _ in range(2)]
    assert sessions.revoke_other_sessions(cast.max) == 2
    assert sessions.revoke_other_sessions(cast.max) == 0
    assert [sessions.find_actor(secret, origin=origin) for secret in others] == [None, None]
    assert all(sessions.find_actor(secret, origin=origin) for secret in cast.secrets.values())
