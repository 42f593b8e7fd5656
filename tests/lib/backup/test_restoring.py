"""A backup, restored: everything is there again, in a database that refuses what the first one refused."""

import fcntl
import json
import os
import re
import stat
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from lib.archives.shelf import archive_folder
from lib.backup import loading
from lib.backup.files import sum_file
from lib.backup.making import Made, make_backup
from lib.backup.manifest import DUMP, MANIFEST, _digest
from lib.backup.restoring import restore
from lib.cli.commands import app
from lib.config import get_settings
from lib.data_folder import data_folder
from lib.db import migrate, restoring
from lib.db.logins import Login
from lib.db.revision import newest_revision
from lib.db.server import check_server
from lib.errors import ConfigurationError, Conflict, InvalidInput
from lib.integrations.folder import artifact_folder
from lib.maintenance.upgrade import upgrade_installation
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.backup.conftest import CHANGED, Target, contents, files
from tests.migrations.catalog import snapshot


def schema(url: str) -> dict[str, str]:
    """All that migrations make; of expressions without the casts that PostgreSQL adds when it reads its own words."""
    return {name: re.sub(r"::[a-z ]+(\[\])?|[()\s]", "", str(what)) for name, what in snapshot(url).items()}


def test_every_table_and_every_file_is_there_again(source: Installation, shelf: Path, target: Target) -> None:
    upgrade_installation(source.database.url(Login.OWNER))  # the built-in templates, which an upgrade brings
    before, kept = contents(source.database), files(artifact_folder())
    empty = [name for name in before if name.startswith("public.") and not before[name]]
    assert empty == [], "a table without a row proves nothing"
    made = make_backup(shelf)
    assert made is not None
    target.restore(made.folder)
    after = contents(target.database)
    assert after.keys() == before.keys()
    assert [name for name in before if before[name] != after[name]] == [CHANGED]
    assert files(artifact_folder()) == {name: digest for name, digest in kept.items() if ".unfinished" not in name}
    assert [*files(archive_folder())] == ["acme/runs.zip"]
    assert schema(target.database.admin_url) == schema(source.database.admin_url)


def test_restored_database_knows_the_logins_and_keeps_tenants_apart(made: Made, target: Target, cast: Cast) -> None:
    target.restore(made.folder)
    for login in Login:
        check_server(login)
    with doors.person(target.database, cast.alice) as connection:
        found = connection.execute("SELECT DISTINCT organization_id FROM orchestration_runs").fetchall()
    assert found == [(cast.organization_a,)]
    with psycopg.connect(target.database.url(Login.OWNER)) as connection:
        assert restoring.find_source(connection) is None


def test_nobody_is_signed_in_afterwards(made: Made, source: Installation, target: Target) -> None:
    living = "SELECT count(*) FROM user_sessions WHERE revoked_at IS NULL"
    with psycopg.connect(source.database.admin_url) as connection:
        assert connection.execute(living).fetchone() != (0,)
    target.restore(made.folder)
    with psycopg.connect(target.database.admin_url) as connection:
        assert connection.execute(living).fetchone() == (0,)


def test_older_backup_is_brought_to_this_version(source: Installation, shelf: Path, target: Target) -> None:
    older = f"{int(newest_revision()) - 1:04}"
    migrate.downgrade(source.database.url(Login.OWNER), older)
    made = make_backup(shelf)
    assert made is not None
    assert made.manifest.schema_revision == older
    target.restore(made.folder)
    check_server(Login.WEB)
    migrate.upgrade(source.database.url(Login.OWNER))
    assert schema(target.database.admin_url) == schema(source.database.admin_url)


def test_newer_backup_is_refused(made: Made, target: Target) -> None:
    (made.folder / MANIFEST).write_text(made.manifest.model_copy(update={"schema_revision": "9999"}).to_text())
    with pytest.raises(ConfigurationError, match=r"knows the schema up to .* Restore it with that version"):
        target.restore(made.folder)
    assert contents(target.database) == {}


def test_installation_with_anything_in_it_is_refused_and_stays_as_it_is(made: Made, source: Installation) -> None:
    before = contents(source.database)
    with pytest.raises(ConfigurationError, match=r"holds files of another installation|This installation is not empty"):
        restore(made.folder, keys_file=None, without_keys=False, say=print)
    assert contents(source.database) == before


def test_database_with_anything_in_it_is_refused(made: Made, target: Target) -> None:
    with psycopg.connect(target.database.url(Login.OWNER)) as connection:
        connection.execute("CREATE TABLE public.mine (word text)")
    with pytest.raises(ConfigurationError, match="there are tables in its database"):
        target.restore(made.folder)
    assert contents(target.database) == {"public.mine": []}


def test_files_of_another_installation_are_refused(made: Made, target: Target) -> None:
    target.use()
    (artifact_folder() / "theirs").write_bytes(b"theirs")
    with pytest.raises(ConfigurationError, match="holds files of another installation"):
        target.restore(made.folder)
    assert contents(target.database) == {}


def test_table_that_is_not_as_it_was_saved_is_found(made: Made, target: Target) -> None:
    users = made.manifest.tables["public.users"]
    tables = {**made.manifest.tables, "public.users": users.model_copy(update={"checksum": "1"})}
    (made.folder / MANIFEST).write_text(made.manifest.model_copy(update={"tables": tables}).to_text())
    with pytest.raises(Exception, match=r"not as they were saved: public\.users\."):
        target.restore(made.folder)
    with pytest.raises(ConfigurationError, match="A restore into this database is not finished"):
        check_server(Login.WEB)


def test_interrupted_restore_is_begun_again(made: Made, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("lib.backup.restoring.upgrade_installation", lambda url: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            target.restore(made.folder)
    for login in Login:
        with pytest.raises(ConfigurationError, match=f"begin it again: orchestrator restore {made.folder}"):
            check_server(login)
    (artifact_folder() / "a" / "big.bin").write_bytes(b"half")
    said = target.restore(made.folder)
    assert "What an interrupted restore had begun is removed." in said
    check_server(Login.WEB)
    assert sum_file(artifact_folder() / "a" / "big.bin") == made.manifest.files["artifacts/a/big.bin"]


def test_data_folder_that_is_being_served_is_refused(made: Made, target: Target) -> None:
    target.use()
    with (data_folder() / "up.lock").open("w") as served:
        fcntl.flock(served, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match=r"runs on this data folder\. End it first"):
            target.restore(made.folder)
    assert contents(target.database) == {}


def test_up_says_meanwhile_that_a_backup_is_being_restored(
    made: Made, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        "lib.backup.restoring.upgrade_installation", lambda url: said.append(CliRunner().invoke(app, ["up"]).output)
    )
    target.restore(made.folder)
    assert said == [
        f"AI Orchestrator is running already, at no address yet: a backup is being restored (process {os.getpid()}).\n"
    ]
    assert (data_folder() / "up.lock").read_text() == ""


def test_loader_of_a_killed_restore_is_waited_for(made: Made, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_LOADERS_END_SECONDS", 0.3)
    target.use()
    with (data_folder() / "restore.lock").open("ab") as loader:
        fcntl.flock(loader, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="A pg_restore from before still works"):
            target.restore(made.folder)
    assert contents(target.database) == {}
    target.restore(made.folder)


def test_extension_that_an_administrator_made_is_left_to_administrators(
    source: Installation, shelf: Path, target: Target
) -> None:
    with psycopg.connect(source.database.admin_url) as connection:
        connection.execute("CREATE EXTENSION pgstattuple")
    made = make_backup(shelf)
    assert made is not None
    target.restore(made.folder)
    with psycopg.connect(target.database.admin_url) as connection:
        found = connection.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
    assert found == [("pg_stat_statements",), ("plpgsql",)], "the target's own"


def test_restore_waits_for_nobody_who_upgrades(made: Made, target: Target) -> None:
    with psycopg.connect(target.database.url(Login.OWNER)) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [migrate.UPGRADE_LOCK])
        with pytest.raises(Conflict, match="is being upgraded, or something is being restored"):
            target.restore(made.folder)


def test_without_the_key_it_is_refused_and_with_its_file_or_without_any_it_goes(
    made: Made, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept-key"
    kept.write_text(f"{get_settings().secret_key.get_secret_value()}\n")
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY", "another-key-of-another-installation-1")
    with pytest.raises(ConfigurationError, match="The master key of this backup is not here"):
        target.restore(made.folder)
    with pytest.raises(ConfigurationError, match="The master key of this backup is not here"):
        target.restore(made.folder, keys_file=kept)  # the settings name another, and processes would take that
    assert contents(target.database) == {}
    wrong = tmp_path / "wrong-key"
    wrong.write_text("another-key-of-another-installation-1")
    with pytest.raises(ConfigurationError, match="holds another key than this backup was made with"):
        target.restore(made.folder, keys_file=wrong)
    target.restore(made.folder, without_keys=True)
    check_server(Login.WEB)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "artifacts" / "a" / "big.bin").unlink(), "artifacts/a/big.bin is missing"),
        (lambda folder: append(folder / DUMP), "database.dump has .* bytes instead of"),
        (lambda folder: flip(folder / DUMP), "database.dump holds something else than was written"),
        (lambda folder: edit(folder / MANIFEST), "manifest.json is not as it was written"),
        (lambda folder: (folder / MANIFEST).unlink(), "is no backup"),
        (lambda folder: lead_out(folder / MANIFEST), "manifest.json is not as it was written"),
    ],
    ids=["missing", "longer", "changed", "edited", "no manifest", "leads out"],
)
def test_damaged_backup_is_refused_before_anything_is_changed(change, said: str, made: Made, target: Target) -> None:
    change(made.folder)
    with pytest.raises(InvalidInput, match=said):
        target.restore(made.folder)
    assert contents(target.database) == {}


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def edit(path: Path) -> None:
    path.write_text(path.read_text().replace('"rows": ', '"rows": 1', 1))


def lead_out(path: Path) -> None:
    """As somebody would write it who knows how the digest is made."""
    content = json.loads(path.read_text())
    content.pop("sha256")
    content["files"]["artifacts/../../../stolen"] = content["files"].pop("artifacts/a/big.bin")
    path.write_text(json.dumps(content | {"sha256": _digest(content)}))


def test_backup_is_for_its_owner_alone(made: Made) -> None:
    for path in (made.folder, *made.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
