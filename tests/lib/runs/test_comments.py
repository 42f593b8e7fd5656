"""What people say about a run: who reads it, who writes it, whose it is to change."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import InvalidInput, NotFound, NotPermitted
from lib.runs.commenting import service
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, show_members_their_own_only
from tests.made_runs import make_comment, make_run
from tests.records import row, rows, signature, trail

NOT_ALLOWED, ENDED = "42501", "23514"


@pytest.fixture
def run_id(installation: Installation, cast: Cast) -> UUID:
    """Of max."""
    return make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max)).id


def texts(actor: Actor, run_id: UUID, phase_code: str | None = None) -> list[str]:
    return [comment.text for comment in service.list_comments(actor, run_id, phase_code).items]


@pytest.mark.parametrize("name", ["alice", "mona", "max"])
def test_who_may_review_says_something_that_all_read(cast: Cast, run_id: UUID, name: str) -> None:
    service.add_comment(getattr(cast, name), run_id, "  **Good**\r\nreally ")
    for reader in cast.of_a:
        (comment,) = service.list_comments(reader, run_id).items
        assert (comment.text, comment.author.name, comment.edited_at) == ("**Good**\nreally", name.capitalize(), None)
        assert comment.may_edit == (reader is getattr(cast, name))
        assert comment.may_delete == (reader is getattr(cast, name) or reader is cast.alice)


def test_viewer_reads_and_writes_nothing_until_somebody_lets_them(
    installation: Installation, cast: Cast, run_id: UUID
) -> None:
    assert not service.count_comments(cast.vera, run_id).may_write
    with pytest.raises(NotPermitted):
        service.add_comment(cast.vera, run_id, "Me too")
    with doors.admin(installation.database) as connection:
        grant = """UPDATE users SET permissions = '["orchestrations.review"]' WHERE id = %s"""
        connection.execute(grant, [cast.vera.user_id])
    vera = replace(cast.vera, extra_permissions=frozenset({Permission.ORCHESTRATIONS_REVIEW}))
    assert service.add_comment(vera, run_id, "Me too")


def test_stranger_finds_no_run_and_no_comment(installation: Installation, cast: Cast, run_id: UUID) -> None:
    comment_id = service.add_comment(cast.max, run_id, "Ours")
    for deed in (
        lambda: service.list_comments(cast.charlie, run_id),
        lambda: service.add_comment(cast.charlie, run_id, "Theirs"),
        lambda: service.edit_comment(cast.charlie, comment_id, "Theirs"),
        lambda: service.delete_comment(cast.charlie, comment_id),
        lambda: service.add_comment(cast.max, uuid4(), "Nowhere"),
        lambda: service.add_comment(cast.max, run_id, "Nowhere", phase_code="Phase 99"),
    ):
        with pytest.raises(NotFound):
            deed()
    assert service.count_comments(cast.charlie, run_id).total == 0
    assert texts(cast.max, run_id) == ["Ours"]


def test_member_who_sees_only_their_own_reads_nothing_of_others(
    installation: Installation, cast: Cast, run_id: UUID
) -> None:
    theirs = make_run(installation.database, cast.mona, project_id=make_project(installation.database, cast.mona)).id
    for each in (run_id, theirs):
        service.add_comment(cast.mona, each, "Said")
    show_members_their_own_only(installation.database, cast.organization_a)
    member = replace(cast.max, sees_own_only=True)
    assert texts(member, run_id) == ["Said"], "about a run of one's own, whoever says it"
    with pytest.raises(NotFound):
        service.list_comments(member, theirs)
    with doors.person(installation.database, member) as connection:
        assert connection.execute("SELECT run_id FROM run_comments").fetchall() == [(run_id,)]


def test_each_phase_has_its_own_and_the_oldest_comes_first(cast: Cast, run_id: UUID) -> None:
    for text, phase in (("1", None), ("2", "Phase 1"), ("3", None), ("4", "Phase 1"), ("5", "Phase 1")):
        service.add_comment(cast.max, run_id, text, phase_code=phase)
    assert texts(cast.vera, run_id) == ["1", "3"]
    first = service.list_comments(cast.vera, run_id, "Phase 1", limit=2)
    second = service.list_comments(cast.vera, run_id, "Phase 1", limit=2, cursor=first.older)
    assert [comment.text for comment in (*first.items, *second.items)] == ["2", "4", "5"]
    assert (first.newer, second.older) == (None, None)
    counts = service.count_comments(cast.vera, run_id)
    assert (counts.of, counts.total) == ({None: 2, "Phase 1": 3}, 5)


@pytest.mark.parametrize(("text", "said"), [(" \n ", "Comment is empty"), ("x" * 10_001, "10,000 is the most")])
def test_what_is_no_comment_is_refused(cast: Cast, run_id: UUID, text: str, said: str) -> None:
    comment_id = service.add_comment(cast.max, run_id, "x" * 10_000)
    for deed in (
        lambda: service.add_comment(cast.max, run_id, text),
        lambda: service.edit_comment(cast.max, comment_id, text),
    ):
        with pytest.raises(InvalidInput, match=said):
            deed()


def test_ones_own_is_edited_and_says_so(cast: Cast, run_id: UUID) -> None:
    comment_id = service.add_comment(cast.max, run_id, "Teh")
    service.edit_comment(cast.max, comment_id, "The")
    (comment,) = service.list_comments(cast.vera, run_id).items
    assert comment.text == "The"
    assert comment.edited_at is not None
    assert comment.edited_at > comment.created_at


def test_nobody_edits_somebody_elses_and_admins_alone_delete_it(cast: Cast, run_id: UUID) -> None:
    comment_id = service.add_comment(cast.max, run_id, "Mine")
    for other in (cast.alice, cast.mona, cast.vera):
        with pytest.raises(NotPermitted):
            service.edit_comment(other, comment_id, "Not yours")
    for other in (cast.mona, cast.vera):
        with pytest.raises(NotPermitted):
            service.delete_comment(other, comment_id)
    assert texts(cast.vera, run_id) == ["Mine"]
    service.delete_comment(cast.alice, comment_id)
    assert texts(cast.vera, run_id) == []


def test_deleted_one_says_nothing_any_more_and_stays_deleted(
    installation: Installation, cast: Cast, run_id: UUID
) -> None:
    comment_id = service.add_comment(cast.max, run_id, "Regretted")
    service.delete_comment(cast.max, comment_id)
    stored = row(installation, "SELECT * FROM run_comments WHERE id = %s", comment_id)
    assert stored["comment_text"] == ""
    assert stored["deleted_at"] is not None
    assert service.count_comments(cast.max, run_id).total == 0
    for deed in (service.delete_comment, lambda *each: service.edit_comment(*each, "Back")):
        with pytest.raises(NotFound):
            deed(cast.max, comment_id)
    with doors.person(installation.database, cast.max) as connection:
        back = "UPDATE run_comments SET deleted_at = NULL, comment_text = 'Back' WHERE id = %s"
        assert doors.refusal(connection, back, [comment_id]) == ENDED


def test_trail_says_who_and_never_what(installation: Installation, cast: Cast, run_id: UUID) -> None:
    comment_id = service.add_comment(cast.max, run_id, "Confidential words", phase_code="Phase 0")
    service.edit_comment(cast.max, comment_id, "Other confidential words")
    service.delete_comment(cast.alice, comment_id)
    (made,) = trail(installation, "run_comments.create", comment_id)
    assert made.items() >= signature(cast.max).items()
    assert made["new_values"]["run_id"] == str(run_id)
    edited, deleted = trail(installation, "run_comments.update", comment_id)
    assert (edited["user_id"], deleted["user_id"]) == (cast.max.user_id, cast.alice.user_id)
    assert "onfidential" not in str(rows(installation, "SELECT * FROM audit_logs"))


@pytest.mark.parametrize(
    "change",
    [
        "comment_text = 'Rewritten'",
        "comment_text = 'Rewritten', deleted_at = NULL",
        "created_by = api.person_id()",
        "run_id = run_id",
        "edited_at = NULL",
    ],
)
def test_postgresql_refuses_even_an_admin_to_put_words_into_mouths(
    installation: Installation, cast: Cast, run_id: UUID, change: str
) -> None:
    comment_id = make_comment(installation.database, cast.max, run_id)
    with doors.person(installation.database, cast.alice) as connection:
        assert doors.refusal(connection, f"UPDATE run_comments SET {change} WHERE id = %s", [comment_id]) == NOT_ALLOWED


def test_when_something_was_said_is_the_databases_to_say(installation: Installation, cast: Cast, run_id: UUID) -> None:
    insert = "INSERT INTO run_comments (organization_id, run_id, created_by, comment_text, created_at) VALUES "
    with doors.person(installation.database, cast.mona) as connection:
        values = [cast.organization_a, run_id, cast.mona.user_id]
        assert doors.refusal(connection, f"{insert} (%s, %s, %s, 'I said so', '1999-01-01')", values) == NOT_ALLOWED


def test_postgresql_refuses_a_comment_on_another_runs_phase(
    installation: Installation, cast: Cast, run_id: UUID
) -> None:
    with doors.person(installation.database, cast.max) as connection:
        insert = (
            "INSERT INTO run_comments (organization_id, run_id, created_by, comment_text, phase_code) "
            "VALUES (%s, %s, %s, 'x', 'Phase 99')"
        )
        values = [cast.organization_a, run_id, cast.max.user_id]
        assert doors.refusal(connection, insert, values) == NOT_ALLOWED
        assert doors.refusal(connection, insert.replace("Phase 99", "Phase 1"), values) is None
