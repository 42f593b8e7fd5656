"""What happens is told, in the transaction in which it happens: each event once, as its schema says, with no secret."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lib.access.permissions import Role
from lib.config import ROOT
from lib.models.webhook import EventType
from lib.projects import service as projects
from lib.projects.service import ProjectEntry
from lib.users import changes, invitations
from lib.users.rights import Rights
from lib.webhooks import deliveries
from lib.webhooks.catalogue import EVENTS
from lib.webhooks.payloads import ADAPTER, EventRow, render, write_schema
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_template, make_version
from tests.made_reviews import make_waiting, make_word
from tests.made_runs import MadeRun, answer, beginning, make_run, open_run
from tests.made_webhooks import claim, ended, finish, happen, make_endpoint
from tests.records import row, rows

BASE_URL = "https://orchestrator.example"
SCHEMA = ROOT / "docs" / "webhooks.schema.json"


def told(installation: Installation) -> list[str]:
    return [each["type"] for each in rows(installation, "SELECT type FROM webhook_events ORDER BY created_at, id")]


def event(installation: Installation, event_type: str) -> dict[str, Any]:
    """The one event of the type as it is sent; it is what its model and the published schema say."""
    found = row(installation, "SELECT * FROM webhook_events WHERE type = %s", event_type)
    text = render(
        EventRow(
            id=found["id"],
            type=EventType(found["type"]),
            organization_id=found["organization_id"],
            created_at=found["created_at"],
            actor=found["actor"],
            data=found["data"],
        ),
        base_url=BASE_URL,
    )
    payload: dict[str, Any] = json.loads(text)
    ADAPTER.validate_json(text)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(payload)
    assert payload["url"].startswith(f"{BASE_URL}/")
    return payload


def listen(cast: Cast) -> None:
    make_endpoint(cast.alice, *EVENTS, name="Everything")


def launch(installation: Installation, cast: Cast) -> MadeRun:
    database = installation.database
    project_id = happen(cast.max, "Hinges")
    template_id = make_template(database, cast.alice, status="published")
    make_version(database, cast.alice, template_id)
    return make_run(database, cast.max, project_id=project_id, template_id=template_id)


def test_published_schema_is_that_of_the_models() -> None:
    assert SCHEMA.read_text() == write_schema(), "python -m lib.webhooks.payloads > docs/webhooks.schema.json"


def test_every_event_has_words_and_a_schema() -> None:
    assert set(EVENTS) == set(EventType) - {EventType.WEBHOOK_TEST}
    named = json.dumps(ADAPTER.json_schema())
    assert [each for each in EventType if f'"{each}"' not in named] == []


def test_run_is_told_from_launch_to_end(installation: Installation, cast: Cast) -> None:
    listen(cast)
    run = launch(installation, cast)
    held = open_run(installation.database, cast.organization_a, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first)])
    held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])
    held.advance(finish=[answer(run.phases[second])], end={"status": "completed", "error": None})
    assert [each for each in told(installation) if each.startswith(("run", "phase"))] == [
        "run.queued",
        "run.started",
        "phase.completed",
        "phase.completed",
        "run.completed",
    ]
    done = event(installation, "run.completed")
    assert done["url"] == f"{BASE_URL}/run?run={run.id}"
    assert done["actor"]["id"] == str(cast.max.user_id)
    assert done["data"]["run"]["status"] == "completed"
    assert done["data"]["run"]["completed_phases"] == 2
    assert done["data"]["run"]["success_rate"] == 100
    assert done["data"]["project"]["name"] == "Hinges"
    assert event(installation, "run.started")["data"]["run"]["started_at"]
    assert event(installation, "run.queued")["data"]["launched_by"]["id"] == str(cast.max.user_id)


def test_phase_has_failed_once_nobody_asks_again(installation: Installation, cast: Cast) -> None:
    listen(cast)
    run = launch(installation, cast)
    held = open_run(installation.database, cast.organization_a, run.id)
    first = next(iter(run.phases))
    held.advance(begin=[beginning(first)])
    error = {"kind": "server", "message": "The provider is overloaded."}
    failed = answer(run.phases[first], status="failed", response=None, error=error)
    held.advance(finish=[failed])
    assert "phase.failed" not in told(installation)
    held.advance(end={"status": "failed", "error": {**error, "phase": first}})
    assert told(installation)[-2:] == ["phase.failed", "run.failed"]
    assert event(installation, "phase.failed")["data"]["phase"]["error"] == {**error}
    assert event(installation, "run.failed")["data"]["run"]["error"] == {**error, "phase": first}


@pytest.mark.parametrize("status", ["paused", "cancelled"])
def test_run_that_lies_still_or_is_cancelled_is_told(installation: Installation, cast: Cast, status: str) -> None:
    listen(cast)
    run = launch(installation, cast)
    with doors.engine(installation.database, cast.organization_a) as connection:
        connection.execute(
            "SELECT api.end_run(%s, %s, %s)", [run.id, status, '{"kind": "quota", "message": "Used up."}']
        )
    assert event(installation, f"run.{status}")["data"]["run"]["status"] == status


def test_review_is_told_when_it_is_asked_for_and_when_it_is_decided(installation: Installation, cast: Cast) -> None:
    listen(cast)
    project_id = happen(cast.max)
    review = make_waiting(installation.database, cast.max, project_id=project_id)
    asked = event(installation, "review.requested")
    assert (asked["data"]["review"]["id"], asked["data"]["review"]["outcome"]) == (str(review.id), None)
    assert event(installation, "run.waiting_review")["data"]["run"]["status"] == "waiting_review"
    make_word(installation.database, cast.alice, review)
    decided = event(installation, "review.decided")
    assert decided["data"]["review"]["outcome"] == "approved"
    assert decided["data"]["review"]["words"][0]["reviewer"]["id"] == str(cast.alice.user_id)


def test_project_is_told_when_it_is_made_and_when_people_change_it(installation: Installation, cast: Cast) -> None:
    listen(cast)
    project_id = happen(cast.max, "Hinges")
    made = event(installation, "project.created")
    assert (made["data"]["project"]["name"], made["data"]["changed"]) == ("Hinges", [])
    template_id = make_template(installation.database, cast.alice, status="published")
    make_version(installation.database, cast.alice, template_id)
    make_run(installation.database, cast.max, project_id=project_id, template_id=template_id)  # moves a counter of it
    assert "project.updated" not in told(installation)
    seen = ProjectEntry(name="Hinges", topic="A hinge")
    projects.update_project(cast.max, project_id, ProjectEntry(name="Screws", topic="A screw"), seen=seen)
    changed = event(installation, "project.updated")
    assert (changed["data"]["project"]["name"], changed["data"]["changed"]) == ("Screws", ["name", "topic"])


def test_template_is_told_with_each_version_that_is_offered(installation: Installation, cast: Cast) -> None:
    listen(cast)
    template_id = make_template(installation.database, cast.alice, status="draft")
    assert told(installation) == []
    with doors.person(installation.database, cast.alice) as connection:
        connection.execute("UPDATE orchestration_templates SET status = 'published' WHERE id = %s", [template_id])
        connection.execute("UPDATE orchestration_templates SET description = 'Better' WHERE id = %s", [template_id])
        connection.execute("UPDATE orchestration_templates SET status = 'retired' WHERE id = %s", [template_id])
    published = event(installation, "template.published")
    assert published["url"] == f"{BASE_URL}/template?template={template_id}"
    assert published["data"]["template"]["version"] == 1


def test_people_are_told_of(installation: Installation, cast: Cast) -> None:
    listen(cast)
    invitations.invite(cast.alice, "new@acme.example", role=Role.MEMBER)
    invited = event(installation, "user.invited")
    assert (invited["data"]["invitation"]["email"], invited["data"]["invitation"]["role"]) == (
        "new@acme.example",
        "member",
    )
    changes.change_rights(cast.alice, cast.max.user_id, role=Role.MANAGER, permissions=(), seen=Rights(Role.MEMBER))
    changed = event(installation, "user.role_changed")
    assert (changed["data"]["role_before"], changed["data"]["user"]["role"]) == ("member", "manager")
    changes.deactivate(cast.alice, cast.vera.user_id)
    assert event(installation, "user.deactivated")["data"]["user"]["id"] == str(cast.vera.user_id)
    assert told(installation) == ["user.invited", "user.role_changed", "user.deactivated"]


def test_quota_is_told_once_at_80_percent_and_once_at_its_end(installation: Installation, cast: Cast) -> None:
    listen(cast)
    rows(
        installation,
        "UPDATE organizations SET api_quota_limit = 10, api_quota_used = 0 WHERE id = %s RETURNING 1",
        cast.organization_a,
    )

    def use(calls: int) -> None:
        with doors.engine(installation.database, cast.organization_a) as connection:
            connection.execute("SELECT api.take_quota(%s, %s)", [cast.organization_a, calls])

    use(7)
    assert told(installation) == []
    use(1)
    assert event(installation, "quota.threshold")["data"]["quota"]["threshold_percent"] == 80
    use(1)
    use(5)
    use(5)
    thresholds = rows(installation, "SELECT data #>> '{quota,threshold_percent}' AS at FROM webhook_events ORDER BY id")
    assert [each["at"] for each in thresholds] == ["80", "100"]


def test_quota_is_told_when_the_limit_is_lowered_and_once_more_in_another_month(
    installation: Installation, cast: Cast
) -> None:
    listen(cast)

    def change(columns: str) -> list[str]:
        """What it tells."""
        with doors.admin(installation.database) as connection:
            connection.execute(f"UPDATE organizations SET {columns} WHERE id = %s", [cast.organization_a])
        found = rows(installation, "DELETE FROM webhook_events RETURNING data #>> '{quota,threshold_percent}' AS at")
        return [each["at"] for each in found]

    assert change("api_quota_limit = NULL, api_quota_used = 85") == []
    assert change("api_quota_limit = 100") == ["80"]
    assert change("api_quota_limit = 90") == [], "it is above 80 % since"
    assert change("api_quota_limit = 80") == ["100"]
    assert change("api_quota_limit = 1000") == []
    assert change("api_quota_limit = 10, api_quota_used = 10") == ["100"]
    assert change("api_quota_used = 0, quota_resets_at = quota_resets_at + interval '1 month'") == []
    assert change("api_quota_used = 9, quota_resets_at = quota_resets_at + interval '1 month'") == ["80"]


def test_endpoint_that_was_stopped_is_told_to_the_others(installation: Installation, cast: Cast) -> None:
    listen(cast)
    make_endpoint(cast.alice, EventType.PROJECT_CREATED, name="Old CRM", url="https://93.184.215.14/secret-path")
    happen(cast.alice)
    gone = [each for each in claim(installation.database) if "secret-path" in each["url"]]
    finish(installation.database, ended(gone[0], "failed", status_code=410, error="It is gone.", is_gone=True))
    stopped = event(installation, "webhook.disabled")
    assert stopped["data"]["webhook"] | {"id": "", "disabled_at": ""} == {
        "id": "",
        "disabled_at": "",
        "name": "Old CRM",
        "reason": "It is gone.",
    }
    assert "secret-path" not in json.dumps(stopped)


def test_test_event_is_what_its_schema_says(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    deliveries.send_test(cast.alice, made.id)
    assert event(installation, "webhook.test")["data"]["webhook"] == {"id": str(made.id), "name": "Tracker"}


def test_nothing_is_written_where_nobody_listens(installation: Installation, cast: Cast) -> None:
    make_endpoint(cast.alice, EventType.RUN_FAILED)
    make_endpoint(cast.charlie, *EVENTS)
    happen(cast.alice)
    launch(installation, cast)
    assert told(installation) == []


def test_event_is_there_with_what_it_tells_or_not_at_all(installation: Installation, cast: Cast) -> None:
    listen(cast)
    with doors.person(installation.database, cast.alice) as connection:
        connection.execute(
            "INSERT INTO projects (organization_id, created_by, name, topic) VALUES (%s, %s, 'Never', 'Never')",
            [cast.organization_a, cast.alice.user_id],
        )
        assert told(installation) == []
        connection.rollback()
    assert told(installation) == []


def test_event_goes_to_each_endpoint_that_asks_for_it_and_to_no_other_organization(
    installation: Installation, cast: Cast
) -> None:
    wanted = {make_endpoint(cast.alice, name=name).id for name in ("One", "Two")}
    make_endpoint(cast.alice, EventType.RUN_FAILED, name="Three")
    make_endpoint(cast.charlie, name="Theirs")
    happen(cast.alice)
    claimed = claim(installation.database)
    assert {each["webhook_id"] for each in claimed} == {str(each) for each in wanted}
    assert len({each["event_id"] for each in claimed}) == 1
    assert {each["organization_id"] for each in claimed} == {str(cast.organization_a)}


PLANTED = "planted-words-of-the-tests"


def test_no_payload_holds_prompts_answers_or_secrets(installation: Installation, cast: Cast) -> None:
    listen(cast)
    run = launch(installation, cast)
    held = open_run(installation.database, cast.organization_a, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first) | {"prompt": PLANTED}])
    held.advance(finish=[answer(run.phases[first], response=PLANTED)], begin=[beginning(second)])
    held.advance(finish=[answer(run.phases[second])], end={"status": "completed", "error": None})
    everything = json.dumps(rows(installation, "SELECT data FROM webhook_events"), default=str)
    assert "Hinges" in everything
    assert PLANTED not in everything
    assert row(installation, "SELECT secret_key FROM webhooks")["secret_key"] not in everything
