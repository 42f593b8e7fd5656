"""What the database itself keeps: nobody turns the sample's freedoms against a real organization, however they ask."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.db.logins import Login
from lib.identity.tokens import hash_secret
from lib.samples.content import read_workspace
from lib.samples.generate import make_rows
from lib.samples.service import Sample
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.sample import cast, database, operator, sample, snapshot, together, worlds
from tests.workspace import Workspace, make_workspace

__all__ = ["cast", "database", "operator", "sample", "together", "worlds"]

NOT_ALLOWED = "42501"
TAKEN = "23505"
LOAD = "SELECT api.load_sample(%s)"
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
def is_furnished(request: pytest.FixtureRequest) -> bool:
    """A sample beside furnished organizations is what test_service.py asks for: one does for both."""
    return "sample" in request.fixturenames


@pytest.fixture
def real(database: ClonedDatabase, cast: Cast) -> Workspace:
    """What alice works with."""
    return make_workspace(database, cast.alice)


@pytest.fixture
def tables() -> Tables:
    """What `load_sample` sends."""
    return json.loads(_generated())


@cache
def _generated() -> str:
    rows = make_rows(read_workspace(), now=datetime(2026, 11, 23, 10, 41, tzinfo=UTC))
    return json.dumps(rows, default=str)


def load(database: ClonedDatabase, tables: Tables) -> None:
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute(LOAD, [Jsonb(tables)])


def _in_a_real_organization(tables: Tables, cast: Cast, real: Workspace) -> None:
    organization = str(cast.organization_a)
    for rows in tables.values():
        for row in rows:
            if "organization_id" in row:
                row["organization_id"] = organization
    tables["organizations"][0]["id"] = organization


def _a_row_of_a_real_organization(tables: Tables, cast: Cast, real: Workspace) -> None:
    tables["projects"][-1]["organization_id"] = str(cast.organization_a)


def _an_event_in_a_real_trail(tables: Tables, cast: Cast, real: Workspace) -> None:
    tables["audit_logs"][-1]["organization_id"] = str(cast.organization_a)


def _a_row_of_no_organization(tables: Tables, cast: Cast, real: Workspace) -> None:
    """A built-in template is nobody's and everybody's."""
    tables["orchestration_templates"][0]["organization_id"] = None


def _an_operator(tables: Tables, cast: Cast, real: Workspace) -> None:
    for row in tables["users"]:
        row["is_operator"] = True


def _one_operator_at_the_end(tables: Tables, cast: Cast, real: Workspace) -> None:
    tables["users"][-1]["is_operator"] = True


def _an_event_of_a_real_person(tables: Tables, cast: Cast, real: Workspace) -> None:
    tables["audit_logs"][0]["user_id"] = str(cast.alice.user_id)


def _a_version_of_a_real_template(tables: Tables, cast: Cast, real: Workspace) -> None:
    tables["template_versions"][0] |= {"template_id": str(real.template_id), "version": 99}


def _a_run_of_a_real_template(tables: Tables, cast: Cast, real: Workspace) -> None:
    tables["orchestration_runs"][0]["template_id"] = str(real.template_id)


def _a_phase_of_a_real_run(tables: Tables, cast: Cast, real: Workspace) -> None:
    tables["phase_executions"][0]["run_id"] = str(real.run.id)


def _a_public_template(tables: Tables, cast: Cast, real: Workspace) -> None:
    for row in tables["orchestration_templates"]:
        row["is_public"] = True


FORGED = (
    _a_row_of_a_real_organization,
    _an_event_in_a_real_trail,
    _a_row_of_no_organization,
    _an_operator,
    _one_operator_at_the_end,
    _an_event_of_a_real_person,
    _a_version_of_a_real_template,
    _a_run_of_a_real_template,
    _a_phase_of_a_real_run,
    _a_public_template,
    _in_a_real_organization,
)


def test_forged_rows_are_refused_whole(
    database: ClonedDatabase, cast: Cast, real: Workspace, tables: Tables, subtests: pytest.Subtests
) -> None:
    before = snapshot(database)
    for forge in FORGED:
        forged = deepcopy(tables)
        forge(forged, cast, real)
        with subtests.test(forge.__name__), doors.login(database, Login.IDENTITY) as connection:
            refused = doors.refusal(connection, LOAD, [Jsonb(forged)])
            assert refused == (TAKEN if forge is _in_a_real_organization else NOT_ALLOWED)
            assert snapshot(database) == before
    load(database, tables)  # it was the forgery


def test_key_that_a_real_row_has_is_refused(
    database: ClonedDatabase, cast: Cast, real: Workspace, tables: Tables
) -> None:
    """So nothing that comes along can be somebody else's."""
    tables["projects"][0]["id"] = str(real.project_id)
    with doors.login(database, Login.IDENTITY) as connection:
        assert doors.refusal(connection, LOAD, [Jsonb(tables)]) in {TAKEN, NOT_ALLOWED}


@pytest.mark.parametrize(
    "call", ["load_sample('{}')", "remove_sample()", "find_sample()", "find_actor('')", "find_living_session('')"]
)
def test_functions_of_the_sample_are_the_identity_logins(database: ClonedDatabase, cast: Cast, call: str) -> None:
    with doors.person(database, cast.alice) as connection:
        assert doors.refusal(connection, f"SELECT api.{call}") == NOT_ALLOWED
    with doors.engine(database, cast.organization_a) as connection:
        assert doors.refusal(connection, f"SELECT api.{call}") == NOT_ALLOWED
    for who in (Login.WEB, Login.WORKER):
        with doors.login(database, who) as connection:
            assert doors.refusal(connection, f"SELECT api.{call}") == NOT_ALLOWED


def test_no_real_organization_becomes_a_sample_and_no_sample_a_real_one(
    database: ClonedDatabase, cast: Cast, sample: Sample
) -> None:
    mark = "UPDATE organizations SET sample_made_at = now() WHERE sample_made_at IS NULL"
    unmark = "UPDATE organizations SET sample_made_at = NULL WHERE sample_made_at IS NOT NULL"
    with doors.person(database, cast.alice) as connection:
        assert doors.refusal(connection, mark) == NOT_ALLOWED
    for url in (database.url(Login.OWNER), database.admin_url):
        with psycopg.connect(url) as connection:
            for change in (mark, unmark):
                assert doors.refusal(connection, change) == NOT_ALLOWED


def test_admin_of_the_sample_does_not_date_it_anew(database: ClonedDatabase, cast: Cast, sample: Sample) -> None:
    """Or what they do in that transaction would be no events."""
    admin = _admin_of(sample)
    with doors.person(database, admin) as connection:
        anew = "UPDATE organizations SET sample_made_at = now() WHERE id = %s"
        assert doors.refusal(connection, anew, [admin["organization"]]) == NOT_ALLOWED
        assert doors.reached(connection, "UPDATE users SET full_name = 'Ada' WHERE id = %s", [admin["sub"]]) == 1


def test_trail_is_kept_in_every_other_transaction(
    database: ClonedDatabase, cast: Cast, real: Workspace, tables: Tables
) -> None:
    """That of the sample and the real ones, in the transaction that makes a sample and before one that removes it."""
    every = "DELETE FROM audit_logs WHERE organization_id = %s"
    as_identity, as_owner = (
        f"SET SESSION AUTHORIZATION orchestrator_{login}".encode() for login in ("identity", "owner")
    )
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(as_identity)
        connection.execute(LOAD, [Jsonb(tables)])
        connection.execute(as_owner)
        assert doors.refusal(connection, every, [cast.organization_a]) == NOT_ALLOWED
        assert doors.refusal(connection, "UPDATE audit_logs SET action = 'x'") == NOT_ALLOWED
        assert doors.refusal(connection, "TRUNCATE audit_logs") == NOT_ALLOWED
    with psycopg.connect(database.admin_url) as connection:
        sample = tables["organizations"][0]["id"]
        connection.execute(as_owner)
        assert doors.refusal(connection, every, [sample]) == NOT_ALLOWED
        connection.execute(as_identity)
        connection.execute("SELECT api.remove_sample()")
        connection.execute(as_owner)
        assert doors.refusal(connection, every, [cast.organization_a]) == NOT_ALLOWED
        connection.rollback()


def test_events_of_real_people_are_written_beside_a_sample_being_made_and_removed(
    database: ClonedDatabase, cast: Cast, tables: Tables
) -> None:
    count = "SELECT count(*) FROM audit_logs WHERE organization_id = %s"

    def events() -> int:
        with doors.admin(database) as connection:
            row = connection.execute(count, [cast.organization_a]).fetchone()
        assert row
        return int(row[0])

    before = events()
    record = "SELECT api.record_sign_in(%s, 'identity.sign_in')"
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute(LOAD, [Jsonb(tables)])
        connection.execute(record, [cast.alice.user_id])
    assert events() == before + 1
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute("SELECT api.remove_sample()")
        connection.execute(record, [cast.alice.user_id])
        connection.execute(
            "SELECT api.create_user(%s, 'x@a.example', 'x', 'X', 'viewer', false)", [cast.organization_a]
        )
    assert events() > before + 2


def test_what_people_do_in_the_sample_later_is_in_its_trail(
    database: ClonedDatabase, cast: Cast, sample: Sample
) -> None:
    admin = _admin_of(sample)
    with doors.person(database, admin) as connection:
        connection.execute("UPDATE users SET full_name = 'Ada II' WHERE id = %s", [admin["sub"]])
    with doors.admin(database) as connection:
        events = connection.execute(
            "SELECT new_values FROM audit_logs WHERE action = 'users.update' AND resource_id = %s AND new_values ? "
            "'full_name'",
            [admin["sub"]],
        ).fetchall()
    assert events == [({"full_name": "Ada II"},)]


def test_template_of_the_sample_never_becomes_public(database: ClonedDatabase, cast: Cast, sample: Sample) -> None:
    """What others made of it could not outlive it."""
    publish = "UPDATE orchestration_templates SET is_public = true, status = 'published' WHERE organization_id = %s"
    with doors.person(database, _admin_of(sample)) as connection:
        assert doors.refusal(connection, publish, [sample.organization_id]) == NOT_ALLOWED
    with doors.person(database, cast.alice) as connection:
        assert doors.reached(connection, publish, [sample.organization_id]) == 0


def test_owner_reaches_no_real_row_for_the_samples_sake(database: ClonedDatabase, cast: Cast, sample: Sample) -> None:
    with psycopg.connect(database.url(Login.OWNER)) as connection:
        there = connection.execute("SELECT user_id FROM user_credentials").fetchall()
        assert len(there) > 3
        connection.execute("DELETE FROM user_credentials")
        left = connection.execute("SELECT user_id FROM user_credentials").fetchall()
        of_the_sample = connection.execute(
            "SELECT id FROM users WHERE organization_id = %s", [sample.organization_id]
        ).fetchall()
        assert {*there} - {*left} <= {*of_the_sample}
        assert {*left} >= {(actor.user_id,) for actor in cast.of_a}
        connection.rollback()


@pytest.mark.parametrize("whom", ["alice", "charlie"])
def test_nobody_of_a_real_organization_is_visited(
    database: ClonedDatabase, cast: Cast, operator: Actor, whom: str
) -> None:
    """Even where the row says so."""
    target = getattr(cast, whom)
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute("UPDATE user_sessions SET visiting = %s", [target.user_id])
        for actor in (operator, cast.vera):
            found = connection.execute(
                "SELECT user_id, is_visiting FROM api.find_actor(%s)", [hash_secret(cast.secret_of(actor))]
            ).fetchall()
            assert found == [(actor.user_id, False)]


def test_visit_without_an_operators_session_counts_for_nothing(
    database: ClonedDatabase, cast: Cast, sample: Sample
) -> None:
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute("UPDATE user_sessions SET visiting = %s", [_admin_of(sample)["sub"]])
        found = connection.execute(
            "SELECT user_id, is_visiting FROM api.find_actor(%s)", [hash_secret(cast.secret_of(cast.alice))]
        ).fetchall()
    assert found == [(cast.alice.user_id, False)]


def test_operator_in_the_sample_is_none(database: ClonedDatabase, cast: Cast, sample: Sample) -> None:
    secret = b"0" * 32
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute(
            "INSERT INTO user_sessions (token_hash, user_id, expires_at) SELECT %s, api.create_user(%s, 'o@x.example', "
            "'o', 'O', 'admin', true), now() + interval '1 day'",
            [secret, sample.organization_id],
        )
        found = connection.execute("SELECT is_operator, is_sample FROM api.find_actor(%s)", [secret]).fetchall()
    assert found == [(False, True)]


def _admin_of(sample: Sample) -> dict[str, str]:
    """The claims of one."""
    admin = sample.find_first(Role.ADMIN)
    assert admin
    return {"sub": str(admin.user_id), "organization": str(sample.organization_id)}
