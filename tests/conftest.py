"""What every test can ask for: a database, an installation; and what none may do: talk to the outside."""

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime import context
from streamlit.testing.v1 import local_script_runner

from lib.config import get_settings
from lib.db import session
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from tests import network
from tests.cast import cast as cast  # noqa: PLC0414 - a fixture, found by its name
from tests.database import SECRET_KEY, ClonedDatabase, Server, clone_of, ensure_template, shared_server
from tests.recycled import Recycled

#: Where tests leave no process and no change of the schema behind: they get one database, one after another.
_RECYCLING = ("pages/", "lib/")
#: But for what reads the server's own counts by database.
_NOT_RECYCLING = ("lib/health/", "pages/test_health.py")


def pytest_configure(config: pytest.Config) -> None:
    """Watch every socket from the beginning, and let no test fail because the machine is slow."""
    gc.set_threshold(5_000, 10, 10)
    is_ci = os.environ.get("CI") == "true"  # the same examples each time, as Hypothesis itself has it; others at home
    settings.register_profile(
        "tests", deadline=None, derandomize=is_ci, suppress_health_check=[HealthCheck.too_slow], print_blob=True
    )
    settings.load_profile("tests")
    network.watch()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is there in the end stays: the tests themselves, and all they import. Looking through it took seconds."""
    gc.disable()
    found = yield
    gc.collect()
    gc.freeze()
    gc.enable()
    return found


@pytest.hookimpl(optionalhook=True)  # the tests on Debian's PostgreSQL start one process by themselves, without xdist
def pytest_xdist_auto_num_workers() -> int:
    """Half as many processes again as there are cores: a third of the time goes by in waiting for real processes."""
    return (os.cpu_count() or 1) * 3 // 2


@pytest.fixture(autouse=True, scope="session")
def _pages_without_waiting() -> Iterator[None]:
    """AppTest looks through all installed packages at each run, which takes longer than a page: once is enough.

    It gives a page three seconds, which a slow machine may need, and looks a thousand times a second whether it is
    done. And each header and cookie is a mock that takes longer to make than a query: no request is there.
    """
    scan = manifest_scanner.scan_component_manifests
    with (
        mock.patch.object(manifest_scanner, "scan_component_manifests", cache(scan)),
        mock.patch.object(context, "_get_client_context", return_value=None),
        mock.patch.object(local_script_runner, "require_widgets_deltas", lambda runner, _: runner.join()),
    ):
        yield


@pytest.fixture(autouse=True)
def _only_this_machine() -> Iterator[None]:
    """A test that reaches for another machine fails, even where the code under test swallows the refusal."""
    network.refused.clear()
    yield
    assert not network.refused, f"reached for the outside: {network.refused}"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the person who runs the tests has configured is not theirs to see."""
    for name in [*os.environ]:
        if name.startswith("ORCHESTRATOR_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder with a short path that PostgreSQL's user can pass through; under root pytest's are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="orchestrator-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database_server() -> Iterator[Server]:
    """The tests' PostgreSQL. What belongs to the whole server, such as roles, is not for a test to change."""
    with shared_server() as server:
        yield server


@pytest.fixture(scope="session")
def database_template(database_server: Server) -> str:
    """The migrated database that is cloned."""
    return ensure_template(database_server)


@pytest.fixture(scope="session")
def _recycled(database_server: Server, database_template: str) -> Iterator[Recycled]:
    recycled = Recycled(database_server, database_template)
    yield recycled
    recycled.close()


@pytest.fixture
def database(
    request: pytest.FixtureRequest, database_server: Server, database_template: str, _recycled: Recycled
) -> Iterator[ClonedDatabase]:
    """A migrated, empty database of the test's own."""
    place = request.path.relative_to(Path(__file__).parent).as_posix()
    if place.startswith(_RECYCLING) and not place.startswith(_NOT_RECYCLING):
        with _recycled.lent() as lent:
            yield lent
    else:
        with clone_of(database_template, database_server) as clone:
            yield clone


@pytest.fixture(scope="module")
def module_database(database_server: Server, database_template: str) -> Iterator[ClonedDatabase]:
    """One for all tests of a module that only read, or undo what they write."""
    with clone_of(database_template, database_server) as clone:
        yield clone


@dataclass(frozen=True, slots=True)
class Installation:
    """What the code under test finds in its settings."""

    database: ClonedDatabase
    data_dir: Path
    secret_key: str


@pytest.fixture
def installation(
    database: ClonedDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    _recycled: Recycled,
    _no_settings_of_this_machine: None,
) -> Iterator[Installation]:
    """An installation on the test's database: `get_settings()` and `database_url(login)` lead to it."""
    made = Installation(database, tmp_path / "data", SECRET_KEY)

    def configure() -> None:
        for login in Login:
            monkeypatch.setenv(URL_VARIABLES[login], database.url(login))
        monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY", made.secret_key)
        monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(made.data_dir))
        monkeypatch.setenv("ORCHESTRATOR_LOCAL_MODEL", "false")
        get_settings.cache_clear()

    configure()
    yield made
    configure()  # the test may have changed it
    if not _recycled.is_lent(database):  # whose pools are for the next test as well
        session.dispose()
