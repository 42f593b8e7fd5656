"""Real workers seal the trail: once, whatever their number, and not before what is under way has ended."""

import psycopg
import pytest

from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import write_entries
from tests.records import rows
from tests.workers import Workers, until

pytestmark = pytest.mark.slow

_SEALS = "SELECT number, row_count FROM audit_seals ORDER BY number"


def test_workers_seal_each_stretch_once(installation: Installation, workers: Workers, cast: Cast) -> None:
    write_entries(installation.database, cast.alice, count=4)
    for name in ("one", "two", "three"):
        workers.start(name)
    until(lambda: bool(rows(installation, _SEALS)))
    assert rows(installation, _SEALS) == [{"number": 1, "row_count": 4}], "what is not a minute old is not among it"


def test_worker_waits_for_who_writes(installation: Installation, workers: Workers, cast: Cast) -> None:
    write_entries(installation.database, cast.alice)
    with psycopg.connect(installation.database.admin_url) as late:
        late.execute(
            "INSERT INTO audit_logs (organization_id, action) VALUES (%s, 'projects.update')", [cast.organization_a]
        )
        workers.start()
        with pytest.raises(AssertionError, match="did not come to pass"):
            until(lambda: bool(rows(installation, _SEALS)), seconds=3)
