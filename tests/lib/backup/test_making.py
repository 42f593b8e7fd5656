"""Making a backup: while people work, one at a time, with the key apart, and never with what only looks whole."""

import fcntl
import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lib.backup import making, programs
from lib.backup.checking import verify
from lib.backup.files import list_files
from lib.backup.keys import fingerprint, write_keys
from lib.backup.making import LOCK, Made, make_backup
from lib.backup.shelf import list_backups, list_unfinished
from lib.config import get_settings
from lib.db import restoring
from lib.db.embedded_programs import wheel_programs
from lib.db.logins import Login
from lib.db.server import process_environment
from lib.errors import ConfigurationError, Conflict, DatabaseUnavailable, InvalidInput
from lib.integrations.folder import artifact_folder
from lib.integrations.leftovers import SWEEPING
from tests.conftest import Installation
from tests.database import SECRET_KEY
from tests.lib.backup.conftest import Target, contents


def test_backup_is_of_one_moment_whatever_is_written_meanwhile(
    source: Installation, shelf: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows come and go between the snapshot and the dump, and between the dump and the sums."""
    before = contents(source.database)

    def change() -> None:
        with psycopg.connect(source.database.admin_url) as connection:
            connection.execute("UPDATE projects SET name = name || ' changed'")
            connection.execute("DELETE FROM user_tokens")
            connection.execute("INSERT INTO sign_in_networks (network, attempts) VALUES ('198.51.100.0/24', 1)")

    def run_among_changes(*arguments, **options) -> None:
        change()
        programs.run(*arguments, **options)
        with psycopg.connect(source.database.admin_url) as connection:
            connection.execute("DELETE FROM sign_in_networks")

    monkeypatch.setattr(making, "run", run_among_changes)
    made = make_backup(shelf)
    assert made is not None
    assert contents(source.database) != before
    target.restore(made.folder)
    after = contents(target.database)
    for name in ("projects", "user_tokens", "sign_in_networks"):
        assert after[f"public.{name}"] == before[f"public.{name}"]


def test_no_file_is_removed_until_the_backup_has_it(
    source: Installation, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = []

    def look(*arguments, **options) -> None:
        with psycopg.connect(source.database.admin_url) as connection:
            free.append(connection.execute("SELECT pg_try_advisory_lock(%s)", [SWEEPING]).fetchone())
        programs.run(*arguments, **options)

    monkeypatch.setattr(making, "run", look)
    assert make_backup(shelf) is not None
    assert free == [(False,)]


def test_second_backup_at_the_same_time_is_refused(source: Installation, shelf: Path) -> None:
    with psycopg.connect(source.database.admin_url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(Conflict, match="is being made already"):
            make_backup(shelf)
        connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    assert make_backup(shelf) is not None


def test_next_one_need_not_wait_until_the_server_has_seen_the_end_of_the_last(
    source: Installation, shelf: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[psycopg.Connection[Any]] = []

    def end_late(connection: psycopg.Connection[Any]) -> None:
        late.append(connection)

    with monkeypatch.context() as slow:
        slow.setattr(psycopg.Connection, "close", end_late)
        assert make_backup(shelf) is not None
        made = make_backup(shelf)
        assert made is not None
        target.restore(made.folder)
    assert len(late) > 3
    for connection in late:
        connection.close()


def test_of_many_at_once_one_makes_the_backup_that_is_due(source: Installation, shelf: Path) -> None:
    made: list[Made] = []
    others: list[object] = []

    def try_to() -> None:
        try:
            found = make_backup(shelf, is_wanted=lambda: not list_backups(shelf))
        except Conflict as error:
            others.append(error)
        else:
            (made if found else others).append(found)

    threads = [threading.Thread(target=try_to) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(others), len(list_backups(shelf))) == (1, 3, 1)


@pytest.mark.parametrize("login", [Login.OWNER, Login.WORKER])
def test_login_from_whom_policies_hide_rows_is_refused(
    login: Login, source: Installation, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DATABASE_URL", source.database.url(login))
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match="does not read every row of every table"):
        make_backup(shelf)
    assert list_backups(shelf) == []


@pytest.mark.parametrize(
    ("url", "said"), [("", "^Set "), ("mysql://host", "can't be read"), ("postgresql://[", "can't be")]
)
def test_missing_or_wrong_address_is_named(
    url: str, said: str, source: Installation, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DATABASE_URL", url)
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match=said) as raised:
        make_backup(shelf)
    assert "ORCHESTRATOR_BACKUP_DATABASE_URL" in raised.value.message


def test_no_process_that_serves_or_works_gets_the_way_to_every_row(source: Installation) -> None:
    for logins in ([Login.WEB, Login.IDENTITY], [Login.WORKER]):
        assert "ORCHESTRATOR_BACKUP_DATABASE_URL" not in process_environment(*logins)


def test_dump_that_fails_leaves_nothing(source: Installation, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "DUMP", "no-folder/database.dump")
    with pytest.raises((ConfigurationError, DatabaseUnavailable)):
        make_backup(shelf)
    assert (list_backups(shelf), list_unfinished(shelf)) == ([], [])


def test_password_is_on_no_command_line(source: Installation, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    really = subprocess.run

    def look(command, **options):
        seen.append([str(word) for word in command])
        return really(command, **options)

    monkeypatch.setattr(subprocess, "run", look)
    assert make_backup(shelf) is not None
    password = psycopg.conninfo.conninfo_to_dict(source.database.admin_url)["password"]
    assert any("pg_dump" in command[0] and "--snapshot" in " ".join(command) for command in seen)
    assert not any(password in word for command in seen for word in command)


def test_database_into_which_somebody_restores_is_not_backed_up(source: Installation, shelf: Path) -> None:
    with psycopg.connect(source.database.url(Login.OWNER), autocommit=True) as connection:
        restoring.mark(connection, "somewhere")
        with pytest.raises(ConfigurationError, match="is not finished"):
            make_backup(shelf)
        restoring.unmark(connection)


def test_empty_database_is_said(target: Target, installation: Installation, shelf: Path) -> None:
    target.use()
    with pytest.raises(ConfigurationError, match="there is nothing to back up"):
        make_backup(shelf)
    assert list_unfinished(shelf) == []


def test_key_is_in_no_file_of_the_backup_and_its_fingerprint_is(made: Made) -> None:
    assert made.manifest.key_fingerprints == (fingerprint(SECRET_KEY),)
    for path in made.folder.rglob("*"):
        assert path.is_dir() or SECRET_KEY.encode() not in path.read_bytes()


def test_keys_are_written_apart_for_their_owner_alone_and_over_nothing(source: Installation, tmp_path: Path) -> None:
    shelf, target = tmp_path / "shelf", tmp_path / "keys"
    write_keys(target, apart_from=shelf)
    assert target.read_text() == f"{SECRET_KEY}\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(InvalidInput, match="is there already"):
        write_keys(target, apart_from=shelf)
    with pytest.raises(InvalidInput, match="Keep keys apart"):
        write_keys(shelf / "backup-1" / ".." / "keys", apart_from=shelf)
    with pytest.raises(InvalidInput, match="can't be written"):
        write_keys(tmp_path / "nowhere" / "keys", apart_from=shelf)


def test_what_a_killed_one_left_is_removed_unless_its_pg_dump_lives(source: Installation, shelf: Path) -> None:
    for name in ("dead", "alive"):
        (shelf / f".unfinished-{name}").mkdir(parents=True)
    alive = os.open(shelf / ".unfinished-alive", os.O_RDONLY)
    fcntl.flock(alive, fcntl.LOCK_EX)
    assert make_backup(shelf) is not None
    assert [path.name for path in list_unfinished(shelf)] == [".unfinished-alive"]
    os.close(alive)
    assert make_backup(shelf) is not None
    assert list_unfinished(shelf) == []


def test_artifacts_are_copied_and_no_link_is_followed(source: Installation, shelf: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (artifact_folder() / "link").symlink_to(secret)
    (artifact_folder() / "linked").symlink_to(tmp_path)
    assert all("link" not in str(path) for path in list_files(artifact_folder()))
    made = make_backup(shelf)
    assert made is not None
    assert not any("link" in name for name in made.manifest.files)
    assert verify(made.folder) == made.manifest


def test_two_of_one_second_get_names_of_their_own(source: Installation, shelf: Path, monkeypatch) -> None:
    moment = making.clock.now()
    monkeypatch.setattr(making.clock, "now", lambda: moment)
    first, second = make_backup(shelf), make_backup(shelf)
    assert first is not None
    assert second is not None
    assert second.folder.name == f"{first.folder.name}-2"
    assert [kept.folder for kept in list_backups(shelf)] == [second.folder, first.folder]


def test_oldest_program_that_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.4 (Debian 15.4-1)'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.find_program("pg_dump", at_least=15) == programs.Program(old, 15)
    assert programs.find_program("pg_dump", at_least=16).path == wheel_programs() / "pg_dump"
    with pytest.raises(
        ConfigurationError, match=r"pg_dump 18 is too old: 99 or newer is needed\. .*postgresql-client-99"
    ):
        programs.find_program("pg_dump", at_least=99)
