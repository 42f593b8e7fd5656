"""The tests' PostgreSQL: one embedded server a checkout, shared by everybody who tests it, and a clone a test.

A template is migrated once and kept until what it is made from changes: a clone of it takes some 20 ms, making it
anew several seconds. The server stops with the last test process that uses it, even with a killed one.

`TESTS_ADMIN_URL`, a superuser's, names another server instead: any test runs there as well.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import psycopg

from lib.config import ROOT
from lib.db.embedded import EmbeddedPostgres
from lib.db.logins import Login
from lib.db.roles import database_grants, make_roles
from lib.errors import OrchestratorError
from tests.kept import close_idle, kept_open

#: Nothing here outlives a run that anybody would miss.
CARELESS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "autovacuum": "off",
    "max_connections": "400",  # two hundred attempts ask at once, beside all other tests; each takes 40 kB
    "io_method": "sync",
    "dynamic_shared_memory_type": "mmap",  # lies in the folder and goes with it, even after kill -9
}
PASSWORDS = {login: f"{login}-of-the-tests" for login in Login}

#: The installation's key in every test that does not bring its own; the template knows it.
SECRET_KEY = "secret-key-of-the-tests-0123456789"

#: Names the server to test on, when it is not to be the embedded one.
ADMIN_URL_VARIABLE = "TESTS_ADMIN_URL"

_ROOM_BYTES = 1_000_000_000
_KEPT_TEMPLATES = 4
_MADE_FROM = (
    "migrations",
    "lib/db/migrate.py",
    "lib/db/roles.py",
    "lib/db/logins.py",
    "lib/db/claims.py",
    "lib/templates",
    "constraints.txt",
)
_LOCK = 4713
_numbers = count()


class Server(Protocol):
    """A server with a superuser, whose `admin_url` ends with `/postgres?` and options."""

    @property
    def admin_url(self) -> str: ...
    def url(self, user: str, password: str, *, database: str) -> str: ...


@dataclass(frozen=True, slots=True)
class NamedServer:
    """A server that is known by its superuser's URL."""

    admin_url: str

    def url(self, user: str, password: str, *, database: str) -> str:
        """The way in for somebody else."""
        host, _, options = self.admin_url.rpartition("@")[2].partition("/postgres?")
        return f"postgresql://{quote(user)}:{quote(password)}@{host}/{database}?{options}"


@dataclass(frozen=True, slots=True)
class ClonedDatabase:
    """A migrated database of one test, or of one module."""

    name: str
    server: Server

    def url(self, login: Login) -> str:
        """The way in for one of the four logins."""
        return self.server.url(login.role_name, PASSWORDS[login], database=self.name)

    @property
    def admin_url(self) -> str:
        """The superuser's way in: for arranging and for looking, never for the code under test."""
        return self.server.admin_url.replace("/postgres?", f"/{self.name}?")


@contextmanager
def shared_server() -> Iterator[Server]:
    """The server of this checkout's tests, for as long as the block lasts."""
    if named := os.environ.get(ADMIN_URL_VARIABLE):
        yield NamedServer(named)
        return
    folder = _folder()
    server = EmbeddedPostgres(folder, CARELESS)
    try:
        server.start()
    except OrchestratorError:
        if server.is_running:
            raise
        shutil.rmtree(folder)  # of another version, or of a machine that went down in the middle
        server.start()
    try:
        yield server
    finally:
        server.stop()


def ensure_template(server: Server) -> str:
    """The name of the migrated database that is cloned, made when there is none of today's migrations."""
    from lib.db import claims, migrate

    name = f"template_{_key()}"
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        _drop_leftovers(connection)
        if _exists(connection, name):
            return name
        unfinished = "unfinished_template"
        connection.execute(f"DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")
        make_roles(server.admin_url, passwords=PASSWORDS, database=unfinished)
        owner_url = server.url(Login.OWNER.role_name, PASSWORDS[Login.OWNER], database=unfinished)
        migrate.upgrade(owner_url)
        claims.install_keys(owner_url, [SECRET_KEY])
        psycopg.connect(owner_url).close()  # the first one writes a file down that each clone's first would write
        connection.execute(f"ALTER DATABASE {unfinished} RENAME TO {name}")
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        return name


@contextmanager
def clone_of(template: str, server: Server) -> Iterator[ClonedDatabase]:
    """A copy of the template, dropped afterwards whoever is still connected."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    close_idle(template)  # what somebody is connected to can't be copied
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} OWNER {Login.OWNER.role_name} STRATEGY FILE_COPY"
        )
        connection.execute(database_grants(name))
        try:
            with kept_open(name):
                yield ClonedDatabase(name, server)
        finally:
            _drop(connection, name)


def roomy_folder() -> Path:
    """In memory where there is room for it, and where programs may run from it; else where temporary files lie."""
    memory = Path("/dev/shm")
    with suppress(OSError):
        room = os.statvfs(memory)
        can_run = not room.f_flag & os.ST_NOEXEC
        if os.access(memory, os.W_OK) and can_run and room.f_bavail * room.f_frsize > _ROOM_BYTES:
            return memory
    return Path(tempfile.gettempdir())


def _folder() -> Path:
    checkout = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:10]
    return roomy_folder() / f"ai-orchestrator-tests-{os.geteuid()}-{checkout}"


def _key() -> str:
    digest = hashlib.sha256()
    for start in _MADE_FROM:
        path = ROOT / start
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix not in {".pyc"}:
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _drop(connection: psycopg.Connection, name: str) -> None:
    """`DROP DATABASE … WITH (FORCE)` sleeps 100 ms when it finds somebody inside: see them out first."""
    inside = "FROM pg_stat_activity WHERE datname = %s"
    connection.execute(f"SELECT pg_terminate_backend(pid) {inside}", [name])
    for _ in range(100):
        if connection.execute(f"SELECT 1 {inside}", [name]).fetchone() is None:
            break
        time.sleep(0.001)
    connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _lives(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def _drop_leftovers(connection: psycopg.Connection) -> None:
    """Clones of test processes that were killed, and templates of migrations long changed."""
    rows = connection.execute("SELECT datname FROM pg_database WHERE datname ~ '^(test|template)_' ORDER BY oid DESC")
    names = [name for (name,) in rows]
    templates = [name for name in names if name.startswith("template_")]
    dead = [name for name in names if name.startswith("test_") and not _lives(int(name.split("_")[1]))]
    for name in [*dead, *templates[_KEPT_TEMPLATES:]]:
        with suppress(psycopg.errors.ObjectInUse):  # somebody clones it this moment
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
