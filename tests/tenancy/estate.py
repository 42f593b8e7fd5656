"""Organization A at work: each maker has made a row where people make rows."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from tests import doors
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.factories import (
    make_connection,
    make_integration,
    make_invitation,
    make_mail,
    make_project,
    make_template,
    make_token,
    make_version,
    make_webhook,
)
from tests.made_archives import make_archive_row
from tests.made_audit import make_seal
from tests.made_budgets import make_budget_rows, make_watch_rows
from tests.made_exports import make_export_row
from tests.made_retention import make_hold, make_progress
from tests.made_reviews import make_waiting, make_word
from tests.made_runs import answer, beginning, call_worker, make_comment, make_operation, make_run, open_run
from tests.made_schedules import make_schedule
from tests.made_templates import make_draft, make_review
from tests.made_usage import make_saved_view, make_sums, make_usage_report
from tests.made_webhooks import make_told
from tests.tenancy.tables import NAMES, Table, read_tables

#: Whose rows there are. A viewer makes none.
MAKERS = ("alice", "mona", "max")


@dataclass(frozen=True, slots=True)
class Estate:
    """What there is, and whose it is."""

    database: ClonedDatabase
    cast: Cast
    tables: dict[str, Table]
    #: Table -> maker -> key.
    rows: dict[str, dict[UUID, UUID]]

    def person(self, name: str) -> Actor:
        actor: Actor = getattr(self.cast, name)
        return actor


@pytest.fixture(scope="module")
def estate(module_database: ClonedDatabase) -> Estate:
    cast = make_cast(module_database)
    rows: dict[str, dict[UUID, UUID]] = {name: {} for name in NAMES}
    for actor in (getattr(cast, name) for name in MAKERS):
        for table, key in _make_rows(module_database, actor).items():
            rows[table][actor.user_id] = key
    alice = cast.alice.user_id
    rows["organizations"][alice] = cast.organization_a
    for actor in (getattr(cast, name) for name in MAKERS):
        for table, key in make_budget_rows(module_database, cast.alice, about=actor.user_id).items():
            rows[table][actor.user_id] = key
    for table, key in make_watch_rows(module_database, cast.alice).items():
        rows[table][alice] = key
    rows["webhooks"][alice] = webhook_id = make_webhook(module_database, cast.alice)
    made = make_told(module_database, cast.alice, webhook_id) | make_sums(module_database, cast.organization_a)
    for table, key in made.items():
        rows[table][alice] = key
    rows["archived_runs"][alice] = archived_run_id = uuid4()
    rows["archives"][alice] = make_archive_row(
        module_database, cast.alice, project_id=rows["projects"][alice], run_ids=[archived_run_id]
    )
    rows["retention_progress"][alice] = make_progress(module_database, cast.organization_a)
    rows["legal_holds"][alice] = make_hold(module_database, cast.alice, project_id=rows["projects"][alice])
    connection_id = rows["provider_connections"][alice] = make_connection(module_database, cast.alice)
    rows["integration_connections"][alice] = make_integration(module_database, cast.alice)
    with doors.engine(module_database, cast.organization_a) as connection:
        connection.execute("SELECT api.take_turns(%s, %s, 60, 1)", [cast.organization_a, connection_id])
    rows["connection_turns"][alice] = connection_id
    seal_id = make_seal(module_database, cast.alice)
    for actor in (cast.alice, cast.mona):
        rows["invitations"][actor.user_id] = make_invitation(module_database, actor).id
    with doors.admin(module_database) as connection:
        tables = read_tables(connection)
        rows["organization_slugs"][alice] = tables["organization_slugs"].rows[cast.organization_a][0]
        for actor in cast.of_a:
            rows["users"][actor.user_id] = actor.user_id
            rows["user_credentials"][actor.user_id] = actor.user_id
            rows["user_sessions"][actor.user_id] = actor.session_id
        rows["audit_seals"][alice] = seal_id
        for table in ("audit_logs", "user_tokens"):
            found = connection.execute(f"SELECT user_id, id FROM {table} WHERE user_id IS NOT NULL".encode())
            rows[table].update(dict(found.fetchall()))
    return Estate(module_database, cast, tables, rows)


def _make_rows(database: ClonedDatabase, actor: Actor) -> dict[str, UUID]:
    project_id = make_project(database, actor)
    template_id = make_template(database, actor)
    version_id = make_version(database, actor, template_id)
    edited = make_template(database, actor)
    make_version(database, actor, edited)
    queued = make_run(database, actor, project_id=project_id, template_id=template_id)
    walked = make_run(database, actor, project_id=project_id, template_id=template_id)
    held = open_run(database, actor.organization_id, walked.id)
    held.advance(begin=[beginning("Phase 0")])
    held.advance(finish=[answer(walked.phases["Phase 0"])], begin=[beginning("Phase 1")])
    streamed = walked.phases["Phase 1"]
    call_worker(database, "SELECT api.write_stream(%s, %s, %s, 'Fold')", actor.organization_id, held.token, streamed)
    ending = make_run(database, actor, project_id=project_id, template_id=template_id)
    with doors.engine(database, actor.organization_id) as connection:  # only then people cancel its operations
        connection.execute("UPDATE orchestration_runs SET cancel_requested_at = now() WHERE id = %s", [ending.id])
    make_token(database, actor)
    review = make_waiting(database, actor, project_id=project_id)
    word_id = make_word(database, actor, review)
    with doors.admin(database) as connection:
        usage = connection.execute("SELECT id FROM api_usage WHERE run_id = %s", [walked.id]).fetchone()
        counted = connection.execute(
            "SELECT id FROM template_statistics WHERE template_id = %s", [template_id]
        ).fetchone()
    assert usage is not None
    assert counted is not None
    return {
        "projects": project_id,
        "orchestration_templates": template_id,
        "template_versions": version_id,
        "template_drafts": make_draft(database, actor, edited),
        "saved_views": make_saved_view(database, actor),
        "export_jobs": make_export_row(database, actor),
        "usage_reports": make_usage_report(database, actor),
        "template_reviews": make_review(database, actor, edited),
        "template_statistics": counted[0],
        "orchestration_runs": queued.id,
        "schedules": make_schedule(database, actor, project_id=project_id, template_id=template_id),
        "phase_executions": queued.phases["Phase 0"],
        "phase_streams": streamed,
        "review_requests": review.id,
        "run_reviews": word_id,
        "integration_operations": make_operation(database, actor, ending.id),
        "run_comments": make_comment(database, actor, queued.id),
        "api_usage": usage[0],
        "mail_outbox": make_mail(database, actor),
    }
