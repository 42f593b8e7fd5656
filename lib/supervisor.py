"""`orchestrator up`: the database, the workers and the web process, kept alive until Ctrl-C.

    supervisor            knows every login; holds the embedded server, the listening socket and `up.lock`
    ├── web               web and identity; inherits the socket, so that a restart refuses nobody
    ├── worker, …         the worker's login
    └── backup            once a day, where that is set: the supervisor's own ways in

Time counts at the start: the web process does its imports while the database is made and migrated.
"""

import fcntl
import gc
import http.client
import importlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Any, Final

from lib.backup.daily import DailyBackup
from lib.config import Settings
from lib.data_folder import data_folder
from lib.db import server
from lib.db.logins import Login
from lib.errors import ConfigurationError, OrchestratorError
from lib.installation import prepare_database
from lib.processes import Child, ending
from lib.serving import local_url, open_listener

Say = Callable[[str], Any]

_LOOK_SECONDS: Final = 0.25
_SERVING_SECONDS: Final = 60
#: Beyond what a worker lets its calls go on for.
_ENDING_SECONDS: Final = 10
#: After that long in silence it is said what is waited for.
_SILENT_SECONDS: Final = 1
_LONGEST_PAUSE_SECONDS: Final = 30
#: Between two tries to start a PostgreSQL that does not.
_REVIVE_SECONDS: Final = 5
#: A process that lived this long was well; the next pause is a short one again.
_WELL_SECONDS: Final = 20
_LONGEST_LOG_BYTES: Final = 10_000_000


class _Stop(BaseException):
    """Ctrl-C or SIGTERM, wherever we are."""


@dataclass
class _Service:
    """One process to keep alive."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path | None
    sockets: tuple[int, ...] = ()
    child: Child | None = None
    failures: int = 0
    restart_at: float = 0

    def start(self) -> Child:
        """Start it; it waits for `go`."""
        if self.log is not None and self.log.exists() and self.log.stat().st_size > _LONGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.child = Child(self.arguments, environment=self.environment, log=self.log, sockets=self.sockets)
        return self.child

    def look_after(self, say: Say) -> None:
        """Start it, and again when it has died, after a pause that grows with each time."""
        now = time.monotonic()
        if self.child is not None and (code := self.child.exit_code) is not None:
            self.failures = 1 if now - self.child.started_at > _WELL_SECONDS else self.failures + 1
            pause_seconds = min(0.5 * 2 ** (self.failures - 1), _LONGEST_PAUSE_SECONDS)
            self.child.end(within_seconds=0)
            self.child, self.restart_at = None, now + pause_seconds
            where = f" See {self.log}." if self.log is not None else ""
            say(f"The {self.name} process ended ({ending(code)}) and starts again in {pause_seconds:g} s.{where}")
        if self.child is None and now >= self.restart_at:
            self.start().go()


_Kept = _Service | DailyBackup


def run_everything(settings: Settings, *, workers: int, is_verbose: bool, say: Say) -> None:
    """Serve until Ctrl-C or SIGTERM, then end everything that was started.

    When the same data folder is being served already it says where, and returns. Raises an OrchestratorError when that
    is not at the port asked for, the port is taken, the database does not start or the web process does not.
    """
    folder = data_folder()
    with (folder / "up.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _refer_to_first(lock, settings, say)
            return
        with open_listener(settings) as listener:
            url = settings.public_url or local_url(listener, settings)
            lock.truncate(0)
            lock.write(json.dumps({"url": url, "port": listener.getsockname()[1], "process": os.getpid()}))
            lock.flush()
            say(f"Starting. The data folder is {folder}.")
            logs = None if is_verbose else folder / "logs"
            services = _services(listener, workers, logs)
            kept: list[_Kept] = [*services, *([] if settings.backup_hour is None else [DailyBackup(logs)])]
            with _signals_as_stop(then=lambda: _ask_to_end(kept)) as stop_if_asked:
                try:
                    _start(services, listener, url, say, stop_if_asked)
                    _keep_alive(kept, say, stop_if_asked)
                except _Stop:
                    say("Stopping …")
                finally:
                    _end(kept, drain_seconds=settings.drain_seconds, say=say)
                    server.release_embedded_server()
                    lock.truncate(0)


def _refer_to_first(lock: IO[str], settings: Settings, say: Say) -> None:
    """Say where the first one is. Raises ConfigurationError when this one was asked, by name, for another port."""
    first = _who_is_first(lock)
    message = f"AI Orchestrator is running already, at {first['url']} (process {first['process']})."
    if "port" in settings.model_fields_set and settings.port not in {0, first["port"]}:
        raise ConfigurationError(
            f"{message} It stays at that port: end it first, or give this one a data folder of its own by "
            "ORCHESTRATOR_DATA_DIR."
        )
    say(message)


def _who_is_first(lock: IO[str]) -> dict[str, Any]:
    """What the first one wrote, a moment after it took the lock."""
    for _ in range(100):
        lock.seek(0)
        with suppress(ValueError):
            found: dict[str, Any] = json.loads(lock.read())
            return found
        time.sleep(0.05)
    return {"url": "an address it has not said yet", "port": 0, "process": 0}


def _services(listener: socket.socket, workers: int, logs: Path | None) -> list[_Service]:
    if logs is not None:
        logs.mkdir(mode=0o700, exist_ok=True)
    port = {"ORCHESTRATOR_PORT": str(listener.getsockname()[1])}
    web_environment = server.process_environment(Login.WEB, Login.IDENTITY) | port
    worker_environment = server.process_environment(Login.WORKER) | port
    web = _Service(
        "web",
        ("web", "--supervised", "--descriptor", str(listener.fileno())),
        web_environment,
        logs and logs / "web.log",
        (listener.fileno(),),
    )
    names = ["worker"] if workers == 1 else [f"worker-{number}" for number in range(1, workers + 1)]
    arguments = ("worker", "--supervised")
    return [web, *(_Service(name, arguments, worker_environment, logs and logs / f"{name}.log") for name in names)]


@contextmanager
def _signals_as_stop(*, then: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Raise `_Stop` at the first of them; what is yielded raises it again where it was lost. At the others do `then`.

    Python prints what is raised inside a callback, such as that of an import's lock, and goes on.
    """
    is_asked = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal is_asked
        is_asked = True
        for number in before:
            signal.signal(number, lambda _number, _frame: then())
        raise _Stop

    def stop_if_asked() -> None:
        if is_asked:
            raise _Stop

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    if before[signal.SIGHUP] == signal.SIG_IGN:  # nohup
        del before[signal.SIGHUP]
    for number in before:
        signal.signal(number, stop)
    try:
        yield stop_if_asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(
    services: list[_Service], listener: socket.socket, url: str, say: Say, stop_if_asked: Callable[[], None]
) -> None:
    """Prepare the database and serve. The workers, whose imports would hold the pages up, come with `_keep_alive`."""
    gc.disable()  # as in `lib.serving`: imports make no garbage
    web = services[0]
    child = web.start()
    Thread(target=_import_ahead, daemon=True).start()
    prepare_database(Login.WEB, Login.IDENTITY, Login.WORKER)
    stop_if_asked()
    child.go()
    setup_link = _make_setup_link(url)
    wait_until_serving(child, web.log, listener, stop_if_asked)
    gc.freeze()
    gc.enable()
    say(f"AI Orchestrator is serving at {url}. Ctrl-C stops it.")
    if setup_link is not None:
        say(f"It is empty yet. Open this link once, to make the first organization and yourself:\n  {setup_link}")


def _import_ahead() -> None:
    """What comes next, while initdb and the server's start make us wait."""
    for name in ("lib.maintenance.upgrade", "alembic.command", "dbos", "lib.identity.setup"):
        importlib.import_module(name)


def _make_setup_link(url: str) -> str | None:
    from lib.db import session  # noqa: PLC0415 - imported while the database is prepared
    from lib.identity.setup import make_setup_link  # noqa: PLC0415 - likewise

    try:
        return make_setup_link(url)
    finally:
        session.dispose()


def wait_until_serving(
    web: Child, log: Path | None, listener: socket.socket, stop_if_asked: Callable[[], None]
) -> None:
    """Return when the web process answers. The socket accepts from the beginning, so the connection only waits."""
    give_up_at = time.monotonic() + _SERVING_SECONDS
    host, port = listener.getsockname()[:2]
    while time.monotonic() < give_up_at:
        stop_if_asked()
        if (code := web.exit_code) is not None:
            raise OrchestratorError(f"The web process does not start ({ending(code)}).{_last_words(log)}")
        with (
            suppress(OSError, http.client.HTTPException),
            closing(http.client.HTTPConnection(host, port, timeout=0.5)) as connection,
        ):
            connection.request("GET", "/healthz")
            connection.getresponse()
            return
    raise OrchestratorError(f"The web process does not answer within {_SERVING_SECONDS} s.{_last_words(log)}")


def _keep_alive(services: list[_Kept], say: Say, stop_if_asked: Callable[[], None]) -> None:
    look_again_at = 0.0
    problem = ""
    while True:
        time.sleep(_LOOK_SECONDS)
        stop_if_asked()
        if time.monotonic() >= look_again_at:
            try:
                if server.revive_embedded_server():
                    say("PostgreSQL had died and runs again.")
                    problem = ""
            except OrchestratorError as error:
                if error.message != problem:
                    say(f"{error.message} It is tried again every {_REVIVE_SECONDS} s.")
                problem = error.message
                look_again_at = time.monotonic() + _REVIVE_SECONDS
        for service in services:
            service.look_after(say)


def _ask_to_end(services: list[_Kept]) -> None:
    """Politely; whoever is asked again gives up what it was about to finish."""
    for service in services:
        if service.child is not None:
            service.child.ask_to_end()


def _end(services: list[_Kept], *, drain_seconds: float, say: Say) -> None:
    children = [service.child for service in services if service.child is not None]
    _ask_to_end(services)
    silent_until = time.monotonic() + _SILENT_SECONDS
    while drain_seconds and time.monotonic() < silent_until and any(child.exit_code is None for child in children):
        time.sleep(_LOOK_SECONDS / 10)
    if drain_seconds and any(child.exit_code is None for child in children):
        say(f"What is being written may end, for {drain_seconds:g} s at most. Ctrl-C again ends it at once.")
    give_up_at = time.monotonic() + drain_seconds + _ENDING_SECONDS
    for child in children:
        child.end(within_seconds=give_up_at - time.monotonic())


def _last_words(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    return f" The end of {log}:\n" + "\n".join(lines)
