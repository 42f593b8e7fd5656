"""What a run fills the Launch page in with."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from lib.errors import NotFound, NotPermitted
from lib.models.run import RunPriority
from lib.runs.duplicating import read_draft
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_project, make_template
from tests.made_runs import MODEL, make_run
from tests.records import rows


@pytest.fixture
def run_id(installation: Installation, cast: Cast) -> UUID:
    run = make_run(
        installation.database,
        cast.max,
        project_id=make_project(installation.database, cast.max),
        template_id=make_template(installation.database, cast.max),
    )
    values = """jsonb_set(inputs, '{values}', '{"who": "Fishers"}')"""
    bounds = "cost_limit_usd = 2.5, priority = 'high', integration_enabled = true"
    rows(installation, f"UPDATE orchestration_runs SET inputs = {values}, {bounds} RETURNING 1")
    return run.id


def test_everything_that_was_chosen_is_there(installation: Installation, cast: Cast, run_id: UUID) -> None:
    (stored,) = rows(installation, "SELECT * FROM orchestration_runs")
    for actor in (cast.alice, cast.mona, cast.max):
        draft = read_draft(actor, run_id)
        assert (draft.project_id, draft.template_id) == (stored["project_id"], stored["template_id"])
        assert (draft.title, draft.topic, draft.model) == ("A run", TOPIC, MODEL)
        assert draft.values == {"who": "Fishers"}
        assert (draft.cost_limit_usd, draft.priority) == (Decimal("2.5"), RunPriority.HIGH)
        assert draft.integration_enabled
    assert len(rows(installation, "SELECT 1 FROM orchestration_runs")) == 1, "nothing is launched"


def test_viewer_has_no_use_for_it(cast: Cast, run_id: UUID) -> None:
    with pytest.raises(NotPermitted):
        read_draft(cast.vera, run_id)


def test_stranger_finds_no_run_to_copy(cast: Cast, run_id: UUID) -> None:
    for actor, wanted in ((cast.charlie, run_id), (cast.max, uuid4())):
        with pytest.raises(NotFound):
            read_draft(actor, wanted)
