"""Every action that can come into the trail has words, and every kind of thing a name."""

from collections.abc import Iterator

import pytest

from lib.access.permissions import Permission
from lib.audit import actions
from lib.audit.resources import KINDS
from lib.models.audit_log import REFUSALS, REFUSED
from tests import doors
from tests.cast import make_cast
from tests.database import ClonedDatabase
from tests.workspace import make_workspace

#: Watched for all three; of these nothing is ever deleted, so no word says it.
_NEVER_DELETED = {"templates", "projects", "users", "orchestrations", "organizations"}


@pytest.fixture(scope="module")
def watched(module_database: ClonedDatabase) -> list[str]:
    """What the triggers call the tables that they watch."""
    with doors.admin(module_database) as connection:
        found = connection.execute(
            "SELECT DISTINCT split_part(encode(tgargs, 'escape'), '\\000', 1) FROM pg_trigger "
            "WHERE tgfoid = 'api.audit()'::regprocedure ORDER BY 1"
        ).fetchall()
    return [name for (name,) in found]


def test_what_the_triggers_write_has_words(watched: list[str]) -> None:
    assert len(watched) > 10
    assert {*watched} <= {*KINDS}
    missing = {*_actions(watched)} - {*actions.list_actions()}
    assert missing <= {f"{name}.delete" for name in _NEVER_DELETED}


def _actions(watched: list[str]) -> Iterator[str]:
    for name in watched:
        yield from (f"{name}.{verb}" for verb in ("create", "update", "delete"))


def test_what_functions_write_has_words(module_database: ClonedDatabase) -> None:
    with doors.admin(module_database) as connection:
        found = connection.execute(
            "SELECT DISTINCT (regexp_matches(prosrc, '''([a-z_]+[.][a-z_]+)''', 'g'))[1] FROM pg_proc "
            "WHERE pronamespace = 'api'::regnamespace AND prosrc LIKE '%write_audit(%'"
        ).fetchall()
    said = {name for (name,) in found if name.partition(".")[0] in {*KINDS, "identity", "operations", "access"}}
    said -= {*Permission}
    assert {"orchestrations.launch", "identity.end_sessions", "operations.approve", "access.refused"} <= said
    assert said <= {*actions.list_actions()}


def test_filter_says_what_all_entries_of_an_action_have_in_common() -> None:
    """Where a list says more of some of them, the filter must not say the one that most are."""
    several = {*actions._SET, *actions._MOVED, *actions._BECAME, *actions._CHANGED}
    said = actions.list_actions()
    for action in several:
        assert said[action] != actions.say(action, {}, {}), action
    assert said["users.update"].startswith("changed a person: ")
    assert said["projects.delete"] == actions.say("projects.delete", {}, {})


def test_refusal_says_the_right_that_was_wanted() -> None:
    assert actions.say("access.refused", {}, {"permission": "audit.view"}) == "was refused “Audit trail: read”"
    assert actions.say("access.refused", {}, {"permission": "of.another.version"}) == "was refused “of.another.version”"
    assert actions.say("access.refused", {}, {}) == "was refused, for want of a permission"


def test_refusals_are_those_of_the_index() -> None:
    assert {*REFUSALS} == {name.strip(" '") for name in REFUSED.partition("(")[2].rstrip(")").split(",")}
    assert {*actions.list_actions()} >= {*REFUSALS}


def test_action_is_always_done_to_one_kind(module_database: ClonedDatabase) -> None:
    """A filter by another kind beside an action is answered without a look: so it must be true of all there is."""
    cast = make_cast(module_database)
    make_workspace(module_database, cast.alice)
    with doors.admin(module_database) as connection:
        found = connection.execute("SELECT DISTINCT action, resource_type FROM audit_logs").fetchall()
    assert len(found) > 15
    assert {(action, kind) for action, kind in found if actions.kind_of(action) != kind} == set()
