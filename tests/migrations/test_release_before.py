"""Old code on the new schema: between an upgrade of the schema and the last restart, people work with both."""

from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Final

import pytest

from tests.release_before import running
from tests.release_before.tree import NoHistory, extract

#: A launch, from a person's click until a worker has written it; `make test-release-before` runs everything.
SHOWN: Final = ("tests/lib/runs/test_launch_run.py", "tests/engine/test_walk.py")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release before, unpacked."""
    folder = tmp_path_factory.mktemp("release-before")
    try:
        extract(folder)
    except NoHistory as error:
        pytest.skip(f"no release before to try: {error}")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_release_before_works_on_this_schema(release: Path) -> None:
    ended = running.run(release, SHOWN, "-n0", stdout=PIPE, stderr=STDOUT)
    assert ended.returncode == 0, ended.stdout[-4000:]
    assert " passed" in ended.stdout
