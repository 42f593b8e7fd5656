"""Operations that wait for an approval stand in the inbox beside answers: for whom, where, in which order."""

from dataclasses import replace
from uuid import UUID

import pytest

from lib.models.review import ReviewOutcome
from lib.organizations.service import get_frame
from lib.reviews.inbox.queries import ReviewFilter
from lib.reviews.service import count_reviews_by_split, list_reviews
from lib.reviews.views import ReviewSort, ReviewSplit
from lib.runs.operating.service import decide_operation
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, show_members_their_own_only
from tests.made_reviews import make_waiting
from tests.made_runs import make_operation, make_run
from tests.records import rows

MINE, WAITING, DECIDED = (ReviewFilter(split=split) for split in ReviewSplit)


@pytest.fixture
def operations(installation: Installation, cast: Cast, project_id: UUID) -> dict[str, UUID]:
    """Of max: an answer that waits, two operations that do, one that needs none; of mona, elsewhere: one that waits."""
    database = installation.database
    make_waiting(database, cast.max, project_id=project_id, title="Answer")
    run = make_run(database, cast.max, project_id=project_id, title="Acting")
    hers = make_run(database, cast.mona, project_id=make_project(database, cast.mona, name="Balcony"), title="Hers")
    asked = {"Tell the tracker": run, "Keep the plan": run, "Post it": hers}
    made = {
        name: make_operation(
            database,
            cast.max,
            of.id,
            phase_execution_id=of.phases["Phase 0"],
            position=place,
            status="waiting_approval",
            name=name,
        )
        for place, (name, of) in enumerate(asked.items())
    }
    make_operation(database, cast.max, run.id, phase_execution_id=run.phases["Phase 1"], requires_approval=False)
    return made


def told(cast: Cast, name: str, chosen: ReviewFilter | None = None, **more) -> list[str]:
    """Each by its operation, or as the run's answer."""
    return [each.operation or each.run_title for each in list_reviews(getattr(cast, name), chosen, **more).items]


@pytest.mark.usefixtures("operations")
def test_both_kinds_stand_in_one_list_and_what_needs_no_word_does_not(cast):
    everything = ["Answer", "Tell the tracker", "Keep the plan", "Post it"]
    assert told(cast, "alice") == told(cast, "alice", WAITING) == told(cast, "vera", WAITING) == everything
    assert told(cast, "alice", sort=ReviewSort.NEWEST) == everything[::-1]
    assert sorted(told(cast, "alice", sort=ReviewSort.DUE)) == sorted(everything), "none has a time"
    assert told(cast, "charlie") == []


@pytest.mark.usefixtures("operations")
def test_what_waits_for_me_is_what_i_could_approve(cast):
    assert told(cast, "alice", MINE) == ["Answer", "Tell the tracker", "Keep the plan", "Post it"]
    assert told(cast, "max", MINE) == ["Post it"], "of their own run nobody approves it alone"
    assert "Tell the tracker" in told(cast, "max", WAITING), "but they see that it waits"
    assert told(cast, "vera", MINE) == []
    assert count_reviews_by_split(cast.max, ReviewFilter(), most=9) == {"mine": 1, "waiting": 4, "decided": 0}


@pytest.mark.usefixtures("operations")
def test_sidebar_counts_both(cast):
    counted = {actor.username: get_frame(actor).waiting_reviews for actor in (*cast.of_a, cast.charlie)}
    assert counted == {"alice": 4, "mona": 3, "max": 1, "vera": 0, "charlie": 0}


def test_word_on_one_moves_it_to_what_was_decided(cast, operations):
    decide_operation(cast.alice, operations["Tell the tracker"], is_approved=True)
    decide_operation(cast.alice, operations["Keep the plan"], is_approved=False, reason="Not yet.")
    found = {each.operation: each for each in list_reviews(cast.mona, DECIDED).items}
    assert {name: (each.outcome, each.approvals, each.decided_by) for name, each in found.items()} == {
        "Tell the tracker": (ReviewOutcome.APPROVED, 1, cast.alice.full_name),
        "Keep the plan": (ReviewOutcome.REJECTED, 0, cast.alice.full_name),
    }
    assert all(each.decided_at for each in found.values())
    assert told(cast, "alice", WAITING) == ["Answer", "Post it"]
    assert get_frame(cast.alice).waiting_reviews == 2


@pytest.mark.usefixtures("operations")
def test_list_is_narrowed_as_for_answers_and_by_the_operations_name(cast, project_id):
    assert told(cast, "alice", ReviewFilter(project_id=project_id)) == ["Answer", "Tell the tracker", "Keep the plan"]
    assert told(cast, "alice", ReviewFilter(user_id=cast.mona.user_id)) == ["Post it"]
    assert told(cast, "alice", ReviewFilter(search="TRACKER")) == ["Tell the tracker"]
    assert count_reviews_by_split(cast.alice, ReviewFilter(search="tracker"), most=9)["waiting"] == 1
    assert told(cast, "alice", ReviewFilter(is_overdue=True)) == [], "an operation is never late"


@pytest.mark.usefixtures("operations")
@pytest.mark.parametrize("sort", ReviewSort)
def test_pages_follow_each_other_over_both_kinds(cast, sort):
    whole = told(cast, "alice", sort=sort)
    first = list_reviews(cast.alice, sort=sort, limit=3)
    second = list_reviews(cast.alice, sort=sort, limit=3, cursor=first.older)
    assert [each.operation or each.run_title for each in (*first.items, *second.items)] == whole
    back = list_reviews(cast.alice, sort=sort, limit=3, cursor=second.newer)
    assert back.items == first.items


@pytest.mark.usefixtures("operations")
def test_member_who_sees_their_own_only_sees_operations_of_those(installation, cast):
    show_members_their_own_only(installation.database, cast.organization_a)
    narrow = replace(cast.max, sees_own_only=True)
    assert [each.operation for each in list_reviews(narrow).items] == [None, "Tell the tracker", "Keep the plan"]
    assert get_frame(narrow).waiting_reviews == 0


def test_one_without_a_name_is_called_by_its_kind(installation, cast, operations):
    rows(installation, "UPDATE integration_operations SET name = NULL WHERE id = %s RETURNING 1", operations["Post it"])
    assert told(cast, "alice", ReviewFilter(user_id=cast.mona.user_id)) == ["Write a file"]
