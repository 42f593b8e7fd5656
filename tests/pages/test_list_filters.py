"""Filters, orders and the export of the lists of runs and projects, as the address and the widgets have them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.navigation import PROJECTS, RUNS
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.doors import Connection
from tests.factories import make_project, make_template
from tests.made_runs import end_run, make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, press, shown, table
from tests.records import rows


@pytest.fixture
def ids(installation: Installation, cast: Cast) -> dict[str, str]:
    """Two runs that differ in everything; and what the address calls what belongs to "Bicycle run"."""
    database = installation.database
    made = {}
    for actor, name, model in ((cast.max, "Boat", "local:small"), (cast.alice, "Bicycle", "local:large")):
        made["project"] = make_project(database, actor, name=name)
        made["template"] = make_template(database, cast.alice, name=f"{name} plan", status="published")
        run = make_run(
            database,
            actor,
            project_id=made["project"],
            template_id=made["template"],
            title=f"{name} run",
            model=model,
        )
        end_run(database, actor, run, status="completed" if name == "Boat" else "failed")
    return {name: str(each) for name, each in made.items()} | {"person": str(cast.alice.user_id), "model": model}


#: Filter -> how its popover says that it is on, and what it stands for in the words of an empty list.
LABELS = {
    "project": "**Project: Bicycle**",
    "person": "**Person: Alice**",
    "template": "**Template: Bicycle plan**",
    "model": "**Model: local\\:large**",
}


LEFT_OUT = "The address asks for what is not in this list, left out: "


@contextmanager
def unguarded(installation: Installation) -> Iterator[Connection]:
    """Past the rule that nothing of an ended run changes."""
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def popovers(at: AppTest) -> list[str]:
    """The labels of the popovers, as Streamlit gets them."""
    return [block.proto.popover.label for block in _blocks(at._tree.main) if block.type == "popover"]


def _blocks(block: Any) -> Iterator[Any]:
    yield block
    for child in getattr(block, "children", {}).values():
        yield from _blocks(child)


@pytest.mark.parametrize("name", LABELS)
def test_filter_is_followed_from_the_address_and_says_its_value(
    open_as: OpenAs, cast: Cast, ids: dict[str, str], name: str
) -> None:
    at = open_as(cast.vera, RUNS, **{name: ids[name]})
    assert table(at, "Run") == ["Bicycle run"]
    assert LABELS[name] in popovers(at)
    assert at.selectbox(key=f"runs-{name}").value == ids[name]
    assert table(press(at, "Clear"), "Run") == ["Bicycle run", "Boat run"]
    assert at.query_params == {}
    assert "Clear" not in buttons(at)


@pytest.mark.parametrize("name", LABELS)
def test_filter_that_is_chosen_stands_in_the_address(
    open_as: OpenAs, cast: Cast, ids: dict[str, str], name: str
) -> None:
    at = open_as(cast.vera, RUNS, status="failed")
    at.selectbox(key=f"runs-{name}").set_value(ids[name])
    assert table(at.run(), "Run") == ["Bicycle run"]
    assert at.query_params == {"status": "failed", name: ids[name]}
    at.query_params.clear()  # as Back does
    assert table(at.run(), "Run") == ["Bicycle run", "Boat run"]
    assert at.selectbox(key=f"runs-{name}").value is None


def test_what_is_too_long_to_be_searched_is_cut_and_said(open_as: OpenAs, cast: Cast, ids: dict[str, str]) -> None:
    assert f"{LEFT_OUT}what is searched, beyond 200 characters" in shown(open_as(cast.vera, RUNS, search="x" * 201))
    assert LEFT_OUT not in shown(open_as(cast.vera, RUNS, search="x" * 200))


@pytest.mark.parametrize("name", ["project", "person", "template", "model"])
def test_id_of_another_organization_is_as_unknown_as_any(
    open_as: OpenAs, cast: Cast, ids: dict[str, str], installation: Installation, name: str
) -> None:
    project_id = make_project(installation.database, cast.charlie)
    make_run(installation.database, cast.charlie, project_id=project_id, title="Own")
    pages = [shown(open_as(cast.charlie, RUNS, **{name: value})) for value in (ids[name], str(uuid4()), "nonsense")]
    assert pages[0] == pages[1] == pages[2]
    assert LEFT_OUT + name.capitalize() in pages[0]
    assert "Own" in pages[0]


def test_days_are_those_of_the_reader(
    open_as: OpenAs, installation: Installation, cast: Cast, ids: dict[str, str]
) -> None:
    """Half past midnight in Kolkata on the second of March is the first of March in UTC."""
    with unguarded(installation) as connection:
        connection.execute(
            "UPDATE orchestration_runs SET created_at = CASE WHEN title = 'Boat run' THEN timestamptz "
            "'2026-03-01 19:00+00' ELSE '2026-03-01 18:00+00' END"
        )
    days: dict[str, object] = {"from": "2026-03-02", "to": "2026-03-02"}
    assert headings(open_as(cast.vera, RUNS, **days)) == ["Runs", "No run matches these filters"]
    preferences = '{"time_zone": "Asia/Kolkata"}'
    rows(installation, "UPDATE users SET preferences = %s WHERE id = %s RETURNING 1", preferences, cast.vera.user_id)
    at = open_as(cast.vera, RUNS, **days)
    assert table(at, "Run") == ["Boat run"]
    assert "**Launched: 2 Mar 2026**" in popovers(at)
    at.date_input(key="runs-from").set_value(None)
    assert table(at.run(), "Run") == ["Boat run", "Bicycle run"]
    assert at.query_params == {"to": "2026-03-02"}
    assert "**Launched: until 2 Mar 2026**" in popovers(at)


@pytest.mark.parametrize(
    ("parameters", "left_out"),
    [
        ({"sort": "nonsense"}, "Sort by"),
        ({"sort": "newest"}, None),
        ({"from": "yesterday", "to": "9999-12-31"}, "Launched from, Launched to"),
        ({"from": "0001-01-01"}, "Launched from"),
        ({"to": "2026-13-01"}, "Launched to"),
        ({"project": "", "model": "\x00"}, "Model"),
        ({"status": "newest"}, "Status"),
    ],
)
def test_nonsense_in_the_address_is_left_out_and_said(
    open_as: OpenAs, cast: Cast, ids: dict[str, str], parameters: dict[str, object], left_out: str | None
) -> None:
    at = open_as(cast.vera, RUNS, **parameters)
    assert table(at, "Run") == ["Bicycle run", "Boat run"]
    assert (f"{LEFT_OUT}{left_out}]" in shown(at)) if left_out else (LEFT_OUT not in shown(at))
    assert "Clear" not in buttons(at)


def test_last_day_before_the_first_is_left_out(open_as: OpenAs, cast: Cast, ids: dict[str, str]) -> None:
    at = open_as(cast.vera, RUNS, **{"from": "2026-03-02", "to": "2026-03-01"})
    assert table(at, "Run") == ["Bicycle run", "Boat run"]
    assert "**Launched: from 2 Mar 2026**" in popovers(at)


@pytest.mark.parametrize(
    ("sort", "first"),
    [("newest", "Bicycle run"), ("oldest", "Boat run"), ("cost", "Boat run"), ("longest", "Boat run")],
)
def test_order_stands_in_the_address(
    *, open_as: OpenAs, installation: Installation, cast: Cast, ids: dict[str, str], sort: str, first: str
) -> None:
    with unguarded(installation) as connection:
        connection.execute(
            "UPDATE orchestration_runs SET execution_time_ms = CASE WHEN title = 'Boat run' THEN 9 ELSE 1 END"
        )
    at = open_as(cast.vera, RUNS)
    at.selectbox(key="runs-sort").set_value(sort)
    assert table(at.run(), "Run")[0] == first
    assert at.query_params == ({} if sort == "newest" else {"sort": sort})
    assert table(open_as(cast.vera, RUNS, sort=sort), "Run")[0] == first
    assert "Clear" not in buttons(at), "an order hides nothing"


def test_other_order_begins_at_the_first_page(open_as: OpenAs, cast: Cast, ids: dict[str, str]) -> None:
    at = open_as(cast.vera, RUNS, page="nonsense")
    assert headings(at) == ["Runs", "This page of the list is empty"]
    at.selectbox(key="runs-sort").set_value("cost")
    assert len(table(at.run(), "Run")) == 2
    assert at.query_params == {"sort": "cost"}


def test_each_status_says_how_many_the_other_filters_leave(open_as: OpenAs, cast: Cast, ids: dict[str, str]) -> None:
    def said(**parameters: object) -> list[str]:
        at = open_as(cast.vera, RUNS, **parameters)
        return [option for option in at.segmented_control(key="runs-status").options if ":gray" in option]

    both = ["✓ Completed :gray[1]", "✕ Failed :gray[1]"]
    assert said() == said(status="failed") == said(status="paused") == both
    assert said(person=ids["person"]) == said(search="bicycle run") == ["✕ Failed :gray[1]"]
    assert said(search="zeppelin") == []


def test_projects_are_filtered_and_sorted(
    open_as: OpenAs, installation: Installation, cast: Cast, ids: dict[str, str]
) -> None:
    rows(installation, "UPDATE projects SET priority = 'urgent' WHERE name = 'Boat' RETURNING 1")
    at = open_as(cast.vera, PROJECTS, sort="name")
    assert table(at, "Project") == ["Bicycle", "Boat"]
    at.selectbox(key="projects-priority").set_value("urgent")
    assert table(at.run(), "Project") == ["Boat"]
    assert "**Priority: Urgent**" in popovers(at)
    assert at.query_params == {"sort": "name", "priority": "urgent"}
    at.selectbox(key="projects-owner").set_value(ids["person"])
    assert headings(at.run()) == ["Projects", "No project matches these filters"]
    assert "Priority: Urgent · Owner: Alice" in shown(at)
    assert table(press(at, "Clear the filters"), "Project") == ["Bicycle", "Boat"]
    assert at.query_params == {"sort": "name"}, "the order is no filter"


def test_everybody_who_sees_a_list_may_export_it(open_as: OpenAs, cast: Cast, ids: dict[str, str]) -> None:
    for actor in cast.of_a:
        for page in (RUNS, PROJECTS):
            at = open_as(actor, page)
            assert [button.label for button in at.get("download_button")] == ["CSV", "Parquet", "JSON", "JSON Lines"]


def test_name_of_a_filter_means_nothing_to_markdown(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max, name=":red[Loud] plan")
    make_run(installation.database, cast.max, project_id=project_id)
    assert "**Project: \\:red\\[Loud\\] plan**" in popovers(open_as(cast.vera, RUNS, project=project_id))
