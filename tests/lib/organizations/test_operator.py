"""The installation's operator and organizations: what they change, and that they see nothing of what is inside."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from lib.access.actor import Actor, Origin
from lib.access.permissions import Role
from lib.audit.service import list_organization_changes
from lib.db.session import tenant_session
from lib.errors import Conflict, InvalidInput, NotFound, NotPermitted, NotSignedIn, OrganizationSuspended, RightsChanged
from lib.identity.service import authenticate
from lib.identity.sessions import find_actor
from lib.models.organization import Tier
from lib.organizations import operator, queries
from lib.organizations.operator import CommandLine
from lib.organizations.queries import OrganizationFilter
from lib.organizations.service import ask_deletion, get_frame
from lib.organizations.views import OrganizationSort, OrganizationSummary, Standing
from lib.projects.service import list_projects
from lib.samples.service import load_sample, visit_sample
from lib.users.views import SOME_OPERATOR
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import answer, beginning, call_worker, make_run, open_run
from tests.records import rows
from tests.sample import with_operator
from tests.workers import until
from tests.workspace import make_workspace

REASON = "The invoice of May is not paid."
ORIGIN = Origin(request_id=uuid4(), ip_address="192.0.2.7", user_agent="tests")
#: What an operator may do to an organization.
DEEDS: dict[str, Callable[[Any, UUID], object]] = {
    "get": operator.get_organization,
    "tier": lambda who, which: operator.change_tier(who, which, Tier.PRO),
    "quota": lambda who, which: operator.set_quota(who, which, 5),
    "suspend": lambda who, which: operator.suspend_organization(who, which, reason=REASON),
    "resume": operator.resume_organization,
    "delete": operator.delete_organization,
    "restore": operator.restore_organization,
}


@pytest.fixture
def troupe(installation: Installation, cast: Cast) -> tuple[Cast, Actor]:
    """The cast and olga, who runs the installation and is of organization A."""
    return with_operator(installation.database, cast)


@pytest.fixture
def olga(troupe: tuple[Cast, Actor]) -> Actor:
    return troupe[1]


def found(olga: Actor, cast: Cast) -> OrganizationSummary:
    return operator.get_organization(olga, cast.organization_b)


def test_operator_lists_organizations_by_name_and_use(installation: Installation, olga: Actor, cast: Cast) -> None:
    assert [each.slug for each in operator.list_organizations(olga).items] == ["borealis", "acme"]
    acme = operator.find_organization(olga, "acme")
    assert (acme.name, acme.tier, acme.people, acme.standing) == ("Acme Research", Tier.FREE, 5, Standing.ACTIVE)
    assert (acme.quota.used, acme.quota.limit) == (0, 1_000)
    load_sample()
    assert len(operator.list_organizations(olga).items) == 2, "the sample is none of them"


def test_list_is_narrowed_sorted_and_paged(olga: Actor, cast: Cast) -> None:
    operator.change_tier(olga, cast.organization_b, Tier.PRO)
    operator.suspend_organization(olga, cast.organization_b, reason=REASON)

    def slugs(**wanted: Any) -> list[str]:
        return [each.slug for each in operator.list_organizations(olga, OrganizationFilter(**wanted)).items]

    assert slugs(tier=Tier.PRO) == slugs(standing=Standing.SUSPENDED) == slugs(search="BOREAL") == ["borealis"]
    assert slugs(search="%") == slugs(standing=Standing.DELETED) == []
    for sort, wanted in (("newest", "borealis"), ("oldest", "acme"), ("name", "acme")):
        first = operator.list_organizations(olga, sort=OrganizationSort(sort), limit=1)
        assert [each.slug for each in first.items] == [wanted]
        second = operator.list_organizations(olga, sort=OrganizationSort(sort), limit=1, cursor=first.older)
        assert {first.items[0].slug, second.items[0].slug} == {"acme", "borealis"}
        assert second.older is None
        back = operator.list_organizations(olga, sort=OrganizationSort(sort), limit=1, cursor=second.newer)
        assert back.items == first.items


@pytest.mark.parametrize("who", ["alice", "mona", "max", "vera", "charlie"])
def test_nobody_else_is_an_operator(cast: Cast, installation: Installation, who: str) -> None:
    actor = getattr(cast, who)
    with pytest.raises(NotPermitted):
        operator.list_organizations(actor)
    for deed in DEEDS.values():
        for organization in (cast.organization_a, cast.organization_b):
            with pytest.raises(NotPermitted):
                deed(actor, organization)
    with doors.person(installation.database, actor) as connection:
        for statement in (
            "SELECT * FROM api.list_organizations()",
            "SELECT * FROM api.count_people(ARRAY(SELECT id FROM organizations))",
            'SELECT api.govern_organization((SELECT id FROM organizations), \'{"tier": "enterprise"}\')',
        ):
            assert doors.refusal(connection, statement) == "42501", statement


def test_database_does_not_take_the_codes_word_for_it(cast: Cast, installation: Installation) -> None:
    """An actor that says it is an operator, and is none."""
    liar = replace(cast.alice, is_operator=True)
    with pytest.raises(RightsChanged):
        operator.list_organizations(liar)


def test_operator_who_visits_the_sample_is_none_meanwhile(troupe: tuple[Cast, Actor]) -> None:
    people, olga = troupe
    load_sample()
    visit_sample(olga, Role.ADMIN)
    visiting = find_actor(people.secret_of(olga), origin=ORIGIN)
    assert visiting is not None
    assert visiting.is_visiting
    with pytest.raises(NotPermitted):
        operator.list_organizations(visiting)
    with tenant_session(visiting) as session, pytest.raises(DBAPIError):
        queries.find_organization(session, slug="acme")


def test_operator_sees_nothing_of_what_is_inside(installation: Installation, olga: Actor, cast: Cast) -> None:
    make_workspace(installation.database, cast.charlie)
    with doors.person(installation.database, olga) as connection:
        for table in ("projects", "orchestration_runs", "phase_executions", "users", "api_usage", "audit_logs"):
            theirs = f"SELECT FROM {table} WHERE organization_id = %s"
            assert doors.reached(connection, theirs, [cast.organization_b]) == 0, table
        assert doors.reached(connection, "SELECT FROM organizations WHERE id = %s", [cast.organization_b]) == 0
    assert list_projects(olga).items == ()


def test_functions_of_the_operator_return_these_columns_and_no_others(installation: Installation, olga: Actor) -> None:
    with doors.person(installation.database, olga) as connection:
        listed = connection.execute("SELECT * FROM api.list_organizations()")
        assert [column.name for column in listed.description or ()] == [
            "id",
            "name",
            "slug",
            "tier",
            "quota_used",
            "quota_limit",
            "quota_resets_at",
            "status",
            "suspension_reason",
            "deletes_at",
            "created_at",
        ]
        counted = connection.execute("SELECT * FROM api.count_people('{}')")
        assert [column.name for column in counted.description or ()] == ["organization_id", "people"]
    assert {field.name for field in fields(OrganizationSummary)} == {
        "id",
        "name",
        "slug",
        "tier",
        "people",
        "quota",
        "standing",
        "suspension_reason",
        "deletes_at",
        "created_at",
    }


def test_tier_brings_its_quota_and_says_what_stays(installation: Installation, olga: Actor, cast: Cast) -> None:
    assert operator.change_tier(olga, cast.organization_b, Tier.ENTERPRISE) == ()
    assert (found(olga, cast).tier, found(olga, cast).quota.limit) == (Tier.ENTERPRISE, None)
    stays = operator.change_tier(olga, cast.organization_b, Tier.FREE)
    assert found(olga, cast).quota.limit == 1_000
    assert "No longer part of it" in " ".join(stays)
    operator.set_quota(olga, cast.organization_b, 7)
    operator.change_tier(olga, cast.organization_b, Tier.PRO)
    assert found(olga, cast).quota.limit == 7, "given by hand"


@pytest.mark.parametrize("limit", [-1, 2**31])
def test_quota_that_cannot_be_one_is_refused(olga: Actor, cast: Cast, limit: int) -> None:
    with pytest.raises(InvalidInput, match="whole number of calls"):
        operator.set_quota(olga, cast.organization_b, limit)
    operator.set_quota(olga, cast.organization_b, 0)
    assert found(olga, cast).quota.limit == 0


@pytest.mark.parametrize("name", DEEDS)
def test_organization_that_is_not_there_is_not_found(olga: Actor, name: str) -> None:
    with pytest.raises(NotFound):
        DEEDS[name](olga, uuid4())


def test_suspension_shuts_everybody_out_until_it_ends(olga: Actor, cast: Cast) -> None:
    operator.suspend_organization(olga, cast.organization_b, reason=REASON)
    assert (found(olga, cast).standing, found(olga, cast).suspension_reason) == (Standing.SUSPENDED, REASON)
    assert find_actor(cast.secret_of(cast.charlie), origin=ORIGIN) is None
    with pytest.raises(NotSignedIn):
        get_frame(cast.charlie)
    with pytest.raises(OrganizationSuspended, match=REASON):
        authenticate("charlie", PASSWORD, origin=ORIGIN)
    assert find_actor(cast.secret_of(cast.alice), origin=ORIGIN) is not None, "the others go on"
    operator.resume_organization(olga, cast.organization_b)
    assert found(olga, cast).standing is Standing.ACTIVE
    assert authenticate("charlie", PASSWORD, origin=ORIGIN) == cast.charlie.user_id
    assert find_actor(cast.secret_of(cast.charlie), origin=ORIGIN) is None, "sessions have ended and do not come back"


def test_operator_does_not_shut_themselves_out(olga: Actor, cast: Cast) -> None:
    with pytest.raises(Conflict, match="your own organization"):
        operator.suspend_organization(olga, cast.organization_a, reason=REASON)
    with pytest.raises(InvalidInput, match="Reason is empty"):
        operator.suspend_organization(olga, cast.organization_b, reason="  ")


def test_runs_of_a_suspended_organization_wait_and_go_on_when_it_ends(
    installation: Installation, olga: Actor, cast: Cast
) -> None:
    database = installation.database
    project_id = make_project(database, cast.charlie)
    walked, queued = (make_run(database, cast.charlie, project_id=project_id) for _ in range(2))
    held = open_run(database, cast.organization_b, walked.id)
    first, second = walked.phases
    held.advance(begin=[beginning(first)])
    operator.suspend_organization(olga, cast.organization_b, reason=REASON)
    step = held.advance(finish=[answer(walked.phases[first])], begin=[beginning(second)])
    assert (step["begun"], step["quota_exhausted"]) == ([], True), "what was paid for is kept, nothing new begins"
    held.advance(end={"status": "paused", "error": {"kind": "organization_quota", "message": "Used up."}})
    opened = call_worker(database, "SELECT api.open_segment(%s, %s, %s)", cast.organization_b, queued.id, UUID(int=1))
    assert opened == {"state": "gone"}
    runs = "SELECT status, error_details ->> 'kind' AS kind FROM orchestration_runs ORDER BY id"
    assert rows(installation, runs) == [{"status": "paused", "kind": "organization_suspended"}] * 2
    call_worker(database, "SELECT api.requeue_lost_runs()")
    assert {run["status"] for run in rows(installation, runs)} == {"paused"}, "not while it lasts"
    operator.resume_organization(olga, cast.organization_b)
    call_worker(database, "SELECT api.requeue_lost_runs()")
    assert {run["status"] for run in rows(installation, runs)} == {"queued"}
    again = open_run(database, cast.organization_b, walked.id)
    assert again.advance(begin=[beginning(second)])["begun"]


def test_operator_begins_the_wait_and_restores(olga: Actor, cast: Cast) -> None:
    ends_at = operator.delete_organization(olga, cast.organization_b)
    assert (found(olga, cast).standing, found(olga, cast).deletes_at) == (Standing.DELETING, ends_at)
    assert get_frame(cast.charlie).deletes_at == ends_at
    operator.restore_organization(olga, cast.organization_b)
    assert found(olga, cast).standing is Standing.ACTIVE
    ask_deletion(cast.charlie, slug="borealis")
    assert operator.actions_for(olga, found(olga, cast)) == ("suspend", "restore")
    assert operator.actions_for(olga, operator.find_organization(olga, "acme")) == ()


@pytest.mark.parametrize("deed", ["suspend", "delete"])
def test_organization_of_the_last_operator_is_neither_suspended_nor_ended(
    installation: Installation, olga: Actor, cast: Cast, deed: str
) -> None:
    """By another one, whose own organization is about to end."""
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", cast.charlie.user_id)
    charlie = replace(cast.charlie, is_operator=True)
    operator.delete_organization(CommandLine(), cast.organization_b)
    with pytest.raises(Conflict, match="Nobody outside of this organization would run the installation"):
        DEEDS[deed](charlie, cast.organization_a)
    assert operator.get_organization(olga, cast.organization_a).standing is Standing.ACTIVE
    operator.restore_organization(olga, cast.organization_b)
    DEEDS[deed](charlie, cast.organization_a)


def test_suspension_and_deactivation_of_an_operator_at_once_wait_for_each_other(
    installation: Installation, olga: Actor, cast: Cast
) -> None:
    """The one who deactivates has ended their sessions, and the one who suspends wants to."""
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", cast.charlie.user_id)
    charlie = replace(cast.charlie, is_operator=True)
    with doors.person(installation.database, cast.alice) as connection:
        connection.execute("SELECT api.end_sessions(%s)", [olga.user_id])
        with attempt(lambda: operator.suspend_organization(charlie, cast.organization_a, reason=REASON)) as outcome:
            until(lambda: is_waiting(installation))
            connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [olga.user_id])
            connection.commit()
    assert outcome == [None]
    assert operator.get_organization(charlie, cast.organization_a).standing is Standing.SUSPENDED


def test_two_operators_who_suspend_each_other_at_once_leave_one(
    installation: Installation, olga: Actor, cast: Cast
) -> None:
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", cast.charlie.user_id)
    start = Barrier(2)

    def suspend(who: Actor, which: UUID) -> bool:
        start.wait(30)
        try:
            operator.suspend_organization(who, which, reason=REASON)
        except (Conflict, RightsChanged):  # the last one stays, or: whose organization is suspended is no operator
            return False
        return True

    both = ((olga, cast.organization_b), (replace(cast.charlie, is_operator=True), cast.organization_a))
    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(suspend, *zip(*both, strict=True))) == [False, True]


def test_every_deed_is_in_that_organizations_trail_as_an_operators(
    installation: Installation, olga: Actor, cast: Cast
) -> None:
    for name in ("tier", "quota", "delete", "restore"):
        DEEDS[name](olga, cast.organization_b)
    changes = list_organization_changes(cast.charlie).items
    assert [(change.person, change.did) for change in changes[:4]] == [
        (SOME_OPERATOR, "took the organization's end back"),
        (SOME_OPERATOR, "asked for the organization's end"),
        (SOME_OPERATOR, "changed the monthly quota"),
        (SOME_OPERATOR, "changed the tier"),
    ]
    trail = rows(installation, "SELECT * FROM audit_logs WHERE user_id = %s", olga.user_id)
    assert {row["organization_id"] for row in trail} == {cast.organization_b}


def test_command_line_is_the_installation_itself_in_the_trail(installation: Installation, cast: Cast) -> None:
    operator.set_quota(CommandLine(), cast.organization_b, 5)
    [change, *_] = list_organization_changes(cast.charlie).items
    assert (change.person, change.did) == (None, "changed the monthly quota")
