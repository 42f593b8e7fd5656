"""Analytics: what a person keeps of it: views under a name, and reports by mail."""

from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from lib.errors import NotFound, NotPermitted
from lib.models.usage_report import Rhythm
from lib.saved_views.service import delete_view, list_saved_views, rename_view, save_view
from lib.ui.navigation import ANALYTICS
from lib.usage.reports.service import ask_for_report, list_reports
from tests.cast import Cast
from tests.pages.conftest import OpenAs
from tests.pages.reading import press, shown, text_input
from tests.pages.used import open_filter, projects, used

__all__ = ["projects", "used"]


def open_views(at: AppTest) -> AppTest:
    """The menu of saved views, as it is once somebody has opened it."""
    at.session_state["usage-views"] = True
    return at.run()


def test_view_is_saved_chosen_renamed_and_deleted(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days", project=used[0])
    text_input(at, "Name of this view").set_value("Scans *lately*")
    press(at, "Save view")
    assert "is saved among your views" in shown(at)
    at = open_views(open_as(cast.mona, ANALYTICS))
    (found,) = list_saved_views(cast.mona, "analytics")
    at.button(key=f"usage-view-{found.id}").click().run()
    assert at.query_params == {"range": "30-days", "project": str(used[0])}
    assert open_filter(at, "project").multiselect(key="usage-project").value == [str(used[0])]
    assert list_saved_views(cast.alice, "analytics") == (), "everybody has their own"
    rename_view(cast.mona, found.id, name="Scans")
    assert [each.name for each in list_saved_views(cast.mona, "analytics")] == ["Scans"]
    with pytest.raises(NotFound):
        delete_view(cast.alice, found.id)
    delete_view(cast.mona, found.id)
    assert list_saved_views(cast.mona, "analytics") == ()


def test_view_is_renamed_and_deleted_in_dialogs(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    view_id = save_view(cast.mona, "analytics", name="Old", query="range=30-days")
    at = open_views(open_as(cast.mona, ANALYTICS))
    menu = next(each for each in at.get("menu_button") if str(view_id) in each.proto.id)
    menu.set_value("Rename…")
    at.run()
    text_input(at, "Name").set_value("New")
    next(each for each in at.get("menu_button") if str(view_id) in each.proto.id).set_value("Rename…")
    at.button(key="usage-rename-confirm").click().run()
    assert [each.name for each in list_saved_views(cast.mona, "analytics")] == ["New"]


def test_mails_are_switched_on_changed_and_switched_off(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_views(open_as(cast.mona, ANALYTICS, range="30-days", project=used[0]))
    weekly = at.toggle(key="usage-report-weekly")
    assert (weekly.label, weekly.value) == ("Each week, on Monday at 7:00", False)
    weekly.set_value(True).run()
    assert "You get a mail about the filters of this page" in at.toast[0].value
    (entry,) = list_reports(cast.mona).values()
    assert (entry.rhythm, entry.query) == (Rhythm.WEEKLY, f"project={used[0]}")
    at = open_views(open_as(cast.mona, ANALYTICS))
    assert at.toggle(key="usage-report-weekly").value
    assert "of other filters" in shown(at)
    at.button(key="usage-report-show-weekly").click().run()
    assert at.query_params == {"project": str(used[0])}
    at = open_views(open_as(cast.mona, ANALYTICS))
    at.button(key="usage-report-use-weekly").click().run()
    assert list_reports(cast.mona)[Rhythm.WEEKLY].query == ""
    at = open_views(open_as(cast.mona, ANALYTICS))
    assert "of all calls" in shown(at)
    at.toggle(key="usage-report-monthly").set_value(True).run()
    at.toggle(key="usage-report-weekly").set_value(False).run()
    assert [*list_reports(cast.mona)] == [Rhythm.MONTHLY]
    assert list_reports(cast.alice) == {}, "everybody has their own"


def test_mail_that_was_switched_on_elsewhere_is_not_switched_off_by_looking(
    open_as: OpenAs, cast: Cast, used: list[UUID]
) -> None:
    at = open_views(open_as(cast.mona, ANALYTICS))
    ask_for_report(cast.mona, Rhythm.WEEKLY, {})
    at.run()
    assert at.toggle(key="usage-report-weekly").value
    assert [*list_reports(cast.mona)] == [Rhythm.WEEKLY]


def test_two_views_have_two_names(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    save_view(cast.mona, "analytics", name="Mine", query="")
    at = open_as(cast.mona, ANALYTICS)
    text_input(at, "Name of this view").set_value(" Mine ")
    press(at, "Save view")
    assert "Choose another name" in shown(at)
    with pytest.raises(NotPermitted):
        save_view(cast.max, "analytics", name="Mine", query="")
