"""Who has long files written, and gets them: whoever may at that moment, and nobody else."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import Conflict, NotFound, NotPermitted
from lib.export_jobs.service import list_exports, remove_export
from lib.exports import ExportFormat
from lib.models.export_job import ExportStatus
from lib.usage.calls import service as calls
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, show_members_their_own_only
from tests.made_exports import (
    AUDIT,
    CALLS,
    all_calls,
    ask,
    change,
    newest,
    notes,
    set_tier,
    stored,
    taken,
    work,
)
from tests.made_usage import make_calls
from tests.records import row, rows

CSV = ExportFormat.CSV
ANALYTICS = Permission.ANALYTICS_VIEW


def grant(installation: Installation, actor: Actor) -> Actor:
    """Let somebody see analytics whose role does not."""
    change(installation, "UPDATE users SET permissions = %s WHERE id = %s", Jsonb([ANALYTICS]), actor.user_id)
    return replace(actor, extra_permissions=frozenset({ANALYTICS}))


def _lose_right(installation: Installation, cast: Cast) -> None:
    change(installation, "UPDATE users SET role = 'viewer' WHERE id = %s", cast.mona.user_id)


def _deactivate(installation: Installation, cast: Cast) -> None:
    change(installation, "UPDATE users SET deactivated_at = now() WHERE id = %s", cast.mona.user_id)


def _demand_second_factor(installation: Installation, cast: Cast) -> None:
    change(
        installation,
        "UPDATE users SET created_at = now() - interval '9 days' WHERE organization_id = %s",
        cast.organization_a,
    )
    settings = Jsonb({"security_settings": {"require_2fa": True, "grace_days": 0}})
    change(installation, "UPDATE organizations SET settings = %s WHERE id = %s", settings, cast.organization_a)


def test_nobody_asks_for_what_they_may_not_have(installation: Installation, cast: Cast) -> None:
    for actor, kind in ((cast.mona, AUDIT), (cast.max, CALLS), (cast.vera, CALLS)):
        with pytest.raises(NotPermitted):
            ask(actor, kind)
        with pytest.raises(NotPermitted):
            list_exports(actor, kind)
    set_tier(installation, cast.organization_a, "free")
    with pytest.raises(Conflict, match="tier"):
        ask(cast.alice, AUDIT)
    assert rows(installation, "SELECT 1 FROM export_jobs") == []


def test_they_are_nobody_elses(installation: Installation, cast: Cast) -> None:
    export_id = ask(cast.mona)
    work(installation)
    for actor in (cast.alice, cast.max, cast.charlie):
        with pytest.raises(NotFound):
            taken(actor, export_id)
        with pytest.raises(NotFound):
            remove_export(actor, export_id)
    assert list_exports(cast.alice, CALLS).entries == ()
    assert notes(installation, "export_jobs.export") == []


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        (_lose_right, "a right that it takes was taken from you"),
        (_deactivate, "is not active any more"),
        (_demand_second_factor, "asks for a second factor"),
    ],
)
def test_nothing_is_written_for_who_has_lost_what_it_takes(
    installation: Installation, cast: Cast, lose: Any, why: str
) -> None:
    ask(cast.mona)
    lose(installation, cast)
    work(installation)
    found = row(installation, "SELECT * FROM export_jobs")
    assert found["status"] == "failed"
    assert why in found["failure"]
    assert stored() == []
    assert notes(installation, "usage.export") == []


def test_nothing_is_written_where_the_tier_has_no_such_file_any_more(installation: Installation, cast: Cast) -> None:
    ask(cast.alice, AUDIT)
    set_tier(installation, cast.organization_a, "free")
    work(installation)
    found = newest(cast.alice, AUDIT)
    assert found.status is ExportStatus.FAILED
    assert "tier" in (found.failure or "")
    set_tier(installation, cast.organization_a, "pro")
    kept = ask(cast.alice, AUDIT)
    work(installation)
    set_tier(installation, cast.organization_a, "free")
    with pytest.raises(Conflict, match="tier"):
        taken(cast.alice, kept)


def test_who_lost_the_right_does_not_get_what_was_written_before(installation: Installation, cast: Cast) -> None:
    entitled = grant(installation, cast.max)
    export_id = ask(entitled)
    work(installation)
    taken(entitled, export_id)
    with pytest.raises(NotPermitted):
        taken(cast.max, export_id)


def test_who_sees_only_what_they_made_gets_no_file_of_more(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.mona, name="Secret bicycle")
    call = {"user_id": cast.mona.user_id, "project_id": project_id}
    make_calls(installation.database, cast.organization_a, [call])
    entitled = grant(installation, cast.max)
    before = ask(entitled)
    work(installation)
    assert b"Secret bicycle" in taken(entitled, before)
    show_members_their_own_only(installation.database, cast.organization_a)
    narrowed = replace(entitled, sees_own_only=True)
    with pytest.raises(NotPermitted, match="what others made as well"):
        taken(narrowed, before)
    assert [entry.is_beyond for entry in list_exports(narrowed, CALLS).entries] == [True]
    after = ask(narrowed)
    work(installation)
    at_once = BytesIO()
    calls.export_calls(narrowed, all_calls(), at_once, file_format=CSV)
    assert taken(narrowed, after) == at_once.getvalue()
    assert b"Secret bicycle" not in at_once.getvalue()
