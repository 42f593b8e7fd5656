"""The quota's shares are told by mail once a month each: to who governs the organization, and to who can raise it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from lib.mail.message import MailKind
from lib.mail.rendering import render
from lib.users.service import update_preferences
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.records import row, rows

LIMIT = 100
_MAILS = (
    "WITH gone AS (DELETE FROM mail_outbox RETURNING kind, recipient, \"values\" ->> 'percent' AS percent) "
    "SELECT * FROM gone ORDER BY percent::int, recipient"
)


@pytest.fixture(autouse=True)
def _quota(installation: Installation, cast: Cast) -> None:
    rows(
        installation,
        "UPDATE organizations SET api_quota_limit = %s, api_quota_used = 0 WHERE id = %s RETURNING 1",
        LIMIT,
        cast.organization_a,
    )


def take(installation: Installation, organization_id: UUID, calls: int = 1) -> None:
    with doors.engine(installation.database, organization_id) as connection:
        connection.execute("SELECT api.take_quota(%s, %s)", [organization_id, calls])


def allow(installation: Installation, cast: Cast, limit: int) -> None:
    change = "UPDATE organizations SET api_quota_limit = %s WHERE id = %s RETURNING 1"
    rows(installation, change, limit, cast.organization_a)


def mails(installation: Installation) -> list[tuple[str, str, str]]:
    """Kind, to whom, and share, of those that were written since the last look."""
    found = rows(installation, _MAILS)
    return [(each["kind"], each["recipient"].partition("@")[0], each["percent"]) for each in found]


def to_alice(percent: str) -> tuple[str, str, str]:
    return ("quota_threshold", "alice", percent)


def test_admin_is_told_once_at_80_percent_and_once_at_the_end(installation: Installation, cast: Cast) -> None:
    take(installation, cast.organization_a, 79)
    assert mails(installation) == []
    take(installation, cast.organization_a)
    assert mails(installation) == [to_alice("80")]
    take(installation, cast.organization_a, 19)
    assert mails(installation) == []
    take(installation, cast.organization_a, 5)
    take(installation, cast.organization_a, 5)
    assert mails(installation) == [to_alice("100")]


def test_operator_is_told_once_of_each_organization_and_can_be_of_another_one(
    installation: Installation, cast: Cast
) -> None:
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", cast.charlie.user_id)
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", cast.alice.user_id)
    take(installation, cast.organization_a, 80)
    kind = "operated_quota_threshold"
    assert mails(installation) == [(kind, "alice", "80"), (kind, "charlie", "80")]


def test_whoever_wants_no_such_mail_or_is_gone_gets_none(installation: Installation, cast: Cast) -> None:
    grant = """UPDATE users SET permissions = '["organization.edit"]' WHERE id = ANY (%s) RETURNING 1"""
    rows(installation, grant, [cast.mona.user_id, cast.max.user_id])
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE id = %s RETURNING 1", cast.max.user_id)
    update_preferences(cast.alice, time_zone="UTC", landing_page="overview", notifications={"quota_reached": False})
    take(installation, cast.organization_a, 80)
    assert mails(installation) == [("quota_threshold", "mona", "80")]


def test_raise_lets_a_share_be_told_only_when_it_is_reached_anew(installation: Installation, cast: Cast) -> None:
    take(installation, cast.organization_a, LIMIT)
    assert mails(installation) == [to_alice("100")]
    allow(installation, cast, LIMIT + 10)
    take(installation, cast.organization_a, 9)
    assert mails(installation) == [], "it never was below 80 % again"
    take(installation, cast.organization_a, 5)
    assert mails(installation) == [to_alice("100")]
    allow(installation, cast, 10 * LIMIT)
    take(installation, cast.organization_a, 689)
    assert mails(installation) == []
    take(installation, cast.organization_a)
    assert mails(installation) == [to_alice("80")]


def test_month_that_begins_is_told_anew_and_one_that_is_over_is_not(installation: Installation, cast: Cast) -> None:
    take(installation, cast.organization_a, LIMIT)
    assert mails(installation) == [to_alice("100")]
    over = "UPDATE organizations SET quota_resets_at = now() - interval '1 hour' WHERE id = %s RETURNING 1"
    rows(installation, over, cast.organization_a)
    allow(installation, cast, 90)
    assert mails(installation) == [], "what was used is last month's"
    take(installation, cast.organization_a, 80)
    assert mails(installation) == [to_alice("80")]


def test_shares_are_told_once_by_calls_that_begin_at_once(installation: Installation, cast: Cast) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: take(installation, cast.organization_a), range(LIMIT + 20)))
    assert mails(installation) == [to_alice("80"), to_alice("100")]
    used = row(installation, "SELECT api_quota_used AS n FROM organizations WHERE id = %s", cast.organization_a)
    assert used["n"] == LIMIT


def test_call_of_a_worker_that_is_killed_tells_nothing_and_the_next_one_tells(
    installation: Installation, cast: Cast
) -> None:
    def be_killed_in_the_middle() -> None:
        with doors.engine(installation.database, cast.organization_a) as held:
            held.execute("SELECT api.take_quota(%s, 80)", [cast.organization_a])
            rows(installation, "SELECT pg_terminate_backend(%s, 5000)", held.info.backend_pid)

    with pytest.raises(psycopg.OperationalError):
        be_killed_in_the_middle()
    assert mails(installation) == []
    take(installation, cast.organization_a, 80)
    assert mails(installation) == [to_alice("80")]


def test_mail_says_how_much_until_when_and_who_can_raise_it(installation: Installation, cast: Cast) -> None:
    update_preferences(cast.alice, time_zone="Asia/Kolkata", landing_page="overview", notifications={})
    resets_at = datetime(2099, 12, 1, tzinfo=UTC)
    rows(installation, "UPDATE organizations SET quota_resets_at = %s, api_quota_limit = 2000 RETURNING 1", resets_at)
    take(installation, cast.organization_a, 2000)
    written = row(installation, 'SELECT kind, "values" FROM mail_outbox')
    mail = render(MailKind(written["kind"]), written["values"], base_url="https://orchestrator.example")
    assert mail.subject == "Acme Research: the calls to models for this month are used up"
    for text in (mail.text, mail.html):
        assert "2,000 of 2,000" in text
        assert "until 1 Dec 2099, 05:30 (IST)" in text
        assert "Who operates this installation can raise the quota." in text
    assert "https://orchestrator.example/organization\n" in mail.text
    operated = render(MailKind.OPERATED_QUOTA_THRESHOLD, written["values"], base_url="https://orchestrator.example")
    assert "On the page Organizations you can raise it." in operated.text
    assert "https://orchestrator.example/organizations\n" in operated.text
