"""A compliance report of a period: what its tables say, what it can't know, and that it is nothing but text."""

import io
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from lib.access.permissions import Permission
from lib.audit.report import lines, writing
from lib.audit.report.service import write_report
from lib.days import exact
from lib.errors import Conflict, NotPermitted
from lib.models.connection import IntegrationConnection, ProviderConnection
from lib.models.webhook import Webhook
from lib.usage.periods import Period, today_in
from lib.users.changes import change_rights, deactivate
from lib.users.rights import Rights
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_connection
from tests.made_audit import seal, write_entries
from tests.read_report import Page, lately, pro, read, read_by_command
from tests.records import row, rows

__all__ = ["pro"]

pytestmark = pytest.mark.usefixtures("pro")

MARKUP = "<script>alert('x')</script>&\"<b>"


def test_people_and_changes_of_rights_are_told(installation: Installation, cast: Cast) -> None:
    change_rights(
        cast.alice, cast.max.user_id, role="manager", permissions=[Permission.AUDIT_VIEW], seen=Rights(cast.max.role)
    )
    deactivate(cast.alice, cast.vera.user_id)
    page = read(cast.alice)
    people = {
        each["Person"].partition("max@")[0] or each["Person"]: each for each in page.rows("People and their rights")
    }
    assert (people["Max"]["Role"], people["Max"]["Own permissions"], people["Max"]["Second factor"]) == (
        "Manager",
        "Audit trail: read audit.view",
        "no",
    )
    changes = page.rows("Changes of rights")
    about_max = [each for each in changes if each["Whom or what"] == "Max" and each["Who"] == "Alice"]
    assert [(each["Did"], each["Before"], each["After"]) for each in about_max] == [
        ("changed the role", "Member; no own permissions", "Manager; own permissions: Audit trail: read (audit.view)")
    ]
    (gone,) = [each for each in changes if each["Whom or what"] == "Vera" and each["Who"] == "Alice"]
    assert (gone["Did"], gone["Before"], gone["After"]) == ("deactivated the person", "active", "deactivated")
    assert {each["Who"] for each in changes if each["Did"] == "added the person"} == {"System"}
    assert all("charlie" not in str(each).lower() for each in page.rows("People and their rights"))


def test_people_are_those_of_the_periods_end(installation: Installation, cast: Cast) -> None:
    """Of yesterday, before anybody was there: the trail begins today, with the organization."""
    yesterday = today_in("UTC") - timedelta(days=1)
    page = read(cast.alice, Period(yesterday, yesterday, "UTC"))
    assert page.rows("People and their rights")[0]["Person"] == "Nobody was of the organization yet."
    assert "every change since then is in it" in page.text


def test_period_from_before_the_organization_began_is_said_to_be(installation: Installation, cast: Cast) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE organizations SET created_at = now() - interval '5 days' WHERE id = %s", [cast.organization_a]
        )
    today, zone = today_in("UTC"), "UTC"
    began = exact(row(installation, "SELECT created_at FROM organizations WHERE slug = 'acme'")["created_at"])
    whole = read(cast.alice, Period(today - timedelta(days=9), today - timedelta(days=7), zone)).text
    assert f"All of this period is before the organization began, on {began}" in whole
    partly = read(cast.alice, Period(today - timedelta(days=9), today, zone)).text
    assert f"The organization began within this period, on {began}" in partly
    after = read(cast.alice, Period(today - timedelta(days=3), today, zone)).text
    assert "before the organization began" not in after
    assert "began within this period" not in after


def test_rights_of_roles_are_told_by_their_names_with_the_id(cast: Cast) -> None:
    told = {each["Permission"] for each in read(cast.alice).rows("What the roles may do")}
    assert {"Audit trail: read audit.view", "Runs: launch orchestrations.run"} <= told
    assert len(told) == len(Permission)


def test_what_the_trail_has_lost_is_said(installation: Installation, cast: Cast) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "DELETE FROM audit_logs WHERE organization_id = %s AND action = 'organizations.create'",
            [cast.organization_a],
        )
        connection.execute(
            "UPDATE users SET created_at = now() - interval '90 days' WHERE organization_id = %s", [cast.organization_a]
        )
    yesterday = today_in("UTC") - timedelta(days=1)
    page = read(cast.alice, Period(yesterday, yesterday, "UTC"))
    assert "What was before is not in it" in page.text
    assert "the earliest moment that the trail still knows, and not as of the end of the period" in page.text
    assert len(page.rows("People and their rights")) == 4
    assert "This period began before that." in page.text


def test_sign_ins_refusals_and_settings_are_counted(installation: Installation, cast: Cast) -> None:
    about = {"resource_type": "users", "resource_id": cast.max.user_id}
    write_entries(installation.database, cast.max, count=3, action="identity.sign_in", **about)
    write_entries(installation.database, cast.max, count=7, action="identity.sign_in_refused", **about)
    write_entries(installation.database, cast.max, action="identity.lock_out", **about)
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE organizations SET settings = settings || "
            '\'{"security_settings": {"session_timeout": 900, "require_2fa": true}, "retention": {"audit_days": 90}}\' '
            "WHERE id = %s",
            [cast.organization_a],
        )
    page = read(cast.alice)
    months = page.rows("Sign-ins and refusals by month")
    total = months[-1]
    assert (total["Signed in"], total["Refused at the sign-in"], total["Locked out"]) == ("3", "7", "1")
    (refused,) = page.rows("People refused most often")
    assert (refused["Person"], refused["Refusals"]) == ("Max", "7")
    assert page.rows("Addresses refused most often")[0]["Address"] == "81.2.69.142"
    security = {each["Setting"]: (each["Before"], each["After"]) for each in page.rows("Changes of these settings")}
    assert security == {"Require a second factor": ("not set", "yes"), "Session time-out": ("not set", "15 min")}
    assert "Require a second factoryes" in page.text.replace("\n", "")
    (kept,) = page.rows("Changes of retention")
    assert (kept["Setting"], kept["Before"], kept["After"]) == ("Audit trail", "not set", "90 days")
    found = [each["What"] for each in page.rows("Unusual access")]
    assert "refused many times within minutes" in found


def test_exports_keys_and_removals_are_told(installation: Installation, cast: Cast) -> None:
    make_connection(installation.database, cast.alice, slug=f"acme-{uuid4()}")
    write_entries(
        installation.database,
        cast.mona,
        action="projects.export",
        new_values={"format": "csv", "rows": 1234, "is_cut": False, "sort": "newest", "filters": {"status": "active"}},
    )
    write_entries(
        installation.database,
        cast.alice,
        action="retention.remove",
        resource_type="retention",
        new_values={"kind": "runs", "before": "2026-10-31T00:00:00+00:00", "runs": 12, "phases": 1},
        user_id=None,
    )
    page = read(cast.alice)
    (export,) = page.rows("Exports")
    assert (export["Who"], export["Did"], export["Format"], export["Rows"], export["With"]) == (
        "Mona",
        "exported the list of projects",
        "CSV",
        "1,234",
        "Status: active",
    )
    (key,) = [each for each in page.rows("Keys") if each["Name"] == "Acme models"]
    assert key["Did"] == "added the connection"
    (removal,) = page.rows("Removals and archives")
    assert (removal["Who"], removal["Of"], removal["What"]) == (
        "System",
        "Runs",
        "12 runs, 1 phase, from before 31 Oct 2026, 00:00 UTC",
    )
    assert [each["Who"] for each in read(cast.alice).rows("Exports")] == ["Mona", "Alice"], "the report is one as well"
    noted = row(installation, "SELECT * FROM audit_logs WHERE action = 'compliance_reports.export' ORDER BY id LIMIT 1")
    assert (noted["user_id"], noted["new_values"]["format"]) == (cast.alice.user_id, "html")
    assert noted["new_values"]["from"] == lately().first.isoformat()


def test_keys_are_known_by_columns_that_there_are() -> None:
    keyed: tuple[Any, ...] = (ProviderConnection, IntegrationConnection, Webhook)
    assert set(lines._KEYS) <= {column.name for model in keyed for column in model.__table__.columns}


def test_seals_are_verified_while_it_is_made(installation: Installation, cast: Cast) -> None:
    first, *_ = write_entries(installation.database, cast.alice, count=5)
    seal(installation.database)
    newest = row(
        installation,
        "SELECT encode(hash, 'hex') AS hash FROM audit_seals WHERE organization_id = %s",
        cast.organization_a,
    )
    page = read(cast.alice)
    assert "All seals over the audit trail are intact" in page.text
    assert [each["Hash"] for each in page.rows("First and last seal of the period")] == [newest["hash"]] * 3
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit_logs SET action = 'projects.delete' WHERE id = %s", [first])
    page = read(cast.alice)
    assert "The seals over the audit trail are broken: 1 seal of 1." in page.text
    assert "its entries are others; 1 entry named by" in page.text


def test_every_text_is_escaped_and_nothing_runs_or_loads(installation: Installation, cast: Cast) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET name = %s WHERE id = %s", [MARKUP, cast.organization_a])
        connection.execute("UPDATE users SET full_name = %s WHERE id = %s", [MARKUP, cast.max.user_id])
    about = {"resource_type": "users", "resource_id": cast.max.user_id, "user_agent": MARKUP}
    write_entries(installation.database, cast.max, count=6, action="identity.sign_in_refused", **about)
    write_entries(
        installation.database,
        cast.max,
        action="templates.export",
        new_values={"format": MARKUP, "filters": {MARKUP: MARKUP}},
    )
    write_entries(
        installation.database, cast.max, action="retention.remove", new_values={MARKUP: MARKUP + "\u202e\x07"}
    )
    out = io.BytesIO()
    write_report(cast.alice, lately(), out)
    html = out.getvalue().decode()
    page = Page(html)
    assert {"script", "b", "img", "link", "iframe", "a"} & {*page.tags} == {"a"}
    assert MARKUP in page.text
    assert "\u202e" not in html
    assert "\x07" not in html
    assert not re.search(r"https?://|src=|url\(|@import|\son\w+=|href=\"[^#]", html)
    assert html.startswith("<!doctype html>")
    assert "default-src 'none'" in html


def test_long_tables_are_cut_and_say_so(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_LINES", 3)
    monkeypatch.setitem(writing._environment.globals, "most_lines", 3)
    write_entries(installation.database, cast.mona, count=5, action="projects.export", new_values={"format": "csv"})
    page = read(cast.alice)
    assert len(page.rows("Exports")) == 3
    assert "The first 3 are told. 2 more lines of this kind" in page.text


def test_weak_and_strangers_get_none(installation: Installation, cast: Cast) -> None:
    for actor in (cast.mona, cast.max, cast.vera):
        with pytest.raises(NotPermitted):
            write_report(actor, lately(), io.BytesIO())
    with pytest.raises(Conflict):
        write_report(cast.charlie, lately(), io.BytesIO())
    assert rows(installation, "SELECT 1 FROM audit_logs WHERE action = 'compliance_reports.export'") == []
    write_entries(installation.database, cast.charlie, action="projects.export", new_values={"format": "Borealis"})
    assert "BOREALIS" not in read(cast.alice).text


def test_command_line_has_the_same_report_and_is_noted(installation: Installation, cast: Cast) -> None:
    assert len(read_by_command(cast).rows("People and their rights")) == 4
    noted = row(installation, "SELECT * FROM audit_logs WHERE action = 'compliance_reports.export'")
    assert (noted["user_id"], noted["user_agent"]) == (None, "orchestrator audit report")
