"""The code of the release before this one, out of the repository's history."""

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from lib.config import ROOT


class NoHistory(Exception):
    """This copy of the project does not know the release before; the message says why."""


def extract(to: Path) -> str:
    """Put the release before into a folder, and say which commit it is.

    A release begins where the version in pyproject.toml changes: the one before is what stood there until then. Raises
    `NoHistory`.
    """
    begun = _git("log", "-1", "--format=%H", "-G^version = ", "--", "pyproject.toml").decode().strip()
    try:
        before = _git("rev-parse", "--verify", "--quiet", f"{begun}^{{commit}}^").decode().strip()
    except NoHistory:
        message = "the clone's history does not reach back to the release before"
        raise NoHistory(message) from None
    with tarfile.open(fileobj=BytesIO(_git("archive", before))) as packed:
        packed.extractall(to, filter="data")
    return before


def _git(*arguments: str) -> bytes:
    try:
        return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True).stdout
    except FileNotFoundError:
        message = "there is no git"
        raise NoHistory(message) from None
    except subprocess.CalledProcessError as error:
        raise NoHistory(error.stderr.decode().strip() or "there is no such commit") from None
