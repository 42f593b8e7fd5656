"""`python -m tests.benchmarks [NAME …]`: all of them, or those named. docs/benchmarks.md says how to read them."""

import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from tests.benchmarks import (
    archives,
    audit,
    engine,
    estimate,
    fairness,
    gallery,
    idle,
    pages,
    paint,
    peers,
    people,
    policies,
    projects,
    providers,
    retention,
    scale,
    sign_in,
    startup,
    steps,
    usage,
    webhooks,
)
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Figure, Kept, machine

BENCHMARKS: dict[str, Callable[[Ground], Sequence[Figure]]] = {
    "startup": startup.main,
    "pages": pages.main,
    "usage": usage.main,
    "archives": archives.main,
    "audit": audit.main,
    "people": people.main,
    "retention": retention.main,
    "gallery": gallery.main,
    "estimate": estimate.main,
    "projects": projects.main,
    "paint": paint.main,
    "engine": engine.main,
    "fairness": fairness.main,
    "steps": steps.main,
    "idle": idle.main,
    "policies": policies.main,
    "sign_in": sign_in.main,
    "providers": providers.main,
    "webhooks": webhooks.main,
}

#: What is measured only when it is named: it needs more than the project's own environment, or very long.
ON_REQUEST: dict[str, Callable[[Ground], Sequence[Figure]]] = {"peers": peers.main, "scale": scale.main}


def main(names: Sequence[str]) -> None:
    """Run the benchmarks in turn; each says first how fast the machine is at the moment."""
    known = BENCHMARKS | ON_REQUEST
    if unknown := set(names) - set(known):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    logging.disable(logging.WARNING)  # Streamlit warns of being imported without a server
    kept = Kept()
    with ExitStack() as stack:
        ground = Ground(stack)
        for name in names or BENCHMARKS:
            print(f"\n{name}: {known[name].__doc__}", flush=True)
            began = time.monotonic()
            kept.show_and_keep(name, [*known[name](ground), machine()])
            print(f"  ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
