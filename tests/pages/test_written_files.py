"""Files too long to wait for: asked for in the menu of Audit and of calls, told of there, taken and removed."""

import pytest
from streamlit.testing.v1 import AppTest

from lib.export_jobs.service import MOST_UNDER_WAY, list_exports
from lib.models.export_job import ExportStatus
from lib.ui.components import written_files
from lib.ui.navigation import ANALYTICS, AUDIT
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_exports import AUDIT as ENTRIES
from tests.made_exports import CALLS, ask, make_export_row, newest, set_tier, work
from tests.made_usage import make_calls
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, press, shown

FORMATS = ["CSV", "Parquet", "JSON", "JSON Lines"]


@pytest.fixture(autouse=True)
def _filled(installation: Installation, cast: Cast) -> None:
    set_tier(installation, cast.organization_a, "pro")
    make_calls(installation.database, cast.organization_a, [{"user_id": cast.max.user_id}] * 4)


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows are a long file."""
    monkeypatch.setattr(written_files, "LONG", 3)


def open_menu(at: AppTest, key: str) -> AppTest:
    at.session_state[f"{key}-export"] = True
    at.run()
    assert not at.exception
    return at


def calls_of(open_as: OpenAs, cast: Cast) -> AppTest:
    return open_menu(open_as(cast.mona, ANALYTICS, range="7-days", calls="1"), "calls")


def links(at: AppTest) -> dict[str, str]:
    """Label -> address of what can be taken at once."""
    return {each.proto.label: each.proto.url for each in at.get("link_button")}


def test_short_file_is_taken_at_once(open_as: OpenAs, cast: Cast) -> None:
    at = calls_of(open_as, cast)
    assert "4 calls, in the order of the list" in shown(at)
    assert [*links(at)] == FORMATS
    assert links(at)["CSV"].startswith("/api/usage/calls.csv?first=")
    assert "Written files" not in shown(at)


@pytest.mark.usefixtures("long")
def test_long_file_of_calls_is_asked_for_and_taken(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = calls_of(open_as, cast)
    assert links(at) == {}
    assert "You may leave this page meanwhile" in shown(at)
    press(at, "JSON Lines")
    assert "JSON Lines is to be written" in shown(at)
    (entry,) = list_exports(cast.mona, CALLS).entries
    assert (entry.status, entry.format) == (ExportStatus.ASKED, "jsonl")
    work(installation)
    at = calls_of(open_as, cast)
    assert "JSON Lines, 4 calls, <10 kB" in shown(at)
    assert links(at) == {"Download": f"/api/exports/{entry.id}/file"}
    press(at, "Delete")
    assert "Written files" not in shown(at)
    assert list_exports(cast.mona, CALLS).entries == ()


@pytest.mark.usefixtures("long")
def test_long_file_of_the_trail_is_asked_for(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = open_menu(open_as(cast.alice, AUDIT), "audit")
    press(at, "CSV")
    assert "CSV is to be written" in shown(at)
    assert "All days" in shown(at)
    work(installation)
    assert newest(cast.alice, ENTRIES).status is ExportStatus.MADE
    at = open_menu(open_as(cast.alice, AUDIT), "audit")
    assert "Download" in links(at)


@pytest.mark.usefixtures("long")
def test_what_is_not_wanted_any_more_is_cancelled(open_as: OpenAs, cast: Cast) -> None:
    at = press(calls_of(open_as, cast), "CSV")
    press(at, "Cancel")
    assert list_exports(cast.mona, CALLS).entries == ()


@pytest.mark.usefixtures("long")
def test_who_asks_for_too_many_is_told_what_to_do(open_as: OpenAs, cast: Cast) -> None:
    for _ in range(MOST_UNDER_WAY):
        ask(cast.mona)
    at = press(calls_of(open_as, cast), "CSV")
    assert "Wait for one of them, or remove it" in shown(at) + str([each.value for each in at.toast])


def test_why_there_is_no_file_is_said(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    why = {"status": "failed", "failure": "The disk is full.", "made_at": None, "store": None, "file": None}
    make_export_row(installation.database, cast.mona, **why)
    at = calls_of(open_as, cast)
    assert "CSV was not written" in shown(at)
    assert "The disk is full." in shown(at)
    assert "Delete" in buttons(at)
    assert "Download" not in links(at)


def test_file_that_ends_early_says_so(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_export_row(installation.database, cast.mona)
    at = calls_of(open_as, cast)
    assert "CSV, 1,000,000 calls, 123 MB" in shown(at)
    assert "There were more than a file has" in shown(at)


def test_where_no_worker_is_there_it_says_so(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    ask(cast.mona)
    assert "No worker is running, so nothing moves" in shown(calls_of(open_as, cast))
    work(installation)
    assert "No worker is running" not in shown(calls_of(open_as, cast)), "nothing waits for one"


def test_who_saw_more_then_is_told_that_the_file_is_not_theirs_any_more(
    open_as: OpenAs, installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_export_row(installation.database, cast.mona)
    monkeypatch.setattr("lib.export_jobs.service._is_beyond", lambda *_: True)
    at = calls_of(open_as, cast)
    assert "It has more than you see by now" in shown(at)
    assert "Download" not in links(at)
