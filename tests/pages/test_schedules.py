"""Schedules: the list, the form that makes and changes one, and where else they are spoken of."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import psycopg
import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib import clock
from lib.config import get_settings
from lib.db.logins import Login
from lib.maintenance.upgrade import publish_builtin_templates
from lib.models.run import RunPriority
from lib.models.schedule import Overlap
from lib.runs.launch import LaunchRequest
from lib.schedules import service
from lib.templates.builtin import FIRST
from lib.templates.gallery import list_template_choices
from lib.ui.components.schedule_form import LATER, START
from lib.ui.navigation import LAUNCH, OVERVIEW, PROJECT, RUN, RUNS, SCHEDULE, SCHEDULES, TEMPLATE, PageEntry
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_schedules import schedule, stored, take_turn
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, headings, markdown, press, selectbox, shown, text_area, text_input
from tests.records import row, rows
from tests.workers import MODEL

DAILY: Final = "0 7 * * *"


@pytest.fixture(autouse=True)
def _published(installation: Installation, endpoint: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_builtin_templates(installation.database.url(Login.OWNER))
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_MODELS", "gpt-4o-mini,gpt-4o")
    get_settings.cache_clear()


@pytest.fixture
def request_of_max(installation: Installation, cast: Cast) -> LaunchRequest:
    template_id = next(each.id for each in list_template_choices(cast.max) if each.name == FIRST)
    project_id = make_project(installation.database, cast.max)
    return LaunchRequest(project_id=project_id, template_id=template_id, model=MODEL, title="Every day")


@pytest.fixture
def made(cast: Cast, request_of_max: LaunchRequest) -> UUID:
    return schedule(cast.max, request_of_max, cron=DAILY)


def test_without_any_it_says_what_they_are_for(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.max, SCHEDULES)
    assert headings(at) == ["Schedules", "Nothing is scheduled yet"]
    assert buttons(at) == ["Schedule the first run"]


def test_launch_leads_to_a_schedule(
    open_as: OpenAs, cast: Cast, installation: Installation, request_of_max: LaunchRequest
) -> None:
    at = open_as(cast.max, LAUNCH, **{START: LATER})
    assert "Launch" not in buttons(at)
    selectbox(at, "How often").set_value("week").run()
    selectbox(at, "On").set_value(5).run()
    selectbox(at, "Time zone").set_value("Europe/Berlin").run()
    assert "Every Friday at 07:00, Europe/Berlin" in shown(at)
    assert shown(at).count("for you") == 5
    text_input(at, "Title").set_value("Every Friday").run()
    press(at, "Save schedule")
    assert at.title[0].value == "Schedules"
    made = row(installation, "SELECT * FROM schedules")
    assert (made["title"], made["cron"], made["time_zone"]) == ("Every Friday", "0 7 * * 5", "Europe/Berlin")
    assert (made["user_id"], made["is_active"]) == (cast.max.user_id, True)
    assert rows(installation, "SELECT 1 FROM orchestration_runs") == []


def test_all_that_keeps_a_schedule_from_being_saved_is_told_at_once(
    open_as: OpenAs, cast: Cast, installation: Installation, request_of_max: LaunchRequest
) -> None:
    data = {
        "inputs": [{"name": "who", "label": "Who"}],
        "phases": [{"code": "A", "name": "A", "prompt": "{{ topic }}"}],
    }
    made = make_template(installation.database, cast.max, name="Asking", data=data)
    at = open_as(cast.max, LAUNCH, **{START: LATER, "template": str(made)})
    (limit,) = (each for each in at.number_input if each.label.startswith("Cost limit"))
    limit.set_value(0.0)
    press(at, "Save schedule")
    assert "Nothing was saved. Look at what is marked in the form, then press “Save schedule” again." in shown(at)
    assert "This has to be answered." in shown(at)
    assert "Cost limit must be at least $0.01 and at most $999,999." in shown(at)
    assert "Nothing was launched" not in shown(at)
    text_input(at, "Who (required)").set_value("shops")
    press(at, "Save schedule")
    assert "Nothing was saved. Look at what is marked in the form, then press “Save schedule” again." in shown(at)
    assert rows(installation, "SELECT 1 FROM schedules") == []


def test_cron_for_who_knows_it_and_words_for_what_is_wrong(
    open_as: OpenAs, cast: Cast, installation: Installation, request_of_max: LaunchRequest
) -> None:
    at = open_as(cast.max, LAUNCH, **{START: LATER})
    selectbox(at, "How often").set_value("cron").run()
    text_input(at, "Cron").set_value("* * * * *").run()
    assert "more often than every 5 minutes" in shown(at)
    assert button(at, "Save schedule").disabled
    text_input(at, "Cron").set_value("61 * * * *").run()
    assert "the minute is wrong" in shown(at)
    text_input(at, "Cron").set_value("*/20 8-18 * * mon-fri").run()
    assert "Every 20th minute from 08:00 through 18:59 on Monday through Friday" in shown(at)
    press(at, "Save schedule")
    assert row(installation, "SELECT cron FROM schedules") == {"cron": "*/20 8-18 * * MON-FRI"}


def test_launching_now_is_as_before(open_as: OpenAs, cast: Cast, request_of_max: LaunchRequest) -> None:
    at = open_as(cast.max, LAUNCH)
    assert "Launch" in buttons(at)
    assert "Save schedule" not in buttons(at)


def test_list_says_when_next_and_what_became_of_the_last_time(
    open_as: OpenAs, cast: Cast, installation: Installation, made: UUID
) -> None:
    at = open_as(cast.max, SCHEDULES)
    assert "Nothing launched yet" in shown(at)
    assert "Every day at 07:00, UTC" in shown(at)
    take_turn(installation, made)
    at = open_as(cast.vera, RUNS)  # who may not launch has no page of them
    assert "Schedules" not in headings(at)
    at = open_as(cast.max, SCHEDULES)
    assert "Launched" in shown(at)
    assert _links(at) == {"The last run, launched just now: queued": stored(installation, made)["last_run_id"]}


def test_run_by_hand_is_shown_and_linked_and_names_its_schedule(
    open_as: OpenAs, cast: Cast, installation: Installation, made: UUID
) -> None:
    run_id = service.run_now(cast.mona, made)
    for at in (open_as(cast.max, SCHEDULES), open_as(cast.max, SCHEDULE, schedule=made)):
        assert "Nothing launched by itself yet" in shown(at)
        assert _links(at) == {"The last run, launched by hand just now: queued": run_id}
    at = open_as(cast.max, RUN, run=run_id)
    assert "Launched by hand from the schedule “Every day”" in [link.label for link in at.get("page_link")]
    _end_runs(installation)
    by_itself = take_turn(installation, made)["last_run_id"]
    at = open_as(cast.max, RUN, run=by_itself)
    assert "Of the schedule “Every day”" in [link.label for link in at.get("page_link")]
    newest = service.run_now(cast.max, made)
    at = open_as(cast.max, RUN, run=newest)
    assert "Launched by hand from the schedule “Every day”" in [link.label for link in at.get("page_link")]


def test_newest_run_is_shown_whichever_way_it_was_launched(
    open_as: OpenAs, cast: Cast, installation: Installation, made: UUID
) -> None:
    take_turn(installation, made)
    by_hand = service.run_now(cast.max, made)
    assert _links(open_as(cast.max, SCHEDULES)) == {"The last run, launched by hand just now: queued": by_hand}
    _end_runs(installation)
    by_itself = take_turn(installation, made)["last_run_id"]
    assert _links(open_as(cast.max, SCHEDULES)) == {"The last run, launched just now: queued": by_itself}


def test_time_that_was_left_out_leads_to_the_run_that_was_in_the_way(
    open_as: OpenAs, cast: Cast, installation: Installation, made: UUID
) -> None:
    by_hand = service.run_now(cast.max, made)
    take_turn(installation, made)
    for at in (open_as(cast.max, SCHEDULES), open_as(cast.max, SCHEDULE, schedule=made)):
        assert "Left out: The run before had not ended." in shown(at)
        assert _links(at) == {"The run that was in the way, launched by hand just now: queued": by_hand}
    _end_runs(installation)
    newest = service.run_now(cast.max, made)
    assert _links(open_as(cast.max, SCHEDULES)) == {
        "The run that was in the way, launched by hand just now: cancelled": by_hand,
        "The last run, launched by hand just now: queued": newest,
    }


def test_run_that_is_waited_for_is_linked(
    open_as: OpenAs, cast: Cast, installation: Installation, request_of_max: LaunchRequest
) -> None:
    made = schedule(cast.max, request_of_max, overlap=Overlap.QUEUE)
    by_itself = take_turn(installation, made)["last_run_id"]
    take_turn(installation, made)
    assert _links(open_as(cast.max, SCHEDULES)) == {"The run that is waited for, launched just now: queued": by_itself}


def test_list_says_first_and_last_day_where_they_are_set(
    open_as: OpenAs, cast: Cast, request_of_max: LaunchRequest
) -> None:
    first, last = date(2031, 1, 5), date(2031, 2, 6)
    said = ("from 5 Jan 2031 to 6 Feb 2031", "from 5 Jan 2031", "until 6 Feb 2031")
    for days in ((first, last), (first, None), (None, last)):
        timing = service.Timing(cron=DAILY, time_zone="America/New_York", first_day=days[0], last_day=days[1])
        service.create_schedule(cast.max, request_of_max, timing)
    lines = shown(open_as(cast.max, SCHEDULES))
    for days_in_words in said:
        assert f"Every day at 07:00, America/New_York · {days_in_words}" in lines


def test_run_now_opens_the_run(open_as: OpenAs, cast: Cast, installation: Installation, made: UUID) -> None:
    at = press(open_as(cast.mona, SCHEDULES), "Run now")
    run = row(installation, "SELECT * FROM orchestration_runs")
    assert (run["user_id"], run["schedule_id"]) == (cast.mona.user_id, made)
    assert at.title[0].value == "Every day"


def test_page_of_one_begins_with_what_it_is(
    open_as: OpenAs, cast: Cast, installation: Installation, request_of_max: LaunchRequest
) -> None:
    request = replace(request_of_max, topic="Its own topic", model="openai:gpt-4o", cost_limit_usd=Decimal("2.5"))
    made = schedule(cast.max, replace(request, priority=RunPriority.HIGH), cron="30 6 L * *")
    at = open_as(cast.max, SCHEDULE, schedule=made)
    assert at.title[0].value == "Every day"
    assert text_area(at, "Topic").value == "Its own topic"
    assert text_input(at, "Title").value == "Every day"
    assert selectbox(at, "Model").value == "openai:gpt-4o"
    assert "On the last day of the month at 06:30" in shown(at)
    press(at, "Save changes")
    assert at.title[0].value == "Schedules"
    after = stored(installation, made)
    assert (after["cron"], after["topic"], after["model"]) == ("30 6 L * *", "Its own topic", "openai:gpt-4o")
    assert (after["cost_limit_usd"], after["priority"]) == (Decimal("2.5"), "high")


def test_model_that_is_gone_is_told(
    open_as: OpenAs, cast: Cast, installation: Installation, request_of_max: LaunchRequest
) -> None:
    made = schedule(cast.max, replace(request_of_max, model="openai:gpt-3"))
    at = open_as(cast.max, SCHEDULE, schedule=made)
    assert "“openai:gpt-3” is not on offer any more" in shown(at).replace("\\", "")


def test_manager_who_edits_it_is_told_that_it_runs_as_them(open_as: OpenAs, cast: Cast, made: UUID) -> None:
    at = open_as(cast.mona, SCHEDULE, schedule=made)
    assert "it runs in your name" in shown(at)
    press(at, "Save changes")
    assert service.get_schedule(cast.mona, made).summary.user_id == cast.mona.user_id
    at = open_as(cast.max, SCHEDULE, schedule=made)
    assert "Save changes" not in buttons(at)
    assert "Switch off" not in buttons(at)


def test_it_is_switched_off_and_on_and_deleted(
    open_as: OpenAs, cast: Cast, installation: Installation, made: UUID
) -> None:
    at = press(open_as(cast.max, SCHEDULE, schedule=made), "Switch off")
    assert stored(installation, made)["is_active"] is False
    press(at, "Switch on")
    assert stored(installation, made)["is_active"] is True
    press(at, "Delete…")
    assert "launches nothing any more" in shown(at)
    press(at, "Delete…", "Delete it")
    assert stored(installation, made)["deleted_at"] is not None


@pytest.mark.parametrize("page", [SCHEDULE, SCHEDULES])
def test_who_switches_on_another_ones_is_told_in_whose_name(
    open_as: OpenAs, cast: Cast, installation: Installation, made: UUID, page: PageEntry
) -> None:
    service.set_active(cast.max, made, is_active=False)
    parameters = {"schedule": made} if page is SCHEDULE else {}
    assert "Switch on in your name" not in _offered(open_as(cast.max, page, **parameters))
    at = open_as(cast.mona, page, **parameters)
    assert "Switch on in your name" in _offered(at)
    assert "Switch on" not in _offered(at)
    if page is SCHEDULE:
        press(at, "Switch on in your name")
        assert "is on, in your name" in shown(at)
        assert stored(installation, made)["user_id"] == cast.mona.user_id


def test_times_that_can_not_be_read_shut_no_page(
    open_as: OpenAs, cast: Cast, installation: Installation, made: UUID
) -> None:
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("UPDATE schedules SET cron = 'nonsense <b>', time_zone = 'Europe'")
    assert "nonsense <b>, Europe" in shown(open_as(cast.max, SCHEDULES))
    at = open_as(cast.max, SCHEDULE, schedule=made)
    assert at.title[0].value == "Every day"
    assert "can't be read" in shown(at)


def test_next_times_where_clocks_are_set_back_tell_which_of_the_two(
    open_as: OpenAs, cast: Cast, request_of_max: LaunchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 25 October 2026 at 1:00 UTC, when Berlin has 3:00, and then 2:00 once more."""
    at = open_as(cast.max, LAUNCH, **{START: LATER})
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 10, 25, 0, 10, tzinfo=UTC))
    selectbox(at, "How often").set_value("cron").run()
    selectbox(at, "Time zone").set_value("Europe/Berlin").run()
    text_input(at, "Cron").set_value("*/30 * * * *").run()
    said = [line.split("Oct 2026, ")[1] for line in shown(at).splitlines() if "Oct 2026, " in line]
    assert [line.split(", which")[0] for line in said] == [
        "02:30, before clocks are set back",
        "02:00, after clocks are set back",
        "02:30, after clocks are set back",
        "03:00",
        "03:30",
    ]
    text_input(at, "Cron").set_value("30 2 * * *").run()
    assert "25 Oct 2026, 02:30, before clocks are set back" in shown(at)
    assert "26 Oct 2026, 02:30, which is" in shown(at)


def _links(at: AppTest) -> dict[str, UUID]:
    """The links to runs: label -> run."""
    found = (link.proto for link in at.get("page_link") if "run=" in link.proto.query_string)
    return {link.label: UUID(link.query_string.partition("run=")[2]) for link in found}


def _end_runs(installation: Installation) -> None:
    """As somebody cancels them."""
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute(
            "UPDATE orchestration_runs SET status = 'cancelled', completed_at = now() WHERE schedule_id IS NOT NULL"
        )


def _offered(at: AppTest) -> list[str]:
    """What the buttons and the menus say that can be done."""
    menus = [option for menu in at.get("menu_button") for option in menu.proto.options]
    return [*buttons(at), *menus]


def test_stranger_and_viewer_open_nothing(open_as: OpenAs, cast: Cast, made: UUID) -> None:
    assert headings(open_as(cast.charlie, SCHEDULE, schedule=made)) == ["Not found"]
    assert headings(open_as(cast.charlie, SCHEDULES))[-1] == "Nothing is scheduled yet"
    assert headings(open_as(cast.vera, SCHEDULE, schedule=made)) == ["This page is not open to you"]
    assert headings(open_as(cast.vera, SCHEDULES)) == ["This page is not open to you"]


def test_stopped_one_is_on_the_overview_of_its_person(
    open_as: OpenAs, cast: Cast, installation: Installation, made: UUID
) -> None:
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute(
            "UPDATE schedules SET is_active = false, refusals = 3, stopped_at = now(), last_message = '<b>Gone</b>'"
        )
    at = open_as(cast.max, OVERVIEW)
    assert "Stopped schedules" in headings(at)
    assert "Switched off" in shown(at)
    assert "<b>Gone" not in markdown(at)
    assert "Stopped schedules" not in headings(open_as(cast.mona, OVERVIEW))


def test_project_template_and_run_lead_to_it(
    open_as: OpenAs, cast: Cast, installation: Installation, request_of_max: LaunchRequest, made: UUID
) -> None:
    run_id = take_turn(installation, made)["last_run_id"]
    for page, parameters in (
        (PROJECT, {"project": request_of_max.project_id}),
        (TEMPLATE, {"template": request_of_max.template_id}),
    ):
        assert "Schedules" in headings(open_as(cast.max, page, **parameters))
        assert "Schedules" not in headings(open_as(cast.vera, page, **parameters))
    at = open_as(cast.max, RUN, run=run_id)
    assert any("Of the schedule" in link.label for link in at.get("page_link"))
    assert not any("Of the schedule" in link.label for link in open_as(cast.vera, RUN, run=run_id).get("page_link"))


def test_runs_are_narrowed_to_a_schedule(
    open_as: OpenAs, cast: Cast, installation: Installation, request_of_max: LaunchRequest, made: UUID
) -> None:
    take_turn(installation, made)
    other = schedule(cast.max, replace(request_of_max, title="Another"))
    assert "No run matches" not in " ".join(headings(open_as(cast.vera, RUNS, schedule=made)))
    assert "No run matches these filters" in headings(open_as(cast.vera, RUNS, schedule=other))


def test_list_of_one_project_says_so(open_as: OpenAs, cast: Cast, installation: Installation, made: UUID) -> None:
    other = make_project(installation.database, cast.max)
    assert headings(open_as(cast.max, SCHEDULES, project=other))[-1] == "Nothing is scheduled yet"
