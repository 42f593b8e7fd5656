"""Making the sample workspace, visiting and removing it, beside real data."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from lib.access.actor import Actor, Origin
from lib.access.permissions import Role
from lib.audit.sealing import get_seal_status, verify_seals
from lib.db import migrate
from lib.db.logins import Login
from lib.errors import Conflict, NotFound, NotPermitted, NotSignedIn, SignInRefused
from lib.identity import passwords, service, sessions
from lib.projects.service import list_projects
from lib.runs.service import get_overview
from lib.samples.service import (
    Sample,
    drop_sample,
    find_sample,
    leave_sample,
    make_sample,
    open_to_passwords,
    remove_sample,
    visit_sample,
)
from tests import doors
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.factories import make_new_organization
from tests.made_audit import seal
from tests.records import row, rows, trail
from tests.sample import Snapshot, cast, database, operator, sample, snapshot, together, worlds, written_once
from tests.tenancy.tables import read_tables
from tests.workspace import make_workspace

__all__ = ["cast", "database", "operator", "sample", "together", "worlds", "written_once"]

pytestmark = pytest.mark.usefixtures("written_once")

ORIGIN = Origin(request_id=uuid4(), ip_address="192.0.2.7", user_agent="tests")
_SEALED_SAMPLE = (
    "SELECT 1 FROM audit_seals s JOIN organizations o ON o.id = s.organization_id WHERE o.sample_made_at IS NOT NULL"
)


@pytest.fixture
def is_furnished() -> bool:
    return True


def looking(cast: Cast, operator: Actor) -> Actor:
    """Whom the operator's session stands for now."""
    found = sessions.find_actor(cast.secret_of(operator), origin=ORIGIN)
    assert found
    return found


def read(installation: Installation) -> Snapshot:
    return snapshot(installation.database)


def test_sample_is_what_was_generated_and_nothing_else(installation: Installation, operator: Actor) -> None:
    before = read(installation)
    sample = make_sample(operator)
    assert [person.role for person in sample.people][:1] == [Role.ADMIN]
    assert len(sample.people) == 11, "one of the twelve has left"
    after = read(installation)
    for table, there in before.items():
        assert [row for row in after[table] if row in there] == there, "what is real is as it was"
    (organization,) = rows(installation, "SELECT * FROM organizations WHERE sample_made_at IS NOT NULL")
    for table in ("users", "projects", "orchestration_runs", "phase_executions", "api_usage", "audit_logs"):
        made = row(installation, f"SELECT count(*) AS made FROM {table} WHERE organization_id = %s", organization["id"])
        assert made["made"] == len(after[table]) - len(before[table])
        assert made["made"] > 8
    counted = rows(
        installation,
        "SELECT t.usage_count, (SELECT count(*) FROM orchestration_runs r WHERE r.template_id = t.id "
        "AND r.parent_run_id IS NULL) AS launched FROM orchestration_templates t WHERE t.organization_id = %s",
        organization["id"],
    )
    assert [each["usage_count"] for each in counted] == [each["launched"] for each in counted]
    assert sum(each["launched"] for each in counted) > 100


def test_trail_is_the_one_that_was_made_up(installation: Installation, operator: Actor) -> None:
    """No event of the loading itself is in it."""
    sample = make_sample(operator)
    of_the_sample = "FROM audit_logs WHERE organization_id = %s"
    assert not rows(
        installation, f"SELECT 1 {of_the_sample} AND created_at >= %s", sample.organization_id, sample.made_at
    )
    assert rows(installation, f"SELECT 1 {of_the_sample} AND action = 'orchestrations.launch'", sample.organization_id)


def test_removed_without_a_trace(installation: Installation, operator: Actor) -> None:
    before = read(installation)
    make_sample(operator)
    assert read(installation) != before
    remove_sample(operator)
    assert read(installation) == before
    assert find_sample(operator) is None
    with pytest.raises(NotFound):
        remove_sample(operator)


def test_its_trail_is_sealed_can_be_verified_and_goes_with_it(
    installation: Installation, cast: Cast, operator: Actor
) -> None:
    sample = make_sample(operator)
    visit_sample(operator, Role.ADMIN)
    admin = looking(cast, operator)
    assert get_seal_status(admin).number == 0
    while seal(installation.database):
        pass
    state = verify_seals(admin)
    while not state.is_done:
        state = verify_seals(admin, state)
    assert (state.fault_count, state.number) == (0, 1)
    assert state.rows > 1000
    with doors.login(installation.database, Login.OWNER) as connection:
        assert doors.refusal(connection, "DELETE FROM audit_seals") == "42501"
    leave_sample(admin)
    remove_sample(operator)
    sealed = f"SELECT 1 FROM audit_seals WHERE organization_id = '{sample.organization_id}'"
    assert rows(installation, sealed) == []


def test_version_that_seals_no_sample_can_remove_one(installation: Installation, cast: Cast, operator: Actor) -> None:
    make_sample(operator)
    seal(installation.database)
    migrate.downgrade(installation.database.url(Login.OWNER), "0068")
    assert rows(installation, _SEALED_SAMPLE) == []
    assert rows(installation, "SELECT 1 FROM audit_seals") != []
    remove_sample(operator)


def test_sealing_passes_over_the_sample_while_it_is_removed(installation: Installation, operator: Actor) -> None:
    make_sample(operator)
    with doors.admin(installation.database) as removing:
        removing.execute("SELECT 1 FROM organizations WHERE sample_made_at IS NOT NULL FOR UPDATE")
        seal(installation.database)
        assert rows(installation, _SEALED_SAMPLE) == []
    seal(installation.database)
    assert len(rows(installation, _SEALED_SAMPLE)) == 1


def test_removed_with_what_people_have_put_into_it_since(
    installation: Installation, cast: Cast, operator: Actor
) -> None:
    """A row in every table that there is: a new table fails here until api.remove_sample knows it."""
    before = read(installation)
    sample = make_sample(operator)
    open_to_passwords()
    service.redeem_ticket(service.issue_ticket(sample.people[0].user_id), origin=ORIGIN)
    visit_sample(operator, Role.ADMIN)
    admin = looking(cast, operator)
    make_workspace(installation.database, admin)
    seal(installation.database)
    with doors.admin(installation.database) as connection:
        tables = read_tables(connection)
    without = [name for name, table in tables.items() if not table.rows.get(sample.organization_id)]
    assert {*without} == {"mail_outbox"}, "nothing is sent in its name"
    leave_sample(admin)
    remove_sample(operator)
    after = read(installation)
    changed = {table for table in before if after[table] != before[table]}
    assert changed == {"audit_logs"}, "where the operator went"
    assert len(after["audit_logs"]) == len(before["audit_logs"]) + 2


def test_made_again_it_is_there_again(operator: Actor) -> None:
    make_sample(operator)
    remove_sample(operator)
    assert make_sample(operator).people


def test_visit_of_a_sample_that_was_removed_does_not_come_back_with_the_next(
    installation: Installation, operator: Actor, sample: Sample
) -> None:
    visit_sample(operator, Role.ADMIN)
    assert rows(installation, "SELECT 1 FROM user_sessions WHERE visiting IS NOT NULL")
    remove_sample(operator)
    make_sample(operator)
    assert rows(installation, "SELECT 1 FROM user_sessions WHERE visiting IS NOT NULL") == []


def test_there_is_one_at_most(operator: Actor, sample: Sample) -> None:
    with pytest.raises(Conflict, match="There is a sample workspace already"):
        make_sample(operator)


def test_of_two_at_once_one_is_made(installation: Installation, operator: Actor) -> None:
    def ask(_: int) -> bool:
        try:
            make_sample(operator)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, range(2))) == [False, True]
    assert len(rows(installation, "SELECT 1 FROM organizations WHERE sample_made_at IS NOT NULL")) == 1


def test_name_that_a_real_organization_has_is_said(operator: Actor) -> None:
    make_new_organization("fjord-and-field-sample", name="Real")
    with pytest.raises(Conflict, match="has a name that it would need"):
        make_sample(operator)
    assert find_sample(operator) is None


def test_only_an_operator_may(cast: Cast, operator: Actor, sample: Sample) -> None:
    was_one = replace(cast.alice, is_operator=True)  # as a page has it that was begun before
    for actor in (cast.alice, cast.charlie, was_one):
        for ask in (find_sample, make_sample, remove_sample, lambda who: visit_sample(who, Role.VIEWER)):
            with pytest.raises(NotPermitted):
                ask(actor)
    assert find_sample(operator)


@pytest.mark.parametrize("role", Role)
def test_visitor_is_that_person_and_no_operator(
    installation: Installation, cast: Cast, operator: Actor, sample: Sample, role: Role
) -> None:
    person = visit_sample(operator, role)
    visitor = looking(cast, operator)
    assert (visitor.user_id, visitor.role, visitor.full_name) == (person.user_id, role, person.full_name)
    assert visitor.organization_id == sample.organization_id
    assert (visitor.is_operator, visitor.is_sample, visitor.is_visiting) == (False, True, True)
    assert get_overview(visitor).recent
    assert {project.name for project in list_projects(visitor).items} > {"Folding kayak"}
    with pytest.raises(NotPermitted):
        remove_sample(visitor)


def test_leaving_leads_back_to_the_same_session(
    installation: Installation, cast: Cast, operator: Actor, sample: Sample
) -> None:
    before = row(installation, "SELECT * FROM user_sessions WHERE id = %s", operator.session_id)
    person = visit_sample(operator, Role.MEMBER)
    leave_sample(looking(cast, operator))
    back = looking(cast, operator)
    assert (back.user_id, back.session_id, back.is_operator) == (operator.user_id, operator.session_id, True)
    after = row(installation, "SELECT * FROM user_sessions WHERE id = %s", operator.session_id)
    assert (after["created_at"], after["visiting"]) == (before["created_at"], None), "it lives no longer than it would"
    for user_id, organization_id in (
        (operator.user_id, operator.organization_id),
        (person.user_id, back.organization_id),
    ):
        for action in ("identity.visit", "identity.leave"):
            (event,) = trail(installation, action, user_id)
            assert event["user_id"] == user_id
            assert event["address"] == "192.0.2.7"
            assert (event["organization_id"] == operator.organization_id) == (user_id == operator.user_id)
            assert organization_id


def test_leaving_without_a_visit_changes_nothing(installation: Installation, cast: Cast, operator: Actor) -> None:
    before = read(installation)
    leave_sample(operator)
    leave_sample(cast.vera)
    assert read(installation) == before


@pytest.mark.parametrize(
    "gone", ["deactivated_at = now()", "deleted_at = now()", "is_operator = false"], ids=lambda gone: gone.split()[0]
)
def test_visit_ends_with_the_operator(
    installation: Installation, cast: Cast, operator: Actor, sample: Sample, gone: str
) -> None:
    visit_sample(operator, Role.ADMIN)
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", cast.charlie.user_id)
    rows(installation, f"UPDATE users SET {gone} WHERE id = %s RETURNING 1", operator.user_id)
    found = sessions.find_actor(cast.secret_of(operator), origin=ORIGIN)
    if gone.startswith("is_operator"):
        assert found
        assert (found.user_id, found.is_visiting, found.is_operator) == (operator.user_id, False, False)
    else:
        assert found is None


def test_whatever_ends_the_operators_session_ends_the_visit(cast: Cast, operator: Actor, sample: Sample) -> None:
    visit_sample(operator, Role.ADMIN)
    visitor = looking(cast, operator)
    service.change_password(operator, current=PASSWORD, new="another horse, another battery")
    assert sessions.find_actor(cast.secret_of(operator), origin=ORIGIN) is None
    with pytest.raises(NotSignedIn):
        leave_sample(visitor)


def test_visitor_who_signs_out_is_out(installation: Installation, cast: Cast, operator: Actor, sample: Sample) -> None:
    visit_sample(operator, Role.ADMIN)
    service.sign_out(cast.secret_of(operator), origin=ORIGIN)
    assert sessions.find_actor(cast.secret_of(operator), origin=ORIGIN) is None
    assert trail(installation, "identity.sign_out", operator.user_id)


def test_visitor_is_home_when_the_sample_is_removed(cast: Cast, operator: Actor, sample: Sample) -> None:
    visit_sample(operator, Role.MANAGER)
    assert drop_sample()
    assert looking(cast, operator).user_id == operator.user_id


def test_visitor_is_home_when_whom_they_visit_is_deactivated(
    installation: Installation, cast: Cast, operator: Actor, sample: Sample
) -> None:
    person = visit_sample(operator, Role.MANAGER)
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE id = %s RETURNING 1", person.user_id)
    assert looking(cast, operator).user_id == operator.user_id


def test_person_with_a_password_looks_around_until_the_sample_is_removed(
    installation: Installation, operator: Actor, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "COST", 4)
    for person in sample.people:
        with pytest.raises(SignInRefused):
            service.authenticate(person.username, "", origin=ORIGIN)
    password, _ = open_to_passwords()
    user_id = service.authenticate("rosa.sample", password, origin=ORIGIN)
    secret = service.redeem_ticket(service.issue_ticket(user_id), origin=ORIGIN)
    rosa = sessions.find_actor(secret, origin=ORIGIN)
    assert rosa
    assert (rosa.is_sample, rosa.is_visiting, rosa.is_operator) == (True, False, False)
    assert get_overview(rosa).has_runs
    before = {table: len(there) for table, there in read(installation).items()}
    assert drop_sample()
    assert sessions.find_actor(secret, origin=ORIGIN) is None
    with pytest.raises(NotSignedIn):
        get_overview(rosa)
    assert before["user_sessions"] == len(read(installation)["user_sessions"]) + 1


def test_new_password_replaces_the_one_before(operator: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)
    with pytest.raises(NotFound):
        open_to_passwords()
    make_sample(operator)
    first, _ = open_to_passwords()
    user_id = service.authenticate("kenji.sample", first, origin=ORIGIN)
    secret = service.redeem_ticket(service.issue_ticket(user_id), origin=ORIGIN)
    second, _ = open_to_passwords()
    assert sessions.find_actor(secret, origin=ORIGIN) is None
    with pytest.raises(SignInRefused):
        service.authenticate("kenji.sample", first, origin=ORIGIN)
    assert service.authenticate("kenji.sample", second, origin=ORIGIN) == user_id
