"""Looks after an embedded server: a script of its own, started by `lib.db.embedded`.

    embedded_guard.py FOLDER UID GID STOP_COMMAND…

It brings a new cluster's files to the disk. Then it sleeps in the kernel until nobody holds the `users` lock any more,
and stops a server whose last user was killed. While it lives it holds the `guard` lock, which it inherits: so there is
one. It imports nothing but the standard library: it has to be small.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def main() -> None:
    """Leave the process that started this, wait, and stop the server unless it is to stay."""
    folder, uid, gid, stop_command = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    if os.fork():
        os._exit(0)
    os.setsid()

    def run(*command: str | Path) -> int:
        switch = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, **switch).returncode  # type: ignore[call-overload,no-any-return]  # noqa: S603 - keywords by user; our own words

    try:
        if (folder / "unsynced").exists():
            initdb = Path(stop_command[0]).with_name("initdb")
            if run(initdb, "--sync-only", "-D", folder / "data") == 0:
                (folder / "unsynced").unlink()
        while not _stop_when_unused(folder, lambda: run(*stop_command)):
            pass
    except FileNotFoundError:  # the folder was deleted; PostgreSQL notices that by itself
        return


def _stop_when_unused(folder: Path, stop: Callable[[], object]) -> bool:
    with (folder / "users").open("rb") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
    with (folder / "lock").open("rb") as lock, (folder / "users").open("rb") as users:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False  # somebody came between the two locks
        if not (folder / "keep").exists() and (folder / "data" / "postmaster.pid").exists():
            stop()
        return True


if __name__ == "__main__":
    main()
