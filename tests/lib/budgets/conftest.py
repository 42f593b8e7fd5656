import pytest

from tests.conftest import Installation


@pytest.fixture(autouse=True)
def _installed(installation: Installation) -> None:
    """Use cases find the test's database in the settings."""
