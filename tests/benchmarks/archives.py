"""Ten thousand runs into an archive and back: how long it takes, how large it is, what it takes of memory."""

RUNS, PHASES = 10_000, 7
