"""An approval counts for what was shown, where it led, and not of who has written it."""

import pytest

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.connections.integrations.service import create_integration, list_integrations, update_integration
from lib.connections.integrations.views import IntegrationEntry
from lib.db.logins import Login
from lib.errors import Conflict, NotPermitted
from lib.runs.operating.service import decide_operation
from tests import doors
from tests.cast import MadeOrganization, make_person
from tests.engine.test_operations import _switched_on, call, only, receiver, write
from tests.engine.test_reviews import Decision, decide
from tests.engine.walking import walk
from tests.receiver import Receiver
from tests.records import rows
from tests.retrying import go_on

__all__ = ["_switched_on", "receiver"]


def bucket(receiver: Receiver, name: str, *, secret: str = "s" * 20, prefix: str = "") -> IntegrationEntry:
    settings = {"region": "eu", "access_key_id": "AK", **({"prefix": prefix} if prefix else {})}
    target = f"{receiver.url}/{name}"
    return IntegrationEntry(kind="artifact.write", name="Bucket", target=target, settings=settings, secret=secret)


def change(bench, entry: IntegrationEntry) -> None:
    (seen,) = list_integrations(bench.cast.alice)
    update_integration(bench.cast.alice, entry, seen=seen)


def approve(bench, run_id) -> None:
    waiting = only(bench, run_id)
    decide_operation(bench.cast.mona, waiting.id, is_approved=True, seen=waiting.leads_to)


def colleague(bench, installation) -> Actor:
    """Another manager."""
    alice = bench.cast.alice
    organization = MadeOrganization(alice.organization_id, alice.organization_name, alice.organization_slug)
    with doors.login(installation.database, Login.IDENTITY) as connection:
        return make_person(connection, organization, "marc", role=Role.MANAGER)[0]


def test_what_leads_elsewhere_after_its_approval_asks_again(bench, installation, receiver):
    create_integration(bench.cast.alice, bucket(receiver, "bucket-a"))
    run_id = bench.launch([{"code": "a", "operations": [write(path="x.md", connection="bucket")]}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    approve(bench, run_id)
    change(bench, bucket(receiver, "bucket-b", secret="t" * 20))
    assert walk(bench, installation, run_id) == ["waiting_review"]
    waiting = only(bench, run_id)
    assert (waiting.status, waiting.decided_by, receiver.received) == ("waiting_approval", None, [])
    assert f"It led to {receiver.url}/bucket-a, and leads to {receiver.url}/bucket-b now" in waiting.message
    assert "bucket-b" in waiting.does
    approve(bench, run_id)
    rows(installation, "UPDATE integration_connections SET encrypted_secret = encrypted_secret RETURNING 1")
    assert walk(bench, installation, run_id) == ["completed"]
    assert only(bench, run_id).message == ""
    assert [each.path.split("?")[0] for each in receiver.received] == ["/bucket-b/x.md"]


def test_another_folder_or_secret_is_another_place_and_a_name_is_none(bench, installation, receiver):
    create_integration(bench.cast.alice, bucket(receiver, "bucket-a"))
    run_id = bench.launch([{"code": "a", "operations": [write(path="x.md", connection="bucket")]}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    for entry in (
        bucket(receiver, "bucket-a", secret="", prefix="public"),
        bucket(receiver, "bucket-a", secret="t" * 20),
    ):
        approve(bench, run_id)
        change(bench, entry)
        assert walk(bench, installation, run_id) == ["waiting_review"]
        assert "with another secret or other settings now" in only(bench, run_id).message
    approve(bench, run_id)
    rows(installation, "UPDATE integration_connections SET name = 'Reports' RETURNING 1")
    assert walk(bench, installation, run_id) == ["completed"]


def test_approval_of_what_was_changed_since_one_looked_is_none(bench, installation, receiver):
    create_integration(bench.cast.alice, bucket(receiver, "bucket-a"))
    run_id = bench.launch([{"code": "a", "operations": [write(path="x.md", connection="bucket")]}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    seen = only(bench, run_id)
    change(bench, bucket(receiver, "bucket-b", secret="t" * 20))
    for shown in (seen.leads_to, None):
        with pytest.raises(Conflict, match="does not lead where you saw it lead"):
            decide_operation(bench.cast.mona, seen.id, is_approved=True, seen=shown)
    assert only(bench, run_id).status == "waiting_approval"


def test_who_has_edited_the_answer_does_not_approve_alone_that_it_is_sent(bench, installation, receiver):
    receiver.answers = [(404, {}, b"")]
    run_id = bench.launch([{"code": "a", "review": {}, "operations": [call(receiver, requires_approval=True)]}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    decide(bench, run_id, Decision.APPROVE_WITH_EDITS, edited="What Mona wants to be sent.")
    assert walk(bench, installation, run_id) == ["waiting_review"]
    with pytest.raises(NotPermitted, match="have written a part of what is sent"):
        approve(bench, run_id)
    decide_operation(colleague(bench, installation), only(bench, run_id).id, is_approved=True)
    assert walk(bench, installation, run_id) == ["failed"]
    again = go_on(bench.cast.alice, run_id)
    assert walk(bench, installation, again) == ["waiting_review"]
    with pytest.raises(NotPermitted, match="have written a part of what is sent"):
        approve(bench, again)
    assert (only(bench, again).status, only(bench, again).may_approve) == ("waiting_approval", False)
    assert len(receiver.received) == 1
