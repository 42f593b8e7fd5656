"""What stands beside every page: what waits, who is signed in, and of which organization."""

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.navigation import ACCOUNT, OVERVIEW, RUNS
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import end_run, make_run
from tests.pages.conftest import OpenAs


def foot(at: AppTest) -> str:
    """The label of the menu at the foot."""
    (menu,) = (node for node in at.sidebar if node.type == "popover")
    return str(menu.proto.popover.label)  # type: ignore[union-attr] # a block has one


def test_organization_with_its_tier_and_the_person_with_their_role_stand_at_the_foot(
    open_as: OpenAs, cast: Cast
) -> None:
    assert foot(open_as(cast.vera, OVERVIEW)) == "Vera · Viewer  \n:small[:gray[Acme Research · Free]]"
    assert foot(open_as(cast.charlie, OVERVIEW)) == "Charlie · Admin  \n:small[:gray[Borealis · Free]]"


def test_page_is_itself_where_something_waits_on_it(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max)
    run = make_run(installation.database, cast.max, project_id=project_id)
    end_run(installation.database, cast.max, run, status="failed")
    for page in (RUNS, OVERVIEW):
        assert open_as(cast.max, page).title[0].value == page.title


def test_page_stands_where_the_count_beside_it_can_not_be_read(
    open_as: OpenAs, installation: Installation, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    """The table of runs is gone; the account needs none of it."""
    with doors.admin(installation.database) as connection:
        connection.execute("ALTER TABLE orchestration_runs RENAME TO elsewhere")
    at = open_as(cast.vera, ACCOUNT)
    assert at.title[0].value == "Account"
    assert foot(at) == "Vera · Viewer  \n:small[:gray[Acme Research]]"
    assert "without its counts" in caplog.text
