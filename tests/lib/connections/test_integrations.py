"""Where operations go is set up by who may; secrets go in and come out for a call only; strangers find nothing."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.connections.integrations import service
from lib.connections.integrations.opening import open_integration, secret_purpose
from lib.connections.integrations.views import IntegrationEntry, IntegrationView
from lib.db.session import tenant_session
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotFound, NotPermitted
from lib.integrations.base import OperationFailed
from lib.maintenance.keys import rotate_keys
from lib.secrets.vault import unseal
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_template
from tests.lib.maintenance.test_keys import NEW, OLD, use
from tests.receiver import Receiver
from tests.receiver import allowed_receiver as receiver
from tests.records import row, trail

__all__ = ["receiver"]

#: SQLSTATE insufficient_privilege.
NOT_ALLOWED = "42501"
SECRET = "Bearer planted-7c2e91ab4d"


def entry_for(receiver: Receiver, **changes: Any) -> IntegrationEntry:
    said = {"kind": "http.request", "name": "Our tracker", "target": f"{receiver.url}/v1", "secret": SECRET}
    return IntegrationEntry(**(said | changes))


@pytest.fixture
def made(cast: Cast, receiver: Receiver) -> IntegrationView:
    """Alice's."""
    service.create_integration(cast.alice, entry_for(receiver))
    return service.list_integrations(cast.alice)[0]


ACTS: dict[str, Callable[[Actor, IntegrationView, Receiver], object]] = {
    "edit": lambda actor, seen, receiver: service.update_integration(actor, entry_for(receiver), seen=seen),
    "switch off": lambda actor, seen, _: service.set_active(actor, seen.id, is_active=False),
    "delete": lambda actor, seen, _: service.delete_integration(actor, seen.id),
    "try": lambda actor, seen, _: service.try_integration(actor, seen.id),
}


def stored(installation: Installation, integration_id: UUID) -> dict[str, Any]:
    return row(installation, "SELECT * FROM integration_connections WHERE id = %s", integration_id)


def test_admin_sets_one_up_and_the_secret_is_sealed_for_its_target(
    installation: Installation, cast: Cast, receiver: Receiver, made: IntegrationView
) -> None:
    assert (made.slug, made.target, made.sealed_last4) == ("our-tracker", f"{receiver.url}/v1", "ab4d")
    sealed = bytes(stored(installation, made.id)["encrypted_secret"])
    purpose = secret_purpose("http.request", made.target)
    assert unseal(sealed, organization_id=cast.organization_a, purpose=purpose) == SECRET
    assert SECRET.encode() not in sealed
    assert SECRET not in str(trail(installation, "integration_connections.create", made.id))
    assert receiver.received == [], "nothing is sent by setting it up"


@pytest.mark.parametrize("act", ACTS)
def test_weak_role_is_refused_and_stranger_finds_nothing(
    installation: Installation, cast: Cast, receiver: Receiver, made: IntegrationView, act: str
) -> None:
    before = stored(installation, made.id)
    for weak in (cast.mona, cast.max, cast.vera):
        with pytest.raises(NotPermitted):
            ACTS[act](weak, made, receiver)
    with pytest.raises(NotFound):
        ACTS[act](cast.charlie, made, receiver)
    assert stored(installation, made.id) == before
    assert service.list_integrations(cast.charlie) == ()
    assert receiver.received == []


def test_nobody_who_signs_in_reads_the_secret_even_sealed(
    installation: Installation, cast: Cast, made: IntegrationView
) -> None:
    with doors.person(installation.database, cast.alice) as connection:
        assert doors.refusal(connection, "SELECT encrypted_secret FROM integration_connections") == NOT_ALLOWED


def test_members_read_names_and_targets_of_active_ones_only(
    cast: Cast, receiver: Receiver, made: IntegrationView
) -> None:
    for actor in (cast.max, cast.vera):
        (offered,) = service.list_offered(actor)
        assert (offered.slug, offered.kind, offered.target) == (made.slug, made.kind, made.target)
        with pytest.raises(NotPermitted):
            service.list_integrations(actor)
    assert service.list_offered(cast.charlie) == ()
    service.set_active(cast.alice, made.id, is_active=False)
    assert service.list_offered(cast.max) == ()


def test_edit_keeps_the_secret_but_not_for_another_address(
    installation: Installation, cast: Cast, receiver: Receiver, made: IntegrationView
) -> None:
    with pytest.raises(InvalidInput, match="entered for another address"):
        service.update_integration(cast.alice, entry_for(receiver, target=f"{receiver.url}/v2", secret=""), seen=made)
    service.update_integration(cast.alice, entry_for(receiver, name="Renamed", secret=""), seen=made)
    (seen,) = service.list_integrations(cast.alice)
    assert (seen.name, seen.sealed_last4) == ("Renamed", "ab4d")
    with pytest.raises(Conflict, match="edited this integration meanwhile"):
        service.update_integration(cast.alice, entry_for(receiver), seen=made)


def test_database_refuses_another_target_for_the_secret_that_is_there(
    installation: Installation, cast: Cast, made: IntegrationView
) -> None:
    with doors.person(installation.database, cast.alice) as connection:
        assert (
            doors.refusal(connection, "UPDATE integration_connections SET target = 'https://evil.example'")
            == NOT_ALLOWED
        )


def test_sealed_secret_that_is_copied_elsewhere_opens_nothing(
    installation: Installation, cast: Cast, made: IntegrationView
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE integration_connections SET target = 'https://evil.example' WHERE id = %s", [made.id]
        )
    with tenant_session(cast.alice) as session:
        found = service.queries.find_sealed(session, made.slug)
    with pytest.raises(OperationFailed, match="damaged, or was copied"):
        open_integration(found, slug=made.slug, kind=made.kind)


def test_names_belong_to_one_and_kinds_are_known(cast: Cast, receiver: Receiver, made: IntegrationView) -> None:
    with pytest.raises(AlreadyTaken, match="our-tracker"):
        service.create_integration(cast.alice, entry_for(receiver))
    service.create_integration(cast.charlie, entry_for(receiver))
    for wrong in ({"kind": "fax.send"}, {"secret": " "}, {"secret": "a\nb"}, {"target": "https://10.0.0.1/"}):
        with pytest.raises(InvalidInput):
            service.create_integration(cast.alice, entry_for(receiver, **wrong), slug="other")


def test_trying_asks_the_other_side_and_says_what_is_wrong(
    cast: Cast, receiver: Receiver, made: IntegrationView
) -> None:
    service.try_integration(cast.alice, made.id)
    assert receiver.received[0].headers["authorization"] == SECRET
    receiver.answers = [(401, {}, b"")]
    with pytest.raises(OperationFailed, match="answered 401"):
        service.try_integration(cast.alice, made.id)


def test_what_can_not_be_tried_without_an_effect_is_not(cast: Cast, receiver: Receiver) -> None:
    entry = IntegrationEntry(
        kind="notification.send", name="Team", secret="slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    )
    made = service.create_integration(cast.alice, entry)
    assert service.list_integrations(cast.alice)[0].target == "Slack"
    with pytest.raises(InvalidInput, match="without sending something"):
        service.try_integration(cast.alice, made)


def test_templates_that_name_it_are_counted(installation: Installation, cast: Cast, made: IntegrationView) -> None:
    operation = {"type": "http.request", "parameters": {"url": "https://x", "connection": made.slug}}
    phase = {"code": "Phase 0", "name": "Only", "prompt": "Say it.", "operations": [operation]}
    assert service.count_templates(cast.mona, made.id) == 0
    make_template(installation.database, cast.alice, data={"phases": [phase]})
    assert service.count_templates(cast.mona, made.id) == 1


def test_secrets_are_sealed_anew_with_another_key(
    installation: Installation, cast: Cast, receiver: Receiver, made: IntegrationView, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, NEW, previous=OLD)
    assert sum(each.resealed for each in rotate_keys() if each.column.table == "integration_connections") == 1
    use(monkeypatch, NEW)
    sealed = bytes(stored(installation, made.id)["encrypted_secret"])
    purpose = secret_purpose(made.kind, made.target)
    assert unseal(sealed, organization_id=cast.organization_a, purpose=purpose) == SECRET
