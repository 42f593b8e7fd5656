"""Backups and restores stand in the trails of whoever runs the installation, and in nobody else's."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner

from lib import clock
from lib.audit.report.service import write_report_of
from lib.audit.trail import list_entries
from lib.audit.views import EntryFilter
from lib.backup import telling
from lib.backup.making import make_backup
from lib.cli.commands import app
from lib.config import get_settings
from lib.db.logins import Login
from lib.errors import ConfigurationError
from lib.usage.periods import last_days, today_in
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.database import ClonedDatabase
from tests.lib.backup.conftest import Target
from tests.records import rows

ALL = "SELECT * FROM audit_logs WHERE action LIKE 'installation.%%' ORDER BY id"


@pytest.fixture
def home(source: Installation, cast: Cast) -> UUID:
    """The organization of whoever runs the installation."""
    with doors.admin(source.database) as connection:
        connection.execute("UPDATE users SET is_operator = true WHERE id = %s", [cast.alice.user_id])
    return cast.organization_a


def run(*words: str) -> str:
    result = CliRunner().invoke(app, [*words])
    if result.exception is not None:
        raise result.exception
    return result.output


def told(installation: Installation) -> list[tuple[str, dict[str, Any]]]:
    found = rows(installation, ALL)
    assert {each["user_id"] for each in found} <= {None}
    return [(each["action"].partition(".")[2], each["new_values"]) for each in found]


def test_backup_is_told_of_to_its_operators_alone(
    source: Installation, home: UUID, cast: Cast, shelf: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    run("backup", "--to", str(shelf), "--with-keys", str(key))
    run("backup", "--to", str(shelf), "--keep-daily", "1")
    (taken, first, second, removed) = told(source)
    (kept,) = shelf.iterdir()
    assert taken == ("export_key", {"file": str(key)})
    assert first[0] == "backup"
    assert first[1].keys() == {"folder", "rows", "bytes"}
    assert (second[0], second[1]["folder"]) == ("backup", str(kept))
    assert removed == ("remove_backups", {"folders": [first[1]["folder"]]})
    assert {each["organization_id"] for each in rows(source, ALL)} == {home}
    assert {each["user_agent"] for each in rows(source, ALL)} == {"orchestrator backup"}
    seen = list_entries(cast.alice, EntryFilter(kind="installation")).items
    assert [each.did for each in seen][:2] == ["removed old backups", "made a backup of the whole installation"]
    with (tmp_path / "report.html").open("wb") as file:
        write_report_of(home, last_days(2, today_in("UTC"), "UTC"), file)
    report = (tmp_path / "report.html").read_text()
    exports = report[report.index('id="exports"') : report.index('id="roles"')]
    assert exports.count("made a backup of the whole installation") == 2
    assert exports.count("wrote the master key to a file") == 1


def test_backup_that_fails_is_told_of_with_why(source: Installation, home: UUID, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError):
        run("backup", "--to", str(tmp_path / "file"))
    ((action, values),) = told(source)
    assert action == "backup_failed"
    assert values["failure"].startswith(f"Backups can't be put into {tmp_path / 'file'}: ")


def test_backup_that_fails_time_and_again_for_one_reason_is_told_of_once_a_day(
    source: Installation, home: UUID
) -> None:
    for why in ("12 MB are free", "9 MB are free", "The server is away", "7 MB are free"):
        telling.tell_failure(ConfigurationError(why))
    assert [values["failure"] for _, values in told(source)] == ["12 MB are free", "The server is away"]
    with doors.admin(source.database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE audit_logs SET created_at = created_at - interval '24 hours'")
    telling.tell_failure(ConfigurationError("7 MB are free"))
    assert told(source)[-1][1] == {"failure": "7 MB are free"}


def test_what_is_no_failure_is_not_told_as_one(source: Installation, home: UUID, shelf: Path) -> None:
    run("backup", "--to", str(shelf))
    assert "Nothing to do" in run("backup", "--to", str(shelf), "--if-due")
    assert [action for action, _ in told(source)] == ["backup"]


def test_backup_is_made_though_the_trail_can_not_be_told(source: Installation, home: UUID, shelf: Path) -> None:
    """As that of a database which is not upgraded yet."""
    with doors.admin(source.database) as connection:
        connection.execute("DROP FUNCTION api.record_installation(text, jsonb)")
    said = run("backup", "--to", str(shelf))
    assert "Made " in said
    assert "The audit trail does not say so" in said


def test_restore_is_told_of_in_what_it_has_restored(
    source: Installation, home: UUID, shelf: Path, target: Target
) -> None:
    made = make_backup(shelf)
    assert made is not None
    target.use()
    run("restore", str(made.folder))
    with psycopg.connect(target.database.admin_url) as connection:
        found = connection.execute(
            "SELECT organization_id, user_id, action, user_agent, new_values FROM audit_logs "
            "WHERE action LIKE 'installation.%' ORDER BY id"
        ).fetchall()
    ((organization_id, user_id, action, user_agent, values),) = found
    assert (organization_id, user_id, action, user_agent) == (
        home,
        None,
        "installation.restore",
        "orchestrator restore",
    )
    assert values["folder"] == str(made.folder)
    assert clock.read_moment(values["made_at"].replace(" ", "T")) == made.manifest.made_at


@pytest.fixture
def backup_login(database: ClonedDatabase) -> Iterator[str]:
    """The address of one that docs/backup.md has an administrator make."""
    name = f"test_{os.getpid()}_backup"
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN BYPASSRLS PASSWORD 'secret'".encode())
        connection.execute(f"GRANT pg_read_all_data TO {name}".encode())
        connection.execute(f"GRANT CONNECT ON DATABASE {database.name} TO {name}".encode())
        yield database.server.url(name, "secret", database=database.name)
        connection.execute(f"DROP OWNED BY {name}".encode())
        connection.execute(f"DROP ROLE {name}".encode())


def test_login_of_backups_tells_of_them_and_writes_nothing_else(
    source: Installation, home: UUID, cast: Cast, backup_login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DATABASE_URL", backup_login)
    get_settings.cache_clear()
    telling.tell("backup", {"rows": 3}, say=pytest.fail)
    assert told(source) == [("backup", {"rows": 3})]
    with psycopg.connect(backup_login) as connection:
        claims = json.dumps({"sub": str(cast.alice.user_id), "user_agent": "Firefox"})
        connection.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute("SELECT api.record_installation('installation.backup', '{}')")
    assert rows(source, ALL)[-1]["user_id"] is None, "nobody is named as who did it"
    assert rows(source, ALL)[-1]["user_agent"] == "orchestrator backup"
    for statement in ("SELECT api.record_installation('identity.sign_in', '{}')", "DELETE FROM audit_logs"):
        with psycopg.connect(backup_login) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


@pytest.mark.parametrize("login", [Login.WEB, Login.IDENTITY, Login.WORKER])
def test_no_other_login_can_say_so(source: Installation, home: UUID, login: Login) -> None:
    with psycopg.connect(source.database.url(login)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT api.record_installation('installation.backup', '{}')")
    assert told(source) == []
