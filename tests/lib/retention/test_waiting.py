"""Shorter days wait for 24 hours before anything goes by them, whoever works and whoever changes them meanwhile."""

import threading

import psycopg
import pytest

from lib.db import session
from lib.organizations.service import change_organization, get_organization
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_retention import (
    ids,
    midnight,
    removals,
    remove_all,
    remove_batch,
    set_retention,
    settle_retention,
    tomorrow,
    write_runs,
)
from tests.records import is_waited_for
from tests.workers import until


def let_go_by(installation: Installation, hours: float) -> None:
    """Hours of waiting, and a midnight by UTC with them, as they do where it is set a minute before it."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE retention_progress SET day = (now() AT TIME ZONE 'UTC')::date - 1, "
            "waits_until = waits_until - make_interval(secs => %s)",
            [hours * 3600],
        )


def shorten_at_once(installation: Installation, cast: Cast) -> None:
    """Without waiting for anybody."""
    with doors.admin(installation.database) as connection:
        connection.execute("SET LOCAL lock_timeout = '200ms'")
        connection.execute(
            'UPDATE organizations SET settings = settings || \'{"retention": {"run_days": 30}}\' WHERE id = %s',
            [cast.organization_a],
        )


def test_what_is_set_or_shortened_waits_for_a_day(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    old, older = write_runs(
        database, cast.alice, [{"completed_at": midnight(40)}, {"completed_at": midnight(90)}], project_id=project_id
    )
    settle_retention(database, cast.organization_a, run_days=60)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == {old, older}
    tomorrow(database)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == {old}
    settle_retention(database, cast.organization_a, run_days=30)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == {old}
    settle_retention(database, cast.organization_a)  # they have thought again
    tomorrow(database)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == {old}
    settle_retention(database, cast.organization_a, run_days=30)
    remove_all(database)
    tomorrow(database)
    settle_retention(database, cast.organization_a, run_days=35)  # longer ones don't have to wait
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


@pytest.mark.parametrize("before", [None, 60])
def test_shorter_retention_waits_for_24_hours_whatever_the_hour(
    installation: Installation, cast: Cast, before: int | None
) -> None:
    database = installation.database
    set_retention(database, cast.organization_a, run_days=before)
    project_id = make_project(database, cast.alice)
    old = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    settle_retention(database, cast.organization_a, run_days=30)
    assert remove_batch(database) is None
    let_go_by(installation, 23.99)
    assert remove_batch(database) is None, "a midnight has gone by, and not 24 hours"
    assert ids(installation, "orchestration_runs") == {*old}
    let_go_by(installation, 0.01)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


def test_what_was_taken_back_and_shortened_again_waits_anew_though_no_worker_saw_it(
    installation: Installation, cast: Cast
) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    old = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    settle_retention(database, cast.organization_a, run_days=30)
    assert remove_batch(database) is None
    let_go_by(installation, 20)
    settle_retention(database, cast.organization_a)
    settle_retention(database, cast.organization_a, run_days=30)
    let_go_by(installation, 20)
    assert remove_batch(database) is None
    assert ids(installation, "orchestration_runs") == {*old}
    let_go_by(installation, 4)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


def test_removal_that_is_under_way_waits_once_it_is_shortened(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(90)} for _ in range(5)], project_id=project_id)
    (younger,) = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    set_retention(database, cast.organization_a, run_days=60)
    remove_batch(database)
    settle_retention(database, cast.organization_a, run_days=30)
    let_go_by(installation, 0)
    assert remove_batch(database) is None
    left = ids(installation, "orchestration_runs")
    assert younger in left
    assert len(left) == 3
    assert [each["runs"] for each in removals(installation)] == [3]
    let_go_by(installation, 24)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


def test_days_that_nobody_has_noted_yet_wait_as_well(installation: Installation, cast: Cast) -> None:
    """As those of an organization that had them before workers heeded them."""
    database = installation.database
    project_id = make_project(database, cast.alice)
    old = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    settle_retention(database, cast.organization_a, run_days=30)
    with doors.admin(database) as connection:
        connection.execute("DELETE FROM retention_progress")
    assert remove_batch(database) is None
    let_go_by(installation, 23.9)
    assert remove_batch(database) is None
    assert ids(installation, "orchestration_runs") == {*old}
    let_go_by(installation, 0.1)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


def test_whoever_shortens_it_waits_for_a_batch_under_way(installation: Installation, cast: Cast) -> None:
    """So that none begins by the new days that has not seen how long they wait."""
    database = installation.database
    set_retention(database, cast.organization_a, run_days=60)
    with doors.admin(database) as worker:
        worker.execute("SELECT api.remove_expired(3, 7)")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            shorten_at_once(installation, cast)
    shorten_at_once(installation, cast)


def test_batch_and_whoever_shortens_it_do_not_wait_for_each_other(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch ends with an entry of the trail, which refers to the organization that is being changed."""
    monkeypatch.setattr(session, "LOCK_TIMEOUT_MS", 60_000)  # on a slow machine a person waits longer for all batches
    session.dispose()
    database = installation.database
    set_retention(database, cast.organization_a, run_days=60)
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(90)} for _ in range(5)], project_id=project_id)
    seen = get_organization(cast.alice).values
    failures: list[Exception] = []

    def shorten() -> None:
        try:
            change_organization(cast.alice, {"retention.run_days": 30}, seen=seen)
        except Exception as error:
            failures.append(error)

    with doors.admin(database) as worker:
        worker.execute("SELECT 1 FROM retention_progress FOR UPDATE")  # as the batch begins
        thread = threading.Thread(target=shorten)
        thread.start()
        until(lambda: is_waited_for(installation))
        while worker.execute("SELECT api.remove_expired(3, 7)").fetchone() != (None,):
            pass
    thread.join()
    monkeypatch.undo()
    session.dispose()
    assert failures == []
    assert [each["runs"] for each in removals(installation)] == [5]
    assert get_organization(cast.alice).values["retention.run_days"] == 30
    assert remove_batch(database) is None
