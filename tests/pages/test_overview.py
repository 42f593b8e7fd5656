"""Overview: what runs, what the quota allows, and the first steps of somebody new."""

from datetime import UTC, datetime

import pytest

from lib.ui.navigation import OVERVIEW
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import end_run, make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, markup, press, shown, table
from tests.records import rows
from tests.workspace import make_workspace


def quota(installation: Installation, *, used: int, limit: int | None) -> None:
    rows(
        installation,
        "UPDATE organizations SET api_quota_used = %s, api_quota_limit = %s, quota_resets_at = %s RETURNING 1",
        used,
        limit,
        datetime(2126, 12, 1, tzinfo=UTC),
    )


def test_newcomer_is_led_to_the_first_project(open_as: OpenAs, cast: Cast) -> None:
    for actor in (cast.alice, cast.mona, cast.max):
        at = open_as(actor, OVERVIEW)
        assert headings(at) == ["Overview", "First steps", "This month"]
        assert "0 of 2 done" in shown(at)
        assert buttons(at) == ["Create"], "nothing can be launched yet"
    press(at, "Create")
    assert at.title[0].value == "Projects"
    assert [area.label for area in at.text_area] == ["Topic", "Description"], "the form is open"


def test_newcomer_with_a_project_is_led_to_the_first_run(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    make_project(installation.database, cast.mona)
    at = open_as(cast.max, OVERVIEW)
    assert "1 of 2 done" in shown(at)
    assert buttons(at) == ["Launch"]
    assert press(at, "Launch").title[0].value == "Launch"


def test_viewer_of_nothing_is_told_what_will_be_here(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.vera, OVERVIEW)
    assert headings(at) == ["Overview", "Nothing has run yet", "This month"]
    assert buttons(at) == []


def test_what_runs_and_what_ran_is_shown_to_everybody(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    made = make_workspace(installation.database, cast.alice)
    ended = make_run(installation.database, cast.alice, project_id=made.project_id, title="Ended")
    end_run(installation.database, cast.alice, ended)
    for actor in cast.of_a:
        at = open_as(actor, OVERVIEW)
        may_decide = actor in (cast.mona, cast.max)  # what alice launched waits for others than herself
        needed = ["Needs you"] if may_decide else []
        told = ["Budgets that need you"] if actor in (cast.alice, cast.mona) else []
        assert headings(at) == ["Overview", *needed, *told, "Running now", "Recent runs", "This month"]
        said = shown(at)
        assert "Research" in said, "the phase that is being written"
        assert "1 / 2" in said
        assert "no worker is running" in said
        assert 'aria-valuetext="1 of 2 phases"' in markup(at)
        assert table(at, "Run") == ["Ended", "Looked at by nobody", "To be reviewed", "A run"]
        launching = [] if actor is cast.vera else ["Launch run"]
        assert buttons(at) == [*launching, *(["Review", "Review"] if may_decide else []), "Open"]


def test_run_under_way_is_opened(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    made = make_workspace(installation.database, cast.alice)
    at = press(open_as(cast.vera, OVERVIEW), "Open")
    assert at.title[0].value == "A run"
    assert at.query_params == {"run": str(made.run.id)}


def test_next_run_is_launched_from_here(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_workspace(installation.database, cast.alice)
    assert press(open_as(cast.max, OVERVIEW), "Launch run").title[0].value == "Launch"


@pytest.mark.parametrize(
    ("used", "limit", "said", "drawn"),
    [
        (412, 1000, "**412** of 1,000", "ao-is-accent"),
        (900, 1000, "**900** of 1,000", "ao-is-warn"),
        (1000, 1000, "**1,000** of 1,000", "ao-is-warn"),
        (0, 0, "**0** of 0", "ao-is-warn"),
    ],
)
def test_quota_is_shown_with_its_end(
    *, open_as: OpenAs, installation: Installation, cast: Cast, used: int, limit: int, said: str, drawn: str
) -> None:
    quota(installation, used=used, limit=limit)
    at = open_as(cast.vera, OVERVIEW)
    assert said in shown(at)
    assert drawn in markup(at)
    assert "Resets on Sunday 1 December 2126." in shown(at)


def test_quota_without_a_limit_has_no_meter(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    quota(installation, used=7, limit=None)
    at = open_as(cast.vera, OVERVIEW)
    assert "**7**, no limit" in shown(at)
    assert "ao-meter" not in markup(at)


def test_stranger_sees_none_of_it(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_workspace(installation.database, cast.alice)
    quota(installation, used=0, limit=1000)
    at = open_as(cast.charlie, OVERVIEW)
    assert headings(at) == ["Overview", "First steps", "This month"]
    assert "Borealis" in shown(at)
    assert "A run" not in shown(at)
