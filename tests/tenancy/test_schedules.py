"""Who speaks for whom by a schedule: nobody for anybody else, and the workers' login for those whom it signs for."""

import hmac
import json
from collections.abc import Iterator
from typing import Final
from uuid import UUID, uuid4

import pytest

from lib.db.logins import AUTHENTICATED, Login
from tests import doors
from tests.doors import Connection, claims_of
from tests.factories import make_project, make_template
from tests.made_schedules import make_schedule
from tests.tenancy.conftest import World
from tests.tenancy.tables import NAMES, columns_with

NOT_ALLOWED, NO_SUCH_ROW, NOT_DUE = "42501", "23503", "40001"
FIRE = "SELECT api.fire_schedule(%s, now(), now() + interval '1 hour', %s)"
#: What a person can't have a schedule say, whose ever it is.
FORGED = (
    "last_run_id = NULL",
    "last_result = 'launched'",
    "last_message = 'Made up'",
    "claimed_until = now()",
    "refusals = 0",
    "stopped_at = NULL",
    "created_by = user_id",
    "next_run_at = now()",
)


@pytest.fixture(scope="module")
def of_max(world: World) -> UUID:
    """A schedule of a member of A, of a template that they see: a draft of their own."""
    template_id = make_template(world.database, world.cast.max)
    return make_schedule(world.database, world.cast.max, project_id=world.a.project_id, template_id=template_id)


@pytest.fixture
def worker(world: World) -> Iterator[Connection]:
    """The workers' login, become `authenticated` as for a launch, with nobody's claims."""
    with doors.login(world.database, Login.WORKER) as connection:
        connection.execute(f"SET LOCAL ROLE {AUTHENTICATED}")
        yield connection


@pytest.mark.parametrize("name", NAMES)
def test_worker_without_signed_claims_is_nobody(world: World, worker: Connection, name: str) -> None:
    claims = json.dumps(claims_of(world.cast.alice))
    for signature in ("", "0" * 64, hmac.new(b"guessed", claims.encode(), "sha256").hexdigest()):
        doors.announce(worker, claims, signature=signature)
        may_read = bool(columns_with(worker, name, "SELECT"))
        assert doors.reached(worker, f"SELECT FROM {name}") == (0 if may_read else NOT_ALLOWED)
        assert doors.reached(worker, f"DELETE FROM {name}") in {0, NOT_ALLOWED}


def test_worker_with_claims_that_it_signs_is_that_person_and_no_more(world: World, worker: Connection) -> None:
    doors.become_person(worker, world.cast.vera)
    seen = {row[0] for row in worker.execute("SELECT DISTINCT organization_id FROM projects")}
    assert seen == {world.cast.organization_a}
    assert (
        doors.refusal(
            worker,
            "INSERT INTO projects (organization_id, created_by, name, topic) VALUES (%s, %s, 'P', 'T')",
            [world.cast.organization_a, world.cast.vera.user_id],
        )
        == NOT_ALLOWED
    )
    assert doors.refusal(worker, "SELECT FROM dbos.workflow_status") == NOT_ALLOWED


def test_schedule_is_moved_on_by_workers_alone(world: World, worker: Connection, of_max: UUID) -> None:
    values = [of_max, world.queued_a.id]
    with doors.person(world.database, world.cast.max) as connection:
        assert doors.refusal(connection, FIRE, values) == NOT_ALLOWED
    doors.become_person(worker, world.cast.max)
    assert doors.refusal(worker, FIRE, values) == NOT_DUE  # not at this time
    doors.become_person(worker, world.cast.charlie)
    assert doors.refusal(worker, FIRE, values) == NOT_DUE  # nor anybody else's


@pytest.mark.parametrize("change", FORGED)
def test_nobody_forges_what_workers_write(world: World, of_max: UUID, change: str) -> None:
    for actor in (world.cast.max, world.cast.alice):
        with doors.person(world.database, actor) as connection:
            assert doors.refusal(connection, f"UPDATE schedules SET {change} WHERE id = %s", [of_max]) == NOT_ALLOWED


#: What somebody who steers others' runs can't do to another's schedule without taking it over.
SAID: Final = (
    "topic = 'Mine'",
    "cron = '0 8 * * *'",
    """inputs = '{"a": 1}'""",
    "next_run_at = now() + interval '1 second'",
    "next_run_at = next_run_at + interval '1 hour'",
)


@pytest.mark.parametrize("change", SAID)
def test_nobody_schedules_in_the_name_of_another(world: World, of_max: UUID, change: str) -> None:
    with doors.person(world.database, world.cast.mona) as connection:
        statement = f"UPDATE schedules SET {change} WHERE id = %s"
        assert doors.refusal(connection, statement, [of_max]) == NOT_ALLOWED
        taken = f"UPDATE schedules SET {change}, user_id = %s WHERE id = %s"
        for user_id, refused in ((world.cast.alice.user_id, NOT_ALLOWED), (world.cast.mona.user_id, None)):
            assert doors.refusal(connection, taken, [user_id, of_max]) == refused
        give = "UPDATE schedules SET user_id = %s WHERE id = %s"
        assert doors.refusal(connection, give, [world.cast.alice.user_id, of_max]) == NOT_ALLOWED


def test_nobody_switches_on_in_the_name_of_another(world: World, of_max: UUID) -> None:
    """Nor off, on and off again: what its person has stopped launches nothing as them."""
    with doors.person(world.database, world.cast.mona) as connection, connection.transaction(force_rollback=True):
        off, on = (f"UPDATE schedules SET is_active = {state} WHERE id = %s" for state in ("false", "true"))
        connection.execute(off, [of_max])
        assert doors.refusal(connection, on, [of_max]) == NOT_ALLOWED
        later = "UPDATE schedules SET is_active = true, next_run_at = now() + interval '1 second' WHERE id = %s"
        assert doors.refusal(connection, later, [of_max]) == NOT_ALLOWED
        taken = "UPDATE schedules SET is_active = true, user_id = %s WHERE id = %s"
        assert doors.refusal(connection, taken, [world.cast.alice.user_id, of_max]) == NOT_ALLOWED
        assert doors.refusal(connection, taken, [world.cast.mona.user_id, of_max]) is None


def test_one_that_is_switched_on_has_its_time_to_come(world: World, of_max: UUID) -> None:
    with doors.admin(world.database) as connection, connection.transaction(force_rollback=True):
        connection.execute("UPDATE schedules SET is_active = false, next_run_at = now() WHERE id = %s", [of_max])
        doors.become_person(connection, world.cast.max)
        on = "UPDATE schedules SET is_active = true WHERE id = %s"
        assert doors.refusal(connection, on, [of_max]) == NOT_ALLOWED


def test_nobody_makes_one_in_the_name_of_another(world: World) -> None:
    columns = (
        "INSERT INTO schedules (organization_id, project_id, template_id, title, cron, time_zone, next_run_at, "
        "created_by, user_id) VALUES (%s, %s, %s, 'T', '0 7 * * *', 'UTC', now() + interval '1 day', %s, %s)"
    )
    template_id = make_template(world.database, world.cast.max)
    of_a = [world.cast.organization_a, world.a.project_id, template_id]
    max_, mona = world.cast.max.user_id, world.cast.mona.user_id
    with doors.person(world.database, world.cast.max) as connection:
        for people, refused in (((max_, max_), None), ((mona, max_), NOT_ALLOWED), ((max_, mona), NOT_ALLOWED)):
            assert doors.refusal(connection, columns, [*of_a, *people]) == refused


def test_schedule_points_to_what_its_person_sees(world: World, of_max: UUID) -> None:
    """A foreign key looks past the policies: a hidden project of the same organization is not to be found by it."""
    hidden = make_project(world.database, world.cast.mona, name="Hidden")
    point = "UPDATE schedules SET project_id = %s WHERE id = %s"
    with doors.admin(world.database) as connection, connection.transaction(force_rollback=True):
        connection.execute(
            """UPDATE organizations SET settings = '{"security_settings": {"members_see_own_only": true}}' """
            "WHERE id = %s",
            [world.cast.organization_a],
        )
        doors.become_person(connection, claims_of(world.cast.max) | {"own_only": "true"})
        assert doors.refusal(connection, point, [hidden, of_max]) == NOT_ALLOWED
        assert doors.refusal(connection, point, [uuid4(), of_max]) == NOT_ALLOWED
        assert (
            doors.refusal(
                connection, "UPDATE schedules SET template_id = %s WHERE id = %s", [world.b.template_id, of_max]
            )
            == NOT_ALLOWED
        )
    with doors.person(world.database, world.cast.max) as connection:
        draft = "UPDATE schedules SET template_id = %s WHERE id = %s"
        assert doors.refusal(connection, draft, [world.a.template_id, of_max]) == NOT_ALLOWED


def test_run_names_a_schedule_that_its_person_sees(world: World, of_max: UUID) -> None:
    launch = (
        "INSERT INTO orchestration_runs (organization_id, project_id, user_id, topic, status, schedule_id) "
        "VALUES (%s, %s, %s, 'T', 'queued', %s)"
    )
    b = [world.cast.organization_b, world.b.project_id, world.cast.charlie.user_id]
    with doors.person(world.database, world.cast.charlie) as connection:
        assert doors.refusal(connection, launch, [*b, world.b.schedule_id]) is None
        assert doors.refusal(connection, launch, [*b, of_max]) == NOT_ALLOWED
        assert doors.refusal(connection, launch, [*b, uuid4()]) == NOT_ALLOWED


def test_deleted_schedule_stays_as_it_is(world: World, of_max: UUID) -> None:
    with doors.person(world.database, world.cast.max) as connection, connection.transaction(force_rollback=True):
        connection.execute("UPDATE schedules SET is_active = false, deleted_at = now() WHERE id = %s", [of_max])
        for change in ("deleted_at = NULL", "is_active = true", "title = 'Back'"):
            assert doors.refusal(connection, f"UPDATE schedules SET {change} WHERE id = %s", [of_max]) == NOT_ALLOWED
