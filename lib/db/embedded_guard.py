"""Stops an embedded server whose last user was killed: a script of its own, started by `lib.db.embedded`.

    embedded_guard.py FOLDER UID GID STOP_COMMAND…

It sleeps in the kernel until nobody holds the `users` lock any more. While it lives it holds the `guard` lock, which it
inherits: so there is one. It imports nothing but the standard library: it has to be small.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Leave the process that started this, wait, and stop the server unless it is to stay."""
    folder, uid, gid, stop_command = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    if os.fork():
        os._exit(0)
    os.setsid()
    try:
        while not _stop_when_unused(folder, uid, gid, stop_command):
            pass
    except FileNotFoundError:  # the folder was deleted; PostgreSQL notices that by itself
        return


def _stop_when_unused(folder: Path, uid: int, gid: int, stop_command: list[str]) -> bool:
    with (folder / "users").open("rb") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
    with (folder / "lock").open("rb") as lock, (folder / "users").open("rb") as users:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False  # somebody came between the two locks
        if not (folder / "keep").exists() and (folder / "data" / "postmaster.pid").exists():
            switch = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
            subprocess.run(stop_command, check=False, stdin=subprocess.DEVNULL, **switch)  # type: ignore[call-overload]  # noqa: S603 - keywords by os; our own words
        return True


if __name__ == "__main__":
    main()
