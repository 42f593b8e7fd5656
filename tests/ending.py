"""Ending a process that a test started."""

import subprocess

from tests import warm


def end(process: warm.Process | subprocess.Popen[str], *, seconds: float = 15.0) -> None:
    """Ask it to end, and end it when it takes longer than that."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
