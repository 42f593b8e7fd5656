from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.db.embedded import EmbeddedPostgres
from tests.database import CARELESS


@pytest.fixture(scope="module")
def own_server(open_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A running server without roles and databases, which a test may break."""
    with EmbeddedPostgres(open_folder / "own", CARELESS) as server:
        yield server
