"""How the database grows, as workers note it once a day, and what backups and retention leave for the operator."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from lib import clock
from lib.access.actor import Actor
from lib.backup.history import read_history
from lib.backup.manifest import MANIFEST
from lib.backup.shelf import note_verified
from lib.config import get_settings
from lib.db.embedded import EmbeddedPostgres
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES, find_database_folder
from lib.engine.sizes import note_sizes
from lib.errors import NotPermitted
from lib.health.service import list_removals, read_growth
from lib.health.views import Growth, Sample, growth_over
from lib.organizations.operator import CommandLine
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import write_entries
from tests.made_backups import put_backup
from tests.operated import cast, olga, together
from tests.records import row, rows

__all__ = ["cast", "olga", "together"]

TODAY = date(2026, 11, 29)


def note(installation: Installation, *, times: int = 1) -> None:
    """What so many workers do at once."""

    async def work() -> None:
        url = installation.database.url(Login.WORKER)
        connections = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(times)]
        assert set(await asyncio.gather(*map(note_sizes, connections))) == {900.0}
        for each in connections:
            await each.close()

    asyncio.run(work())


def put(installation: Installation, day: date, name: str, size: int) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(
            "INSERT INTO size_samples (taken_on, name, bytes, live_rows) VALUES (%s, %s, %s, 0)", [day, name, size]
        )


def test_sizes_are_noted_once_a_day_however_many_workers_there_are(installation: Installation) -> None:
    note(installation, times=4)
    note(installation)
    found = rows(installation, "SELECT name, bytes FROM size_samples")
    assert len(found) == len({each["name"] for each in found})
    assert {"", "audit_logs", "size_samples"} <= {each["name"] for each in found}
    whole = row(installation, "SELECT bytes FROM size_samples WHERE name = ''")["bytes"]
    assert whole > sum(each["bytes"] for each in found if each["name"])


def test_what_is_older_than_a_year_goes(installation: Installation) -> None:
    today = clock.now().date()
    for days in (366, 367, 400):
        put(installation, today - timedelta(days=days), "", 1)
    note(installation)
    kept = rows(installation, "SELECT taken_on FROM size_samples WHERE name = '' ORDER BY 1")
    assert [each["taken_on"] for each in kept] == [today - timedelta(days=366), today]


def test_growth_is_told_of_every_day_and_of_tables_for_a_week_and_a_month(
    installation: Installation, cast: Cast, olga: Actor
) -> None:
    today = clock.now().date()
    for days, size in ((0, 5_000), (6, 4_000), (8, 3_000), (35, 1_000), (40, 500)):
        for name in ("", "audit_logs"):
            put(installation, today - timedelta(days=days), name, size)
    growth = read_growth(olga)
    assert [each.bytes for each in growth.samples] == [500, 1_000, 3_000, 4_000, 5_000]
    assert [each.bytes for each in growth.tables["audit_logs"]] == [1_000, 3_000, 5_000]
    assert growth.bytes == row(installation, "SELECT pg_database_size(current_database()) AS size")["size"]
    assert growth.free_bytes is None, "the server of the tests is nobody's data folder"


def test_nobody_but_an_operator_reads_it(cast: Cast) -> None:
    for actor in (cast.alice, cast.vera):
        for use_case in (read_growth, list_removals, read_history):
            with pytest.raises(NotPermitted):
                use_case(actor)


def see(*samples: tuple[int, int], free: int | None = None) -> Growth:
    """Samples of days ago and bytes."""
    found = [Sample(TODAY - timedelta(days=days), size, 0) for days, size in samples]
    return Growth(bytes=0, samples=found, tables={}, free_bytes=free)


def test_pace_is_that_of_the_last_month_and_says_how_long_the_disk_lasts() -> None:
    assert see().bytes_a_week is None
    assert see((0, 5)).bytes_a_week is None
    assert see((300, 0), (30, 1_000), (0, 4_000)).bytes_a_week == pytest.approx(700)
    assert see((300, 0), (0, 3_000)).bytes_a_week is None, "what was ten months ago says nothing of this one"
    assert see((7, 0), (0, 100), free=1_000).weeks_left == pytest.approx(10)
    assert see((7, 0), (0, 100)).weeks_left is None
    assert see((7, 100), (0, 50), free=1_000).weeks_left is None, "it shrinks"
    assert growth_over([], 7) is None
    assert growth_over([Sample(TODAY, 5, 1)], 7) is None


def test_removals_of_all_organizations_are_told_in_numbers(installation: Installation, cast: Cast, olga: Actor) -> None:
    said = {"kind": "runs", "runs": 12, "phases": 30, "before": "2026-01-01", "note": "Zeppelin"}
    about = {"action": "retention.remove", "resource_type": "retention", "user_id": None}
    write_entries(installation.database, cast.alice, new_values=said, **about)
    write_entries(installation.database, cast.charlie, new_values={"kind": "usage", "rows": 5}, hours_ago=1, **about)
    write_entries(installation.database, cast.charlie, new_values=said, hours_ago=24 * 40, **about)
    found = list_removals(CommandLine())
    assert [(each.organization, each.kind, each.rows) for each in found] == [
        ("Borealis", "usage", 5),
        ("Acme Research", "runs", 42),
    ]
    assert found[1].counts == {"runs": 12, "phases": 30}
    assert list_removals(olga) == found


def test_backups_are_told_with_what_the_rule_keeps(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, olga: Actor
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DIR", str(tmp_path))
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_KEEP_DAILY", "2")
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_KEEP_WEEKLY", "0")
    get_settings.cache_clear()
    assert read_history(olga).is_overdue
    assert read_history(olga).age is None
    newest = put_backup(tmp_path, hours_ago=1)
    for days in (1, 2, 3):
        put_backup(tmp_path, hours_ago=24 * days + 1, seconds=None)
    (put_backup(tmp_path, hours_ago=240) / MANIFEST).write_text("{}")
    note_verified(newest, clock.now())
    history = read_history(olga)
    assert [each.is_kept for each in history.backups] == [True, True, False, False, True]
    assert [each.made_at is None for each in history.backups] == [False, False, False, False, True]
    first = history.backups[0]
    assert (first.bytes, first.seconds, history.backups[1].seconds) == (5_000_000, 4.2, None)
    assert first.verified_at is not None
    assert not history.is_overdue


def test_last_backup_of_three_days_ago_is_overdue(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, olga: Actor
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DIR", str(tmp_path))
    get_settings.cache_clear()
    put_backup(tmp_path, hours_ago=72)
    assert read_history(olga).is_overdue


def test_numbers_that_are_no_rows_are_left_out(installation: Installation, cast: Cast, olga: Actor) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(
            "INSERT INTO audit_logs (organization_id, action, resource_type, old_values, new_values) "
            "VALUES (%s, 'retention.remove', 'retention', '{}', %s)",
            [cast.organization_a, Jsonb({"kind": "audit", "entries": 7, "first_seal": 1, "last_seal": 3})],
        )
    assert [each.rows for each in list_removals(olga)] == [7]


def test_disk_is_known_of_the_embedded_database_alone(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_database_folder() is None
    embedded = EmbeddedPostgres(installation.data_dir / "postgres")
    url = embedded.url(Login.WEB.role_name, "secret", database="orchestrator")
    monkeypatch.setenv(URL_VARIABLES[Login.WEB], url)
    get_settings.cache_clear()
    assert find_database_folder() == embedded.folder
