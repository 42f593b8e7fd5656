"""`orchestrator`, the command line. One module a group of commands; `orchestrator --help` lists them."""

import sys

from lib.cli.interrupting import ended_by_ctrl_c


def main() -> None:
    """Run the command line; what a person can put right is one plain message and exit code 1."""
    with ended_by_ctrl_c():
        from lib.cli.commands import app  # noqa: PLC0415 - half a second of imports
        from lib.errors import OrchestratorError  # noqa: PLC0415 - likewise

    try:
        app()
    except OrchestratorError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(1)
