"""Run the tests of the release before against this release's schema: all that ask a database for something.

`python -m tests.release_before [options of pytest]`; `make test-release-before` does.
"""

import sys
import tempfile
from pathlib import Path

from tests.release_before.running import EVERYTHING, run
from tests.release_before.tree import NoHistory, extract


def main() -> int:
    """The exit code of pytest, or 1 where there is no release before."""
    with tempfile.TemporaryDirectory(prefix="release-before-") as folder:
        try:
            commit = extract(Path(folder))
        except NoHistory as error:
            print(f"There is no release before to test: {error}.")
            return 1
        print(f"Code of {commit[:12]}, schema of today.")
        return run(Path(folder), EVERYTHING, *sys.argv[1:]).returncode


if __name__ == "__main__":
    sys.exit(main())
