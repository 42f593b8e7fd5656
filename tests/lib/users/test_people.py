"""The list of people: its order, filters, pages and file; one person, and what they may do and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.access.actor import Actor
from lib.access.permissions import GRANTS, Permission, Role, Scope
from lib.errors import NotFound, NotPermitted
from lib.exports import ExportFormat
from lib.users.people import count_people, explain, export_people, get_person, list_people
from lib.users.queries import PersonFilter
from lib.users.views import PersonSort, PersonStatus, Reason
from tests.cast import Cast
from tests.conftest import Installation
from tests.records import rows, trail

pytestmark = pytest.mark.usefixtures("installation")

NOW = datetime.now(UTC)


def change(installation: Installation, actor: Actor, **columns: object) -> None:
    for name, value in columns.items():
        rows(installation, f"UPDATE users SET {name} = %s WHERE id = %s RETURNING 1", value, actor.user_id)


def names(actor: Actor, **chosen: Any) -> list[str]:
    sort = chosen.pop("sort", PersonSort.NAME)
    return [person.name for person in list_people(actor, PersonFilter(**chosen), sort=sort).items]


def test_list_has_ones_own_organizations_people_by_name(installation: Installation, cast: Cast) -> None:
    change(installation, cast.max, full_name="ada Lovelace")
    change(installation, cast.vera, full_name=None)
    assert names(cast.mona) == ["ada Lovelace", "Alice", "Mona", "vera"]
    assert names(cast.charlie) == ["Charlie"]


def test_list_is_sorted_and_paged(installation: Installation, cast: Cast) -> None:
    for days, actor in enumerate(cast.of_a):
        change(installation, actor, created_at=NOW - timedelta(days=days))
    change(installation, cast.max, last_login_at=NOW)
    change(installation, cast.mona, last_login_at=NOW - timedelta(days=3))
    assert names(cast.alice, sort=PersonSort.NEWEST) == ["Alice", "Mona", "Max", "Vera"]
    assert names(cast.alice, sort=PersonSort.LAST_SIGN_IN)[:2] == ["Max", "Mona"], "who was never there comes last"
    for sort in PersonSort:
        whole = [person.id for person in list_people(cast.alice, sort=sort).items]
        first = list_people(cast.alice, sort=sort, limit=3)
        second = list_people(cast.alice, sort=sort, limit=3, cursor=first.older)
        assert [person.id for person in (*first.items, *second.items)] == whole
        assert list_people(cast.alice, sort=sort, limit=3, cursor=second.newer) == first


def test_list_is_narrowed(installation: Installation, cast: Cast) -> None:
    change(installation, cast.max, deactivated_at=NOW)
    assert names(cast.alice, status=PersonStatus.DEACTIVATED) == ["Max"]
    assert names(cast.alice, status=PersonStatus.ACTIVE) == ["Alice", "Mona", "Vera"]
    assert names(cast.alice, role=Role.MANAGER) == ["Mona"]
    assert names(cast.alice, search="  MON ") == ["Mona"]
    assert names(cast.alice, search="vera@acme") == ["Vera"]
    assert names(cast.alice, search="%") == []
    assert count_people(cast.alice, PersonFilter(status=PersonStatus.ACTIVE), most=10) == 3


def test_who_was_deleted_is_nowhere(installation: Installation, cast: Cast) -> None:
    change(installation, cast.max, deleted_at=NOW)
    assert names(cast.alice) == ["Alice", "Mona", "Vera"]
    with pytest.raises(NotFound):
        get_person(cast.alice, cast.max.user_id)


@pytest.mark.parametrize("name", ["max", "vera"])
def test_without_the_permission_nobody_sees_people(cast: Cast, name: str) -> None:
    actor: Actor = getattr(cast, name)
    for ask in (
        lambda: list_people(actor),
        lambda: count_people(actor, PersonFilter(), most=1),
        lambda: get_person(actor, actor.user_id),
        lambda: export_people(actor, PersonFilter(), sort=PersonSort.NAME, file_format=ExportFormat.CSV),
    ):
        with pytest.raises(NotPermitted) as refused:
            ask()
        assert refused.value.permission == "users.view"


def test_stranger_finds_nobody(cast: Cast) -> None:
    with pytest.raises(NotFound):
        get_person(cast.charlie, cast.max.user_id)
    assert names(cast.charlie, search="max") == []
    assert count_people(cast.charlie, PersonFilter(), most=10) == 1


def test_file_has_everybody_and_stands_in_the_trail(installation: Installation, cast: Cast) -> None:
    change(installation, cast.max, full_name="=HYPERLINK(1)", permissions='["audit.view", "analytics.view"]')
    chosen = PersonFilter(role=Role.MEMBER)
    file = export_people(cast.mona, chosen, sort=PersonSort.NAME, file_format=ExportFormat.CSV).decode()
    header, line = file.splitlines()
    assert header == "id,name,email,username,role,permissions,status,last_login_at,created_at,deactivated_at"
    assert line.startswith(f"{cast.max.user_id},'=HYPERLINK(1),max@acme.example,max,member,audit.view analytics.view,")
    (entry,) = rows(installation, "SELECT user_id, new_values FROM audit_logs WHERE action = 'users.export'")
    assert entry["user_id"] == cast.mona.user_id
    assert entry["new_values"] == {
        "format": "csv",
        "rows": 1,
        "is_cut": False,
        "sort": "name",
        "filters": {"role": "member"},
    }
    assert trail(installation, "users.export", cast.max.user_id) == []


def test_person_is_read_with_what_the_reader_may_do(installation: Installation, cast: Cast) -> None:
    change(installation, cast.max, created_by=cast.mona.user_id)
    seen = get_person(cast.alice, cast.max.user_id)
    assert (seen.name, seen.email, seen.role, seen.status) == ("Max", "max@acme.example", "member", "active")
    assert seen.invited_by
    assert seen.invited_by.name == "Mona"
    assert (seen.may_edit, seen.may_deactivate, seen.may_end_sessions, seen.sessions) == (True, True, True, 1)
    assert seen.last_seen_at
    own = get_person(cast.alice, cast.alice.user_id)
    assert (own.may_edit, own.may_deactivate, own.may_end_sessions) == (True, False, False)
    by_mona = get_person(cast.mona, cast.max.user_id)
    assert (by_mona.may_edit, by_mona.may_deactivate, by_mona.may_end_sessions) == (False, False, False)
    assert (by_mona.sessions, by_mona.last_seen_at) == (None, None), "not hers to see"


def test_member_who_may_edit_people_is_offered_nobody_above_them(installation: Installation, cast: Cast) -> None:
    granted = frozenset({Permission.USERS_VIEW, Permission.USERS_EDIT, Permission.USERS_DEACTIVATE})
    change(installation, cast.max, permissions='["users.view", "users.edit", "users.deactivate"]')
    max_ = replace(cast.max, extra_permissions=granted)
    for other, is_offered in ((cast.vera, True), (cast.mona, False), (cast.alice, False)):
        seen = get_person(max_, other.user_id)
        assert (seen.may_edit, seen.may_deactivate) == (is_offered, is_offered), other.username


@pytest.mark.parametrize("role", Role)
def test_every_permission_is_explained_as_the_actor_holds_it(
    installation: Installation, cast: Cast, role: Role
) -> None:
    granted = frozenset({Permission.AUDIT_VIEW, Permission.PROJECTS_EDIT})
    change(installation, cast.max, role=role, permissions='["audit.view", "projects.edit"]')
    explained = {each.permission: each for each in explain(get_person(cast.alice, cast.max.user_id))}
    actor = replace(cast.max, role=role, extra_permissions=granted)
    assert set(explained) == set(Permission)
    for permission, each in explained.items():
        assert (each.scope is Scope.ORGANIZATION) == actor.may(permission)
        assert (each.scope is not None) == actor.may_some(permission)
        by_role = GRANTS[role].get(permission)
        reason = Reason.ROLE if by_role is Scope.ORGANIZATION else Reason.GRANT if permission in granted else None
        assert each.reason is (reason or (Reason.ROLE if by_role else Reason.NONE))


def test_second_factor_is_said_of_each_and_by_nobody_elses(installation: Installation, cast: Cast) -> None:
    rows(
        installation,
        "UPDATE user_credentials SET totp_secret = 'x', totp_enabled_at = now(), totp_last_step = 1, "
        "recovery_codes = '{}' WHERE user_id = ANY (%s) RETURNING 1",
        [cast.max.user_id, cast.charlie.user_id],
    )
    secured = {person.name: person.has_second_factor for person in list_people(cast.mona).items}
    assert secured == {"Alice": False, "Max": True, "Mona": False, "Vera": False}
    assert get_person(cast.mona, cast.max.user_id).has_second_factor
    assert not get_person(cast.mona, cast.vera.user_id).has_second_factor
