"""Audit: what happened, narrowed and opened by the address; the seals verified; and closed to who may not read it."""

from datetime import timedelta
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from lib.audit.naming import queries as naming
from lib.audit.report.period import last_quarter
from lib.audit.trail import list_entries
from lib.audit.views import EntryFilter
from lib.projects.service import ProjectEntry, create_project
from lib.ui.navigation import AUDIT
from lib.usage.periods import today_in
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import edit_project
from tests.made_audit import seal, write_entries
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, dialogs, facts, headings, markup, selectbox, shown, table

_VERIFY = "Verify seals"


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    """Made by max, edited by mona."""
    made = create_project(cast.max, ProjectEntry(name="Bicycle", topic="Folding"))
    edit_project(cast.mona, made, ProjectEntry(name="Bicycle", topic="Folding, and light"))
    return made


def test_entries_say_who_did_what_to_what_and_from_where(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    at = open_as(cast.alice, AUDIT)
    assert headings(at) == ["Audit"]
    assert table(at, "Who")[:2] == ["Mona", "Max"]
    assert table(at, "Action")[:2] == ["Edited the project", "Created the project"]
    assert table(at, "About")[:2] == ["Bicycle", "Bicycle"]


@pytest.mark.parametrize("weak", ["mona", "max", "vera"])
def test_page_is_closed_to_who_may_not_read_the_trail(open_as: OpenAs, cast: Cast, weak: str) -> None:
    at = open_as(getattr(cast, weak), AUDIT)
    assert "This page is not open to you" in shown(at)
    (refused, *_) = list_entries(cast.alice, EntryFilter(action="access.refused")).items
    assert (refused.user_id, refused.new) == (getattr(cast, weak).user_id, {"permission": "audit.view"})


def test_address_narrows_to_a_thing_a_person_and_an_action(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    at = open_as(cast.alice, AUDIT, about=f"projects:{project_id}")
    assert table(at, "Who") == ["Mona", "Max"]
    at = open_as(cast.alice, AUDIT, about=f"projects:{project_id}", person=cast.max.user_id)
    assert table(at, "Action") == ["Created the project"]
    at = open_as(cast.alice, AUDIT, action="projects.update")
    assert table(at, "Who") == ["Mona"]
    at = open_as(cast.alice, AUDIT, search="Bicycl")
    assert table(at, "Who") == ["Mona", "Max"]
    at = open_as(cast.alice, AUDIT, search="no such thing")
    assert "No entry matches these filters" in headings(at)


def test_search_that_finds_nothing_says_what_it_looked_at(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    assert "A search takes a whole address" in shown(open_as(cast.alice, AUDIT, search="no such thing"))
    assert "A search takes a whole address" not in shown(open_as(cast.alice, AUDIT, kind="webhooks"))


def test_part_of_what_is_called_so_is_not_taken_for_the_whole(
    installation: Installation, open_as: OpenAs, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_project(cast.max, ProjectEntry(name="Bicycle stand", topic="Standing"))
    assert "have this in their name" not in shown(open_as(cast.alice, AUDIT, search="Bicycle"))
    monkeypatch.setattr(naming, "MOST_NAMED", 1)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro' WHERE id = %s", [cast.organization_a])
    at = open_as(cast.alice, AUDIT, search="Bicycle")
    said = "More than 1 projects have this in their name. Narrow the search."
    assert f"{said} Listed and counted is what was done to the newest 1." in shown(at)
    at.session_state["audit-export"] = True
    at.run()
    assert f"{said} A file has all of what it is about." in shown(at)
    assert _links(at) == []


def test_what_makes_no_sense_in_the_address_is_named(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    at = open_as(cast.alice, AUDIT, about="nonsense", action="made.up", person="who")
    assert "left out: " in shown(at)
    assert len(table(at, "Who")) >= 2


def test_entry_opens_by_the_address_with_what_was_before_and_after(
    open_as: OpenAs, cast: Cast, project_id: UUID
) -> None:
    (edited,) = list_entries(cast.alice, EntryFilter(action="projects.update")).items
    at = open_as(cast.alice, AUDIT, entry=edited.id)
    assert headings(at) == ["Audit", "Mona edited the project · Bicycle"]
    assert "Folding, and light" in shown(at)
    assert facts(at)["About"] == "Project Bicycle"
    assert facts(at)["Entry"] == f"{edited.id}, not sealed yet"
    assert {"All about Bicycle", "All by Mona"} <= {*buttons(at)}
    button(at, "All by Mona").click().run()
    assert set(table(at, "Who")) == {"Mona"}


def test_entry_says_moments_as_the_reader_does_and_rights_by_their_names(
    installation: Installation, open_as: OpenAs, cast: Cast
) -> None:
    with doors.admin(installation.database) as connection:
        tokyo = """UPDATE users SET preferences = '{"time_zone": "Asia/Tokyo"}' WHERE id = %s"""
        connection.execute(tokyo, [cast.alice.user_id])
    stored = "2026-11-18T07:50:21.707287+00:00"
    said = {"deactivated_at": stored, "permissions": ["audit.view", "audit.export"]}
    (made,) = write_entries(installation.database, cast.max, action="users.update", new_values=said)
    at = open_as(cast.alice, AUDIT, entry=made)
    assert f'<summary title="{stored}">18 Nov 2026, 16:50</summary>' in markup(at)
    assert "Audit trail: read (audit.view)\nAudit trail: export (audit.export)" in shown(at)


def test_right_that_was_refused_is_said_in_the_list_and_in_the_entry(open_as: OpenAs, cast: Cast) -> None:
    open_as(cast.mona, AUDIT)
    (refused, *_) = list_entries(cast.alice, EntryFilter(action="access.refused")).items
    assert table(open_as(cast.alice, AUDIT), "Action")[0] == "✕ Was refused “Audit trail: read”"
    at = open_as(cast.alice, AUDIT, entry=refused.id)
    assert headings(at)[1] == "Mona was refused “Audit trail: read” · Mona"
    assert "Audit trail: read (audit.view)" in shown(at)


def test_what_was_done_is_not_cut_where_there_is_room(installation: Installation, open_as: OpenAs, cast: Cast) -> None:
    about = {"resource_type": "users", "resource_id": cast.max.user_id}
    wanted = {"permission": "users.edit"}
    write_entries(installation.database, cast.max, action="access.refused", new_values=wanted, hours_ago=0, **about)
    write_entries(installation.database, cast.max, action="identity.lock_out", hours_ago=1, **about)
    told = table(open_as(cast.alice, AUDIT, outcome="refused"), "Action")
    assert told == [
        "✕ Was refused “Users: change roles and permissions”",
        "✕ Was locked out after too many wrong passwords",
    ]


def test_entry_that_is_open_is_closed_by_another_filter(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    (edited,) = list_entries(cast.alice, EntryFilter(action="projects.update")).items
    at = open_as(cast.alice, AUDIT, entry=edited.id)
    at.selectbox(key="audit-action").set_value("projects.create").run()
    assert dict(at.query_params) == {"action": "projects.create"}
    assert headings(at) == ["Audit"]


def test_entry_of_nobody_knows_whom_is_not_found(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    (theirs, *_) = list_entries(cast.alice, EntryFilter(action="projects.update")).items
    at = open_as(cast.charlie, AUDIT, entry=theirs.id)
    assert "Not found" in headings(at)


def test_seals_are_verified_in_a_dialog(installation: Installation, open_as: OpenAs, cast: Cast) -> None:
    write_entries(installation.database, cast.alice, count=3)
    seal(installation.database)
    at = open_as(cast.alice, AUDIT)
    button(at, _VERIFY).click().run()
    assert dialogs(at) == ["Verify the seals"]
    assert "**All seals are intact.** 1 seal over" in shown(at)


def test_tampering_is_told_with_the_entry(installation: Installation, open_as: OpenAs, cast: Cast) -> None:
    first, *_ = write_entries(installation.database, cast.alice, count=3)
    seal(installation.database)
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit_logs SET action = 'projects.delete' WHERE id = %s", [first])
    at = open_as(cast.alice, AUDIT)
    button(at, _VERIFY).click().run()
    assert "**Broken: 1 seal of 1.**" in shown(at)
    assert "entries are not those that were sealed" in shown(at)
    assert f"Changed: {first.hex[-8:]}, written" in shown(at)


def test_what_is_unusual_is_looked_for_once_somebody_asks(
    installation: Installation, open_as: OpenAs, cast: Cast
) -> None:
    write_entries(
        installation.database,
        cast.max,
        action="identity.sign_in_refused",
        count=6,
        resource_type="users",
        resource_id=cast.max.user_id,
    )
    at = open_as(cast.alice, AUDIT)
    assert "was refused 6 times" not in shown(at)
    at.session_state["audit-findings"] = True
    at.run()
    assert "Max was refused 6 times within 1 minute" in shown(at)
    at = open_as(cast.charlie, AUDIT)
    at.session_state["audit-findings"] = True
    at.run()
    assert "no new network, no unusual hour, no burst of refusals" in shown(at)


_REPORT = "Compliance report…"


def _links(at: AppTest) -> list[str]:
    """Where the links of the page's buttons lead."""
    return [each.proto.url for each in at.get("link_button")]


def test_report_is_offered_for_the_last_quarter_and_for_other_days(
    installation: Installation, open_as: OpenAs, cast: Cast
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro' WHERE id = %s", [cast.organization_a])
    at = open_as(cast.alice, AUDIT)
    button(at, _REPORT).click().run()
    assert dialogs(at) == ["Compliance report"]
    quarter = last_quarter(today_in(cast.alice.time_zone), cast.alice.time_zone)
    assert _links(at) == [f"/api/audit/report.html?from={quarter.first}&to={quarter.last}"]
    selectbox(at, "Period").set_value("Other days")
    button(at, _REPORT).click().run()  # what is chosen in a dialog runs the dialog alone, and here the whole page
    first, last = (at.date_input(key=f"audit-report-{which}") for which in ("from", "to"))
    assert (first.value, last.value) == (quarter.first, quarter.last)
    first.set_value(quarter.last)
    button(at, _REPORT).click().run()
    assert _links(at) == [f"/api/audit/report.html?from={quarter.last}&to={quarter.last}"]
    at.date_input(key="audit-report-from").set_value(quarter.last + timedelta(days=1))
    button(at, _REPORT).click().run()
    assert "The last day is before the first one." in shown(at)
    assert _links(at) == []


def test_report_is_no_part_of_every_tier_nor_of_every_persons_page(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.charlie, AUDIT)
    button(at, _REPORT).click().run()
    assert "are not part of your organization's tier" in shown(at)
    assert _links(at) == []


def test_who_reads_the_trail_and_may_not_export_is_offered_no_report(
    installation: Installation, open_as: OpenAs, cast: Cast
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("""UPDATE users SET permissions = '["audit.view"]' WHERE id = %s""", [cast.mona.user_id])
    assert _REPORT not in buttons(open_as(cast.mona, AUDIT))
