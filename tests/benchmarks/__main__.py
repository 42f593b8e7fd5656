"""`python -m tests.benchmarks [NAME …]`: all of them, or those named."""

import sys

from tests.benchmarks import startup, steps

BENCHMARKS = {"startup": startup.main, "steps": steps.main}


def main(names: list[str]) -> None:
    """Run the benchmarks in turn."""
    for name in names or list(BENCHMARKS):
        print(f"\n{name}: {BENCHMARKS[name].__doc__}")
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
