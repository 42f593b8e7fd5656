"""What somebody was refused stands in the trail, bounded; and so do lock-outs."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.refusals import note_refusal
from lib.errors import NotPermitted, OperatorOnly, RightsChanged, SignInRefused
from lib.identity.attempts import MOST_WRONG_PASSWORDS
from lib.identity.service import authenticate, require_password
from lib.organizations.operator import require_operator
from lib.projects.service import ProjectEntry, create_project
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.records import rows

_REFUSED = (
    "SELECT user_id, organization_id, resource_id, new_values, host(ip_address) AS address FROM audit_logs "
    "WHERE action = 'access.refused' ORDER BY id"
)


def refuse(actor: Actor, permission: Permission = Permission.AUDIT_VIEW) -> None:
    note_refusal(NotPermitted(permission, who=actor))


def test_use_case_that_is_refused_is_written_as_who_tried(installation: Installation, cast: Cast) -> None:
    with pytest.raises(NotPermitted) as refused:
        create_project(cast.vera, ProjectEntry(name="Mine", topic="Mine"))
    note_refusal(refused.value)
    (written,) = rows(installation, _REFUSED)
    assert (written["user_id"], written["resource_id"]) == (cast.vera.user_id, cast.vera.user_id)
    assert (written["organization_id"], written["address"]) == (cast.organization_a, cast.vera.origin.ip_address)
    assert written["new_values"] == {"permission": "projects.create"}


def test_what_is_an_operators_is_written_too(installation: Installation, cast: Cast) -> None:
    with pytest.raises(OperatorOnly) as refused:
        require_operator(cast.max)
    note_refusal(refused.value)
    (written,) = rows(installation, _REFUSED)
    assert written["new_values"] == {"permission": "operator"}


def test_loop_fills_no_table(installation: Installation, cast: Cast) -> None:
    for _ in range(20):
        refuse(cast.vera)
    refuse(cast.vera, Permission.AUDIT_EXPORT)
    refuse(cast.max)
    assert len(rows(installation, _REFUSED)) == 3, "one a person and permission"
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO audit_logs (organization_id, user_id, action, new_values, created_at) SELECT %s, %s, "
            "'access.refused', '{}', now() - interval '50 minutes' FROM generate_series(1, 58)",
            [cast.organization_a, cast.vera.user_id],
        )
    refuse(cast.vera, Permission.USERS_VIEW)
    assert len(rows(installation, _REFUSED)) == 61, "sixty an hour"


def test_two_at_once_are_one(installation: Installation, cast: Cast) -> None:
    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(lambda _: refuse(cast.vera), range(16)))
    assert len(rows(installation, _REFUSED)) == 1


def test_who_is_nobody_any_more_is_told_all_the_same(installation: Installation, cast: Cast) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [cast.vera.user_id])
    refuse(cast.vera)
    note_refusal(NotPermitted(Permission.AUDIT_VIEW))
    note_refusal(RightsChanged())
    assert rows(installation, _REFUSED) == []


def test_nobody_makes_a_refusal_up_past_the_bound(installation: Installation, cast: Cast) -> None:
    with doors.person(installation.database, cast.vera) as connection:
        made_up = "SELECT api.record_event('projects.refused', 'projects', NULL, '{}')"
        assert doors.refusal(connection, made_up) == "42501"
        assert doors.refusal(connection, "SELECT api.record_refusal('<b>')") == "22023"


def test_lock_out_is_written_once_after_the_last_wrong_password(installation: Installation, cast: Cast) -> None:
    for _ in range(MOST_WRONG_PASSWORDS + 2):
        with pytest.raises(SignInRefused):
            authenticate("max", "wrong", origin=cast.max.origin)
    found = rows(installation, "SELECT action, user_id FROM audit_logs WHERE action LIKE 'identity.%%' ORDER BY id")
    assert [row["action"] for row in found].count("identity.lock_out") == 1
    assert "identity.lock_out" in {row["action"] for row in found[MOST_WRONG_PASSWORDS - 1 : MOST_WRONG_PASSWORDS + 1]}
    assert {row["user_id"] for row in found} == {cast.max.user_id}


def test_wrong_password_of_who_is_signed_in_is_written(installation: Installation, cast: Cast) -> None:
    with pytest.raises(Exception, match="not your current password"):
        require_password(cast.max, "wrong")
    (written,) = rows(installation, "SELECT user_id FROM audit_logs WHERE action = 'identity.password_refused'")
    assert written["user_id"] == cast.max.user_id
