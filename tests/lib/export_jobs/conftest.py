import pytest

from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import write_entries
from tests.made_exports import set_tier
from tests.made_usage import make_calls


@pytest.fixture(autouse=True)
def _filled(installation: Installation, cast: Cast) -> None:
    """Calls and entries of both organizations, and a tier that has files of the trail."""
    set_tier(installation, cast.organization_a, "pro")
    make_calls(installation.database, cast.organization_a, [{"user_id": cast.max.user_id, "cost_usd": "1.25"}] * 7)
    make_calls(installation.database, cast.organization_b, [{"user_id": cast.charlie.user_id}] * 3)
    write_entries(installation.database, cast.max, count=5)
    write_entries(installation.database, cast.charlie, count=2)
