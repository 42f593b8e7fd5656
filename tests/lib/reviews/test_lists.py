"""The inbox: what waits for whom, what waits at all, what was decided; narrowed and page by page."""

from dataclasses import replace
from uuid import UUID

import pytest

from lib.errors import InvalidInput
from lib.reviews.inbox.queries import ReviewFilter
from lib.reviews.service import count_reviews_by_split, list_reviewer_choices, list_reviews
from lib.reviews.views import ReviewSort, ReviewSplit
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, show_members_their_own_only
from tests.made_reviews import make_waiting, make_word
from tests.records import rows


@pytest.fixture
def made(installation: Installation, cast: Cast, project_id: UUID) -> None:
    """Of max: one that waits, one overdue, one decided; of mona: one that waits, in another project."""
    database = installation.database
    for title, hours in (("One", None), ("Late", 1), ("Done", None)):
        policy = {"due_hours": hours} if hours else {}
        review = make_waiting(database, cast.max, project_id=project_id, title=title, **policy)
    make_word(database, cast.mona, review)
    other = make_project(database, cast.mona, name="Balcony solar")
    make_waiting(database, cast.mona, project_id=other, title="Hers")
    rows(installation, "UPDATE review_requests SET due_at = due_at - interval '2 hours' RETURNING 1")


def titles(cast: Cast, name: str, chosen: ReviewFilter | None = None, **more) -> list[str]:
    return [review.run_title for review in list_reviews(getattr(cast, name), chosen, **more).items]


@pytest.mark.usefixtures("made")
def test_parts_are_what_waits_for_me_what_waits_and_what_was_decided(cast):
    mine, waiting, decided = (ReviewFilter(split=split) for split in ReviewSplit)
    assert titles(cast, "alice", mine) == ["One", "Late", "Hers"]
    assert titles(cast, "mona", mine) == ["One", "Late"], "nobody decides about their own alone"
    assert titles(cast, "max", mine) == ["Hers"]
    assert titles(cast, "vera", mine) == []
    assert titles(cast, "vera", waiting) == ["One", "Late", "Hers"]
    assert titles(cast, "vera", decided) == ["Done"]
    assert titles(cast, "charlie") == []
    assert count_reviews_by_split(cast.mona, ReviewFilter(), most=9) == {"mine": 2, "waiting": 3, "decided": 1}


@pytest.mark.usefixtures("made")
def test_list_is_narrowed_by_project_person_due_time_and_words(cast, project_id):
    assert titles(cast, "alice", ReviewFilter(project_id=project_id)) == ["One", "Late", "Done"]
    assert titles(cast, "alice", ReviewFilter(user_id=cast.mona.user_id)) == ["Hers"]
    assert titles(cast, "alice", ReviewFilter(is_overdue=True)) == ["Late"]
    assert titles(cast, "alice", ReviewFilter(search="lat")) == ["Late"]
    assert titles(cast, "alice", ReviewFilter(search="IDEATION")) == ["One", "Late", "Done", "Hers"]
    assert titles(cast, "alice", ReviewFilter(template_id=cast.alice.user_id)) == []


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("sort", ReviewSort)
def test_pages_follow_each_other_in_every_order(cast, sort):
    whole = titles(cast, "alice", sort=sort)
    assert (
        whole
        == {
            ReviewSort.OLDEST: ["One", "Late", "Done", "Hers"],
            ReviewSort.NEWEST: ["Hers", "Done", "Late", "One"],
            ReviewSort.DUE: ["Late", "One", "Done", "Hers"],
        }[sort]
    )
    first = list_reviews(cast.alice, sort=sort, limit=2)
    second = list_reviews(cast.alice, sort=sort, limit=2, cursor=first.older)
    assert [each.run_title for each in (*first.items, *second.items)] == whole
    assert second.older is None
    with pytest.raises(InvalidInput):
        list_reviews(cast.alice, sort=sort, cursor="nonsense")


@pytest.mark.usefixtures("made")
def test_member_who_sees_their_own_only_sees_reviews_of_those(installation, cast):
    show_members_their_own_only(installation.database, cast.organization_a)
    narrow = replace(cast.max, sees_own_only=True)
    assert [review.run_title for review in list_reviews(narrow).items] == ["One", "Late", "Done"]


def test_reviewers_to_choose_from_are_those_whose_role_reviews(installation, cast):
    assert set(list_reviewer_choices(cast.max).values()) == {"Alice", "Mona", "Max"}
    assert "Vera" in list_reviewer_choices(cast.max, wanted=[cast.vera.user_id]).values()
