"""The outbox, by plain SQL: what a person may have sent, and that nobody reads what is on its way."""

from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from lib.db.logins import Login
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.doors import Connection
from tests.factories import make_mail

NOT_ALLOWED, WRONG = "42501", "23514"
NOTICES = ("email_changed_notice", "password_changed_notice", "second_factor_notice")
_ENQUEUE = "SELECT api.enqueue_mail(%s, %s, %s, %s, %s)"
INVITED = "new@elsewhere.example"


def refused(
    connection: Connection, kind: str, recipient: str, organization_id: UUID | None, secret: bytes | None = None
) -> str | None:
    return doors.refusal(connection, _ENQUEUE, [kind, recipient, organization_id, Jsonb({}), secret])


def test_invitation_is_written_by_who_may_invite(database: ClonedDatabase, cast: Cast) -> None:
    for actor in cast.of_a:
        with doors.person(database, actor) as connection:
            found = refused(connection, "invitation", INVITED, cast.organization_a, b"sealed")
        assert found == (None if actor in (cast.alice, cast.mona) else NOT_ALLOWED), actor.username


def test_person_writes_in_no_other_organizations_name_and_in_nobodys(database: ClonedDatabase, cast: Cast) -> None:
    with doors.person(database, cast.charlie) as connection:
        assert refused(connection, "invitation", INVITED, cast.organization_b, b"sealed") is None
        for organization_id in (cast.organization_a, None):
            assert refused(connection, "invitation", INVITED, organization_id, b"sealed") == NOT_ALLOWED
            assert refused(connection, NOTICES[0], cast.alice.email, organization_id) == NOT_ALLOWED


@pytest.mark.parametrize("kind", ["password_reset", "email_change"])
def test_person_writes_nobodys_way_in(database: ClonedDatabase, cast: Cast, kind: str) -> None:
    with doors.person(database, cast.alice) as connection:
        for recipient in (cast.alice.email, cast.max.email, INVITED):
            assert refused(connection, kind, recipient, cast.organization_a, b"sealed") == NOT_ALLOWED


@pytest.mark.parametrize("kind", NOTICES)
def test_notice_is_sign_ins_to_write_and_no_persons(database: ClonedDatabase, cast: Cast, kind: str) -> None:
    """Whoever could make one up would have the installation say it."""
    for actor in cast.of_a:
        with doors.person(database, actor) as connection:
            for recipient in (cast.vera.email, cast.charlie.email, INVITED):
                assert refused(connection, kind, recipient, cast.organization_a) == NOT_ALLOWED


def test_nobody_writes_a_mail(database: ClonedDatabase, cast: Cast) -> None:
    for claims in (None, {}, {"organization": str(cast.organization_a)}, {"sub": str(cast.alice.user_id)}):
        with doors.person(database, claims) as connection:
            assert refused(connection, "invitation", INVITED, cast.organization_a, b"sealed") == NOT_ALLOWED
    with doors.admin(database) as administrator:
        administrator.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [cast.alice.user_id])
    with doors.person(database, cast.alice) as connection:
        assert refused(connection, "invitation", INVITED, cast.organization_a, b"sealed") == NOT_ALLOWED


def test_sign_in_writes_what_it_has_to_say(database: ClonedDatabase, cast: Cast) -> None:
    with doors.login(database, Login.IDENTITY) as connection:
        assert refused(connection, "password_reset", cast.max.email, cast.organization_a, b"sealed") is None
        assert refused(connection, "love_letter", cast.max.email, cast.organization_a) == WRONG


@pytest.mark.parametrize(
    "recipient", ["x", "a@b@c", "a@b.example\r\nBcc: x@y.example", "a@b.example,c@d.example", "A <a@b.example>", " a@b"]
)
def test_database_refuses_what_is_not_one_address(database: ClonedDatabase, cast: Cast, recipient: str) -> None:
    with doors.login(database, Login.IDENTITY) as connection:
        assert refused(connection, "password_reset", recipient, cast.organization_a) == WRONG


def test_only_the_worker_takes_mails_and_nobody_reads_them(database: ClonedDatabase, cast: Cast) -> None:
    make_mail(database, cast.max)
    calls = (
        "SELECT * FROM api.claim_mail(60)",
        "SELECT api.finish_mail(gen_random_uuid())",
        "SELECT api.fail_mail(gen_random_uuid(), 1, '', 1)",
        "SELECT api.purge_mail()",
        "SELECT * FROM mail_outbox",
    )
    with doors.person(database, cast.max) as person, doors.login(database, Login.IDENTITY) as identity:
        for call in calls:
            assert doors.refusal(person, call) == NOT_ALLOWED
            assert doors.refusal(identity, call) == NOT_ALLOWED
    with doors.login(database, Login.WORKER) as worker:
        assert [doors.refusal(worker, call) for call in calls] == [None, None, None, None, NOT_ALLOWED]


def test_late_word_of_an_attempt_counts_for_nothing(database: ClonedDatabase, cast: Cast) -> None:
    mail_id = make_mail(database, cast.max)
    with doors.login(database, Login.WORKER) as worker:
        assert [row[6] for row in worker.execute("SELECT * FROM api.claim_mail(0)")] == [1]
        worker.commit()
        assert [row[6] for row in worker.execute("SELECT * FROM api.claim_mail(60)")] == [2]
        worker.execute("SELECT api.fail_mail(%s, 1, 'late', NULL)", [mail_id])
        worker.commit()
        assert worker.execute("SELECT * FROM api.claim_mail(60)").fetchall() == [], "it is the second one's"
    with doors.admin(database) as administrator:
        found = administrator.execute("SELECT status, last_error FROM mail_outbox").fetchone()
    assert found == ("sending", None)


def test_address_is_changed_by_sign_in_alone(database: ClonedDatabase, cast: Cast) -> None:
    change = "SELECT api.change_email(%s, 'mine@elsewhere.example')"
    for actor in (cast.max, cast.alice):
        with doors.person(database, actor) as connection:
            assert doors.refusal(connection, change, [cast.max.user_id]) == NOT_ALLOWED
    with doors.login(database, Login.WORKER) as worker:
        assert doors.refusal(worker, change, [cast.max.user_id]) == NOT_ALLOWED
