"""The mails about answers that wait: asked, due soon, overdue; each once, by the database's clock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from lib.models.review import Decision, ReviewOutcome
from lib.reviews.service import decide_review
from lib.users.service import update_preferences
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import show_members_their_own_only
from tests.made_reviews import MadeReview, make_waiting, make_word
from tests.made_runs import call_worker
from tests.records import row, rows

MAILS = "SELECT kind, recipient, values FROM mail_outbox ORDER BY kind, recipient"
PASS = (
    "UPDATE review_requests SET requested_at = requested_at - make_interval(mins => %s), "
    "due_at = due_at - make_interval(mins => %s) RETURNING 1"
)


@pytest.fixture
def review(installation: Installation, cast: Cast, project_id: UUID) -> MadeReview:
    """An answer in a run of max, due in ten hours."""
    return make_waiting(
        installation.database, cast.max, project_id=project_id, due_hours=10, instructions="Secret words"
    )


def remind(installation: Installation) -> list[tuple[str, str]]:
    """What a worker's beat writes now: kind and recipient."""
    before = rows(installation, MAILS)
    call_worker(installation.database, "SELECT api.remind_reviews()")
    return [(mail["kind"], mail["recipient"]) for mail in rows(installation, MAILS) if mail not in before]


def let_pass(installation: Installation, minutes: int) -> None:
    rows(installation, PASS, minutes, minutes)


def test_each_mail_is_written_once_and_at_its_time(installation, cast, review):
    people = [cast.alice.email, cast.mona.email]
    assert remind(installation) == [("review_requested", email) for email in people]
    assert remind(installation) == []
    let_pass(installation, 4 * 60 + 58)
    assert remind(installation) == []
    let_pass(installation, 3)
    assert remind(installation) == [("review_reminder", email) for email in people], "half of its time is left"
    assert remind(installation) == []
    let_pass(installation, 5 * 60)
    assert remind(installation) == [("review_escalated", email) for email in people]
    assert remind(installation) == []


def test_of_a_long_time_a_day_is_left_at_the_reminder(installation, cast, project_id):
    make_waiting(installation.database, cast.max, project_id=project_id, due_hours=240)
    remind(installation)
    let_pass(installation, 215 * 60)
    assert remind(installation) == []
    let_pass(installation, 2 * 60)
    assert {kind for kind, _ in remind(installation)} == {"review_reminder"}


def test_what_is_overdue_by_the_first_look_is_told_once_as_that(installation, review):
    let_pass(installation, 11 * 60)
    assert {kind for kind, _ in remind(installation)} == {"review_escalated"}
    assert remind(installation) == []


def test_named_reviewers_are_asked_and_admins_told_when_it_is_overdue(installation, cast, project_id):
    named = [str(cast.mona.user_id)]
    make_waiting(installation.database, cast.max, project_id=project_id, due_hours=1, reviewers=named)
    assert remind(installation) == [("review_requested", cast.mona.email)]
    let_pass(installation, 61)
    assert remind(installation) == [("review_escalated", email) for email in (cast.alice.email, cast.mona.email)]


def test_gate_whose_people_are_gone_is_told_to_admins_who_may_decide(installation, cast, project_id):
    named = [str(cast.mona.user_id)]
    review = make_waiting(installation.database, cast.max, project_id=project_id, reviewers=named, due_hours=9)
    assert remind(installation) == [("review_requested", cast.mona.email)]
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [cast.mona.user_id])
    assert remind(installation) == [("review_escalated", cast.alice.email)]
    mail = row(installation, "SELECT values FROM mail_outbox WHERE kind = 'review_escalated'")
    assert "due" not in mail["values"], "nothing is overdue yet"
    assert remind(installation) == []
    assert review.seen_by(cast.alice).may_decide


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (("max",), {"review_escalated"}),
        (("max", "max"), {"review_escalated"}),
        (("mona", "mona"), {"review_escalated"}),
        (("max", "mona"), {"review_requested"}),
        (("mona", "alice"), {"review_requested"}),
    ],
)
def test_gate_is_stranded_where_those_named_are_too_few(installation, cast, project_id, named, told):
    """As many approvals are asked for as names are given; max launched the run."""
    ids = [str(getattr(cast, name).user_id) for name in named]
    make_waiting(installation.database, cast.max, project_id=project_id, reviewers=ids, required_approvals=len(named))
    assert {kind for kind, _ in remind(installation)} == told


def test_word_of_somebody_who_has_left_since_leaves_a_gate_to_the_others(installation, cast, project_id):
    named = [str(cast.mona.user_id), str(cast.alice.user_id)]
    review = make_waiting(installation.database, cast.max, project_id=project_id, reviewers=named, required_approvals=2)
    make_word(installation.database, cast.mona, review)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [cast.mona.user_id])
    assert remind(installation) == [("review_requested", cast.alice.email)]
    decided = decide_review(cast.alice, review.id, Decision.APPROVE, seen=review.seen_by(cast.alice).seen)
    assert decided.outcome is ReviewOutcome.APPROVED, "she had the right to when she said it"


def test_launcher_is_told_where_their_word_can_be_one_of_several(installation, cast, project_id):
    make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    assert cast.max.email in [email for _, email in remind(installation)]
    make_waiting(installation.database, cast.max, project_id=project_id)
    assert cast.max.email not in [email for _, email in remind(installation)]


def test_who_has_approved_another_text_is_told_at_once_and_reminded(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2, due_hours=10)
    make_word(installation.database, cast.alice, review)
    assert remind(installation) == [("review_requested", email) for email in (cast.max.email, cast.mona.email)]
    make_word(installation.database, cast.mona, review, edited="Fold it three times.")
    told = [mail["recipient"] for mail in rows(installation, MAILS)]
    assert told.count(cast.alice.email) == 1, "her approval is of the text before"
    assert told.count(cast.mona.email) == 1
    let_pass(installation, 5 * 60 + 1)
    assert remind(installation) == [("review_reminder", email) for email in (cast.alice.email, cast.max.email)]


def test_who_has_said_a_word_or_wants_no_mails_gets_none(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=3)
    make_word(installation.database, cast.mona, review)
    update_preferences(cast.alice, time_zone="UTC", landing_page="overview", notifications={"review_waiting": False})
    assert remind(installation) == [("review_requested", cast.max.email)]


def test_who_does_not_see_the_run_is_not_told_of_it(installation, cast, project_id):
    make_waiting(installation.database, cast.mona, project_id=project_id)
    show_members_their_own_only(installation.database, cast.organization_a)
    assert [email for _, email in remind(installation)] == [cast.alice.email]


def test_decided_answer_is_told_of_no_more(installation, cast, review):
    remind(installation)
    make_word(installation.database, cast.mona, review)
    let_pass(installation, 11 * 60)
    assert remind(installation) == []


def test_mail_holds_title_and_id_and_nothing_else_of_the_tenant(installation, cast, review):
    remind(installation)
    values = rows(installation, MAILS)[0]["values"]
    assert {**values, "due": ""} == {"name": "Alice", "title": "A run", "run": str(review.run.id), "due": ""}


def test_mail_holds_the_readers_time_zone_to_tell_the_time_by(installation, cast, review):
    update_preferences(cast.mona, time_zone="Asia/Kathmandu", landing_page="overview", notifications={})
    remind(installation)
    due = row(installation, "SELECT due_at FROM review_requests")["due_at"]
    for mail in rows(installation, MAILS):
        is_mona = mail["recipient"] == cast.mona.email
        assert mail["values"].get("time_zone") == ("Asia/Kathmandu" if is_mona else None)
        assert datetime.fromisoformat(mail["values"]["due"]) == due.replace(microsecond=0)


def test_sample_and_suspended_organizations_send_nothing(installation, cast, review):
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET suspended_at = now(), suspension_reason = 'unpaid'")
    assert remind(installation) == []
    assert row(installation, "SELECT notified_at FROM review_requests")["notified_at"] is None
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET suspended_at = NULL, suspension_reason = NULL")
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE organizations SET sample_made_at = now() WHERE slug = 'acme'")
    assert remind(installation) == []


def test_workers_that_look_at_once_write_each_mail_once(installation, cast, project_id):
    for _ in range(6):
        make_waiting(installation.database, cast.max, project_id=project_id)
    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(call_worker, installation.database, "SELECT api.remind_reviews()") for _ in range(8)]
        assert sum(look.result() for look in looks) == 6
    assert len(rows(installation, MAILS)) == 6 * 2


def test_preference_is_read_as_it_is_stored(installation, cast, review):
    """A person who never chose is told; what an older version stored counts too."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE users SET preferences = %s WHERE id = %s",
            [Jsonb({"notifications": {"run_failed": False}}), cast.mona.user_id],
        )
    assert ("review_requested", cast.mona.email) in remind(installation)
