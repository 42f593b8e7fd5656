"""Reports of usage by mail: who gets them, when, what is in them, and that no period is told twice."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import psycopg
import pytest
from psycopg.rows import class_row

from lib import clock
from lib.access.actor import Actor
from lib.db.logins import Login
from lib.errors import InvalidInput
from lib.mail.message import MailKind
from lib.mail.rendering import Rendered, render
from lib.models.usage_report import Rhythm
from lib.usage.reports.rhythm import next_time, told_at
from lib.usage.reports.sending import DueReport, send_due
from lib.usage.reports.service import ask_for_report, end_report, list_reports
from lib.usage.views import Dimension
from lib.users.service import update_preferences
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_usage import make_calls
from tests.records import row, rows

URL: Final = "https://orchestrator.example"
WEEKLY, MONTHLY = Rhythm.WEEKLY, Rhythm.MONTHLY
DAY: Final = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rhythm", "now", "zone", "due"),
    [
        (WEEKLY, "2025-11-22T12:00", "UTC", "2025-11-24T07:00"),
        (WEEKLY, "2025-11-24T06:59", "UTC", "2025-11-24T07:00"),
        (WEEKLY, "2025-11-24T07:00", "UTC", "2025-12-01T07:00"),
        (WEEKLY, "2025-11-23T20:00", "Asia/Tokyo", "2025-11-23T22:00"),
        (WEEKLY, "2025-10-25T12:00", "Europe/Amsterdam", "2025-10-27T06:00"),  # clocks went back in the night before
        (WEEKLY, "2025-10-20T12:00", "Europe/Amsterdam", "2025-10-27T06:00"),
        (MONTHLY, "2025-11-22T12:00", "America/New_York", "2025-12-01T12:00"),
        (MONTHLY, "2025-12-31T23:30", "Asia/Kolkata", "2026-01-01T01:30"),
        (MONTHLY, "2026-01-31T12:00", "UTC", "2026-02-01T07:00"),
        (MONTHLY, "2026-02-01T07:00", "UTC", "2026-03-01T07:00"),
    ],
)
def test_next_time_is_at_seven_in_the_persons_zone(rhythm: Rhythm, now: str, zone: str, due: str) -> None:
    assert next_time(rhythm, at(now), zone=zone) == at(due)


@pytest.mark.parametrize(
    ("rhythm", "now", "zone", "first", "last"),
    [
        (WEEKLY, "2025-11-24T07:00", "UTC", "2025-11-17", "2025-11-23"),
        (WEEKLY, "2025-11-24T06:59", "UTC", "2025-11-10", "2025-11-16"),
        (WEEKLY, "2025-11-23T22:00", "Asia/Tokyo", "2025-11-17", "2025-11-23"),
        (WEEKLY, "2025-11-26T12:00", "UTC", "2025-11-17", "2025-11-23"),
        (MONTHLY, "2025-12-01T07:00", "UTC", "2025-11-01", "2025-11-30"),
        (MONTHLY, "2025-12-01T07:00", "America/New_York", "2025-10-01", "2025-10-31"),
        (MONTHLY, "2026-01-15T00:00", "UTC", "2025-12-01", "2025-12-31"),
    ],
)
def test_report_is_about_what_had_ended_when_its_time_came(
    rhythm: Rhythm, now: str, zone: str, first: str, last: str
) -> None:
    period = told_at(rhythm, at(now), zone=zone)
    assert (period.first, period.last) == (date.fromisoformat(first), date.fromisoformat(last))


def claim(installation: Installation) -> DueReport | None:
    with doors.login(installation.database, Login.WORKER) as connection:
        cursor = connection.cursor(row_factory=class_row(DueReport))
        return cursor.execute("SELECT * FROM api.claim_usage_report(60)").fetchone()


def take(installation: Installation) -> DueReport:
    due = claim(installation)
    assert due is not None
    return due


def settle(installation: Installation, due: DueReport) -> None:
    """What a worker does about one that it has taken."""
    if (next_at := send_due(due)) is not None:
        with doors.login(installation.database, Login.WORKER) as connection:
            connection.execute("SELECT api.settle_usage_report(%s, %s, %s)", [due.report_id, due.due_at, next_at])


def stored(installation: Installation) -> dict[str, Any]:
    return row(installation, "SELECT *, next_at > now() AS is_to_come FROM usage_reports")


def mails(installation: Installation) -> list[dict[str, Any]]:
    return rows(installation, "SELECT * FROM mail_outbox WHERE kind = 'usage_report' ORDER BY id")


def read(mail: dict[str, Any]) -> Rendered:
    return render(MailKind.USAGE_REPORT, mail["values"], base_url=URL)


def ask(installation: Installation, actor: Actor, rhythm: Rhythm = WEEKLY, **chosen: Any) -> None:
    """As somebody who asked long ago, and whose time has come."""
    ask_for_report(actor, rhythm, {Dimension(by): frozenset(keys) for by, keys in chosen.items()})
    make_due(installation)


def make_due(installation: Installation) -> None:
    """Let the times of all have come, with what was told last a year ago."""
    due = "next_at = now(), told_until = current_date - 400, claimed_until = now()"
    rows(installation, f"UPDATE usage_reports SET {due} RETURNING 1")


def last_week(days: int = 3, *, weeks: int = 0) -> datetime:
    """A moment within the week that has ended, in UTC, or so many weeks before it."""
    period = told_at(WEEKLY, clock.now(), zone="UTC")
    return period.starts_at + days * DAY - weeks * 7 * DAY


def spend(installation: Installation, actor: Actor, cost: str, *, when: datetime | None = None, **call: Any) -> None:
    given = {"created_at": when or last_week(), "user_id": actor.user_id, "cost_usd": cost, "prompt_tokens": 10} | call
    make_calls(installation.database, actor.organization_id, [given])


def test_mail_has_the_figures_of_the_week_beside_those_of_the_week_before(
    installation: Installation, cast: Cast
) -> None:
    project_id = make_project(installation.database, cast.max, name="Folding bicycle")
    spend(installation, cast.max, "1.50", project_id=project_id)
    spend(installation, cast.mona, "0.50", when=last_week(6))
    spend(installation, cast.mona, "0", error_kind="rate_limit")
    spend(installation, cast.max, "1.00", when=last_week(weeks=1))
    spend(installation, cast.max, "9", when=last_week(7))
    spend(installation, cast.charlie, "700")
    ask(installation, cast.mona)
    settle(installation, take(installation))
    (mail,) = mails(installation)
    assert (mail["recipient"], mail["organization_id"]) == (cast.mona.email, cast.mona.organization_id)
    report = json.loads(mail["values"]["report"])
    figures = {each["label"]: (each["now"], each["before"], each["change"]) for each in report["figures"]}
    assert figures["Cost"] == ("$2.00", "$1.00", "+100 %")
    assert figures["Calls to models"] == ("3", "1", "+200 %")
    assert figures["Failed calls"] == ("1 (33.3 %)", "0", "")
    tables = {table["title"]: [(each["label"], each["cost"]) for each in table["rows"]] for table in report["tables"]}
    assert tables["Projects"] == [("Folding bicycle", "$1.50"), ("No project", "$0.50")]
    assert tables["People"] == [("Max", "$1.50"), ("Mona", "$0.50")]
    assert report["failures"] == [{"label": "Rate limit", "calls": "1"}]
    written = read(mail)
    assert "$2.00" in written.subject
    for text in (written.text, written.html):
        assert "Folding bicycle" in text
        assert "700" not in text


def test_report_moves_on_and_the_period_is_told_once(installation: Installation, cast: Cast) -> None:
    spend(installation, cast.max, "1")
    ask(installation, cast.mona)
    settle(installation, take(installation))
    after = stored(installation)
    assert after["told_until"] == told_at(WEEKLY, clock.now(), zone="UTC").last
    assert after["next_at"] == next_time(WEEKLY, clock.now(), zone="UTC")
    assert claim(installation) is None
    rows(installation, "UPDATE usage_reports SET next_at = now() RETURNING 1")
    settle(installation, take(installation))
    assert len(mails(installation)) == 1, "the clock of somebody was wrong, and the period was told"
    assert stored(installation)["is_to_come"]


def test_month_is_told_beside_the_month_before(installation: Installation, cast: Cast) -> None:
    period = told_at(MONTHLY, clock.now(), zone="UTC")
    spend(installation, cast.max, "3", when=period.starts_at)
    spend(installation, cast.max, "2", when=period.starts_at - DAY)
    ask(installation, cast.mona, MONTHLY)
    settle(installation, take(installation))
    (mail,) = mails(installation)
    report = json.loads(mail["values"]["report"])
    assert report["word"] == "month"
    assert report["figures"][0] == {"label": "Cost", "now": "$3.00", "before": "$2.00", "change": "+50 %"}


def test_two_workers_with_one_claim_send_it_once(installation: Installation, cast: Cast) -> None:
    """As when one hung for longer than a claim lasts."""
    spend(installation, cast.max, "1")
    ask(installation, cast.mona)
    due = take(installation)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send_due, [due] * 4)) == [None] * 4
    assert len(mails(installation)) == 1


def test_what_one_has_claimed_nobody_else_gets_until_it_is_dead(installation: Installation, cast: Cast) -> None:
    ask(installation, cast.mona)
    assert claim(installation) is not None
    assert claim(installation) is None
    rows(installation, "UPDATE usage_reports SET claimed_until = now() RETURNING 1")
    assert claim(installation) is not None


def test_worker_that_is_killed_before_the_commit_has_sent_nothing_and_the_next_one_sends(
    installation: Installation, cast: Cast
) -> None:
    spend(installation, cast.max, "1")
    ask(installation, cast.mona)
    due = take(installation)

    def be_killed() -> None:
        with doors.login(installation.database, Login.WORKER) as connection:
            doors.become_person(connection, doors.claims_of(cast.mona))
            connection.execute(
                "SELECT api.send_usage_report(%s, %s, %s, '{}')",
                [due.report_id, due.asked_at.date(), due.asked_at + DAY],
            )
            rows(installation, "SELECT pg_terminate_backend(%s, 5000)", connection.info.backend_pid)

    with pytest.raises(psycopg.OperationalError):
        be_killed()
    assert mails(installation) == []
    rows(installation, "UPDATE usage_reports SET claimed_until = now() RETURNING 1")
    settle(installation, take(installation))
    assert len(mails(installation)) == 1


@pytest.mark.parametrize(
    "loss",
    [
        "UPDATE users SET role = 'viewer' WHERE id = %s RETURNING 1",
        "UPDATE users SET deactivated_at = now() WHERE id = %s RETURNING 1",
        "UPDATE organizations o SET second_factor_required_at = now() - interval '1 year', "
        """settings = '{"security_settings": {"require_2fa": true, "grace_days": 0}}' """
        "FROM users u WHERE u.id = %s AND o.id = u.organization_id RETURNING 1",
    ],
    ids=["right", "person", "second factor"],
)
def test_whoever_could_not_open_the_page_gets_nothing_and_keeps_the_report(
    installation: Installation, cast: Cast, loss: str
) -> None:
    spend(installation, cast.max, "1")
    ask(installation, cast.mona)
    rows(installation, "UPDATE users SET created_at = now() - interval '1 year' RETURNING 1")
    rows(installation, loss, cast.mona.user_id)
    settle(installation, take(installation))
    assert mails(installation) == []
    after = stored(installation)
    assert after["is_to_come"], "who may again, is told at the next time, and not of all that was missed"


@pytest.mark.parametrize("end", ["suspended_at = now(), suspension_reason = 'unpaid'", "deleted_at = now()"])
def test_nothing_is_due_in_an_organization_that_is_closed(installation: Installation, cast: Cast, end: str) -> None:
    spend(installation, cast.max, "1")
    ask(installation, cast.mona)
    rows(installation, f"UPDATE organizations SET {end} WHERE id = %s RETURNING 1", cast.organization_a)
    assert claim(installation) is None


def test_right_that_goes_while_it_is_added_up_sends_nothing(installation: Installation, cast: Cast) -> None:
    spend(installation, cast.max, "1")
    ask(installation, cast.mona)
    due = take(installation)
    rows(installation, "UPDATE users SET role = 'member' WHERE id = %s RETURNING 1", cast.mona.user_id)
    settle(installation, due)
    assert mails(installation) == []


def test_where_nothing_was_called_in_two_periods_there_is_no_mail(installation: Installation, cast: Cast) -> None:
    ask(installation, cast.mona)
    settle(installation, take(installation))
    assert mails(installation) == []
    assert stored(installation)["is_to_come"]
    spend(installation, cast.max, "1", when=last_week(weeks=1))
    make_due(installation)
    settle(installation, take(installation))
    assert "$0.00" in read(mails(installation)[0]).subject, "that it went to nothing is worth a mail"


def test_filters_are_the_ones_of_the_page_and_the_link_leads_there(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max, name="Folding bicycle")
    spend(installation, cast.max, "1.50", project_id=project_id, model="tiny")
    spend(installation, cast.max, "4", model="tiny")
    ask(installation, cast.mona, project=[project_id], model=["local:tiny"])
    settle(installation, take(installation))
    (mail,) = mails(installation)
    report = json.loads(mail["values"]["report"])
    assert report["filters"] == ["model: local:tiny", "project: Folding bicycle"]
    assert report["figures"][0]["now"] == "$1.50"
    assert [table["title"] for table in report["tables"]] == ["People"], "what is narrowed to one is no table"
    period = told_at(WEEKLY, clock.now(), zone="UTC")
    filters = f"model=local%3Atiny&project={project_id}"
    link = f"{URL}/analytics?range=custom&from={period.first}&to={period.last}&{filters}"
    assert link in read(mail).text


def test_project_that_is_gone_is_left_out_and_named(installation: Installation, cast: Cast) -> None:
    theirs = make_project(installation.database, cast.charlie)
    spend(installation, cast.max, "2")
    spend(installation, cast.charlie, "700", project_id=theirs)
    ask(installation, cast.mona, project=[theirs])
    settle(installation, take(installation))
    text = read(mails(installation)[0]).text
    assert "A project that it was narrowed to is not there any more" in text
    assert "700" not in text


def test_change_of_zone_sends_no_period_twice_and_none_too_early(installation: Installation, cast: Cast) -> None:
    # one in which no Monday at seven lies between it and UTC: from one to the other, a week would have ended
    far, told = ("Asia/Tokyo", "America/New_York"), told_at(WEEKLY, clock.now(), zone="UTC").last
    zone = next(each for each in far if told_at(WEEKLY, clock.now(), zone=each).last == told)
    spend(installation, cast.max, "1")
    ask_for_report(cast.mona, WEEKLY, {})
    update_preferences(cast.mona, time_zone=zone, landing_page="overview", notifications={})
    rows(installation, "UPDATE usage_reports SET next_at = now() RETURNING 1")
    settle(installation, take(installation))
    assert mails(installation) == [], "that week was over when it was asked for"
    assert stored(installation)["next_at"] == next_time(WEEKLY, clock.now(), zone=zone)


def test_person_asks_changes_and_ends_their_own(installation: Installation, cast: Cast) -> None:
    ask_for_report(cast.mona, WEEKLY, {})
    ask_for_report(cast.mona, MONTHLY, {})
    before = list_reports(cast.mona)
    ask_for_report(cast.mona, WEEKLY, {Dimension.MODEL: frozenset({"local:tiny", None})})
    after = list_reports(cast.mona)
    assert (before[WEEKLY].query, after[WEEKLY].query) == ("", "model=local%3Atiny&model=none")
    assert before[WEEKLY].next_at == after[WEEKLY].next_at
    assert list_reports(cast.alice) == {}
    end_report(cast.alice, WEEKLY)
    end_report(cast.mona, MONTHLY)
    assert [*list_reports(cast.mona)] == [WEEKLY]
    with pytest.raises(InvalidInput, match="too many things"):
        ask_for_report(cast.mona, WEEKLY, {Dimension.MODEL: frozenset(f"local:{'m' * 300}{n}" for n in range(40))})


def test_nobody_but_a_worker_writes_the_mail(installation: Installation, cast: Cast) -> None:
    ask(installation, cast.mona)
    report_id = stored(installation)["id"]
    send = "SELECT api.send_usage_report(%s, current_date, now() + interval '1 day', '{}')"
    with doors.person(installation.database, cast.mona) as connection:
        assert doors.refusal(connection, send, [report_id]) == "42501"
    with doors.login(installation.database, Login.WORKER) as connection:
        doors.become_person(connection, doors.claims_of(cast.alice))
        assert connection.execute(send.encode(), [report_id]).fetchone() == (False,), "it is another one's"


@pytest.fixture
def nasty() -> dict[str, Any]:
    words = "<img src=x onerror=alert(1)> https://evil.example/x \u202egnp"
    return {
        "period": "1 to 2 May 2025",
        "before": words,
        "word": "week",
        "filters": [words],
        "left_out": [],
        "figures": [{"label": "Cost", "now": "$1.50", "before": "$1.00", "change": "+50 %"}],
        "tables": [
            {"title": "Projects", "rows": [{"label": words * 9, "cost": "$1.50", "calls": "1 call"}], "more": ""}
        ],
        "failures": [],
    }


def test_names_in_a_report_are_text_and_no_links(nasty: dict[str, Any]) -> None:
    values = {"name": "Mona", "report": json.dumps(nasty), "path": "/analytics?range=custom"}
    mail = render(MailKind.USAGE_REPORT, values, base_url=URL)
    assert "<img" not in mail.html
    assert "https://evil" not in mail.text + mail.html
    assert "\u202e" not in mail.text + mail.html
    assert "$1.50" in mail.text, "figures have no joiners in them"


@pytest.mark.parametrize("path", ["//evil.example", "/analytics?x=\n", "https://evil.example", "/analytics#@evil"])
def test_report_leads_to_the_page_of_analytics_and_nowhere_else(nasty: dict[str, Any], path: str) -> None:
    with pytest.raises(ValueError, match="page of analytics"):
        render(MailKind.USAGE_REPORT, {"name": "M", "report": json.dumps(nasty), "path": path}, base_url=URL)
