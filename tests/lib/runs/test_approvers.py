"""Whoever may approve what a run does outside is counted, so that nobody is left without a warning."""

from uuid import UUID

import pytest

from lib.errors import NotFound
from lib.reviews.inbox.queries import ReviewFilter
from lib.reviews.service import list_reviews
from lib.reviews.views import ReviewSplit
from lib.runs.operating.service import leaves_nobody, list_operations
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, show_members_their_own_only
from tests.made_reviews import MadeReview, make_waiting, make_word
from tests.made_runs import make_operation
from tests.records import rows

CALL = {"type": "http.request", "parameters": {"url": "https://tracker.example/items"}}
TEMPLATE = {
    "phases": [
        {"code": "Phase 0", "name": "Draft", "prompt": "Write about {{ topic }}.", "review": {}},
        {"code": "Phase 1", "name": "Plan", "prompt": "Plan it.", "operations": [CALL]},
    ]
}


@pytest.fixture
def review(installation: Installation, cast: Cast) -> MadeReview:
    """Of Max's run: an answer that waits, before a phase whose operation asks for an approval."""
    database = installation.database
    made = make_waiting(database, cast.max, project_id=make_project(database, cast.max), data=TEMPLATE)
    rows(
        installation, "UPDATE orchestration_runs SET integration_enabled = true WHERE id = %s RETURNING 1", made.run.id
    )
    return made


def take_away(installation: Installation, *people: UUID) -> None:
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE id = ANY(%s) RETURNING 1", list(people))


def wait_for_approval(installation: Installation, cast: Cast, review: MadeReview) -> None:
    columns = {"phase_execution_id": review.run.phases["Phase 1"], "status": "waiting_approval"}
    make_operation(installation.database, cast.max, review.run.id, **columns)


def test_edit_leaves_nobody_where_no_third_may_review(installation: Installation, cast: Cast, review: MadeReview):
    assert not leaves_nobody(cast.alice, review.run.id), "mona is there as well"
    take_away(installation, cast.mona.user_id)
    assert leaves_nobody(cast.alice, review.run.id)
    assert not leaves_nobody(cast.max, review.run.id), "their word on it never counted"


def test_edit_of_another_counts_and_so_does_what_a_person_sees(
    installation: Installation, cast: Cast, review: MadeReview
):
    make_word(installation.database, cast.mona, review, edited="Fold it three times.")
    assert leaves_nobody(cast.alice, review.run.id), "mona has edited, max has launched it"


def test_who_does_not_see_the_run_is_not_counted(installation: Installation, cast: Cast, review: MadeReview):
    mona_as_member = "UPDATE users SET role = 'member' WHERE id = %s RETURNING 1"
    rows(installation, mona_as_member, cast.mona.user_id)
    assert not leaves_nobody(cast.alice, review.run.id), "members may review"
    show_members_their_own_only(installation.database, cast.organization_a)
    assert leaves_nobody(cast.alice, review.run.id)


def test_run_that_does_nothing_outside_warns_of_nothing(installation: Installation, cast: Cast, review: MadeReview):
    take_away(installation, cast.mona.user_id)
    rows(installation, "UPDATE orchestration_runs SET integration_enabled = false RETURNING 1")
    assert not leaves_nobody(cast.alice, review.run.id)


def test_strangers_learn_nothing(cast: Cast, review: MadeReview):
    with pytest.raises(NotFound):
        leaves_nobody(cast.charlie, review.run.id)


def test_operation_that_nobody_may_approve_says_so(installation: Installation, cast: Cast, review: MadeReview):
    make_word(installation.database, cast.alice, review, edited="Fold it three times.")
    wait_for_approval(installation, cast, review)
    assert [list_operations(actor, review.run.id)[0].is_nobodys for actor in cast.of_a] == [False] * 4, "mona may"
    take_away(installation, cast.mona.user_id)
    for actor in (cast.alice, cast.max, cast.vera):
        assert list_operations(actor, review.run.id)[0].is_nobodys


def test_what_one_has_edited_does_not_wait_for_oneself(installation: Installation, cast: Cast, review: MadeReview):
    make_word(installation.database, cast.alice, review, edited="Fold it three times.")
    wait_for_approval(installation, cast, review)
    mine = ReviewFilter(split=ReviewSplit.MINE)
    assert list_reviews(cast.alice, mine).items == ()
    assert len(list_reviews(cast.mona, mine).items) == 1
    assert len(list_reviews(cast.alice, ReviewFilter(split=ReviewSplit.WAITING)).items) == 1, "but it waits"
