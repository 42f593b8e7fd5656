from uuid import UUID

import pytest

from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)
