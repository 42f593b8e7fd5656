"""A real HTTP server on this machine that operations are sent to, with the faults that receivers have."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from lib.config import get_settings
from tests.conftest import Installation

#: Where nobody is to be led.
METADATA = "http://169.254.169.254/latest/meta-data/"


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    #: Of the headers, each as often as it came.
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Receiver:
    """What came, and what is answered. `answers` are used up one by one, the last one for ever."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    #: Status, headers and body; or one of `hang`, `drip`, `drop`.
    answers: list[tuple[int, dict[str, str], bytes] | str] = field(default_factory=lambda: [(200, {}, b"taken")])
    stops: Event = field(default_factory=Event)

    @property
    def host(self) -> str:
        """With its port."""
        return self.url.removeprefix("http://")

    @property
    def keys(self) -> list[str]:
        """The idempotency keys, as they came."""
        return [each.headers.get("idempotency-key", "") for each in self.received]

    def next_answer(self) -> tuple[int, dict[str, str], bytes] | str:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        with suppress(ConnectionError):
            super().handle_one_request()

    def _take(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined] # ours
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.received.append(Received(self.command, self.path, headers, body, tuple(self.headers.keys())))
        answer = receiver.next_answer()
        if answer == "hang":
            receiver.stops.wait(60)
            self.close_connection = True
        elif answer == "drop":
            self.close_connection = True
        elif answer == "drip":
            self._drip(receiver)
        elif not isinstance(answer, str):
            status, extra, content = answer
            self.send_response(status)
            for name, value in {"Content-Type": "text/plain", **extra}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    def _drip(self, receiver: Receiver) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not receiver.stops.wait(0.05):
            self.wfile.write(b".")
            self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _take  # noqa: N815 - BaseHTTPRequestHandler's names

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port, until the end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
        server.receiver = receiver  # type: ignore[attr-defined] # ours
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield receiver
        receiver.stops.set()
        server.shutdown()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def allowed_receiver(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """One that the operator lets through, and no other private host."""
    with receiving() as made:
        monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", made.host)
        get_settings.cache_clear()
        yield made


def wait_for(receiver: Receiver, count: int, *, seconds: float = 60.0) -> None:
    """Until so many requests have come."""
    deadline = time.monotonic() + seconds
    while len(receiver.received) < count:
        assert time.monotonic() < deadline, f"{len(receiver.received)} of {count} requests came"
        time.sleep(0.01)
