"""What benchmarks stand on: a throw-away PostgreSQL with the settings of an installation, and real processes on it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg

from lib.config import ROOT, get_settings
from lib.db import session
from lib.db.embedded import EmbeddedPostgres
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from tests.database import SECRET_KEY, ClonedDatabase, clone_of, ensure_template
from tests.ending import end
from tests.web_process import wait_for_address

_LIVE = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711 AND objsubid = 2 AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_START_SECONDS = 60


class Ground:
    """One server for all benchmarks, started when the first of them asks for a database."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._server: EmbeddedPostgres | None = None
        self._template = ""

    @contextmanager
    def database(self) -> Iterator[ClonedDatabase]:
        """A migrated, empty database; settings and doors of this process lead to it for as long as the block lasts."""
        if self._server is None:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            folder.chmod(0o711)  # PostgreSQL's own user passes through
            # Writes go to the disk as in an installation: a benchmark with fsync off measures something else.
            self._server = self._stack.enter_context(EmbeddedPostgres(folder / "postgres"))
            self._template = ensure_template(self._server)
        with clone_of(self._template, self._server) as database, settings_of(database):
            yield database

    def log_statements(self, database: ClonedDatabase) -> Path:
        """The server's log, which from now on has every statement of whoever connects to the database."""
        assert self._server is not None
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {database.name} SET log_statement = 'all'".encode())
        return self._server.folder / "server.log"


@contextmanager
def settings_of(database: ClonedDatabase) -> Iterator[None]:
    """An installation on this database, for this process and those that it starts."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("ORCHESTRATOR_") or name == "DATABASE_URL"]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="bench-data-") as folder:
        os.environ.update({URL_VARIABLES[login]: database.url(login) for login in Login})
        os.environ["ORCHESTRATOR_SECRET_KEY"] = SECRET_KEY
        os.environ["ORCHESTRATOR_LOCAL_MODEL"] = "false"
        os.environ["ORCHESTRATOR_DATA_DIR"] = folder
        get_settings.cache_clear()
        try:
            yield
        finally:
            session.dispose()
            os.environ.clear()
            os.environ.update(before)
            get_settings.cache_clear()


@contextmanager
def settings_with(more: Mapping[str, str]) -> Iterator[None]:
    """Some settings more, until the block of the database ends."""
    os.environ.update(more)
    get_settings.cache_clear()
    yield


@contextmanager
def running(*command: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`orchestrator …` as a process of its own, and the file that it writes to."""
    with tempfile.NamedTemporaryFile(prefix="bench-", suffix=".log") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "lib.cli", *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=log,
            stderr=log,
        )
        try:
            yield process, Path(log.name)
        finally:
            end(process)


@contextmanager
def web_process() -> Iterator[tuple[psutil.Process, str]]:
    """A web process that serves, and its address."""
    with running("web", "--port", "0") as (process, log):
        url = wait_for_address(process, log=log, says="Serving ")
        yield psutil.Process(process.pid), url


@contextmanager
def workers(database: ClonedDatabase, count: int = 1) -> Iterator[list[psutil.Process]]:
    """So many workers, all of them alive."""
    with ExitStack() as stack, psycopg.connect(database.admin_url, autocommit=True) as connection:
        started = [stack.enter_context(running("worker"))[0] for _ in range(count)]
        wait_until(lambda: connection.execute(_LIVE).fetchone() == (count,))
        yield [psutil.Process(process.pid) for process in started]


def wait_until(is_done: Callable[[], bool], seconds: float = _START_SECONDS) -> None:
    """Wait for it, or fail."""
    give_up_at = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > give_up_at:
            raise RuntimeError("what the benchmark waits for did not come")
        time.sleep(0.005)
