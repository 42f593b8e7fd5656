"""`python -m lib.cli` is `orchestrator`."""

from lib.cli import main

main()
