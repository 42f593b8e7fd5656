"""What people do with schedules: it works, a weak role is refused, a stranger finds nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest

from lib.access.actor import Actor
from lib.errors import Conflict, InvalidInput, NotFound, NotPermitted
from lib.models.schedule import CatchUp, Overlap
from lib.projects.service import ProjectEntry, get_project, update_project
from lib.runs.launch import LaunchRequest
from lib.schedules import service
from lib.schedules.queries import ScheduleFilter
from lib.schedules.service import Timing
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, show_members_their_own_only
from tests.lib.runs.launching import nothing_launched, stored_run
from tests.made_schedules import schedule, stored, take_turn
from tests.records import signature, trail

DAILY: Final = Timing(cron="0 7 * * *", time_zone="Europe/Berlin")


@pytest.fixture
def made(installation: Installation, cast: Cast, request_of_max: LaunchRequest) -> UUID:
    """A schedule of max's."""
    return schedule(cast.max, replace(request_of_max, title="Every hour"))


def _seen(actor: Actor, schedule_id: UUID) -> datetime:
    return service.get_schedule(actor, schedule_id).updated_at


def test_schedule_is_stored_with_its_next_time(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    timing = replace(DAILY, first_day=date(2040, 3, 1), last_day=date(2040, 3, 2), catch_up=CatchUp.ALL)
    schedule_id = service.create_schedule(cast.max, replace(request_of_max, title="  Every  day "), timing)
    row = stored(installation, schedule_id)
    assert (row["user_id"], row["created_by"], row["title"]) == (cast.max.user_id, cast.max.user_id, "Every day")
    assert (row["catch_up"], row["overlap"], row["is_active"]) == ("all", "skip", True)
    assert row["next_run_at"] == datetime(2040, 3, 1, 6, tzinfo=UTC)
    assert row["ends_at"] == datetime(2040, 3, 2, 23, tzinfo=UTC)
    (event,) = trail(installation, "schedules.create", schedule_id)
    assert {name: event[name] for name in signature(cast.max)} == signature(cast.max)
    assert nothing_launched(installation)


def test_topic_of_the_project_is_followed(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    project = get_project(cast.max, request_of_max.project_id)
    schedule_id = schedule(cast.max, replace(request_of_max, topic=project.topic))
    assert stored(installation, schedule_id)["topic"] is None
    seen = ProjectEntry(name=project.name, topic=project.topic)
    update_project(cast.max, project.id, replace(seen, topic="Another topic"), seen=seen)
    assert stored_run(installation, take_turn(installation, schedule_id)["last_run_id"])["topic"] == "Another topic"
    own = schedule(cast.max, replace(request_of_max, topic="Its own"))
    assert stored(installation, own)["topic"] == "Its own"


@pytest.mark.parametrize(
    ("request_change", "timing", "error"),
    [
        ({"title": "x" * 256}, DAILY, InvalidInput),
        ({"inputs": {"nonsense": "x"}}, DAILY, InvalidInput),
        ({"model": "nobody"}, DAILY, InvalidInput),
        ({}, replace(DAILY, cron="* * * * *"), InvalidInput),
        ({}, replace(DAILY, last_day=date(2020, 1, 1)), InvalidInput),
        ({"project_id": UUID(int=7)}, DAILY, NotFound),
        ({"template_id": UUID(int=7)}, DAILY, NotFound),
    ],
)
def test_what_could_not_be_launched_is_not_scheduled(
    cast: Cast, request_of_max: LaunchRequest, request_change: dict[str, Any], timing: Timing, error: type[Exception]
) -> None:
    with pytest.raises(error):
        service.create_schedule(cast.max, replace(request_of_max, **request_change), timing)
    assert service.list_schedules(cast.max).items == ()


def test_lists_are_paged_and_narrowed(cast: Cast, request_of_max: LaunchRequest, installation: Installation) -> None:
    ids = [schedule(cast.max, replace(request_of_max, title=f"Number {n}")) for n in range(3)]
    page = service.list_schedules(cast.vera, limit=2)
    assert [each.id for each in page.items] == ids[:0:-1]
    assert [each.id for each in service.list_schedules(cast.vera, cursor=page.older, limit=2).items] == ids[:1]
    first = page.items[0]
    assert (first.project_name, first.template_name, first.person.name) == ("Folding bicycle", "Project plan", "Max")
    assert (first.may_edit, first.may_run) == (False, False)
    assert service.list_schedules(cast.max).items[0].may_edit
    assert service.list_schedules(cast.mona).items[0].may_edit
    other = make_project(installation.database, cast.max)
    for chosen, count in (
        (ScheduleFilter(project_id=request_of_max.project_id), 3),
        (ScheduleFilter(project_id=other), 0),
        (ScheduleFilter(template_id=request_of_max.template_id), 3),
        (ScheduleFilter(template_id=other), 0),
    ):
        assert len(service.list_schedules(cast.max, chosen).items) == count


def test_who_sees_only_their_own_sees_no_schedule_of_others(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, made: UUID
) -> None:
    schedule(cast.mona, request_of_max)
    show_members_their_own_only(installation.database, cast.organization_a)
    narrow = replace(cast.max, sees_own_only=True)
    assert [each.id for each in service.list_schedules(narrow).items] == [made]
    assert len(service.list_schedules(cast.mona).items) == 2


def test_edit_changes_everything_and_its_next_time(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, made: UUID
) -> None:
    timing = replace(DAILY, overlap=Overlap.QUEUE)
    request = replace(request_of_max, title="Every day", topic="Its own")
    service.update_schedule(cast.max, made, request, timing, seen=_seen(cast.max, made))
    detail = service.get_schedule(cast.max, made)
    assert (detail.summary.title, detail.topic, detail.overlap) == ("Every day", "Its own", Overlap.QUEUE)
    assert (detail.timetable.cron, detail.timetable.time_zone) == ("0 7 * * *", "Europe/Berlin")
    assert detail.summary.next_run_at == detail.timetable.after(datetime.now(UTC))


def test_who_edits_another_ones_schedule_answers_for_it_from_then_on(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, made: UUID
) -> None:
    service.update_schedule(cast.mona, made, request_of_max, DAILY, seen=_seen(cast.mona, made))
    assert (row := stored(installation, made))["user_id"] == cast.mona.user_id
    assert row["created_by"] == cast.max.user_id
    with pytest.raises(NotPermitted):
        service.set_active(cast.max, made, is_active=False)


def test_who_switches_another_ones_on_answers_for_it_from_then_on(
    installation: Installation, cast: Cast, made: UUID
) -> None:
    """Switching off takes nothing over, nor does saying once more that it is on."""
    service.set_active(cast.mona, made, is_active=True)
    service.set_active(cast.mona, made, is_active=False)
    assert stored(installation, made)["user_id"] == cast.max.user_id
    service.set_active(cast.mona, made, is_active=True)
    assert stored(installation, made)["user_id"] == cast.mona.user_id
    assert stored_run(installation, take_turn(installation, made)["last_run_id"])["user_id"] == cast.mona.user_id


def test_times_that_can_not_be_read_are_not_switched_on(installation: Installation, cast: Cast, made: UUID) -> None:
    service.set_active(cast.max, made, is_active=False)
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("UPDATE schedules SET time_zone = 'Europe/Atlantis'")
    with pytest.raises(InvalidInput, match="no time zone"):
        service.set_active(cast.max, made, is_active=True)


def test_edit_of_what_somebody_else_has_edited_is_refused(
    cast: Cast, request_of_max: LaunchRequest, made: UUID
) -> None:
    seen = _seen(cast.max, made)
    service.update_schedule(cast.max, made, request_of_max, DAILY, seen=seen)
    with pytest.raises(Conflict, match="meanwhile"):
        service.update_schedule(cast.max, made, request_of_max, DAILY, seen=seen)


def test_launch_in_between_is_no_edit(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, made: UUID
) -> None:
    seen = _seen(cast.max, made)
    take_turn(installation, made)
    service.update_schedule(cast.max, made, request_of_max, DAILY, seen=seen)


def test_switched_on_again_it_goes_on_from_now(installation: Installation, cast: Cast, made: UUID) -> None:
    service.set_active(cast.max, made, is_active=False)
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute(
            "UPDATE schedules SET next_run_at = now() - interval '9 days', refusals = 3, stopped_at = now(), "
            "last_message = 'The project is archived.'"
        )
    (stopped,) = service.list_stopped(cast.max)
    assert (stopped.id, stopped.title, stopped.reason) == (made, "Every hour", "The project is archived.")
    assert service.list_stopped(cast.mona) == ()
    service.set_active(cast.max, made, is_active=True)
    row = stored(installation, made)
    assert timedelta() < row["next_run_at"] - datetime.now(UTC) <= timedelta(hours=1)
    assert (row["refusals"], row["stopped_at"]) == (0, None)
    assert service.list_stopped(cast.max) == ()


def test_one_that_has_ended_is_not_switched_on(installation: Installation, cast: Cast, made: UUID) -> None:
    service.set_active(cast.max, made, is_active=False)
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("UPDATE schedules SET ends_at = now(), next_run_at = NULL")
    with pytest.raises(Conflict, match="no time to come"):
        service.set_active(cast.max, made, is_active=True)


def test_run_now_is_launched_as_who_asks_and_moves_nothing(installation: Installation, cast: Cast, made: UUID) -> None:
    before = stored(installation, made)
    run = stored_run(installation, service.run_now(cast.mona, made))
    assert (run["user_id"], run["schedule_id"], run["title"]) == (cast.mona.user_id, made, "Every hour")
    assert stored(installation, made) == before


def test_deleted_schedule_is_gone_and_its_runs_stay(installation: Installation, cast: Cast, made: UUID) -> None:
    run_id = take_turn(installation, made)["last_run_id"]
    service.delete_schedule(cast.max, made)
    assert service.list_schedules(cast.max).items == ()
    with pytest.raises(NotFound):
        service.get_schedule(cast.max, made)
    assert stored(installation, made)["is_active"] is False
    assert stored_run(installation, run_id)["schedule_id"] == made


ON_ONE: Final[dict[str, Callable[[Actor, UUID, LaunchRequest], object]]] = {
    "get": lambda actor, key, _: service.get_schedule(actor, key),
    "update": lambda actor, key, to: service.update_schedule(actor, key, to, DAILY, seen=datetime.now(UTC)),
    "switch off": lambda actor, key, _: service.set_active(actor, key, is_active=False),
    "run now": lambda actor, key, _: service.run_now(actor, key),
    "delete": lambda actor, key, _: service.delete_schedule(actor, key),
}


@pytest.mark.parametrize("deed", sorted({*ON_ONE} - {"get"}))
def test_viewer_may_only_look(cast: Cast, request_of_max: LaunchRequest, made: UUID, deed: str) -> None:
    assert service.get_schedule(cast.vera, made).summary.may_edit is False
    with pytest.raises(NotPermitted):
        ON_ONE[deed](cast.vera, made, request_of_max)


@pytest.mark.parametrize("deed", ["update", "switch off", "delete"])
def test_member_may_not_steer_another_ones(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, deed: str
) -> None:
    theirs = schedule(cast.mona, request_of_max)
    with pytest.raises(NotPermitted):
        ON_ONE[deed](cast.max, theirs, request_of_max)
    assert stored(installation, theirs)["is_active"]


@pytest.mark.parametrize("deed", ON_ONE)
def test_stranger_finds_none(cast: Cast, request_of_max: LaunchRequest, made: UUID, deed: str) -> None:
    assert service.list_schedules(cast.charlie).items == ()
    with pytest.raises(NotFound):
        ON_ONE[deed](cast.charlie, made, request_of_max)


def test_viewer_schedules_nothing(cast: Cast, request_of_max: LaunchRequest) -> None:
    with pytest.raises(NotPermitted):
        service.create_schedule(cast.vera, request_of_max, DAILY)
