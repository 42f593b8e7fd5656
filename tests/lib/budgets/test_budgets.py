"""Budgets are made, edited, raised and ended by who may, and nothing is stored that makes no sense."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from lib import clock
from lib.budgets import service
from lib.budgets.gauges import list_alerts
from lib.budgets.views import BudgetCounts, BudgetEntry
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotFound, NotPermitted
from lib.models.budget import BudgetScope
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_budgets import make_budget, see_budget, show_budget, spend


def tomorrow() -> datetime:
    return clock.now() + timedelta(days=1)


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"name": " "}, "Name"),
        ({"limit": "0"}, "Limit"),
        ({"limit": "-1"}, "Limit"),
        ({"limit": "NaN"}, "Limit"),
        ({"limit": "1000000"}, "Limit"),
        ({"scope": "project"}, "Project"),
        ({"scope": "user"}, "Person"),
        ({"scope": "moon"}, "For"),
        ({"period": "week"}, "For"),
        ({"thresholds": (0,)}, "Tell at"),
        ({"thresholds": (100,)}, "Tell at"),
        ({"thresholds": tuple(range(1, 12))}, "Tell at"),
        ({"note": "x" * 2_001}, "Note"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    installation: Installation, cast: Cast, entered: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_budget(cast.alice, **entered)
    assert refused.value.field == field
    assert service.list_budgets(cast.alice).items == ()


def test_there_is_one_for_each_thing_and_period(installation: Installation, cast: Cast) -> None:
    first = make_budget(cast.alice)
    make_budget(cast.alice, period="total")
    with pytest.raises(AlreadyTaken, match="There is a budget for that already"):
        make_budget(cast.mona, name="Another")
    service.end_budget(cast.alice, first)
    make_budget(cast.mona, name="Another")
    make_budget(cast.charlie)
    assert [each.name for each in service.list_budgets(cast.alice).items] == ["Another", "Autumn"]


def test_another_organizations_project_and_person_are_not_found(installation: Installation, cast: Cast) -> None:
    with pytest.raises(NotFound):
        make_budget(cast.alice, scope="project", project_id=make_project(installation.database, cast.charlie))
    with pytest.raises(NotFound):
        make_budget(cast.alice, scope="user", user_id=cast.charlie.user_id)


def test_edit_that_was_based_on_an_older_state_is_not_saved(installation: Installation, cast: Cast) -> None:
    budget_id = make_budget(cast.alice)
    seen = see_budget(cast.alice, budget_id)
    service.update_budget(cast.mona, BudgetEntry(name="Winter", limit_usd=Decimal(2)), seen=seen)
    with pytest.raises(Conflict, match="Somebody else has edited"):
        service.update_budget(cast.alice, BudgetEntry(name="Spring", limit_usd=Decimal(3)), seen=seen)
    assert see_budget(cast.alice, budget_id).name == "Winter"


def test_what_has_ended_is_neither_edited_nor_raised(installation: Installation, cast: Cast) -> None:
    budget_id = make_budget(cast.alice)
    seen = see_budget(cast.alice, budget_id)
    service.end_budget(cast.alice, budget_id)
    for change in (
        lambda: service.update_budget(cast.alice, BudgetEntry(name="Winter", limit_usd=Decimal(2)), seen=seen),
        lambda: service.raise_budget(cast.alice, budget_id, Decimal(1), reason="Why", expires_at=tomorrow()),
        lambda: service.end_budget(cast.alice, budget_id),
    ):
        with pytest.raises(NotFound):
            change()


@pytest.mark.parametrize(
    ("amount", "reason", "days", "field"),
    [("0", "Why", 1, "Amount"), ("1", "", 1, "Reason"), ("1", "Why", -1, "Until"), ("1", "Why", 400, "Until")],
)
def test_raise_that_makes_no_sense_is_refused(
    *, installation: Installation, cast: Cast, amount: str, reason: str, days: int, field: str
) -> None:
    budget_id = make_budget(cast.alice)
    until = clock.now() + timedelta(days=days)
    with pytest.raises(InvalidInput) as refused:
        service.raise_budget(cast.alice, budget_id, Decimal(amount), reason=reason, expires_at=until)
    assert refused.value.field == field


@pytest.mark.parametrize("weak", ["max", "vera"])
def test_weak_role_changes_nothing(installation: Installation, cast: Cast, weak: str) -> None:
    actor, budget_id = getattr(cast, weak), make_budget(cast.alice)
    for change in (
        lambda: make_budget(actor, period="total"),
        lambda: service.update_budget(actor, BudgetEntry(name="x"), seen=show_budget(budget_id)),
        lambda: service.raise_budget(actor, budget_id, Decimal(1), reason="Why", expires_at=tomorrow()),
        lambda: service.end_budget(actor, budget_id),
        lambda: service.create_watch(actor, Decimal(1), hours=24),
        lambda: service.list_budgets(actor),
        lambda: service.count_budgets(actor),
        lambda: service.list_watches(actor),
        lambda: service.list_choices(actor),
    ):
        with pytest.raises(NotPermitted):
            change()


def test_stranger_finds_nothing(installation: Installation, cast: Cast) -> None:
    budget_id = make_budget(cast.alice)
    watch_id = service.create_watch(cast.alice, Decimal(1), hours=24)
    for change in (
        lambda: service.raise_budget(cast.charlie, budget_id, Decimal(1), reason="Why", expires_at=tomorrow()),
        lambda: service.end_budget(cast.charlie, budget_id),
        lambda: service.end_raise(cast.charlie, uuid4()),
        lambda: service.end_watch(cast.charlie, watch_id),
        lambda: service.update_watch(cast.charlie, Decimal(2), hours=24, seen=service.list_watches(cast.alice)[0]),
    ):
        with pytest.raises(NotFound):
            change()
    assert service.list_budgets(cast.charlie).items == ()


def test_watch_is_one_for_its_hours(installation: Installation, cast: Cast) -> None:
    service.create_watch(cast.alice, Decimal(5), hours=24)
    with pytest.raises(AlreadyTaken, match="24 hours already"):
        service.create_watch(cast.mona, Decimal(6), hours=24)
    with pytest.raises(InvalidInput, match="1 to 720 hours"):
        service.create_watch(cast.mona, Decimal(6), hours=0)


def test_watch_is_edited_for_the_same_hours_and_for_others(installation: Installation, cast: Cast) -> None:
    service.create_watch(cast.alice, Decimal(5), hours=24)
    service.create_watch(cast.alice, Decimal(9), hours=48)
    day, two_days = service.list_watches(cast.mona)
    service.update_watch(cast.mona, Decimal(7), hours=24, seen=day)
    with pytest.raises(NotFound):
        service.update_watch(cast.alice, Decimal(8), hours=24, seen=day)
    with pytest.raises(AlreadyTaken, match="24 hours already"):
        service.update_watch(cast.mona, Decimal(7), hours=24, seen=two_days)
    assert service.update_watch(cast.mona, Decimal(9), hours=48, seen=two_days) == two_days.id
    service.update_watch(cast.mona, Decimal(9), hours=72, seen=two_days)
    assert [(each.limit_usd, each.hours) for each in service.list_watches(cast.mona)] == [(7, 24), (9, 72)]
    with pytest.raises(NotPermitted):
        service.update_watch(cast.max, Decimal(1), hours=1, seen=service.list_watches(cast.mona)[0])


def test_list_is_read_in_pages_forth_and_back(installation: Installation, cast: Cast) -> None:
    names = ["apples", "Bananas", "cherries", "Dates"]
    for name in reversed(names):
        project_id = make_project(installation.database, cast.alice, name=name)
        for period in ("month", "total"):
            make_budget(cast.alice, name=f"{name}, {period}", scope="project", project_id=project_id, period=period)
    make_budget(cast.alice, name="All")
    wanted = ["All", *(f"{name}, {period}" for name in names for period in ("month", "total"))]
    pages = [service.list_budgets(cast.mona, limit=4)]
    while pages[-1].older:
        pages.append(service.list_budgets(cast.mona, cursor=pages[-1].older, limit=4))
    assert [each.name for page in pages for each in page.items] == wanted
    assert service.list_budgets(cast.mona, cursor=pages[-1].newer, limit=4).items == pages[-2].items
    assert service.list_budgets(cast.mona, cursor=pages[-2].newer, limit=4).items == pages[0].items
    with pytest.raises(InvalidInput):
        service.list_budgets(cast.mona, cursor="no cursor")


@pytest.mark.parametrize("thresholds", [(), (50,), (50, 80, 95), (90, 95)])
def test_database_counts_those_that_need_somebody_as_their_gauges_say(
    installation: Installation, cast: Cast, thresholds: tuple[int, ...]
) -> None:
    for share in (0, 49, 50, 79, 80, 94, 95, 99, 100, 130):
        project_id = make_project(installation.database, cast.alice, name=f"{share} percent")
        make_budget(cast.alice, "100", name=str(share), scope="project", project_id=project_id, thresholds=thresholds)
        if share:
            spend(installation.database, cast.max, str(share), project_id=project_id)
    shown = service.list_budgets(cast.mona).items
    used_up = [each.name for each in shown if each.is_used_up]
    short = sorted((each.name for each in shown if each.is_short), key=int, reverse=True)
    assert service.count_budgets(cast.mona) == BudgetCounts(10, len(used_up), len(short) - len(used_up))
    alerts = list_alerts(cast.mona, most=3)
    assert [each.name for each in alerts.budgets] == short[:3]
    assert alerts.more == max(len(short) - 3, 0)
    assert list_alerts(cast.max).budgets == ()


def test_what_is_beyond_the_choices_is_found_by_its_name(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_CHOICES", 2)
    for name in ("100 % wool", "Hinges", "Hinges, brass"):
        make_project(installation.database, cast.alice, name=name)
    newest = service.list_choices(cast.mona, BudgetScope.PROJECT)
    assert (list(newest.names.values()), newest.has_more) == (["Hinges, brass", "Hinges"], True)
    for search, names in ((" HINGES ", ["Hinges, brass", "Hinges"]), ("0 %", ["100 % wool"]), ("_", [])):
        found = service.list_choices(cast.mona, BudgetScope.PROJECT, search=search)
        assert (list(found.names.values()), found.has_more) == (names, False)
    (max_id,) = service.list_choices(cast.mona, BudgetScope.USER, search="max").names
    assert max_id == cast.max.user_id
    assert service.list_choices(cast.charlie, BudgetScope.PROJECT, search="Hinges").names == {}
