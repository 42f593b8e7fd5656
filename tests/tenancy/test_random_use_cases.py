"""Random people of three organizations do random things, to their own and to everybody else's.

Whatever comes of it: nothing of another organization is returned, no row of another organization changes, nothing is
written without the permission that it needs, and what is refused is refused in our own words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.audit.service import list_organization_changes, list_person_changes, list_project_changes
from lib.connections.entry import ConnectionEntry
from lib.connections.service import create_connection, get_connection, list_connections, set_active
from lib.db.logins import Login
from lib.errors import OrchestratorError
from lib.identity import sessions
from lib.models.project import ProjectStatus
from lib.organizations.service import change_organization, get_organization
from lib.projects.service import ProjectEntry, create_project, get_project, list_projects, move_project, update_project
from lib.runs.service import cancel_run, list_runs, resume_run, watch_run
from lib.users.changes import change_rights, deactivate, end_sessions, reactivate
from lib.users.invitations import invite, list_invitations, revoke_invitation
from lib.users.people import get_person, list_people
from lib.users.rights import Rights
from tests import doors
from tests.cast import Cast, make_organization, make_person
from tests.conftest import Installation
from tests.factories import make_connection, make_invitation, make_project, make_run

P = Permission
PEOPLE = 9
TARGETS = 3


@dataclass(frozen=True, slots=True)
class Target:
    """Things of one organization that somebody may try to get at."""

    organization_id: UUID
    admin_id: UUID
    member_id: UUID
    project_id: UUID
    run_id: UUID
    invitation_id: UUID
    connection_id: UUID


@dataclass(frozen=True, slots=True)
class Deed:
    """A use case, the permission without which it may change nothing, and how it is done to a target."""

    permission: Permission
    do: Callable[[Actor, Target], object]
    #: One's own rows need no more than the permission for one's own.
    is_by_maker: bool = False


_ENTRY = ProjectEntry(name="A project", topic="A topic")
_CONNECTION = ConnectionEntry(
    name="Models", vendor="openai", api_key="sk-planted-0123456789", models=["m"], base_url="https://93.184.215.14/v1"
)
_MEMBER = Rights(role=Role.MEMBER, permissions=frozenset())


def _rename(actor: Actor, _: Target) -> object:
    return change_organization(actor, {"name": "Renamed"}, seen={"name": actor.organization_name})


DEEDS: Mapping[str, Deed] = {
    "list projects": Deed(P.PROJECTS_VIEW, lambda actor, _: list_projects(actor)),
    "read project": Deed(P.PROJECTS_VIEW, lambda actor, of: get_project(actor, of.project_id)),
    "make project": Deed(P.PROJECTS_CREATE, lambda actor, _: create_project(actor, _ENTRY)),
    "edit project": Deed(P.PROJECTS_EDIT, lambda actor, of: update_project(actor, of.project_id, _ENTRY), True),
    "archive project": Deed(
        P.PROJECTS_ARCHIVE, lambda actor, of: move_project(actor, of.project_id, ProjectStatus.ARCHIVED), True
    ),
    "list runs": Deed(P.ORCHESTRATIONS_VIEW, lambda actor, _: list_runs(actor)),
    "read run": Deed(P.ORCHESTRATIONS_VIEW, lambda actor, of: watch_run(actor, of.run_id)),
    "cancel run": Deed(P.ORCHESTRATIONS_CANCEL, lambda actor, of: cancel_run(actor, of.run_id), True),
    "resume run": Deed(P.ORCHESTRATIONS_CANCEL, lambda actor, of: resume_run(actor, of.run_id), True),
    "list people": Deed(P.USERS_VIEW, lambda actor, _: list_people(actor)),
    "read person": Deed(P.USERS_VIEW, lambda actor, of: get_person(actor, of.member_id)),
    "invite": Deed(P.USERS_INVITE, lambda actor, _: invite(actor, "somebody@new.example", role="viewer")),
    "invite an admin": Deed(P.USERS_EDIT, lambda actor, _: invite(actor, "boss@new.example", role="admin")),
    "list invitations": Deed(P.USERS_VIEW, lambda actor, _: list_invitations(actor)),
    "revoke invitation": Deed(P.USERS_INVITE, lambda actor, of: revoke_invitation(actor, of.invitation_id)),
    "promote a member": Deed(
        P.USERS_EDIT, lambda actor, of: change_rights(actor, of.member_id, role="admin", permissions=[], seen=_MEMBER)
    ),
    "grant a member": Deed(
        P.USERS_EDIT,
        lambda actor, of: change_rights(actor, of.member_id, role="member", permissions=["audit.view"], seen=_MEMBER),
    ),
    "deactivate the admin": Deed(P.USERS_DEACTIVATE, lambda actor, of: deactivate(actor, of.admin_id)),
    "deactivate a member": Deed(P.USERS_DEACTIVATE, lambda actor, of: deactivate(actor, of.member_id)),
    "reactivate a member": Deed(P.USERS_DEACTIVATE, lambda actor, of: reactivate(actor, of.member_id)),
    "end sessions": Deed(P.USERS_DEACTIVATE, lambda actor, of: end_sessions(actor, of.member_id)),
    "read organization": Deed(P.ORGANIZATION_EDIT, lambda actor, _: get_organization(actor)),
    "rename organization": Deed(P.ORGANIZATION_EDIT, _rename),
    "list connections": Deed(P.CONNECTIONS_VIEW, lambda actor, _: list_connections(actor)),
    "read connection": Deed(P.CONNECTIONS_VIEW, lambda actor, of: get_connection(actor, of.connection_id)),
    "make connection": Deed(P.CONNECTIONS_MANAGE, lambda actor, _: create_connection(actor, _CONNECTION)),
    "switch connection": Deed(
        P.CONNECTIONS_MANAGE, lambda actor, of: set_active(actor, of.connection_id, is_active=False)
    ),
    "read trail": Deed(P.AUDIT_VIEW, lambda actor, _: list_organization_changes(actor)),
    "read a project's trail": Deed(P.AUDIT_VIEW, lambda actor, of: list_project_changes(actor, of.project_id)),
    "read a person's trail": Deed(P.AUDIT_VIEW, lambda actor, of: list_person_changes(actor, of.member_id)),
}
#: What is done to a thing of the target, which a stranger does not find; all else is about one's own organization.
TO_A_TARGET = {name for name in DEEDS if name.split()[0] not in {"list", "make", "invite", "rename"}} - {
    "read organization",
    "read trail",
}
#: Refused accesses and the last sign of life are written whoever asks.
_WRITTEN_ANYWAY = {"audit_logs", "user_sessions"}


@dataclass(frozen=True, slots=True)
class Ground:
    """Three organizations, their people's sessions, and what each has."""

    installation: Installation
    secrets: list[str]
    targets: list[Target]


def _lay(installation: Installation, cast: Cast) -> Ground:
    database = installation.database
    people: list[tuple[Actor, str]] = [(actor, cast.secret_of(actor)) for actor in (*cast.of_a, cast.charlie)]
    with psycopg.connect(database.url(Login.IDENTITY)) as connection:
        c = make_organization(connection, "Cirrus", slug="cirrus")
        for name, role in (("carla", Role.ADMIN), ("cem", Role.MANAGER), ("cleo", Role.MEMBER), ("cy", Role.VIEWER)):
            people.append(make_person(connection, c, name, role=role))
    members = {actor.organization_id: actor for actor, _ in people if actor.role in {Role.MEMBER, Role.ADMIN}}
    targets = []
    for admin in (cast.alice, cast.charlie, people[5][0]):
        member = next((a for a, _ in people if a.organization_id == admin.organization_id and a.role is Role.MEMBER),
                      members[admin.organization_id])  # fmt: skip
        project_id = make_project(database, member)
        targets.append(
            Target(
                organization_id=admin.organization_id,
                admin_id=admin.user_id,
                member_id=member.user_id,
                project_id=project_id,
                run_id=make_run(database, member, project_id=project_id).id,
                invitation_id=make_invitation(database, admin).id,
                connection_id=make_connection(database, admin),
            )
        )
    return Ground(installation, [secret for _, secret in people], targets)


def _picture(ground: Ground) -> dict[UUID, dict[str, str]]:
    """Organization -> table -> a fingerprint of its rows."""
    found: dict[UUID, dict[str, str]] = {target.organization_id: {} for target in ground.targets}
    with doors.admin(ground.installation.database) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND column_name = 'organization_id' AND table_name <> 'people'"
        ).fetchall()
        for (table,) in [*tables, ("organizations",)]:
            whose = "id" if table == "organizations" else "organization_id"
            rows = connection.execute(
                f"SELECT {whose}, md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t "
                f"WHERE {whose} IS NOT NULL GROUP BY 1".encode()
            )
            for organization_id, fingerprint in rows:
                found[organization_id][table] = fingerprint
    return found


def _try(deed: Deed, actor: Actor, target: Target) -> tuple[Any, OrchestratorError | None]:
    try:
        return deed.do(actor, target), None
    except OrchestratorError as error:
        return None, error


@pytest.fixture
def ground(installation: Installation, cast: Cast) -> Ground:
    """Laid once: what earlier examples did stays done, and later ones go on from there."""
    return _lay(installation, cast)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    deeds=st.lists(
        st.tuples(st.sampled_from([*DEEDS]), st.integers(0, PEOPLE - 1), st.integers(0, TARGETS - 1)),
        min_size=8,
        max_size=20,
    )
)
def test_no_deed_of_anybody_leaks_or_writes_what_is_not_theirs(
    cast: Cast, ground: Ground, deeds: list[tuple[str, int, int]]
) -> None:
    for name, who, whose in deeds:
        deed, target = DEEDS[name], ground.targets[whose]
        actor = sessions.find_actor(ground.secrets[who], origin=cast.alice.origin)
        if actor is None:
            continue  # deactivated by an earlier deed: nobody acts in their name any more
        before = _picture(ground)
        answer, error = _try(deed, actor, target)
        after = _picture(ground)
        for organization_id, tables in before.items():
            if organization_id != actor.organization_id:
                assert after[organization_id] == tables, f"{name} by {actor.username} changed another organization"
        others = [t for t in ground.targets if t.organization_id != actor.organization_id]
        assert not any(str(value) in repr(answer) for other in others for value in _ids(other)), name
        is_allowed = actor.may_some(deed.permission) if deed.is_by_maker else actor.may(deed.permission)
        if name in TO_A_TARGET and target.organization_id != actor.organization_id:
            assert error is not None or not getattr(answer, "items", True), f"{name}: a stranger's thing was found"
        if not is_allowed:
            assert error is not None, f"{actor.username} may not: {name}"
            mine = actor.organization_id
            changed = {table for table in after[mine] if after[mine][table] != before[mine].get(table)}
            assert changed <= _WRITTEN_ANYWAY, f"{name} by {actor.username} wrote {changed}"


def _ids(target: Target) -> tuple[UUID, ...]:
    return (target.organization_id, target.member_id, target.project_id, target.run_id, target.connection_id)
