"""The cast and olga, who runs the installation: fixtures for whoever imports them by name."""

import pytest

from lib.access.actor import Actor
from tests.cast import Cast, make_cast
from tests.conftest import Installation
from tests.sample import with_operator


@pytest.fixture
def together(installation: Installation) -> tuple[Cast, Actor]:
    return with_operator(installation.database, make_cast(installation.database))


@pytest.fixture
def cast(together: tuple[Cast, Actor]) -> Cast:
    return together[0]


@pytest.fixture
def olga(together: tuple[Cast, Actor]) -> Actor:
    return together[1]
