"""A run as a document: what is in it, who may have it, and that the trail says who took it."""

import json
from uuid import UUID, uuid4

import jsonschema
import pytest

from lib.config import ROOT
from lib.errors import NotFound
from lib.models.review import Decision
from lib.reviews.service import decide_review
from lib.runs.exporting.service import RunFormat, export_run
from lib.runs.exporting.structures import RunDocument, write_schema
from lib.runs.operating.service import decide_operation
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_project
from tests.made_reviews import make_waiting, make_word
from tests.made_runs import end_run, fail_second_phase, make_comment, make_operation, make_run
from tests.records import row, signature, trail

SCHEMA = ROOT / "docs" / "run.schema.json"


@pytest.fixture
def run_id(installation: Installation, cast: Cast) -> UUID:
    """Of max, failed at its second phase."""
    run = make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))
    fail_second_phase(installation.database, cast.max, run)
    return run.id


def export(cast: Cast, run_id: UUID, *, name: str = "vera", has_prompts: bool = True) -> RunDocument:
    return export_run(getattr(cast, name), run_id, file_format=RunFormat.JSON, has_prompts=has_prompts)


def test_whoever_sees_the_run_may_take_it_along(cast: Cast, run_id: UUID) -> None:
    for name in ("alice", "mona", "max", "vera"):
        document = export(cast, run_id, name=name)
        run, (first, second) = document.run, document.phases
        assert (run.id, run.status, run.topic, run.launched_by) == (run_id, "failed", TOPIC, "Max")
        assert (first.answer, first.prompt) == ("Fold it twice.", f"Ideas for {TOPIC}")
        assert (first.prompt_tokens, first.completion_tokens, str(first.cost_usd)) == (150, 800, "0.028000")
        assert (second.status, second.answer, second.error) == ("failed", None, "The key was refused.")


def test_without_prompts_there_is_none(cast: Cast, run_id: UUID) -> None:
    document = export(cast, run_id, has_prompts=False)
    assert {phase.prompt for phase in document.phases} == {None}
    assert not document.has_prompts
    assert document.phases[0].answer == "Fold it twice."


def test_trail_says_who_took_what_in_which_form(installation: Installation, cast: Cast, run_id: UUID) -> None:
    export(cast, run_id, has_prompts=False)
    (entry,) = trail(installation, "orchestrations.export", run_id)
    assert entry.items() >= signature(cast.vera).items()
    assert entry["new_values"] == {"format": "json", "prompts": False, "phases": 2}


def test_stranger_finds_nothing_and_leaves_no_trace(installation: Installation, cast: Cast, run_id: UUID) -> None:
    for name, wanted in (("charlie", run_id), ("vera", uuid4())):
        with pytest.raises(NotFound):
            export(cast, wanted, name=name)
        assert trail(installation, "orchestrations.export", wanted) == []


def test_json_is_what_the_documented_schema_says(installation: Installation, cast: Cast, run_id: UUID) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for has_prompts in (True, False):
        data = export(cast, run_id, has_prompts=has_prompts).to_json()
        jsonschema.validate(json.loads(data), schema)
        assert RunDocument.model_validate_json(data).to_json() == data, "and it can be read back"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(data) | {"phases": [{"code": "a"}]}, schema)


def test_schema_in_the_docs_is_the_models() -> None:
    written = SCHEMA.read_text(encoding="utf-8")
    assert written == write_schema(), "make it anew: python -m lib.runs.exporting.structures > docs/run.schema.json"


def test_file_says_what_a_person_wrote_and_who_said_what_of_it(installation: Installation, cast: Cast) -> None:
    database, project_id = installation.database, make_project(installation.database, cast.max)
    review = make_waiting(database, cast.max, project_id=project_id, required_approvals=2)
    make_word(database, cast.alice, review)
    make_word(database, cast.mona, review, edited="Fold it three times.", comment="Twice is not enough.")
    make_comment(database, cast.mona, review.run.id, phase_code="Phase 0", text="Better now.")
    seen = review.seen_by(cast.max).seen
    decide_review(cast.max, review.id, Decision.APPROVE, seen=seen)
    document = export(cast, review.run.id)
    first = document.phases[0]
    assert (first.answer, first.model_answer) == ("Fold it three times.", "Fold it twice.")
    assert [(word.by, word.decision, word.comment, word.is_counted) for word in first.reviews] == [
        ("Alice", "approve", "", False),
        ("Mona", "approve_with_edits", "Twice is not enough.", True),
        ("Max", "approve", "", True),
    ]
    assert [(each.by, each.phase, each.text) for each in document.comments] == [("Mona", "Phase 0", "Better now.")]
    assert document.phases[1].reviews == ()


def test_run_under_way_is_exported_as_far_as_it_is(installation: Installation, cast: Cast) -> None:
    run = make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))
    document = export(cast, run.id)
    assert [phase.status for phase in document.phases] == ["pending", "pending"]
    end_run(installation.database, cast.max, run)
    assert [phase.status for phase in export(cast, run.id).phases] == ["completed", "completed"]


def test_file_says_what_was_done_after_a_phase(installation: Installation, cast: Cast, run_id: UUID) -> None:
    phase_id = row(installation, "SELECT id FROM phase_executions ORDER BY position LIMIT 1")["id"]
    waiting = {"phase_execution_id": phase_id, "status": "waiting_approval", "name": "Keep the plan"}
    dry = {"status": "completed", "result": {"dry_run": True, "would": "Write “plan.md”"}, "position": 1}
    rejected = make_operation(installation.database, cast.max, run_id, **waiting)
    make_operation(installation.database, cast.max, run_id, phase_execution_id=phase_id, **dry)
    decide_operation(cast.mona, rejected, is_approved=False, reason="Not this one.")
    first, second = export(cast, run_id).phases
    assert [(each.name, each.status, each.is_dry_run, each.decided_by, each.message) for each in first.operations] == [
        ("Keep the plan", "rejected", False, "Mona", "Not this one."),
        ("Write a file", "completed", True, None, None),
    ]
    assert first.operations[1].does == "Write “plan.md”"
    assert second.operations == ()
    assert "Fold it twice" not in first.operations[0].model_dump_json(), "not what was to be written"
