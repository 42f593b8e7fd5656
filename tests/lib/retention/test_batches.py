"""A removal of a day, batch by batch: begun once, gone on with, ended in the middle, by several workers at once."""

import threading

from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_retention import (
    ids,
    make_hold,
    midnight,
    release_hold,
    removals,
    remove_all,
    remove_batch,
    set_retention,
    tomorrow,
    write_runs,
)
from tests.made_usage import make_calls
from tests.records import row, rows


def test_each_kind_is_done_once_a_day(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    set_retention(database, cast.organization_a, run_days=30)
    write_runs(database, cast.alice, [{"completed_at": midnight(40)}] * 2, project_id=project_id)
    remove_all(database)
    late = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    assert remove_batch(database) is None
    assert ids(installation, "orchestration_runs") == {*late}
    tomorrow(database)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()
    assert [each["runs"] for each in removals(installation)] == [2, 1]
    tomorrow(database)
    remove_all(database)
    assert len(removals(installation)) == 2, "where nothing goes, nothing is told"


def test_what_was_not_ended_on_its_day_is_told_of_and_goes_on(installation: Installation, cast: Cast) -> None:
    database = installation.database
    set_retention(database, cast.organization_a, run_days=30)
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(40)} for _ in range(5)], project_id=project_id)
    assert remove_batch(database) == 6, "three runs with a phase each"
    tomorrow(database)
    remove_all(database)
    assert [each["runs"] for each in removals(installation)] == [3, 2]


def test_setting_that_is_taken_away_in_the_middle_ends_it(installation: Installation, cast: Cast) -> None:
    database = installation.database
    set_retention(database, cast.organization_a, run_days=30)
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(40)} for _ in range(5)], project_id=project_id)
    remove_batch(database)
    set_retention(database, cast.organization_a)
    remove_all(database)
    assert len(ids(installation, "orchestration_runs")) == 2
    assert [each["runs"] for each in removals(installation)] == [3]


def test_hold_that_is_placed_in_the_middle_keeps_what_is_left(installation: Installation, cast: Cast) -> None:
    database = installation.database
    set_retention(database, cast.organization_a, run_days=30, usage_days=30)
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(40)} for _ in range(5)], project_id=project_id)
    make_calls(database, cast.organization_a, [{"created_at": midnight(90)}])
    remove_batch(database)
    hold_id = make_hold(database, cast.alice)
    remove_all(database)
    assert len(ids(installation, "orchestration_runs")) == 2
    assert len(ids(installation, "api_usage")) == 1
    release_hold(database, cast.alice, hold_id)
    tomorrow(database)
    remove_all(database)
    assert ids(installation, "orchestration_runs") | ids(installation, "api_usage") == set()


def test_two_workers_at_once_remove_everything_once(installation: Installation, cast: Cast) -> None:
    database = installation.database
    for actor in (cast.alice, cast.charlie):
        set_retention(database, actor.organization_id, run_days=30, usage_days=30)
        project_id = make_project(database, actor)
        write_runs(database, actor, [{"completed_at": midnight(40)} for _ in range(40)], project_id=project_id)
        make_calls(database, actor.organization_id, [{"created_at": midnight(70)} for _ in range(50)])
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(200):
                remove_batch(database)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ids(installation, "orchestration_runs") | ids(installation, "api_usage") == set()
    told = sorted(
        (str(each["of"]), each["kind"], each.get("runs"), each.get("calls")) for each in removals(installation)
    )
    assert told == sorted(
        (str(organization), *rest)
        for organization in (cast.organization_a, cast.organization_b)
        for rest in (("runs", 40, None), ("usage", None, 50))
    )
    assert rows(installation, "SELECT 1 FROM retention_progress WHERE ended_at IS NULL OR failed_at IS NOT NULL") == []


def test_what_can_t_be_removed_is_told_of_and_keeps_nobody_elses(installation: Installation, cast: Cast) -> None:
    database = installation.database
    for actor in (cast.alice, cast.charlie):
        set_retention(database, actor.organization_id, run_days=30)
        write_runs(database, actor, [{"completed_at": midnight(40)}], project_id=make_project(database, actor))
    with doors.admin(database) as connection:
        connection.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF OLD.organization_id = '{cast.organization_a}' THEN RAISE 'a disk is sick'; END IF; RETURN OLD; END $$"
        )
        connection.execute(
            "CREATE TRIGGER broken BEFORE DELETE ON orchestration_runs FOR EACH ROW EXECUTE FUNCTION broken()"
        )
    remove_all(database)
    left = rows(installation, "SELECT organization_id FROM orchestration_runs")
    assert [each["organization_id"] for each in left] == [cast.organization_a]
    assert row(installation, "SELECT failure FROM retention_progress WHERE failed_at IS NOT NULL") == {
        "failure": "a disk is sick"
    }
    with doors.admin(database) as connection:
        connection.execute("DROP TRIGGER broken ON orchestration_runs")
        connection.execute("UPDATE retention_progress SET failed_at = failed_at - interval '61 minutes'")
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()
    assert rows(installation, "SELECT 1 FROM retention_progress WHERE failed_at IS NOT NULL") == []


def test_setting_that_is_no_number_keeps_everything_and_stops_nobody(installation: Installation, cast: Cast) -> None:
    database = installation.database
    set_retention(database, cast.organization_b, run_days=30)
    for actor in (cast.alice, cast.charlie):
        write_runs(database, actor, [{"completed_at": midnight(40)}], project_id=make_project(database, actor))
    with doors.admin(database) as connection:
        connection.execute(
            """UPDATE organizations SET settings = '{"retention": {"run_days": "soon"}}' WHERE id = %s""",
            [cast.organization_a],
        )
    remove_all(database)
    left = rows(installation, "SELECT organization_id FROM orchestration_runs")
    assert [each["organization_id"] for each in left] == [cast.organization_a]
