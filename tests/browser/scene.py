"""What there is to look at: an organization with a run in every state, and an installation that nobody has set up."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from lib.identity.tokens import hash_secret, new_secret
from lib.maintenance.upgrade import publish_builtin_templates
from tests import doors
from tests.browser.branching_run import make_branching_run
from tests.browser.conftest import Dashboard
from tests.browser.gallery_of_templates import make_gallery, write_template
from tests.browser.steered import Steered, make_steered
from tests.browser.usage_of_scene import make_usage
from tests.browser.webhooks_of_scene import make_webhooks
from tests.cast import Cast
from tests.database import SECRET_KEY, ClonedDatabase, Server, clone_of
from tests.factories import make_integration, make_invitation, make_project
from tests.made_audit import write_entries
from tests.made_runs import answer, ask_to_cancel, beginning, end_run, make_comment, make_run, open_run
from tests.made_schedules import make_schedule
from tests.web_process import orchestrator_web
from tests.workspace import make_workspace

_ANSWER = """## What sells

Three things decide: **weight**, the *hinge* and the price.

| Model | Weight | Price |
| --- | ---: | ---: |
| Ebb | 9.1 kg | $1,240 |
| Flow | 11.4 kg | $890 |

1. Below ten kilograms people carry it.
2. Above, they leave it in the hall.

> Nobody folds a bicycle twice a day for fun.

`hinge = steel`
"""

#: How the schedules of the scene stand.
_STANDINGS = (
    "title = 'Market brief, every weekday', cron = '0 7 * * 1-5', time_zone = 'Europe/Berlin', "
    "last_result = 'launched', last_result_at = now() - interval '3 hours'",
    "title = 'Patents of the month', cron = '30 6 L * *', is_active = false, refusals = 3, stopped_at = now(), "
    "last_result = 'refused', last_result_at = now() - interval '20 minutes', "
    "last_message = 'The project “Patents since 2020” is archived. Make it active again before launching for it.'",
    "title = 'Dealers, four times a day', cron = '15 */6 * * *', is_active = false",
)


#: Of the retried run's one phase.
_ESTIMATE = {
    "phases": [
        {
            "code": "Phase 1",
            "name": "Research",
            "model": "openai:gpt-4.1",
            "prompt_tokens": [120, 180],
            "completion_tokens": [600, 900],
            "cost_usd": ["0.041000", "0.087000"],
            "seconds": [4.0, 12.0],
            "based_on": 12,
        }
    ],
    "seconds": [4.0, 12.0],
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to look at: organization A's project and runs, by their state."""

    project_id: UUID
    idle_project_id: UUID
    queued: UUID
    running: UUID
    failed: UUID
    cancelled: UUID
    #: One phase skipped, one asked of another model, one in JSON, one that waits for a connection's limit.
    branching: UUID
    #: Goes on from the failed one, with another answer.
    retried: UUID
    person_id: UUID
    #: Of alice, with two versions and runs; and of max, whose second version waits for somebody's word.
    template_id: UUID
    waiting_template_id: UUID
    #: A template with a branch, and a draft of alice's on top of it.
    edited_template_id: UUID
    steered: Steered
    #: What the link of an invitation holds.
    invitation: str
    schedule_id: UUID
    #: On its way: tried three times, and refused.
    delivery_id: UUID
    #: Of the audit trail: max's rights were changed.
    entry_id: UUID


@pytest.fixture(scope="module")
def unclaimed(
    database_server: Server, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The set-up link of an installation of its own, which nobody has set up."""
    folder = tmp_path_factory.mktemp("unclaimed")
    with clone_of(database_template, database_server) as database:
        settings = {URL_VARIABLES[login]: database.url(login) for login in Login}
        settings |= {
            "ORCHESTRATOR_SECRET_KEY": SECRET_KEY,
            "ORCHESTRATOR_LOCAL_MODEL": "false",
        }
        settings |= {"ORCHESTRATOR_DATA_DIR": str(folder)}
        with orchestrator_web(settings, log=folder / "web.log") as url:
            secret = new_secret()  # made now: at its start the server makes a link of its own the only good one
            with doors.login(database, Login.IDENTITY) as connection:
                connection.execute(
                    "INSERT INTO user_tokens (kind, token_hash, expires_at) "
                    "VALUES ('set_up', %s, now() + interval '1 hour')",
                    [hash_secret(secret)],
                )
            yield f"{url}/set-up?token={secret}"


@pytest.fixture(scope="module")
def scene(dashboard: Dashboard) -> Scene:
    """A project with a run in every state, whose phases took their time."""
    database, actor = dashboard.database, dashboard.cast.alice
    publish_builtin_templates(database.url(Login.OWNER))
    made = make_workspace(database, actor)
    with doors.admin(database) as connection:  # one at a time: what is queued waits for its turn
        one = 'settings = settings || \'{"limits": {"concurrent_runs": 1}}\''
        connection.execute(f"UPDATE organizations SET {one} WHERE id = %s".encode(), [actor.organization_id])
    project_id = make_project(database, actor, name="Folding bicycles for commuters")
    runs = {
        title: make_run(database, actor, project_id=project_id, title=title)
        for title in ("Market brief, Nordics", "Patents since 2020", "Names for the hinge", "Dealers in Utrecht")
    }
    completed, failed, cancelled, queued = runs.values()
    end_run(database, actor, completed)
    _fail_at_the_third_attempt(database, actor, failed.id, failed.phases)
    held = open_run(database, actor.organization_id, cancelled.id)
    first, second = cancelled.phases
    held.advance(begin=[beginning(first)])
    held.advance(finish=[answer(cancelled.phases[first], response=_ANSWER)], begin=[beginning(second)])
    ask_to_cancel(database, actor, cancelled.id)
    stopped = answer(cancelled.phases[second], status="cancelled", response=None, finish_reason=None, cost_usd=None)
    held.advance(finish=[stopped], end={"status": "cancelled", "error": {}})
    retried = _go_on(database, actor, failed.id)
    _let_time_pass(database)
    make_usage(database, dashboard.cast, [project_id], days=40, calls=5)
    make_comment(database, dashboard.cast.mona, failed.id, text="The *hinge* is the story. Ask for sources next time?")
    make_comment(database, actor, failed.id, text="Agreed:\n\n1. patents first\n2. then prices")
    talked = "Read the second table: people say **weight**, and **what they actually fold** is the lightest one."
    make_comment(database, dashboard.cast.max, failed.id, phase_code="Phase 0", text=talked)
    make_comment(database, dashboard.cast.max, failed.id, phase_code="Phase 1", text=talked)
    with doors.admin(database) as connection:  # what the workspace asked a second ago
        connection.execute("DELETE FROM connection_turns WHERE connection_id = %s", [made.connection_id])
    with doors.person(database, actor) as connection:
        offer = (
            "UPDATE provider_connections SET models = '{gpt-4.1,gpt-4.1-mini}', requests_per_minute = 1 WHERE id = %s"
        )
        connection.execute(offer, [made.connection_id])
        mine = "SELECT slug, api.take_turn(slug) FROM provider_connections WHERE id = %s"
        slug, wait_ms = connection.execute(mine, [made.connection_id]).fetchone() or ("", 1)
        assert wait_ms == 0, "the run below finds the limit used up"
    branching = make_branching_run(database, actor, project_id=project_id, connection_model=f"{slug}:gpt-4.1")
    idle_project_id = make_project(database, actor, name="Balcony solar: what a household pays, and what it saves")
    make_invitation(database, dashboard.cast.mona, email="omar@company.example")
    invited = make_invitation(database, actor, email="nora@company.example", role="manager")
    max_id = dashboard.cast.max.user_id
    _make_integrations(database, actor)
    templates = make_gallery(database, dashboard.cast)
    schedule_id = _make_schedules(database, dashboard.cast, project_id, templates[0], completed.id)
    return Scene(
        *(project_id, idle_project_id, queued.id, made.run.id, failed.id, cancelled.id, branching, retried, max_id),
        *templates,
        write_template(database, actor),
        make_steered(database, dashboard.cast, project_id=project_id),
        invited.secret,
        schedule_id,
        make_webhooks(database, dashboard.cast),
        _make_entry(database, dashboard.cast),
    )


def _make_entry(database: ClonedDatabase, cast: Cast) -> UUID:
    [made] = write_entries(
        database,
        cast.alice,
        hours_ago=0,
        action="users.update",
        resource_type="users",
        resource_id=cast.max.user_id,
        old_values={"role": "member", "preferences": {"time_zone": "UTC"}},
        new_values={"role": "manager", "permissions": ["audit.view"], "preferences": {"time_zone": "Europe/Berlin"}},
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    )
    write_entries(
        database,
        cast.max,
        hours_ago=0,
        action="identity.sign_in_refused",
        resource_type="users",
        resource_id=cast.max.user_id,
    )
    return made


def _go_on(database: ClonedDatabase, actor: Actor, failed_id: UUID) -> UUID:
    """The failed run again from its second phase, with another model, as a retry makes it."""
    with doors.person(database, actor) as connection:
        made = connection.execute(
            "INSERT INTO orchestration_runs (organization_id, user_id, project_id, title, topic, status, total_phases, "
            "completed_phases, template_id, template_version, plan, inputs, model, parent_run_id, forked_from_phase, "
            "estimate) SELECT organization_id, user_id, project_id, title, topic, 'queued', 2, 1, template_id, "
            "template_version, plan, inputs, 'openai:gpt-4.1', id, 'Phase 1', %s FROM orchestration_runs WHERE id = %s "
            "RETURNING id",
            [json.dumps(_ESTIMATE), failed_id],
        ).fetchone()
        assert made
        connection.execute(
            "INSERT INTO phase_executions (organization_id, run_id, phase_code, phase_name, position, reused_from, "
            "model) SELECT organization_id, %s, phase_code, phase_name, position, "
            "CASE WHEN position = 0 THEN id END, CASE WHEN position = 1 THEN 'openai:gpt-4.1' END "
            "FROM phase_executions WHERE run_id = %s AND attempt = 1",
            [made[0], failed_id],
        )
    run_id: UUID = made[0]
    held = open_run(database, actor.organization_id, run_id)
    begun = held.advance(begin=[beginning("Phase 1") | {"model": "openai:gpt-4.1", "prompt": "Sources, please."}])
    said = answer(UUID(begun["begun"][0]["id"]), response=_ANSWER.replace("9.1 kg", "8.7 kg"), cost_usd=0.061)
    held.advance(finish=[said], end={"status": "completed", "error": {}})
    return run_id


def _make_integrations(database: ClonedDatabase, actor: Actor) -> None:
    """A bucket with all that one has, and a channel that is switched off."""
    bucket = {"region": "eu-central-1", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "prefix": "orchestrator/reports"}
    target = "https://s3.eu-central-1.amazonaws.com/folding-bicycles-reports"
    said = {"kind": "artifact.write", "name": "Reports", "target": target, "settings": bucket}
    make_integration(database, actor, slug="reports", **said)
    off = {"kind": "notification.send", "name": "Team channel", "target": "", "is_active": False}
    make_integration(database, actor, slug="team-channel", **off)


def _make_schedules(database: ClonedDatabase, cast: Cast, project_id: UUID, template_id: UUID, run_id: UUID) -> UUID:
    """One that has run, one that was switched off for refusals, one of somebody else's that is off."""
    of_what = {"project_id": project_id, "template_id": template_id}
    made = [make_schedule(database, actor, **of_what) for actor in (cast.alice, cast.alice, cast.max)]
    with doors.admin(database) as connection:
        for schedule_id, change in zip(made, _STANDINGS, strict=True):
            connection.execute(f"UPDATE schedules SET {change} WHERE id = %s".encode(), [schedule_id])
        connection.execute("UPDATE schedules SET last_run_id = %s WHERE id = %s", [run_id, made[0]])
        connection.execute("SET LOCAL session_replication_role = replica")  # a run that ended is not changed
        connection.execute("UPDATE orchestration_runs SET schedule_id = %s WHERE id = %s", [made[0], run_id])
    return made[0]


def _fail_at_the_third_attempt(database: ClonedDatabase, actor: Actor, run_id: UUID, phases: dict[str, UUID]) -> None:
    first, second = phases
    held = open_run(database, actor.organization_id, run_id)
    held.advance(begin=[beginning(first)])
    held.advance(finish=[answer(phases[first], response=_ANSWER)], begin=[beginning(second)])
    attempt_id = phases[second]
    for attempt in (1, 2, 3):
        error = {
            "kind": "unavailable",
            "message": "The endpoint is overloaded.",
            "status": 503,
            "phase": second,
            "attempt": attempt,
        }
        failed = [answer(attempt_id, status="failed", response=None, finish_reason=None, cost_usd=None, error=error)]
        again = [beginning(second, attempt=attempt + 1)] if attempt < 3 else []
        begun = held.advance(finish=failed, begin=again)
        if again:
            attempt_id = begun["begun"][0]["id"]
    held.advance(end={"status": "failed", "error": error})


def _let_time_pass(database: ClonedDatabase) -> None:
    """What the factories did in a moment took minutes: 50 s an attempt, a minute and more between two."""
    began = "run.started_at - interval '10 minutes'"
    at = f"{began} + ((phase.position * 55 + (phase.attempt - 1) * (50 + 20 * phase.attempt)) * interval '1 second')"
    with doors.admin(database) as connection:
        connection.execute("SET session_replication_role = replica")  # past the guard of what has ended
        connection.execute(
            f"UPDATE phase_executions phase SET started_at = {at}, completed_at = {at} + interval '50 seconds' "
            "FROM orchestration_runs run WHERE run.id = phase.run_id AND phase.completed_at IS NOT NULL "
            "AND run.completed_at IS NOT NULL"
        )
        connection.execute("UPDATE orchestration_runs SET created_at = created_at - interval '11 minutes'")
        connection.execute("UPDATE projects SET created_at = created_at - interval '1 hour'")
        connection.execute(
            "UPDATE orchestration_runs run SET started_at = times.began, completed_at = times.ended, "
            "execution_time_ms = extract(epoch FROM times.ended - times.began) * 1000 FROM (SELECT run_id, "
            "min(started_at) AS began, max(completed_at) AS ended FROM phase_executions GROUP BY run_id) times "
            "WHERE times.run_id = run.id AND run.completed_at IS NOT NULL AND times.ended IS NOT NULL"
        )
