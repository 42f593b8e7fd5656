"""Whoever manages budgets is told of each share once a period, by mail, event and Overview; and of who spends much."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from lib import clock
from lib.budgets.gauges import (
    list_alerts,
    list_gauges,
    list_project_gauges,
    name_managers,
    preview_launch,
    refuse_used_up,
)
from lib.budgets.service import create_watch, end_watch, list_watches, raise_budget, update_budget, update_watch
from lib.budgets.telling import say_who_raises
from lib.budgets.views import BudgetEntry
from lib.errors import BudgetUsedUp
from lib.mail.message import MailKind
from lib.mail.rendering import render
from lib.users.service import update_preferences
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.lib.webhooks.test_events import event
from tests.made_budgets import make_budget, see_budget, spend
from tests.made_runs import call_worker
from tests.made_webhooks import make_endpoint
from tests.records import row, rows


def mails(installation: Installation) -> list[tuple[str, str, str]]:
    """Kind, to whom, and share, of those that were written since the last look."""
    found = rows(installation, "DELETE FROM mail_outbox RETURNING kind, recipient, \"values\" ->> 'percent' AS percent")
    return sorted((each["kind"], each["recipient"].partition("@")[0], each["percent"]) for each in found)


def to_managers(percent: str) -> list[tuple[str, str, str]]:
    return [("budget_threshold", name, percent) for name in ("alice", "mona")]


def test_each_share_is_told_once_the_highest_of_a_step_alone(installation: Installation, cast: Cast) -> None:
    make_budget(cast.alice, "100")
    told = {}
    for cost in ("49", "2", "10", "35", "0.5", "3", "1"):
        spend(installation.database, cast.max, cost)
        told[cost] = mails(installation)
    assert told == {
        "49": [],
        "2": to_managers("50"),
        "10": [],
        "35": to_managers("95"),
        "0.5": [],
        "3": [],
        "1": to_managers("100"),
    }
    shares = [each["threshold"] for each in rows(installation, "SELECT threshold FROM budget_alerts ORDER BY 1")]
    assert shares == [50, 80, 95, 100]


def test_person_is_told_of_their_own_budget_unless_they_want_no_mail(installation: Installation, cast: Cast) -> None:
    make_budget(cast.alice, "10", scope="user", user_id=cast.max.user_id, thresholds=())
    update_preferences(cast.mona, time_zone="UTC", landing_page="overview", notifications={"budget_reached": False})
    spend(installation.database, cast.max, "9.99")
    assert mails(installation) == [], "nobody has chosen a share, and it is not used up"
    spend(installation.database, cast.max, "0.01")
    assert mails(installation) == [("budget_threshold", "alice", "100"), ("own_budget_threshold", "max", "100")]


def test_nothing_is_told_of_another_organization(installation: Installation, cast: Cast) -> None:
    make_budget(cast.charlie, "1")
    spend(installation.database, cast.charlie, "1")
    assert mails(installation) == [("budget_threshold", "charlie", "100")]


def test_raise_lets_the_shares_be_told_again(installation: Installation, cast: Cast) -> None:
    budget_id = make_budget(cast.alice, "10")
    spend(installation.database, cast.max, "10")
    assert mails(installation) == to_managers("100")
    raise_budget(cast.alice, budget_id, Decimal(10), reason="The fair", expires_at=clock.now() + timedelta(days=1))
    assert mails(installation) == [], "50 % was told by then"
    spend(installation.database, cast.max, "6")
    assert mails(installation) == to_managers("80")


def test_raise_that_expires_tells_of_what_is_used_up_without_it(installation: Installation, cast: Cast) -> None:
    budget_id = make_budget(cast.alice, "10", is_hard=True)
    spend(installation.database, cast.max, "10")
    raise_budget(cast.alice, budget_id, Decimal(10), reason="The fair", expires_at=clock.now() + timedelta(days=1))
    spend(installation.database, cast.max, "2")
    assert mails(installation) == to_managers("100")
    _look(installation)
    assert mails(installation) == [], "it goes on"
    with doors.admin(installation.database) as connection:  # a day goes by, which no trigger sees
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE budget_raises SET starts_at = now() - interval '1 day', expires_at = now()")
    _look(installation)
    assert mails(installation) == to_managers("100")
    _look(installation)
    assert mails(installation) == [], "once"


def test_budget_that_is_used_up_is_told_again_when_it_becomes_hard(installation: Installation, cast: Cast) -> None:
    budget_id = make_budget(cast.alice, "10")
    spend(installation.database, cast.max, "10")
    assert mails(installation) == to_managers("100")
    entry = BudgetEntry(name="Autumn", limit_usd=Decimal(10), is_hard=True)
    update_budget(cast.alice, entry, seen=see_budget(cast.alice, budget_id))
    assert mails(installation) == to_managers("100")
    entry = BudgetEntry(name="Autumn", limit_usd=Decimal(10), is_hard=True, note="Since June")
    update_budget(cast.alice, entry, seen=see_budget(cast.alice, budget_id))
    assert mails(installation) == []


def test_share_that_a_correction_takes_back_is_told_again(installation: Installation, cast: Cast) -> None:
    make_budget(cast.alice, "10")
    usage_id = spend(installation.database, cast.max, "10")
    assert mails(installation) == to_managers("100")
    for cost in (1, 6):
        rows(installation, "UPDATE api_usage SET cost_usd = %s WHERE id = %s RETURNING 1", cost, usage_id)
    assert mails(installation) == to_managers("50")


def _look(installation: Installation) -> None:
    call_worker(installation.database, "SELECT api.watch_spending()")


def test_lowered_limit_is_told(installation: Installation, cast: Cast) -> None:
    budget_id = make_budget(cast.alice, "100")
    spend(installation.database, cast.max, "10")
    seen = see_budget(cast.alice, budget_id)
    update_budget(cast.alice, BudgetEntry(name="Autumn", limit_usd=Decimal(12)), seen=seen)
    assert mails(installation) == to_managers("80")


def test_next_month_is_told_anew(installation: Installation, cast: Cast) -> None:
    make_budget(cast.alice, "10")
    spend(installation.database, cast.max, "10")
    assert mails(installation) == to_managers("100")
    for table in ("budget_periods", "budget_alerts"):
        rows(installation, f"UPDATE {table} SET starts_at = starts_at - interval '1 month' RETURNING 1")
    spend(installation.database, cast.max, "5")
    assert mails(installation) == to_managers("50")


def test_event_is_as_its_schema_says(installation: Installation, cast: Cast) -> None:
    make_endpoint(cast.alice, "budget.threshold")
    project_id = make_project(installation.database, cast.alice)
    budget_id = make_budget(cast.alice, "10", scope="project", project_id=project_id, is_hard=True)
    spend(installation.database, cast.max, "8.5", project_id=project_id)
    payload = event(installation, "budget.threshold")
    assert payload["url"].endswith("/budgets")
    assert payload["data"]["budget"] == {
        "id": str(budget_id),
        "name": "Autumn",
        "scope": "project",
        "period": "month",
        "is_hard": True,
        "threshold_percent": 80,
        "spent_usd": 8.5,
        "limit_usd": 10,
        "project": {"id": str(project_id), "name": "Folding bicycle"},
        "person": None,
    }


@pytest.mark.parametrize(
    ("kind", "values", "subject", "says"),
    [
        (
            "budget_threshold",
            {"percent": "80", "effect": ""},
            "80 % of the budget “Autumn” is spent",
            "$85.00 of $100.00 is spent",
        ),
        (
            "budget_threshold",
            {"percent": "100", "effect": "hard"},
            "The budget “Autumn” is used up",
            "Nothing that it is about begins any more",
        ),
        (
            "own_budget_threshold",
            {"percent": "100", "effect": "soft"},
            "The budget “Autumn” is used up",
            "because the budget is about what you spend",
        ),
    ],
)
def test_mail_reads_well(kind: str, values: dict[str, str], subject: str, says: str) -> None:
    said = {"name": "Mona", "budget": "Autumn", "spent": "85.00", "limit": "100.00"} | values
    mail = render(MailKind(kind), said, base_url="https://orchestrator.example")
    assert mail.subject == subject
    for text in (mail.text, mail.html):
        assert says in text
    assert "https://orchestrator.example/" in mail.text


def test_person_who_spends_much_is_told_of_once_within_the_hours(installation: Installation, cast: Cast) -> None:
    watch_id = create_watch(cast.mona, Decimal(5), hours=24)

    def look() -> list[Any]:
        rows(installation, "UPDATE spending_watches SET looks_at = now() RETURNING 1")
        _look(installation)
        found = rows(installation, "DELETE FROM mail_outbox RETURNING recipient, \"values\" ->> 'person' AS who")
        return sorted((each["recipient"].partition("@")[0], each["who"]) for each in found)

    spend(installation.database, cast.max, "4")
    spend(installation.database, cast.vera, "4", created_at=clock.now() - timedelta(hours=25))
    spend(installation.database, cast.vera, "4")
    assert look() == []
    spend(installation.database, cast.max, "1.5")
    assert look() == [("alice", "Max"), ("mona", "Max")]
    spend(installation.database, cast.max, "3")
    assert look() == [], "he was told of within the last 24 hours"
    (notice,) = list_alerts(cast.alice).notices
    assert (notice.person, notice.spent_usd, notice.hours) == ("Max", Decimal("5.5"), 24)
    assert list_alerts(cast.max).notices == ()
    rows(installation, "UPDATE spending_notices SET told_at = told_at - interval '25 h' RETURNING 1")
    assert look() == [("alice", "Max"), ("mona", "Max")]
    (watch,) = list_watches(cast.mona)
    assert watch.id == watch_id
    higher = update_watch(cast.mona, Decimal(8), hours=24, seen=watch)
    assert list_alerts(cast.alice).notices == (), "nobody is said to be above a limit that they are below"
    assert look() == [("alice", "Max"), ("mona", "Max")], "he is above the new one too"
    end_watch(cast.mona, higher)
    rows(installation, "DELETE FROM spending_notices RETURNING 1")
    assert look() == []


def test_gauges_are_for_whom_they_bind(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.alice)
    make_budget(cast.alice, name="All")
    make_budget(cast.alice, name="Project", scope="project", project_id=project_id)
    for name in ("max", "mona", "vera"):
        make_budget(cast.alice, name=name, scope="user", user_id=getattr(cast, name).user_id)

    def names(actor: Any) -> list[str]:
        return [gauge.name for gauge in list_gauges(actor, project_id=project_id)]

    assert names(cast.max) == ["All", "Project", "max"]
    assert names(cast.mona) == ["All", "Project", "mona"]
    assert names(cast.vera) == ["vera"], "she launches nothing"
    assert names(cast.charlie) == []
    assert [gauge.name for gauge in list_project_gauges(cast.max, project_id)] == ["Project"]
    assert list_project_gauges(cast.vera, project_id) == ()


def test_alerts_are_for_who_manages_budgets(installation: Installation, cast: Cast) -> None:
    make_budget(cast.alice, "10")
    make_budget(cast.alice, "10", period="total", name="Ever", thresholds=(95,))
    spend(installation.database, cast.max, "8.5")
    assert [gauge.name for gauge in list_alerts(cast.mona).budgets] == ["Autumn"]
    assert list_alerts(cast.max).budgets == ()


def test_launch_says_beforehand_what_would_stop_it(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.alice)
    make_budget(cast.alice, "10", is_hard=True)
    spend(installation.database, cast.max, "9")
    dear, cheap = (Decimal("0.5"), Decimal(2)), (Decimal("0.1"), Decimal("0.2"))
    assert preview_launch(cast.max, project_id, cost_usd=cheap)[1] == ()
    (said,) = preview_launch(cast.max, project_id, cost_usd=dear)[1]
    assert said.startswith("It may cost more than is left of “Autumn”, the organization's budget")
    spend(installation.database, cast.max, "1.25")
    (stops, then) = preview_launch(cast.max, project_id, cost_usd=cheap)[1]
    assert stops == (
        "“Autumn”, the organization's budget, is used up this month: it is exceeded by $0.25. "
        "Alice or Mona can raise it."
    )
    assert then == "The run would stand there paused, and go on by itself then."
    with pytest.raises(BudgetUsedUp, match="exceeded by"):
        refuse_used_up(cast.max, project_id)
    assert name_managers(cast.vera) == ("Alice", "Mona")
    assert name_managers(cast.charlie) == ("Charlie",)


def test_change_is_in_the_trail(installation: Installation, cast: Cast) -> None:
    budget_id = make_budget(cast.mona, "10")
    raise_budget(cast.mona, budget_id, Decimal(5), reason="The fair", expires_at=clock.now() + timedelta(days=1))
    actions = rows(installation, "SELECT action, user_id FROM audit_logs WHERE action ~ '^budget' ORDER BY created_at")
    assert actions == [
        {"action": "budgets.create", "user_id": cast.mona.user_id},
        {"action": "budget_raises.create", "user_id": cast.mona.user_id},
    ]
    new = row(installation, "SELECT new_values FROM audit_logs WHERE action = 'budgets.create'")["new_values"]
    assert new["limit_usd"] == 10


@pytest.mark.parametrize(
    ("count", "who"),
    [(1, "A0"), (3, "A0, A1 or A2"), (4, "A0, A1, A2 or 1 more"), (20, "A0, A1, A2 or others")],
)
def test_who_can_raise_it_is_named_as_far_as_they_are_known(count: int, who: str) -> None:
    assert say_who_raises([f"A{place}" for place in range(count)]) == f"{who} can raise it."
