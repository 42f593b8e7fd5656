"""Backup and recovery as docs/backup.md describes them, by the commands, also when they are killed in the middle."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from llmock.testing import LLMockServer

from lib.backup.programs import APPLICATION
from lib.config import ROOT
from lib.db.embedded import EmbeddedPostgres
from lib.db.logins import Login
from lib.db.roles import make_roles
from lib.db.server import URL_VARIABLES
from lib.models.run import RunStatus
from tests.cast import make_cast
from tests.conftest import Installation
from tests.database import CARELESS, PASSWORDS, SECRET_KEY, ClonedDatabase, Server
from tests.engine.conftest import Bench, chain
from tests.installations.commands import carried_out, environment, refused, settings_of
from tests.lib.backup.conftest import CHANGED, FILES, Target, contents, files, shelf, source, target
from tests.supervised import up, wait_for
from tests.system_postgres import system_postgres
from tests.workers import Workers, until
from tests.workspace import make_workspace

__all__ = ["shelf", "source", "target"]

HANDBOOK = (ROOT / "docs" / "backup.md").read_text(encoding="utf-8")


def backup(*words: str, settings: Mapping[str, str], shelf: Path) -> Path:
    """Make one; its folder."""
    said = carried_out("backup", "--to", str(shelf), *words, settings=settings)
    found = re.search(r"^Made (\S+): ", said, re.MULTILINE)
    assert found is not None, said
    return Path(found[1])


@contextmanager
def killed(*words: str, settings: Mapping[str, str]) -> Iterator[None]:
    """A command that is killed at the end of the block, in the middle of its work."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lib.cli", *words],
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        assert process.poll() is None, "it had ended by itself"
    finally:
        process.kill()
        process.wait()


def put_files(data_dir: Path) -> None:
    for name, content in FILES.items():
        path = data_dir / "artifacts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def settings_of_all() -> dict[str, str]:
    return settings_of(*Login)


@contextmanager
def opened(data_dir: Path) -> Iterator[ClonedDatabase]:
    """The database in a data folder, for looking."""
    with EmbeddedPostgres(data_dir / "postgres") as server:
        yield ClonedDatabase("orchestrator", server)


@pytest.mark.slow
@pytest.mark.timeout(600)  # it starts PostgreSQL three times, with files that are brought to the disk
def test_installation_moves_to_another_data_folder_and_is_backed_up_each_day(open_folder: Path) -> None:
    """The recovery of the handbook, from an embedded database to another one."""
    old, new, shelf, key = (open_folder / name for name in ("old", "new", "shelf", "key"))
    settings = {"ORCHESTRATOR_DATA_DIR": str(old), "ORCHESTRATOR_LOCAL_MODEL": "false"}
    with opened(old) as database:
        carried_out("demo", settings=settings)
        put_files(old)
        before = contents(database)
        folder = backup("--with-keys", str(key), settings=settings, shelf=shelf)
    assert carried_out("backup", "verify", str(folder), settings=settings).startswith("It is whole: ")

    settings["ORCHESTRATOR_DATA_DIR"] = str(new)
    with opened(new) as database:
        assert "The master key of this backup is not here" in refused("restore", str(folder), settings=settings)
        said = carried_out("restore", str(folder), "--keys", str(key), settings=settings)
        after = contents(database)
    assert "Everybody signs in anew" in said
    assert [name for name in before if before[name] != after[name]] == []
    assert files(new / "artifacts") == files(old / "artifacts")
    assert (new / "secret-key").read_text() == (old / "secret-key").read_text()

    daily = {"ORCHESTRATOR_BACKUP_HOUR": "0", "ORCHESTRATOR_BACKUP_DIR": str(open_folder / "daily")}
    with up(new, settings=daily) as running:
        running.read_until("serving at")
        assert "set-up" not in running.said
        wait_for(lambda: bool(list((open_folder / "daily").glob("backup-*"))))
        running.process.terminate()
        assert running.wait() == 0
    (made,) = (open_folder / "daily").glob("backup-*")
    carried_out("backup", "verify", str(made), settings=settings)
    assert "Nothing to do" in carried_out("backup", "--if-due", settings=settings | daily)


def test_backup_that_is_killed_leaves_none_that_looks_whole(source: Installation, shelf: Path) -> None:
    settings = settings_of_all()
    with psycopg.connect(source.database.admin_url) as blocking:
        blocking.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
        with (
            psycopg.connect(source.database.admin_url, autocommit=True) as looking,
            killed("backup", "--to", str(shelf), settings=settings),
        ):
            until(lambda: looking.execute(waiting, [APPLICATION]).fetchone() == (1,))
    (left,) = shelf.iterdir()
    assert left.name.startswith(".unfinished-")
    assert "was interrupted" in carried_out("backup", "list", "--to", str(shelf), settings=settings)
    gone = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    with psycopg.connect(source.database.admin_url, autocommit=True) as looking:
        until(lambda: looking.execute(gone, [APPLICATION]).fetchone() == (0,))
    folder = backup(settings=settings, shelf=shelf)
    assert [*shelf.iterdir()] == [folder]
    carried_out("backup", "verify", str(folder), settings=settings)


#: The test's database was made without them, and an upgrade brings them.
BUILT_IN = ("public.orchestration_templates", "public.template_versions")
MARKED = "SELECT shobj_description(oid, 'pg_database') IS NOT NULL FROM pg_database WHERE datname = current_database()"
#: Of a restore: the mark is there, tables are, policies bind.
MOMENTS = {
    "marked": MARKED,
    "tables": "SELECT to_regclass('public.orchestration_runs') IS NOT NULL",
    "policies": "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'users' AND relrowsecurity)",
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_restore_that_is_killed_is_said_and_begun_again(
    moment: str, source: Installation, shelf: Path, target: Target
) -> None:
    before = contents(source.database)
    folder = backup(settings=settings_of_all(), shelf=shelf)
    target.use()
    settings = settings_of_all()
    with psycopg.connect(target.database.admin_url, autocommit=True) as looking:
        with killed("restore", str(folder), settings=settings):
            until(lambda: looking.execute(MOMENTS[moment].encode()).fetchone() == (True,))
        assert looking.execute(MARKED).fetchone() == (True,), "it was killed too late"
    commands = [["worker"], ["up", "--port", "0"], ["db", "upgrade"], ["backup", "--to", str(shelf)]]
    for words in commands if moment == "marked" else commands[:1]:
        assert "A restore into this database is not finished" in refused(*words, settings=settings)
    said = carried_out("restore", str(folder), settings=settings)
    assert "What an interrupted restore had begun is removed." in said
    after = contents(target.database)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {CHANGED, *BUILT_IN}
    assert files(target.data_dir / "artifacts") == {
        name: digest for name, digest in files(source.data_dir / "artifacts").items() if ".unfinished" not in name
    }


@pytest.mark.slow
def test_runs_under_way_are_taken_up_where_they_stood(  # noqa: PLR0917 - fixtures, by their names
    installation: Installation,
    bench: Bench,
    workers: Workers,
    endpoint: LLMockServer,
    target: Target,
    shelf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DATABASE_URL", installation.database.admin_url)
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    until(lambda: bench.statuses(run_id)["a"] == ["completed"])
    folder = backup(settings=settings_of_all(), shelf=shelf)
    workers.stop()
    target.use()
    carried_out("restore", str(folder), settings=settings_of_all())
    moved = Workers(Installation(target.database, target.data_dir, SECRET_KEY), shelf / "worker.log")
    moved.start("moved")
    try:
        found = bench.wait_for_end(run_id)
        assert found.summary.status is RunStatus.COMPLETED
        assert bench.statuses(run_id)["a"] == ["completed"], "what was written is not asked again"
    finally:
        moved.stop()


@pytest.fixture(scope="module")
def newest(open_folder: Path) -> Iterator[Server]:
    with EmbeddedPostgres(open_folder / "own", CARELESS) as server:
        yield server


@pytest.fixture(scope="module")
def oldest() -> Iterator[Server]:
    with system_postgres() as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("name", ["newest", "oldest"])
def test_own_server_is_backed_up_by_the_login_of_the_handbook(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(name)

    def settings(database: str) -> dict[str, str]:
        urls = {
            URL_VARIABLES[login]: server.url(login.role_name, PASSWORDS[login], database=database) for login in Login
        }
        return urls | {"ORCHESTRATOR_SECRET_KEY": SECRET_KEY, "ORCHESTRATOR_DATA_DIR": str(tmp_path / database)}

    first, second = ClonedDatabase("orchestrator", server), ClonedDatabase("moved", server)
    for database in (first, second):
        make_roles(server.admin_url, passwords=PASSWORDS, database=database.name)
    carried_out("db", "upgrade", settings=settings("orchestrator"))
    make_workspace(first, make_cast(first).alice)
    put_files(tmp_path / "orchestrator")
    (statements,) = re.findall(r"```sql\n(.*?)```", HANDBOOK, re.DOTALL)
    with psycopg.connect(server.admin_url, autocommit=True) as administrator:
        administrator.execute(statements)
    url = server.url("orchestrator_backup", "a long one", database="orchestrator")
    folder = backup(settings=settings("orchestrator") | {"ORCHESTRATOR_BACKUP_DATABASE_URL": url}, shelf=tmp_path / "s")
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM user_sessions")
    carried_out("restore", str(folder), settings=settings("moved"))
    before, after = contents(first), contents(second)
    assert [name for name in before if before[name] != after[name]] == [CHANGED]
    assert files(tmp_path / "moved" / "artifacts") == files(tmp_path / "orchestrator" / "artifacts")
