"""What the sidebar counts: runs that this person can do something about."""

from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.errors import NotSignedIn
from lib.models.organization import Tier
from lib.organizations.service import get_frame
from lib.organizations.views import MOST_COUNTED
from lib.templates import publishing
from lib.templates.service import TemplateDetails, create_template, get_template
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TEMPLATE_DATA, make_project
from tests.made_reviews import make_waiting, make_word
from tests.made_runs import end_run, make_run, open_run
from tests.made_templates import let_publish_to_everybody


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)


def _pause(installation: Installation, actor: Actor, project_id: UUID) -> UUID:
    run = make_run(installation.database, actor, project_id=project_id)
    held = open_run(installation.database, actor.organization_id, run.id)
    held.advance(end={"status": "paused", "error": {"kind": "organization_quota", "message": "Used up."}})
    return run.id


def _fail(installation: Installation, actor: Actor, project_id: UUID) -> UUID:
    run = make_run(installation.database, actor, project_id=project_id)
    end_run(installation.database, actor, run, status="failed")
    return run.id


def _waiting(cast: Cast) -> dict[str, int]:
    return {actor.username: get_frame(actor).waiting_runs for actor in (*cast.of_a, cast.charlie)}


def test_nothing_waits_at_first(cast: Cast, project_id: UUID) -> None:
    assert set(_waiting(cast).values()) == {0}
    assert get_frame(cast.vera).tier is Tier.FREE


def test_paused_run_waits_for_who_may_continue_it(installation: Installation, cast: Cast, project_id: UUID) -> None:
    _pause(installation, cast.max, project_id)
    assert _waiting(cast) == {"alice": 1, "mona": 1, "max": 1, "vera": 0, "charlie": 0}
    _pause(installation, cast.mona, project_id)
    assert _waiting(cast) == {"alice": 2, "mona": 2, "max": 1, "vera": 0, "charlie": 0}


def test_answer_waits_for_who_may_review_it_and_for_who_launched_it_where_their_word_is_not_the_only_one(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    make_waiting(installation.database, cast.max, project_id=project_id)
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    waiting = {actor.username: get_frame(actor).waiting_reviews for actor in (*cast.of_a, cast.charlie)}
    assert waiting == {"alice": 2, "mona": 2, "max": 1, "vera": 0, "charlie": 0}
    assert set(_waiting(cast).values()) == {0}, "it is no run that somebody continues"
    make_word(installation.database, cast.mona, review)
    assert (get_frame(cast.mona).waiting_reviews, get_frame(cast.alice).waiting_reviews) == (1, 2)


def test_failed_run_waits_for_who_launched_it_and_for_a_day(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    run_id = _fail(installation, cast.max, project_id)
    assert _waiting(cast) == {"alice": 0, "mona": 0, "max": 1, "vera": 0, "charlie": 0}
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE orchestration_runs SET created_at = now() - interval '25 hours' WHERE id = %s", [run_id]
        )
    assert _waiting(cast)["max"] == 0


def test_failed_run_that_was_retried_waits_no_more(installation: Installation, cast: Cast, project_id: UUID) -> None:
    failed = _fail(installation, cast.max, project_id)
    retry = make_run(installation.database, cast.max, project_id=project_id)
    assert _waiting(cast)["max"] == 1
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE orchestration_runs SET parent_run_id = %s WHERE id = %s", [failed, retry.id])
    assert _waiting(cast)["max"] == 0


def test_count_ends_where_it_is_shown_as_more(installation: Installation, cast: Cast, project_id: UUID) -> None:
    for _ in range(MOST_COUNTED + 3):
        _pause(installation, cast.max, project_id)
    assert get_frame(cast.max).waiting_runs == MOST_COUNTED + 1


def test_who_is_gone_by_now_has_no_frame(installation: Installation, cast: Cast) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [cast.max.user_id])
    with pytest.raises(NotSignedIn):
        get_frame(cast.max)


def test_version_waits_for_who_may_publish_but_for_who_asked(installation: Installation, cast: Cast) -> None:
    let_publish_to_everybody(installation.database)
    made = create_template(cast.max, TemplateDetails(name="Brief"), TEMPLATE_DATA)
    assert not publishing.publish_template(cast.max, made)
    everybody = (*cast.of_a, cast.charlie)
    assert [get_frame(actor).waiting_templates for actor in everybody] == [1, 1, 0, 0, 0]
    review = get_template(cast.mona, made).review
    assert review
    publishing.approve(cast.mona, review.id)
    assert [get_frame(actor).waiting_templates for actor in everybody] == [0, 0, 0, 0, 0]
    assert not publishing.make_public(cast.mona, made)
    assert [get_frame(actor).waiting_templates for actor in everybody] == [1, 0, 0, 0, 0]
