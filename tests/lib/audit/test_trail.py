"""The whole trail: narrowed by what an index answers, in parts without doubles, and as a file."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import pytest

from lib import clock
from lib.access.permissions import Permission
from lib.audit import trail
from lib.audit.address import read_address, read_thing, say_thing, write_address
from lib.audit.trail import count_entries, export_entries, get_entry, list_entries, name_thing
from lib.audit.views import Entry, EntryFilter, Outcome, Thing
from lib.errors import Conflict, InvalidInput, NotFound, NotPermitted
from lib.exports import ExportFormat
from lib.projects.service import ProjectEntry, create_project
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import edit_project, make_webhook
from tests.made_audit import write_entries
from tests.records import rows

pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    """Made by max, edited by mona."""
    made = create_project(cast.max, ProjectEntry(name="Bicycle", topic="Folding"))
    edit_project(cast.mona, made, ProjectEntry(name="Bicycle", topic="Folding, and light"))
    return made


@pytest.fixture
def pro(installation: Installation, cast: Cast) -> None:
    """The tier has files of the trail."""
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro' WHERE id = %s", [cast.organization_a])


def did(entries: Iterable[Entry]) -> list[str]:
    return [entry.did for entry in entries]


def test_entry_says_who_what_which_when_and_from_where(cast: Cast, project_id: UUID) -> None:
    newest = list_entries(cast.alice, EntryFilter()).items[0]
    assert newest.person
    assert (newest.person.name, newest.did, newest.name) == ("Mona", "edited the project", "Bicycle")
    assert newest.thing == Thing("projects", project_id)
    assert (newest.address, newest.user_agent) == (cast.mona.origin.ip_address, cast.mona.origin.user_agent)
    assert (newest.session_id, newest.request_id) == (cast.mona.session_id, cast.mona.origin.request_id)
    assert newest.outcome is Outcome.DONE
    assert get_entry(cast.alice, newest.id) == newest


NARROWED: dict[str, tuple[Callable[[Cast, UUID], EntryFilter], list[str]]] = {
    "person": (lambda cast, _: EntryFilter(user_id=cast.mona.user_id, kind="projects"), ["edited the project"]),
    "action": (lambda *_: EntryFilter(action="projects.create"), ["created the project"]),
    "kind": (lambda *_: EntryFilter(kind="projects"), ["edited the project", "created the project"]),
    "thing": (
        lambda _, project: EntryFilter(thing=Thing("projects", project)),
        ["edited the project", "created the project"],
    ),
    "with": (
        lambda cast, _: EntryFilter(with_id=cast.max.user_id, action="projects.create"),
        ["created the project"],
    ),
    "id": (lambda _, project: EntryFilter(search=str(project)), ["edited the project", "created the project"]),
    "name": (lambda *_: EntryFilter(search="icycl"), ["edited the project", "created the project"]),
    "person's name": (lambda *_: EntryFilter(search="mona", kind="projects"), ["edited the project"]),
    "not so called": (lambda *_: EntryFilter(search="tricycle"), []),
    "percent": (lambda *_: EntryFilter(search="%"), []),
    "later": (lambda *_: EntryFilter(since=clock.now() + timedelta(hours=1)), []),
    "earlier": (lambda *_: EntryFilter(before=clock.now() - timedelta(hours=1), kind="projects"), []),
    "refused": (lambda *_: EntryFilter(outcome=Outcome.REFUSED), []),
    "refused projects": (lambda *_: EntryFilter(outcome=Outcome.REFUSED, kind="projects"), []),
    "kind of another action": (lambda *_: EntryFilter(kind="users", action="projects.update"), []),
    "kind of the action": (
        lambda *_: EntryFilter(kind="projects", action="projects.update"),
        ["edited the project"],
    ),
    "done": (
        lambda *_: EntryFilter(outcome=Outcome.DONE, kind="projects"),
        ["edited the project", "created the project"],
    ),
}


@pytest.mark.parametrize("how", NARROWED)
def test_trail_is_narrowed(cast: Cast, project_id: UUID, how: str) -> None:
    make, expected = NARROWED[how]
    chosen = make(cast, project_id)
    assert did(list_entries(cast.alice, chosen).items) == expected
    assert count_entries(cast.alice, chosen, most=100) == len(expected)


def test_address_is_found_whole(installation: Installation, cast: Cast) -> None:
    for address in ("81.2.69.1", "81.2.69.142", "2001:db8::7"):
        write_entries(installation.database, cast.alice, ip_address=address)
    for search in ("81.2.69.1", "2001:db8::7", "2001:0db8:0::0007"):
        (found,) = list_entries(cast.alice, EntryFilter(search=search)).items
        assert found.address in {search, "2001:db8::7"}


def test_what_somebody_did_to_themselves_is_there_once(installation: Installation, cast: Cast) -> None:
    about = {"action": "users.update", "resource_type": "users"}
    write_entries(installation.database, cast.max, resource_id=cast.max.user_id, **about)
    write_entries(installation.database, cast.mona, resource_id=cast.max.user_id, **about)
    write_entries(installation.database, cast.max, resource_id=cast.mona.user_id, **about)
    write_entries(installation.database, cast.mona, resource_id=cast.mona.user_id, **about)
    for chosen in (EntryFilter(with_id=cast.max.user_id), EntryFilter(search="Max")):
        found = list_entries(cast.alice, EntryFilter(**_fields(chosen) | {"action": "users.update"})).items
        assert len({entry.id for entry in found}) == len(found) == 3
        assert count_entries(cast.alice, EntryFilter(**_fields(chosen) | {"action": "users.update"}), most=9) == 3


def _fields(chosen: EntryFilter) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in EntryFilter.__dataclass_fields__}


def test_pages_are_turned_by_key_in_parts_as_well(installation: Installation, cast: Cast) -> None:
    write_entries(installation.database, cast.max, count=7)
    for actor in (cast.mona, cast.alice):
        about = {"resource_type": "users", "resource_id": cast.max.user_id, "action": "users.update"}
        write_entries(installation.database, actor, count=3, hours_ago=3, **about)
    chosen = EntryFilter(with_id=cast.max.user_id, before=clock.now() - timedelta(hours=1))
    whole = [entry.id for entry in list_entries(cast.alice, chosen).items]
    assert len(whole) == 13
    seen, cursor = [], None
    while True:
        page = list_entries(cast.alice, chosen, cursor=cursor, limit=4)
        seen += [entry.id for entry in page.items]
        if page.older is None:
            break
        cursor = page.older
    assert seen == whole
    back = list_entries(cast.alice, chosen, cursor=page.newer, limit=4)
    assert (
        [entry.id for entry in back.items] == whole[-5:-1] if len(page.items) == 1 else whole[8 - len(page.items) : 12]
    )


def test_what_is_gone_has_the_last_name_that_the_trail_knows(installation: Installation, cast: Cast) -> None:
    webhook_id = make_webhook(installation.database, cast.alice, name="Deployments")
    with doors.admin(installation.database) as connection:
        connection.execute("DELETE FROM webhooks WHERE id = %s", [webhook_id])
    thing = Thing("webhooks", webhook_id)
    entries = list_entries(cast.alice, EntryFilter(thing=thing)).items
    assert {entry.name for entry in entries} == {"Deployments"}
    assert did(entries) == ["deleted the webhook", "made the webhook"]
    assert name_thing(cast.alice, thing) == "Deployments"
    assert name_thing(cast.charlie, thing) is None
    assert name_thing(cast.alice, Thing("webhooks", uuid4())) is None


def test_strangers_see_nothing_and_the_weak_are_refused(cast: Cast, project_id: UUID) -> None:
    chosen = EntryFilter(thing=Thing("projects", project_id))
    assert list_entries(cast.charlie, chosen).items == ()
    assert count_entries(cast.charlie, chosen, most=9) == 0
    newest = list_entries(cast.alice, chosen).items[0]
    with pytest.raises(NotFound):
        get_entry(cast.charlie, newest.id)
    for actor in (cast.mona, cast.max, cast.vera):
        for ask in (
            lambda actor: list_entries(actor, chosen),
            lambda actor: count_entries(actor, chosen, most=9),
            lambda actor: get_entry(actor, newest.id),
            lambda actor: name_thing(actor, Thing("projects", project_id)),
            trail.list_trail_people,
            lambda actor: export_entries(actor, chosen, io.BytesIO(), file_format=ExportFormat.CSV),
        ):
            with pytest.raises(NotPermitted):
                ask(actor)


def test_long_values_are_told_by_the_entry_alone(installation: Installation, cast: Cast) -> None:
    said = {"description": "".join(str(uuid4()) for _ in range(1_000))}
    (made,) = write_entries(installation.database, cast.alice, new_values=said)
    (listed,) = list_entries(cast.alice, EntryFilter(search="81.2.69.142")).items
    assert listed.new == {}
    assert get_entry(cast.alice, made).new == said


@pytest.mark.usefixtures("pro")
def test_file_has_every_entry_and_is_noted(installation: Installation, cast: Cast, project_id: UUID) -> None:
    chosen = EntryFilter(thing=Thing("projects", project_id))
    out = io.BytesIO()
    export_entries(cast.alice, chosen, out, file_format=ExportFormat.LINES)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["person"], line["action"]) for line in lines] == [
        ("Mona", "projects.update"),
        ("Max", "projects.create"),
    ]
    assert lines[0]["new_values"] == {"topic": "Folding, and light"}
    out = io.BytesIO()
    export_entries(cast.alice, chosen, out, file_format=ExportFormat.CSV)
    first = next(csv.DictReader(io.StringIO(out.getvalue().decode())))
    assert [*first][-1] == "resource_name"
    assert (first["resource_name"], lines[1]["resource_name"]) == ("Bicycle", "Bicycle")
    assert json.loads(first["old_values"]) == {"topic": "Folding"}
    (noted, _) = rows(installation, "SELECT user_id, new_values FROM audit_logs WHERE action = 'audit.export'")
    assert noted["user_id"] == cast.alice.user_id
    assert (noted["new_values"]["rows"], noted["new_values"]["format"]) == (2, "jsonl")
    assert noted["new_values"]["filters"] == {"about": f"projects {project_id}"}


@pytest.mark.usefixtures("pro")
def test_file_says_the_last_name_of_what_is_gone_and_none_where_there_is_none(
    installation: Installation, cast: Cast
) -> None:
    webhook_id = make_webhook(installation.database, cast.alice, name="Deployments")
    with doors.admin(installation.database) as connection:
        connection.execute("DELETE FROM webhooks WHERE id = %s", [webhook_id])
    write_entries(installation.database, cast.alice, resource_type="webhooks")
    out = io.BytesIO()
    export_entries(cast.alice, EntryFilter(kind="webhooks"), out, file_format=ExportFormat.LINES)
    named = [json.loads(line)["resource_name"] for line in out.getvalue().splitlines()]
    assert named == ["Deployments", "Deployments", None]


@pytest.mark.usefixtures("pro")
def test_file_of_parts_has_no_entry_twice(installation: Installation, cast: Cast) -> None:
    write_entries(
        installation.database, cast.max, resource_type="users", resource_id=cast.max.user_id, action="users.update"
    )
    chosen = EntryFilter(with_id=cast.max.user_id)
    out = io.BytesIO()
    export_entries(cast.alice, chosen, out, file_format=ExportFormat.LINES)
    ids = [json.loads(line)["id"] for line in out.getvalue().splitlines()]
    assert len(ids) == len({*ids}) == count_entries(cast.alice, chosen, most=100)
    export_entries(
        cast.alice, EntryFilter(search="nothing is called so"), empty := io.BytesIO(), file_format=ExportFormat.JSON
    )
    assert json.loads(empty.getvalue()) == []


def test_file_is_for_tiers_that_have_it(cast: Cast) -> None:
    assert not trail.may_export(cast.alice)
    with pytest.raises(Conflict, match="not part of the tier Free"):
        export_entries(cast.alice, EntryFilter(), io.BytesIO(), file_format=ExportFormat.CSV)


@pytest.mark.usefixtures("pro")
def test_who_may_read_but_not_export_gets_no_file(cast: Cast) -> None:
    assert trail.may_export(cast.alice)
    reader = cast.max.__class__(
        **{name: getattr(cast.max, name) for name in cast.max.__dataclass_fields__}
        | {"extra_permissions": frozenset({Permission.AUDIT_VIEW})}
    )
    assert not trail.may_export(reader)
    with pytest.raises(NotPermitted):
        export_entries(reader, EntryFilter(), io.BytesIO(), file_format=ExportFormat.CSV)


def test_address_says_which_entries_are_meant(cast: Cast) -> None:
    moment = clock.now()
    wanted = EntryFilter(
        outcome=Outcome.REFUSED,
        user_id=cast.max.user_id,
        with_id=cast.mona.user_id,
        action="projects.update",
        kind="projects",
        thing=Thing("projects", uuid4()),
        since=moment - timedelta(days=3),
        before=moment,
        search="a&b=c %",
    )
    assert read_address(parse_qs(write_address(wanted))) == wanted
    assert read_address({}) == EntryFilter()


@pytest.mark.parametrize(
    "said",
    [
        {"by": "me"},
        {"about": "projects"},
        {"outcome": "maybe"},
        {"since": "2026-11-01"},
        {"action": "a\0"},
        {"search": "x" * 256},
    ],
)
def test_address_that_says_nothing_is_refused(said: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        read_address({name: [value] for name, value in said.items()})


def test_thing_is_read_as_it_was_written() -> None:
    thing = Thing("projects", uuid4())
    assert read_thing(say_thing(thing)) == thing
    assert [read_thing(text) for text in ("", ":", "projects:", f":{thing.id}", "projects:x", f"a\0:{thing.id}")] == [
        None
    ] * 6
