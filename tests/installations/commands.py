"""The command line as a person types it: in a process of its own, with the settings it is given and no others."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from lib.config import ROOT, get_settings
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES

_START_SECONDS = 60


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's, with these settings of ours and no others."""
    strange = {name for name in os.environ if name.startswith(("ORCHESTRATOR_", "STREAMLIT_")) or name in URLS}
    return {name: value for name, value in os.environ.items() if name not in strange} | dict(settings)


URLS = frozenset(URL_VARIABLES.values())


def settings_of(*logins: Login) -> dict[str, str]:
    """The settings that the test has made, with the URLs of these logins only."""
    others = URLS - {URL_VARIABLES[login] for login in logins}
    known = {"DATABASE_URL", *(name for name in os.environ if name.startswith("ORCHESTRATOR_"))}
    get_settings.cache_clear()
    return {name: os.environ[name] for name in known - others if name in os.environ}


def orchestrator(*words: str, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "lib.cli", *words],
        cwd=ROOT,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def carried_out(*words: str, settings: Mapping[str, str]) -> str:
    """What a command says that does what it should."""
    result = orchestrator(*words, settings=settings)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    return result.stdout


def refused(*words: str, settings: Mapping[str, str]) -> str:
    """What a command says that can't do what it should: plainly, without a traceback."""
    result = orchestrator(*words, settings=settings)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr


@contextmanager
def web_process(settings: Mapping[str, str], *, log: Path) -> Iterator[httpx2.Client]:
    """A browser without pages, at an `orchestrator web` that ends with the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "lib.cli", "web", "--port", "0"],
            cwd=ROOT,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        url = _address(process, log)
        with httpx2.Client(base_url=url, headers={"origin": url}, timeout=_START_SECONDS) as client:
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at:
        if found := re.search(r"^Serving (http://\S+)\. ", log.read_text(encoding="utf-8"), re.MULTILINE):
            return found[1]
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.05)
    raise AssertionError(f"it does not serve: {log.read_text(encoding='utf-8')}")
