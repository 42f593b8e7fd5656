"""The trail as a file: for whoever's cookie it is, in every format, and never a part of another organization's."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx2
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lib.access.actor import Actor
from lib.audit.address import write_address
from lib.audit.views import EntryFilter
from lib.exports import ExportFormat
from lib.identity.cookie import session_cookie_name
from lib.web import audit_routes
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import write_entries
from tests.records import rows

APP = Starlette(routes=audit_routes.routes())
Take = Callable[..., httpx2.Response]


@pytest.fixture
def take(installation: Installation, cast: Cast, serve: Callable[[ASGIApp], str]) -> Iterator[Take]:
    """`take(actor, format)`: as that person's browser follows the link, or a browser without a cookie."""
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro' WHERE id = %s", [cast.organization_a])
    write_entries(installation.database, cast.alice, count=3, new_values={"name": "Zeppelin"})
    write_entries(installation.database, cast.charlie, new_values={"name": "Borealis alone"})
    with httpx2.Client(base_url=f"http://{serve(APP)}") as client:

        def follow(
            actor: Actor | None, file_format: str = "jsonl", *, query: str = "", **headers: str
        ) -> httpx2.Response:
            cookie = {"cookie": f"{session_cookie_name()}={cast.secret_of(actor)}"} if actor else {}
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.get(f"/api/audit/entries.{file_format}?{query}", headers=cookie | named)

        yield follow


@pytest.mark.parametrize("file_format", ExportFormat)
def test_file_has_what_the_address_says(take: Take, cast: Cast, file_format: ExportFormat) -> None:
    got = take(cast.alice, file_format, query=write_address(EntryFilter(action="projects.update")))
    assert (got.status_code, got.headers["cache-control"]) == (200, "no-store")
    assert got.headers["content-disposition"].startswith('attachment; filename="audit-20')
    match file_format:
        case ExportFormat.CSV:
            count = got.text.count("\n") - 1
        case ExportFormat.PARQUET:
            count = pq.read_table(io.BytesIO(got.content)).num_rows
        case ExportFormat.JSON:
            count = len(json.loads(got.text))
        case ExportFormat.LINES:
            count = len([json.loads(line) for line in got.text.splitlines()])
    assert count == 3
    assert b"Borealis alone" not in got.content


def test_whole_trail_is_no_part_of_anothers(take: Take, cast: Cast) -> None:
    assert b"Borealis alone" not in take(cast.alice).content


def test_weak_and_strangers_get_no_file(installation: Installation, take: Take, cast: Cast) -> None:
    for actor in (cast.mona, cast.max, cast.vera):
        assert take(actor).status_code == 403
    refused = rows(installation, "SELECT user_id FROM audit_logs WHERE action = 'access.refused'")
    assert {each["user_id"] for each in refused} == {cast.mona.user_id, cast.max.user_id, cast.vera.user_id}
    assert take(None).status_code == 401
    assert take(cast.charlie).status_code == 409, "the tier free has no such files"


def test_address_that_means_nothing_is_refused(take: Take, cast: Cast) -> None:
    assert take(cast.alice, query="by=me").status_code == 400
    assert take(cast.alice, "exe").status_code == 404


def test_page_of_another_site_sends_nobody_here(take: Take, cast: Cast) -> None:
    assert take(cast.alice, sec_fetch_site="cross-site").status_code == 403
    assert take(cast.alice, sec_fetch_site="same-origin").status_code == 200


def report(first: str, last: str) -> str:
    return f"/api/audit/report.html?from={first}&to={last}"


@pytest.fixture
def ask(installation: Installation, cast: Cast, serve: Callable[[ASGIApp], str]) -> Iterator[Take]:
    """`ask(actor, path)`: as that person's browser follows the link."""
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro' WHERE id = %s", [cast.organization_a])
    with httpx2.Client(base_url=f"http://{serve(APP)}") as client:
        yield lambda actor, path, **headers: client.get(
            path,
            headers=({"cookie": f"{session_cookie_name()}={cast.secret_of(actor)}"} if actor else {})
            | {name.replace("_", "-"): value for name, value in headers.items()},
        )


def test_report_is_a_file_to_save_and_is_noted(installation: Installation, ask: Take, cast: Cast) -> None:
    got = ask(cast.alice, report("2026-07-01", "2026-09-30"))
    assert (got.status_code, got.headers["cache-control"]) == (200, "no-store")
    name = "compliance-report-acme-2026-07-01-to-2026-09-30.html"
    assert got.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.text.startswith("<!doctype html>")
    assert "Acme Research" in got.text
    assert "Borealis" not in got.text
    (noted,) = rows(installation, "SELECT user_id FROM audit_logs WHERE action = 'compliance_reports.export'")
    assert noted["user_id"] == cast.alice.user_id


def test_who_may_not_have_a_report_gets_none(ask: Take, cast: Cast) -> None:
    path = report("2026-07-01", "2026-09-30")
    for actor in (cast.mona, cast.max, cast.vera):
        assert ask(actor, path).status_code == 403
    assert ask(None, path).status_code == 401
    assert ask(cast.charlie, path).status_code == 409, "the tier free has no such files"
    assert ask(cast.alice, path, sec_fetch_site="cross-site").status_code == 403


def test_report_of_another_organization_has_nothing_of_this_one(
    installation: Installation, ask: Take, cast: Cast
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro'")
    today = datetime.now(UTC).date().isoformat()
    got = ask(cast.charlie, report("2026-01-01", today))
    assert got.status_code == 200
    assert "charlie@borealis.example" in got.text
    assert "acme" not in got.text.lower()


@pytest.mark.parametrize(
    ("first", "last"), [("", ""), ("2026-09-30", "2026-07-01"), ("july", "2026-09-30"), ("2026-07-01", "2999-01-01")]
)
def test_report_of_days_that_are_no_period_is_refused(ask: Take, cast: Cast, first: str, last: str) -> None:
    assert ask(cast.alice, report(first, last)).status_code == 400
