"""The command line as a person types it: in a process of its own, with the settings it is given and no others."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from lib.config import ROOT, get_settings
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from tests.web_process import orchestrator_web

_ANSWER_SECONDS = 60


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
    with (
        orchestrator_web(settings, log=log) as url,
        httpx2.Client(base_url=url, headers={"origin": url}, timeout=_ANSWER_SECONDS) as client,
    ):
        yield client
