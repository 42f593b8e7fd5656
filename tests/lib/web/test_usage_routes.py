"""The calls behind a chart as a file: for whoever's cookie it is, if usage is theirs to see, and nothing of others."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lib import clock
from lib.access.actor import Actor
from lib.config import get_settings
from lib.db import session
from lib.exports import ExportFormat
from lib.identity.cookie import session_cookie_name
from lib.usage.calls.address import write_address
from lib.usage.calls.views import CallFilter
from lib.usage.periods import last_days, today_in
from lib.usage.views import Dimension, UsageQuery
from lib.web import usage_routes
from tests import doors
from tests.cast import Cast, make_cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import make_run
from tests.made_usage import make_calls
from tests.records import rows

APP = Starlette(routes=usage_routes.routes())
Take = Callable[..., httpx2.Response]
WEEK = {"first": "2026-11-01", "last": "2026-11-07", "zone": "UTC", "of": "models"}


@pytest.fixture
def cast(installation: Installation) -> Cast:
    return make_cast(installation.database)


@pytest.fixture
def projects(installation: Installation, cast: Cast) -> dict[str, UUID]:
    """One of Acme's with three calls, and one of the neighbours' with one."""
    made = {"ours": make_project(installation.database, cast.max, name="Räder, “leicht”")}
    made["theirs"] = make_project(installation.database, cast.charlie, name="Secret of charlie")
    call: dict[str, Any] = {"user_id": cast.max.user_id, "project_id": made["ours"], "cost_usd": "0.25"}
    calls = [call | {"created_at": clock.now() - timedelta(minutes=minute)} for minute in range(2)]
    make_calls(installation.database, cast.organization_a, [*calls, call | {"error_kind": "timeout"}])
    theirs = {"user_id": cast.charlie.user_id, "project_id": made["theirs"], "model": "hidden"}
    make_calls(installation.database, cast.charlie.organization_id, [theirs])
    return made


@pytest.fixture
def take(serve: Callable[[ASGIApp], str], cast: Cast) -> Iterator[Take]:
    """`take(actor, query)`: asks as that person's browser, or without a cookie."""
    with httpx2.Client(base_url=f"http://{serve(APP)}") as client:

        def ask(
            actor: Actor | None, query: str, file_format: str = "csv", *, method: str = "GET", **headers: str
        ) -> httpx2.Response:
            cookie = {"cookie": f"{session_cookie_name()}={cast.secret_of(actor)}"} if actor else {}
            return client.request(method, f"/api/usage/calls.{file_format}?{query}", headers=cookie | headers)

        yield ask


def query(project_id: UUID | None = None, *, is_failed: bool = False, days: int = 2) -> str:
    chosen = {Dimension.PROJECT: frozenset({project_id})} if project_id else {}
    asked = UsageQuery(period=last_days(days, today_in("UTC"), "UTC"), chosen=chosen)
    return write_address(CallFilter(query=asked, is_failed=is_failed))


def read(got: httpx2.Response, file_format: str) -> list[dict[str, Any]]:
    if file_format == "csv":
        return list(csv.DictReader(io.StringIO(got.content.decode("utf-8-sig"))))
    if file_format == "json":
        found: list[dict[str, Any]] = json.loads(got.content)
        return found
    if file_format == "jsonl":
        return [json.loads(line) for line in got.content.splitlines()]
    return list(pq.read_table(io.BytesIO(got.content)).to_pylist())


def noted(installation: Installation) -> list[dict[str, Any]]:
    return rows(installation, "SELECT * FROM audit_logs WHERE action = 'usage.export' ORDER BY id")


@pytest.mark.parametrize("file_format", ExportFormat)
def test_file_has_the_calls_and_is_noted(
    take: Take, installation: Installation, cast: Cast, projects: dict[str, UUID], file_format: ExportFormat
) -> None:
    got = take(cast.mona, query(), file_format, **{"user-agent": "Browser of Mona"})
    assert got.status_code == 200
    found = read(got, file_format)
    assert {(each["project"], str(each["project_id"])) for each in found} == {
        ("Räder, “leicht”", str(projects["ours"]))
    }
    assert len(found) == 3
    (entry,) = noted(installation)
    assert (entry["user_id"], entry["session_id"]) == (cast.mona.user_id, cast.mona.session_id)
    assert (entry["user_agent"], str(entry["ip_address"]).partition("/")[0]) == ("Browser of Mona", "127.0.0.1")
    assert (entry["new_values"]["rows"], entry["new_values"]["format"]) == (3, file_format.value)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_file_has_the_template_and_how_the_call_was_answered(
    take: Take, installation: Installation, cast: Cast, projects: dict[str, UUID], file_format: str
) -> None:
    template_id = make_template(installation.database, cast.alice, name="Plans")
    run = make_run(installation.database, cast.alice, project_id=projects["ours"], template_id=template_id)
    call = {"user_id": cast.max.user_id, "project_id": projects["ours"]}
    answered = call | {"run_id": run.id, "status_code": 429, "error_kind": "rate_limit"}
    make_calls(installation.database, cast.organization_a, [answered])
    found = read(take(cast.mona, query(is_failed=True), file_format), file_format)
    told = {
        each["error_kind"]: (str(each["template_id"] or ""), each["template"] or "", each["method"]) for each in found
    }
    assert told == {"rate_limit": (str(template_id), "Plans", "POST"), "timeout": ("", "", "POST")}
    (limited,) = (each for each in found if each["error_kind"] == "rate_limit")
    assert int(limited["status_code"]) == 429
    assert noted(installation)[0]["new_values"]["filters"]["of"] == "models"


@pytest.mark.parametrize("file_format", ExportFormat)
def test_file_is_saved_and_never_kept_nor_shown(
    take: Take, cast: Cast, projects: dict[str, UUID], file_format: ExportFormat
) -> None:
    got = take(cast.mona, query(), file_format)
    name = f"calls-{clock.now():%Y-%m-%d}.{file_format}"
    assert got.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert got.headers["content-type"] == "application/octet-stream"
    assert int(got.headers["content-length"]) == len(got.content)
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.headers["cross-origin-resource-policy"] == "same-origin"


def test_filters_of_the_address_hold(
    take: Take, installation: Installation, cast: Cast, projects: dict[str, UUID]
) -> None:
    (failed,) = read(take(cast.mona, query(projects["ours"], is_failed=True)), "csv")
    assert failed["error_kind"] == "timeout"
    (entry,) = noted(installation)
    assert entry["new_values"]["rows"] == 1
    assert str(projects["ours"]) in entry["new_values"]["filters"]["project"]


@pytest.mark.usefixtures("projects")
def test_nobody_gets_nothing(take: Take, installation: Installation) -> None:
    got = take(None, query())
    assert (got.status_code, got.headers["cache-control"]) == (401, "no-store")
    assert "content-disposition" not in got.headers
    assert noted(installation) == []


@pytest.mark.usefixtures("projects")
def test_ended_session_gets_nothing(take: Take, installation: Installation, cast: Cast) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE user_sessions SET revoked_at = now() WHERE id = %s", [cast.mona.session_id])
    assert take(cast.mona, query()).status_code == 401


@pytest.mark.parametrize("name", ["max", "vera"])
def test_whoever_may_not_see_usage_is_refused(
    take: Take, installation: Installation, cast: Cast, projects: dict[str, UUID], name: str
) -> None:
    got = take(getattr(cast, name), query())
    assert (got.status_code, got.headers["cache-control"]) == (403, "no-store")
    assert str(projects["ours"]) not in got.text
    assert noted(installation) == []


def test_permission_given_to_one_person_lets_them_in(
    take: Take, installation: Installation, cast: Cast, projects: dict[str, UUID]
) -> None:
    grant = """UPDATE users SET permissions = '["analytics.view"]' WHERE id = %s RETURNING 1"""
    rows(installation, grant, cast.vera.user_id)
    assert len(read(take(cast.vera, query()), "csv")) == 3


@pytest.mark.parametrize("file_format", ExportFormat)
def test_project_of_another_organization_gives_nothing(
    take: Take, cast: Cast, projects: dict[str, UUID], file_format: ExportFormat
) -> None:
    got = take(cast.mona, query(projects["theirs"]), file_format)
    assert got.status_code == 200
    assert read(got, file_format) == []
    assert b"Secret of charlie" not in got.content
    same = take(cast.mona, query(uuid4()), file_format)
    assert read(same, file_format) == [], "as of one that never was"
    assert read(take(cast.charlie, query(projects["ours"])), "csv") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"first": ""},
        {"first": "yesterday"},
        {"last": "2026-10-01"},
        {"first": "1990-01-01"},
        {"first": "9999-12-30", "last": "9999-12-31"},
        {"first": "0001-01-01", "last": "0001-01-02", "zone": "Asia/Tokyo"},
        {"since": "yesterday"},
        {"since": "2026-11-01T00:00:00"},
        {"project": "no id"},
        {"model": "without a colon"},
        {"model": "local:\0"},
    ],
    ids=str,
)
def test_address_that_makes_no_sense_is_refused_and_says_what_to_do(
    take: Take, installation: Installation, cast: Cast, changes: dict[str, str]
) -> None:
    got = take(cast.mona, str(httpx2.QueryParams(WEEK | changes)))
    assert (got.status_code, got.headers["cache-control"]) == (400, "no-store")
    assert got.text
    assert "Traceback" not in got.text
    assert noted(installation) == []


@pytest.mark.parametrize("name", [*WEEK])
def test_address_that_lacks_something_is_refused(take: Take, cast: Cast, name: str) -> None:
    lacking = {each: value for each, value in WEEK.items() if each != name}
    assert take(cast.mona, str(httpx2.QueryParams(lacking))).status_code == 400


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_moments_far_away_narrow_nothing_or_all(take: Take, cast: Cast, moment: str) -> None:
    for name in ("since", "before"):
        assert take(cast.mona, str(httpx2.QueryParams(WEEK | {name: moment}))).status_code == 200


def test_zone_that_nobody_knows_is_utc(take: Take, cast: Cast) -> None:
    for zone in ("Mars/Base", "../../etc/passwd", "x" * 300):
        assert take(cast.mona, str(httpx2.QueryParams(WEEK | {"zone": zone}))).status_code == 200


def test_there_is_no_other_format_and_no_other_verb(take: Take, cast: Cast) -> None:
    for file_format in ("xlsx", "CSV", "csv.gz"):
        assert take(cast.mona, query(), file_format).status_code == 404
    for method in ("POST", "DELETE", "PUT"):
        assert take(cast.mona, query(), method=method).status_code == 405


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_page_of_another_site_gets_no_file(take: Take, installation: Installation, cast: Cast, site: str) -> None:
    assert take(cast.mona, query(), **{"sec-fetch-site": site}).status_code == 403
    assert noted(installation) == []
    assert take(cast.mona, query(), **{"sec-fetch-site": "same-origin"}).status_code == 200


def test_database_that_does_not_answer_is_said(take: Take, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_IDENTITY_DATABASE_URL", "postgresql://orchestrator_identity:x@127.0.0.1:1/none")
    get_settings.cache_clear()
    session.dispose()
    got = take(cast.mona, query())
    assert (got.status_code, got.headers["cache-control"]) == (503, "no-store")
