"""The programs that the page shows for receivers do what they say: run as they are, against what is really signed."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from lib.ui.components.webhook_code import CURL, NODE, PYTHON, SHELL
from lib.webhooks.signing import make_secret, sign
from tests.ending import end
from tests.node import node_folder

__all__ = ["node_folder"]

BODY = '{"id": "1", "type": "run.completed", "data": {"title": "Zürich, 東京"}}'


def headers(*keys: str, at: datetime | None = None) -> dict[str, str]:
    return sign(uuid4(), BODY, keys=keys, at=at or datetime.now(UTC))


@contextmanager
def receiving(command: Sequence[str], *, secret: str) -> Iterator[str]:
    """The address of the program, given a free port."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], env={**os.environ, "WEBHOOK_SECRET": secret})
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            else:
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def judge(url: str, *, secret: str) -> None:
    """What is ours is taken; what is changed, old, unsigned or somebody else's is not."""
    old = datetime.now(UTC) - timedelta(minutes=10)
    with httpx2.Client() as client:

        def post(body: str, told: dict[str, str]) -> int:
            return client.post(url, content=body.encode(), headers=told).status_code

        assert post(BODY, headers(secret)) == 204
        assert post(BODY, headers(make_secret(), secret)) == 204
        for body, told in (
            (BODY + " ", headers(secret)),
            (BODY, headers(make_secret())),
            (BODY, headers(secret, at=old)),
            (BODY, {}),
        ):
            assert post(body, told) == 401


def test_python_program_takes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    program, secret = tmp_path / "receiver.py", make_secret()
    program.write_text(PYTHON)
    with receiving([sys.executable, str(program)], secret=secret) as url:
        judge(url, secret=secret)


def test_node_program_takes_what_is_ours_and_nothing_else(node_folder: Path) -> None:
    program, secret = node_folder / "receiver.mjs", make_secret()
    program.write_text(NODE)
    with receiving(["node", str(program)], secret=secret) as url:
        judge(url, secret=secret)


def test_shell_program_takes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    program, body, secret = tmp_path / "verify.sh", tmp_path / "body.json", make_secret()
    program.write_text(SHELL)

    def verify(content: str, told: dict[str, str]) -> int:
        body.write_text(content)
        named = {name.upper().replace("-", "_"): value for name, value in told.items()}
        environment = {**os.environ, "WEBHOOK_SECRET": secret, **named}
        done = subprocess.run(["sh", program, body], env=environment, capture_output=True, timeout=20, check=False)
        return done.returncode

    old = datetime.now(UTC) - timedelta(minutes=10)
    assert verify(BODY, headers(secret)) == 0
    assert verify(BODY, headers(make_secret(), secret)) == 0
    assert verify(BODY + " ", headers(secret)) == 1
    assert verify(BODY, headers(make_secret())) == 1
    assert verify(BODY, headers(secret, at=old)) == 1


def test_curl_program_sends_what_the_python_program_takes(tmp_path: Path) -> None:
    if not (shutil.which("openssl") and shutil.which("curl")):
        pytest.skip("openssl or curl is not installed")
    receiver, sender, secret = tmp_path / "receiver.py", tmp_path / "send.sh", make_secret()
    receiver.write_text(PYTHON)
    sender.write_text(CURL)

    def send(url: str, *, signed_by: str) -> str:
        environment = {**os.environ, "WEBHOOK_SECRET": signed_by}
        done = subprocess.run(["sh", sender, url], env=environment, capture_output=True, timeout=20, check=True)
        return done.stdout.decode().strip()

    with receiving([sys.executable, str(receiver)], secret=secret) as url:
        assert send(url, signed_by=secret) == "204"
        assert send(url, signed_by=make_secret()) == "401"
