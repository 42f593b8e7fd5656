"""The PostgreSQL of an installation that names no database: from a wheel, in a folder of ours, shared by our processes.

In the folder (`<data folder>/postgres`) lie

    data/          the cluster, owned by the user that PostgreSQL runs as
    run/           its socket; in a short folder under /tmp where this path is too long for a socket
    programs-…/    under root: a copy of PostgreSQL which that user can read
    password       the superuser's, readable for us only
    server.log
    lock           held while somebody starts or stops the server
    users          held (shared) by every process that uses it; the kernel drops the lock of a killed one
    guard          held by a little process that stops the server when its last user was killed
    unsynced       is there until a new cluster's files have been brought to the disk
    keep           is there while `orchestrator db start` asks the server to stay
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from lib.db import embedded_guard
from lib.db.embedded_cluster import EmbeddedCluster
from lib.db.embedded_programs import account_for


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What `orchestrator db status` says of the embedded server."""

    is_running: bool
    is_kept: bool
    process_id: int | None
    folder: Path


class EmbeddedPostgres:
    """One user of the server in a folder. `start` and `stop` come in pairs; `with` does both.

    `options` are settings of PostgreSQL added to ours; they count for the process that really starts the server.
    """

    def __init__(self, folder: Path, options: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self._cluster = EmbeddedCluster(self.folder, options or {})
        self._use: IO[bytes] | None = None
        self._process_id = os.getpid()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def admin_url(self) -> str:
        """The superuser's, as libpq URI. Raises ConfigurationError when its password is lost."""
        return self._cluster.admin_url

    def url(self, user: str, password: str, *, database: str) -> str:
        """A libpq URI over the socket; known before the server runs."""
        return self._cluster.url(user, password, database=database)

    @property
    def socket_folder(self) -> Path:
        """Where it listens."""
        return self._cluster.socket_folder

    @property
    def is_running(self) -> bool:
        """Whether a server lives on our data; it may still be starting."""
        return self._cluster.find_process_id() is not None

    def start(self) -> None:
        """Use the server, which is started if it does not run. Once more brings it back when it has died.

        Raises DatabaseUnavailable with the end of the server's log, ConfigurationError when the folder won't do.
        """
        self._cluster.make_folder()
        with self._locked():
            self._cluster.run()
            if self._use is None:
                self._use = (self.folder / "users").open("ab")
                fcntl.flock(self._use, fcntl.LOCK_SH)
            self._ensure_guard()

    def stop(self) -> None:
        """Use the server no longer. The last user stops it, unless it is to stay."""
        if self._use is None or os.getpid() != self._process_id:  # a forked child has no say
            return
        with self._locked():
            self._use.close()
            self._use = None
            has_stopped = self._stop_when_unused()
        if has_stopped:
            self._wait_for_guard()

    def keep(self) -> None:
        """Start the server and let it run until `release`, whoever comes and goes."""
        self.start()
        (self.folder / "keep").touch()
        self.stop()

    def release(self) -> bool:
        """Take `keep` back. False when somebody uses the server still: then the last of them stops it."""
        if not self._cluster.data.exists():
            return True
        with self._locked():
            (self.folder / "keep").unlink(missing_ok=True)
            has_stopped = self._stop_when_unused()
            if not has_stopped:
                self._ensure_guard()
        if has_stopped:
            self._wait_for_guard()
        return has_stopped

    def status(self) -> ServerStatus:
        """Whether it runs, and whether it was asked to stay."""
        process_id = self._cluster.find_process_id()
        is_kept = (self.folder / "keep").exists()
        return ServerStatus(process_id is not None, is_kept=is_kept, process_id=process_id, folder=self.folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _stop_when_unused(self) -> bool:
        if (self.folder / "keep").exists():
            return False
        with (self.folder / "users").open("ab") as users:
            if not _lock_soon(users, seconds=0.1):  # the guard holds it for a moment when it wakes up
                return False
            self._cluster.halt()
            return True

    def _ensure_guard(self) -> None:
        """See that somebody stops the server should all its users be killed."""
        with (self.folder / "guard").open("ab") as guard:
            if not _lock_soon(guard, seconds=0):
                return
            account = account_for(self._cluster.data)
            words = [str(self.folder), str(account.uid), str(account.gid), *self._cluster.stop_command]
            subprocess.run(  # noqa: S603 - our own words
                [sys.executable, "-I", "-S", embedded_guard.__file__, *words],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[guard.fileno()],
                check=True,
            )

    def _wait_for_guard(self) -> None:
        """It goes when the server has gone; nobody should find it afterwards."""
        with (self.folder / "guard").open("ab") as guard:
            _lock_soon(guard, seconds=2)


def _lock_soon(file: IO[bytes], *, seconds: float) -> bool:
    """Lock it for ourselves; False when somebody else does not let go within that time."""
    give_up_at = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                return False
            time.sleep(0.005)
        else:
            return True
