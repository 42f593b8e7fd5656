"""Long files that a worker writes as whoever asked: the same file, and the same entry in the trail, as at once."""

from io import BytesIO

import pytest

from lib.audit import trail
from lib.audit.views import EntryFilter
from lib.errors import Conflict, InvalidInput
from lib.export_jobs import service
from lib.export_jobs.service import MOST_KEPT, MOST_UNDER_WAY, ask_export, remove_export
from lib.exports import ExportFormat
from lib.models.export_job import ExportKind, ExportStatus
from lib.usage.calls import service as calls
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_exports import (
    AUDIT,
    CALLS,
    address_of,
    all_calls,
    ask,
    make_export_row,
    newest,
    notes,
    stored,
    taken,
    work,
)

CSV, LINES = ExportFormat.CSV, ExportFormat.LINES


@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_calls_are_the_same_file_as_at_once(installation: Installation, cast: Cast, file_format: ExportFormat) -> None:
    export_id = ask(cast.mona, file_format=file_format)
    assert newest(cast.mona).status is ExportStatus.ASKED
    work(installation)
    at_once = BytesIO()
    calls.export_calls(cast.mona, all_calls(), at_once, file_format=file_format)
    found = newest(cast.mona)
    assert (found.id, found.status, found.rows, found.is_cut) == (export_id, ExportStatus.MADE, 7, False)
    assert taken(cast.mona, export_id) == at_once.getvalue()
    assert found.bytes == len(at_once.getvalue())
    (path,) = stored()
    assert path.stat().st_mode & 0o077 == 0


def test_entries_are_those_that_were_chosen(installation: Installation, cast: Cast) -> None:
    chosen = EntryFilter(user_id=cast.max.user_id)
    export_id = ask(cast.alice, AUDIT, file_format=LINES, chosen=chosen)
    work(installation)
    at_once = BytesIO()
    trail.export_entries(cast.alice, chosen, at_once, file_format=LINES)
    assert taken(cast.alice, export_id) == at_once.getvalue()
    assert newest(cast.alice, AUDIT).rows == 5


def test_trail_says_that_it_was_written_for_whom_and_each_time_that_it_was_taken(
    installation: Installation, cast: Cast
) -> None:
    export_id = ask(cast.alice, AUDIT, chosen=EntryFilter(user_id=cast.max.user_id))
    assert notes(installation, "audit.export") == []
    work(installation)
    (written,) = notes(installation, "audit.export")
    assert (written["user_id"], written["user_agent"], written["session_id"]) == (
        cast.alice.user_id,
        "engine/export",
        None,
    )
    assert written["new_values"]["rows"] == 5
    assert written["new_values"]["filters"] == {"by": str(cast.max.user_id)}
    for _ in range(2):
        taken(cast.alice, export_id)
    first, _ = notes(installation, "export_jobs.export")
    found = newest(cast.alice, AUDIT)
    assert (first["user_id"], first["session_id"], first["resource_id"]) == (
        cast.alice.user_id,
        cast.alice.session_id,
        export_id,
    )
    assert first["new_values"] == {
        "kind": "audit",
        "format": "csv",
        "rows": 5,
        "bytes": found.bytes,
        "is_cut": False,
    }


@pytest.mark.parametrize("kind", list(ExportKind))
def test_file_ends_at_the_most_that_one_has_and_says_so(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch, kind: ExportKind
) -> None:
    monkeypatch.setattr(trail, "MOST_ENTRIES", 4)
    monkeypatch.setattr(calls, "MOST_CALLS", 4)
    export_id = ask(cast.alice, kind, file_format=LINES)
    work(installation)
    found = newest(cast.alice, kind)
    assert (found.rows, found.is_cut) == (4, True)
    assert len(taken(cast.alice, export_id).splitlines()) == 4
    (noted,) = notes(installation, "audit.export" if kind is AUDIT else "usage.export")
    assert (noted["new_values"]["rows"], noted["new_values"]["is_cut"]) == (4, True)


def test_file_that_has_exactly_as_many_is_whole(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_CALLS", 7)
    ask(cast.mona)
    work(installation)
    assert (newest(cast.mona).rows, newest(cast.mona).is_cut) == (7, False)


@pytest.mark.parametrize(
    ("kind", "query"),
    [(AUDIT, "by=nobody"), (AUDIT, "outcome=odd"), (CALLS, ""), (CALLS, "first=2026-13-01"), (CALLS, "x" * 9000)],
)
def test_address_that_means_nothing_is_refused(
    installation: Installation, cast: Cast, kind: ExportKind, query: str
) -> None:
    with pytest.raises(InvalidInput):
        ask_export(cast.alice, kind, query=query, file_format=CSV)


def test_address_is_kept_as_the_page_says_it(installation: Installation, cast: Cast) -> None:
    ask_export(cast.alice, CALLS, query=f"junk=1\0&{address_of(CALLS)}", file_format=CSV)
    assert newest(cast.alice).query == address_of(CALLS)


def test_nobody_waits_for_more_than_a_few(installation: Installation, cast: Cast) -> None:
    for _ in range(MOST_UNDER_WAY):
        last = ask(cast.mona)
    with pytest.raises(Conflict, match="Wait for one of them"):
        ask(cast.mona)
    ask(cast.alice)
    remove_export(cast.mona, last)
    ask(cast.mona)
    work(installation)
    ask(cast.mona)


def test_nobody_keeps_more_than_the_disk_has_room_for(installation: Installation, cast: Cast) -> None:
    for _ in range(MOST_KEPT):
        make_export_row(installation.database, cast.mona)
    with pytest.raises(Conflict, match="Remove one"):
        ask(cast.mona)


def test_name_of_the_file_says_of_what_and_when(installation: Installation, cast: Cast) -> None:
    for kind in ExportKind:
        export_id = ask(cast.alice, kind)
        work(installation)
        found = newest(cast.alice, kind)
        name = service.open_export(cast.alice, export_id, BytesIO())
        assert name == f"{kind}-{found.made_at:%Y-%m-%d}.csv"
