"""Which backups are kept, when the next one is due, and what the commands say of them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from typer.testing import CliRunner

from lib import clock
from lib.backup.daily import DailyBackup, is_due, last_time
from lib.backup.making import LOCK, Made
from lib.backup.manifest import MANIFEST, Manifest, read_manifest
from lib.backup.shelf import Rule, list_backups, remove_old, to_keep
from lib.cli.commands import app
from lib.config import get_settings
from lib.db.logins import Login
from lib.errors import Conflict, InvalidInput
from tests.conftest import Installation
from tests.workers import until

OURS = uuid4()
#: A Sunday.
NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def put(shelf: Path, moment: datetime, *, of: UUID = OURS) -> Path:
    """A backup without files, made at that moment."""
    folder = shelf / f"backup-{moment:%Y%m%dT%H%M%S}Z"
    folder.mkdir(parents=True)
    manifest = Manifest(
        version="0.1.0", made_at=moment, installation_id=of, schema_revision="0001", postgres=180006, pg_dump=18,
        key_fingerprints=("0",), tables={}, files={},
    )  # fmt: skip
    (folder / MANIFEST).write_text(manifest.to_text())
    return folder


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["backup", *words])
    if result.exception is not None:
        raise result.exception
    return result.output


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (Rule(daily=1, weekly=0), [0]),
        (Rule(daily=3, weekly=0), [0, 2, 4]),
        (Rule(daily=1, weekly=2), [0, 14]),
        (Rule(daily=2, weekly=3), [0, 2, 14, 28]),
        (Rule(daily=100, weekly=0), [*range(0, 60, 2)]),
    ],
)
def test_newest_of_each_day_and_week_is_kept(rule: Rule, kept: list[int]) -> None:
    """Two a day for thirty days, back from a Sunday: the weeks before end with a Sunday too."""
    moments = [NOON - timedelta(hours=12 * number) for number in range(60)]
    moments = [moment + timedelta(minutes=1) for moment in moments]
    assert sorted(to_keep(moments, rule)) == kept


def test_days_without_a_backup_do_not_count(tmp_path: Path) -> None:
    moments = [NOON, NOON - timedelta(days=30), NOON - timedelta(days=90), NOON - timedelta(days=91)]
    assert sorted(to_keep(moments, Rule(daily=3, weekly=1))) == [0, 1, 2]
    assert to_keep([], Rule(daily=1, weekly=1)) == set()


def test_only_whole_backups_of_this_installation_are_removed(tmp_path: Path) -> None:
    new, old = put(tmp_path, NOON), put(tmp_path, NOON - timedelta(days=1))
    anothers = put(tmp_path, NOON - timedelta(days=2), of=uuid4())
    damaged = put(tmp_path, NOON - timedelta(days=3))
    (damaged / MANIFEST).write_text("{}")
    other = tmp_path / "backup-of-mine"
    other.mkdir()
    assert remove_old(tmp_path, OURS, Rule(daily=1, weekly=0)) == [old]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in (new, anothers, damaged, other)
    )


@pytest.mark.parametrize(
    ("hour", "since"),
    [(0, NOON.replace(hour=0)), (12, NOON), (13, NOON.replace(hour=13) - timedelta(days=1))],
)
def test_hour_came_last_today_or_yesterday(hour: int, since: datetime) -> None:
    assert last_time(NOON, hour) == since


def test_backup_is_due_once_the_hour_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_HOUR", "3")
    get_settings.cache_clear()
    monkeypatch.setattr(clock, "now", lambda: NOON)
    assert is_due(tmp_path / "missing")
    assert is_due(tmp_path)
    put(tmp_path, NOON.replace(hour=2))
    assert is_due(tmp_path)
    put(tmp_path, NOON.replace(hour=3))
    assert not is_due(tmp_path)
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(hours=15))
    assert is_due(tmp_path)


def test_list_says_when_how_much_and_what_is_not_whole(tmp_path: Path) -> None:
    assert run("list", "--to", str(tmp_path)) == f"There is no backup in {tmp_path}.\n"
    put(tmp_path, NOON)
    (put(tmp_path, NOON - timedelta(days=1)) / MANIFEST).unlink()
    (tmp_path / ".unfinished-1").mkdir()
    lines = run("list", "--to", str(tmp_path)).splitlines()
    assert lines[0].startswith("backup-20261129T120000Z      2026-11-29 12:00 UTC  ")
    assert lines[0].endswith("0 rows  version 0.1.0, schema 0001")
    assert lines[1] == "backup-20261128T120000Z      damaged: its manifest can't be read"
    assert lines[2].startswith(".unfinished-1 ")
    assert "the next backup removes it" in lines[2]


def test_command_makes_one_that_verify_finds_whole(source: Installation, shelf: Path, tmp_path: Path) -> None:
    said = run("--to", str(shelf), "--with-keys", str(tmp_path / "keys"))
    (kept,) = list_backups(shelf)
    assert f"Made {kept.folder}: " in said
    assert "Keep that file apart from the backup." in said
    assert run("verify", str(kept.folder)).startswith("It is whole: ")
    said = run("--to", str(shelf))
    assert "The master key is not in it." in said
    assert len(list_backups(shelf)) == 2
    (kept.folder / "database.dump").write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"database\.dump has 0 bytes instead of"):
        run("verify", str(kept.folder))


def test_command_removes_what_the_rule_does_not_keep_and_else_nothing(made: Made, shelf: Path) -> None:
    installation_id = made.manifest.installation_id
    old = [put(shelf, made.manifest.made_at - timedelta(days=days), of=installation_id) for days in (20, 40, 60)]
    run("--to", str(shelf))
    assert all(path.exists() for path in old)
    said = run("--to", str(shelf), "--keep-daily", "2", "--keep-weekly", "0")
    assert [path.exists() for path in old] == [True, False, False]
    assert f"Removed {old[1].name}." in said
    assert not made.folder.exists(), "the first of the same day"


def test_daily_command_makes_one_a_day_and_keeps_by_the_settings(
    made: Made, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"HOUR": "0", "DIR": str(shelf), "KEEP_DAILY": "1", "KEEP_WEEKLY": "0"}.items():
        monkeypatch.setenv(f"ORCHESTRATOR_BACKUP_{name}", value)
    get_settings.cache_clear()
    assert run("--if-due") == "Nothing to do: the last backup is new enough.\n"
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert f"Removed {made.folder.name}." in run("--if-due")
    (kept,) = list_backups(shelf)
    assert kept.manifest is not None
    assert kept.manifest.made_at == tomorrow


def look_after_until_it_has_ended(daily: DailyBackup) -> list[str]:
    """What it says meanwhile."""
    heard: list[str] = []
    daily.look_after(heard.append)
    assert daily.child is not None

    def has_ended() -> bool:
        daily.look_after(heard.append)
        return daily.child is None

    until(has_ended)
    daily.look_after(heard.append)
    assert daily.child is None, "it waits before it looks again"
    return heard


def test_process_of_the_day_makes_it_once_and_says_that_it_failed(
    source: Installation, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DIR", str(shelf))
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DATABASE_URL", source.database.url(Login.OWNER))
    get_settings.cache_clear()
    (heard,) = look_after_until_it_has_ended(DailyBackup(tmp_path))
    assert heard.startswith("The backup of today was not made; it is tried again in half an hour. See ")
    assert "does not read every row of every table" in (tmp_path / "backup.log").read_text()
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DATABASE_URL", source.database.admin_url)
    assert look_after_until_it_has_ended(DailyBackup(tmp_path)) == []
    assert len(list_backups(shelf)) == 1


def test_daily_command_leaves_it_to_who_makes_it_already(source: Installation, shelf: Path) -> None:
    with psycopg.connect(source.database.admin_url) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        assert run("--if-due", "--to", str(shelf)).startswith("A backup of this database is being made already.")
        with pytest.raises(Conflict):
            run("--to", str(shelf))
    assert list_backups(shelf) == []


def test_manifest_of_a_later_format_says_so(tmp_path: Path) -> None:
    folder = put(tmp_path, NOON)
    content = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(content | {"format": 2}))
    with pytest.raises(InvalidInput, match="made by a newer version"):
        read_manifest(folder)
