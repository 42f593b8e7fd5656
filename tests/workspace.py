"""One organization with a row in every table, for tests that look at all of them."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from lib.access.actor import Actor
from tests import doors
from tests.doors import Database
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
from tests.made_runs import (
    HeldRun,
    MadeRun,
    answer,
    beginning,
    call_worker,
    make_comment,
    make_operation,
    make_run,
    open_run,
)
from tests.made_schedules import make_schedule
from tests.made_templates import make_draft, make_review
from tests.made_usage import make_saved_view, make_sums, make_usage_report
from tests.made_webhooks import make_told


@dataclass(frozen=True, slots=True)
class Workspace:
    """One organization with a row in every table, made in one person's name."""

    #: The person.
    user_id: UUID
    project_id: UUID
    template_id: UUID
    version_id: UUID
    #: Phase 0 is completed, Phase 1 is being written.
    run: MadeRun
    held: HeldRun
    operation_id: UUID
    webhook_id: UUID
    connection_id: UUID
    invitation_id: UUID
    #: An answer of which nobody has said anything.
    review_id: UUID
    schedule_id: UUID
    #: Of usage, by mail.
    report_id: UUID
    export_id: UUID
    #: A run that lies in an archive.
    archived_run_id: UUID


def make_workspace(database: Database, actor: Actor) -> Workspace:
    """A row in every table for the person's organization. The person is an admin."""
    project_id = make_project(database, actor)
    template_id = make_template(database, actor)
    version_id = make_version(database, actor, template_id)
    edited = make_template(database, actor, name="Two better steps")
    make_version(database, actor, edited)
    make_draft(database, actor, edited)
    make_saved_view(database, actor)
    make_review(database, actor, edited)
    run, held = make_written_run(database, actor, project_id=project_id, template_id=template_id)
    make_comment(database, actor, run.id)
    make_word(database, actor, make_waiting(database, actor, project_id=project_id, title="To be reviewed"))
    review = make_waiting(database, actor, project_id=project_id, title="Looked at by nobody")
    make_integration(database, actor, slug=f"acme-{uuid4()}")
    connection_id = make_connection(database, actor, slug=f"acme-{uuid4()}")
    with doors.engine(database, actor.organization_id) as connection:
        connection.execute("SELECT api.take_turns(%s, %s, 60, 1)", [actor.organization_id, connection_id])
    make_token(database, actor)
    make_mail(database, actor)
    make_budget_rows(database, actor, about=actor.user_id)
    make_watch_rows(database, actor)
    archived_run_id = uuid4()
    make_archive_row(database, actor, project_id=project_id, run_ids=[archived_run_id])
    make_hold(database, actor, project_id=project_id)
    make_progress(database, actor.organization_id)
    webhook_id = make_webhook(database, actor, name=f"Deployments {uuid4()}")
    make_told(database, actor, webhook_id)
    make_sums(database, actor.organization_id)
    call_worker(database, "SELECT api.sample_sizes()")  # the installation's, once a day
    if not actor.is_sample:  # whose made-up trail is not sealed
        make_seal(database, actor)
    return Workspace(
        user_id=actor.user_id,
        project_id=project_id,
        template_id=template_id,
        version_id=version_id,
        run=run,
        held=held,
        operation_id=make_operation(database, actor, run.id),
        webhook_id=webhook_id,
        connection_id=connection_id,
        invitation_id=make_invitation(database, actor).id,
        review_id=review.id,
        schedule_id=make_schedule(database, actor, project_id=project_id, template_id=template_id),
        report_id=make_usage_report(database, actor),
        export_id=make_export_row(database, actor),
        archived_run_id=archived_run_id,
    )


def make_written_run(
    database: Database, actor: Actor, *, project_id: UUID, template_id: UUID
) -> tuple[MadeRun, HeldRun]:
    """The person's run, which a worker holds: Phase 0 is completed, Phase 1 is being written."""
    run = make_run(database, actor, project_id=project_id, template_id=template_id)
    held = open_run(database, actor.organization_id, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first)])
    held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])
    whose = (actor.organization_id, held.token, run.phases[second])
    call_worker(database, "SELECT api.write_stream(%s, %s, %s, %s)", *whose, "Fold it tw")
    return run, held
