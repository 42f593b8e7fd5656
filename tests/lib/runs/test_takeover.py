"""A worker takes a run over whose holder before, dead or late, still writes its last word."""

import json
import threading

from lib.db.logins import Login
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import answer, beginning, make_run, open_run
from tests.records import is_waited_for, row
from tests.workers import until


def test_what_the_holder_before_writes_last_is_counted(installation: Installation, cast: Cast) -> None:
    database, organization = installation.database, cast.organization_a
    run = make_run(database, cast.alice, project_id=make_project(database, cast.alice))
    held = open_run(database, organization, run.id)
    held.advance(begin=[beginning("Phase 0")])
    step = json.dumps({"finish": [answer(run.phases["Phase 0"])]}, default=str)
    taking = threading.Thread(target=open_run, args=(database, organization, run.id))
    with doors.login(database, Login.WORKER) as holder:
        written = "SELECT api.advance_run(%s, %s, %s, %s)"
        holder.execute(written, [organization, run.id, held.token, step])
        taking.start()
        until(lambda: is_waited_for(installation))
    taking.join()
    counted = "SELECT completed_phases FROM orchestration_runs WHERE id = %s"
    assert row(installation, counted, run.id) == {"completed_phases": 1}
