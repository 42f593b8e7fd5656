"""A search for a name finds all that is called so, or says that it does not."""

import io
from uuid import UUID

import pytest

from lib.audit.naming import queries as naming
from lib.audit.trail import count_entries, export_entries, find_named, list_entries
from lib.audit.views import EntryFilter, Named, Outcome, Thing
from lib.errors import InvalidInput, NotPermitted
from lib.exports import ExportFormat
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_webhook
from tests.made_runs import make_run

pytestmark = pytest.mark.usefixtures("installation")


def make_projects(installation: Installation, cast: Cast, count: int) -> list[UUID]:
    return [make_project(installation.database, cast.max, name=f"Zephyr {number}") for number in range(count)]


def pro(installation: Installation, cast: Cast) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro' WHERE id = %s", [cast.organization_a])


def test_all_that_is_called_so_is_found(installation: Installation, cast: Cast) -> None:
    made = make_projects(installation, cast, 120)
    pro(installation, cast)
    chosen = EntryFilter(search="zephyr")
    found = list_entries(cast.alice, chosen, limit=200).items
    assert {entry.thing for entry in found} == {Thing("projects", each) for each in made}
    assert count_entries(cast.alice, chosen, most=1_000) == 120
    assert not find_named(cast.alice, chosen).beyond
    written = export_entries(cast.alice, chosen, io.BytesIO(), file_format=ExportFormat.LINES)
    assert written.rows == 120


def test_run_is_found_by_the_title_that_stands_beside_its_entries(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max)
    made = make_run(installation.database, cast.max, project_id=project_id, title="Meet the workshop")
    found = list_entries(cast.alice, EntryFilter(search="the worksh")).items
    assert {(entry.thing, entry.name) for entry in found} == {(Thing("orchestrations", made.id), "Meet the workshop")}
    assert list_entries(cast.alice, EntryFilter(search="the worksh", kind="projects")).items == ()
    assert list_entries(cast.charlie, EntryFilter(search="the worksh")).items == ()


def test_what_is_deleted_is_found_by_its_last_name(installation: Installation, cast: Cast) -> None:
    webhook_id = make_webhook(installation.database, cast.alice, name="Deployments")
    with doors.admin(installation.database) as connection:
        connection.execute("DELETE FROM webhooks WHERE id = %s", [webhook_id])
    found = list_entries(cast.alice, EntryFilter(search="deploym")).items
    assert [entry.did for entry in found] == ["deleted the webhook", "made the webhook"]
    assert list_entries(cast.charlie, EntryFilter(search="deploym")).items == ()


def test_more_than_a_search_finds_is_said_and_makes_no_file(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "MOST_NAMED", 3)
    made = make_projects(installation, cast, 4)
    pro(installation, cast)
    chosen = EntryFilter(search="Zephyr")
    assert find_named(cast.alice, chosen) == Named(
        ids={"projects": made[:0:-1], "orchestrations": []}, beyond=("projects",)
    )
    assert {entry.thing.id for entry in list_entries(cast.alice, chosen).items if entry.thing} == {*made[1:]}
    with pytest.raises(InvalidInput, match=r"More than 3 projects have this in their name\. Narrow the search\."):
        export_entries(cast.alice, chosen, io.BytesIO(), file_format=ExportFormat.CSV)
    narrowed = EntryFilter(search="Zephyr 2")
    assert not find_named(cast.alice, narrowed).beyond
    assert not find_named(cast.alice, EntryFilter(search="Zephyr", outcome=Outcome.REFUSED)).beyond


def test_runs_that_a_page_does_not_look_at_are_told_of_and_in_the_file(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "MOST_RUNS", 1)
    project_id = make_project(installation.database, cast.max)
    first, second = (
        make_run(installation.database, cast.max, project_id=project_id, title=f"Meet {name}")
        for name in ("one", "two")
    )
    pro(installation, cast)
    named = find_named(cast.alice, EntryFilter(search="meet"))
    assert (named.ids["orchestrations"], named.are_runs_cut) == ([second.id], True)
    whole = find_named(cast.alice, EntryFilter(search="meet"), is_whole=True)
    assert (whole.ids["orchestrations"], whole.are_runs_cut) == ([second.id, first.id], False)
    out = io.BytesIO()
    export_entries(cast.alice, EntryFilter(search="meet"), out, file_format=ExportFormat.LINES)
    assert str(first.id) in out.getvalue().decode()


def test_weak_are_told_of_nothing_that_is_called_so(cast: Cast) -> None:
    for actor in (cast.mona, cast.max, cast.vera):
        with pytest.raises(NotPermitted):
            find_named(actor, EntryFilter(search="a"))
