"""`orchestrator`, the command line. One module a group of commands; `orchestrator --help` lists them."""

import signal
import sys


def main() -> None:
    """Run the command line; what a person can put right is one plain message and exit code 1."""
    # Ctrl-C may come while the rest is imported: nothing is begun by then, and nobody wants to read where we were.
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from lib.cli.commands import app  # noqa: PLC0415 - see above
    from lib.errors import OrchestratorError  # noqa: PLC0415 - see above

    signal.signal(signal.SIGINT, handler)
    try:
        app()
    except OrchestratorError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(1)
