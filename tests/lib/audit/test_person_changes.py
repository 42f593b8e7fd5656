"""What was done to a person, and by whom, for who may read the trail."""

import pytest

from lib.access.actor import Actor
from lib.audit.service import list_person_changes
from lib.errors import NotPermitted
from lib.identity import sessions
from lib.users.changes import change_rights, deactivate, end_sessions, reactivate
from lib.users.rights import Rights
from tests.cast import Cast
from tests.conftest import Installation
from tests.doors import admin

pytestmark = pytest.mark.usefixtures("installation")


def did(actor: Actor, whose: Actor) -> list[str]:
    return [change.did for change in list_person_changes(actor, whose.user_id).items]


def test_changes_are_said_in_words_the_newest_first(cast: Cast) -> None:
    before = Rights(cast.max.role)
    change_rights(cast.alice, cast.max.user_id, role="member", permissions=["audit.view"], seen=before)
    seen = Rights.read("member", ["audit.view"])
    change_rights(cast.alice, cast.max.user_id, role="viewer", permissions=[], seen=seen)
    end_sessions(cast.alice, cast.max.user_id)
    deactivate(cast.alice, cast.max.user_id)
    reactivate(cast.alice, cast.max.user_id)
    assert did(cast.alice, cast.max) == [
        "reactivated the person",
        "deactivated the person",
        "ended the sessions",
        "changed the role",
        "changed the permissions",
        "joined",
    ]
    newest = list_person_changes(cast.alice, cast.max.user_id).items[0]
    assert newest.person
    assert newest.person.name == "Alice"
    assert did(cast.alice, cast.vera) == ["joined"]


def test_sign_ins_are_among_them(installation: Installation, cast: Cast) -> None:
    with admin(installation.database) as connection:
        connection.execute("SELECT api.record_sign_in(%s, 'identity.sign_in')", [cast.max.user_id])
    sessions.revoke_other_sessions(cast.max)
    assert did(cast.alice, cast.max) == ["signed in", "joined"]


@pytest.mark.parametrize("name", ["mona", "max", "vera"])
def test_without_the_permission_nobody_reads_them(cast: Cast, name: str) -> None:
    actor: Actor = getattr(cast, name)
    with pytest.raises(NotPermitted) as refused:
        list_person_changes(actor, actor.user_id)
    assert refused.value.permission == "audit.view"


def test_stranger_reads_nothing(cast: Cast) -> None:
    assert did(cast.charlie, cast.max) == []
