"""Three organizations of the same kind for random deeds: their people, what each has, and ids that nobody has."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID, uuid4

import psycopg
import pytest
from llmock.testing import LLMockServer

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.archives.shelf import archive_folder
from lib.audit.trail import list_entries
from lib.audit.views import EntryFilter
from lib.config import get_settings
from lib.connections.integrations.service import create_integration, list_integrations
from lib.connections.integrations.views import IntegrationEntry, IntegrationView
from lib.connections.service import create_connection, get_connection
from lib.connections.views import ConnectionView
from lib.db import session
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from lib.export_jobs.shelf import EXPORTS
from lib.integrations.folder import artifact_folder, write_artifact
from lib.models.project import ProjectStatus
from lib.projects.service import list_projects, move_project
from lib.projects.views import ProjectSort
from lib.runs.service import list_runs
from lib.schedules.service import get_schedule
from lib.templates.versions.service import save_version
from lib.users.invitations import list_invitations
from lib.users.people import list_people
from lib.webhooks.views import EndpointView
from tests import doors
from tests.cast import make_organization, make_person
from tests.conftest import Installation
from tests.database import ClonedDatabase, clone_of
from tests.factories import (
    make_invitation,
    make_project,
    make_template,
    make_version,
    see_connection,
    see_integration,
)
from tests.made_archives import make_archive_row
from tests.made_budgets import make_budget_rows, make_watch_rows, see_budget
from tests.made_exports import make_export_row
from tests.made_retention import make_hold
from tests.made_reviews import make_waiting
from tests.made_runs import MadeRun, fail_second_phase, make_comment, make_operation, make_run
from tests.made_schedules import make_schedule
from tests.made_templates import let_publish_to_everybody, make_draft, make_review
from tests.made_usage import make_calls, make_saved_view, make_usage_report
from tests.made_webhooks import make_delivery, make_endpoint, see_endpoint, see_webhook
from tests.own_endpoint import entry_for

#: Short names, and words that stand in every text of the organization's and in none of another one's.
MARKS = ("acme", "borealis", "cirrus")
MODEL = "own-llm:gpt-4o-mini"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Things of one organization that somebody may try to get at."""

    organization_id: UUID
    slug: str
    admin_id: UUID
    manager_id: UUID
    member_id: UUID
    viewer_id: UUID
    #: Somebody who is deactivated.
    gone_id: UUID
    session_id: UUID
    project_id: UUID
    #: A completed project whose run has ended.
    done_id: UUID
    #: Of the quiet project; it has a file.
    archive_id: UUID
    #: The admin's; it has a file.
    export_id: UUID
    #: One without runs.
    quiet_id: UUID
    #: Published; the manager's.
    template_id: UUID
    #: A draft with two versions, a retired one, and a request about a third one.
    draft_id: UUID
    retired_id: UUID
    review_id: UUID
    #: Queued, with the first of its attempts.
    run_id: UUID
    attempt_id: UUID
    #: About an answer of the member's that waits.
    request_id: UUID
    paused_id: UUID
    #: The manager's; the others are the member's.
    failed_id: UUID
    #: The member's, on the queued run.
    comment_id: UUID
    invitation_id: UUID
    connection_id: UUID
    #: As pages have it that were opened at the beginning.
    connection: ConnectionView
    integration: IntegrationView
    #: After the first phase of the queued run; it waits for a word.
    operation_id: UUID
    #: Has written a file.
    written_id: UUID
    #: The member's.
    schedule_id: UUID
    schedule_seen: datetime
    webhook: EndpointView
    #: Of a project that was made; nobody has sent it yet.
    delivery_id: UUID
    #: About the admin, with a raise; and what is told of those who spend.
    budget_id: UUID
    budget_seen: datetime
    raise_id: UUID
    watch_id: UUID
    #: On the project.
    hold_id: UUID
    #: The admin's.
    saved_view_id: UUID
    #: Of the trail.
    entry_id: UUID


_DRAFTS: Final = ("Draft", "Retired template", "Template to be published")
_SECOND_VERSION: Final = {"phases": [{"code": "Phase 0", "name": "Only", "prompt": "Say something."}]}
#: What nobody has.
NOBODYS = Target(
    **{name: uuid4() for name in Target.__dataclass_fields__}
    | {
        "slug": "nobody",
        "connection": see_connection(uuid4()),
        "integration": see_integration(uuid4()),
        "schedule_seen": clock.now(),
        "budget_seen": clock.now(),
        "webhook": see_webhook(uuid4()),
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class Ground:
    """What every example begins with, in a database that none of them touches."""

    database: ClonedDatabase
    #: As their pages have them that were opened at the beginning, the most entitled of each organization first.
    actors: tuple[Actor, ...]
    #: Session -> the secret that opens it.
    secrets: Mapping[UUID, str]
    #: Of each organization, in the order of MARKS; then those of nobody.
    targets: tuple[Target, ...]
    #: Places in every organization's lists, and what is none.
    cursors: tuple[str | None, ...]

    @contextmanager
    def copied(self) -> Iterator[ClonedDatabase]:
        """A copy, which the code under test finds in its settings."""
        session.dispose()
        with clone_of(self.database.name, self.database.server) as copy, pytest.MonkeyPatch.context() as patch:
            for login in Login:
                patch.setenv(URL_VARIABLES[login], copy.url(login))
            get_settings.cache_clear()
            try:
                yield copy
            finally:
                session.dispose()


@pytest.fixture
def ground(installation: Installation, llm: LLMockServer, mail_server: None) -> Ground:
    """The three, beside a mail server that is named and never asked."""
    database, people, targets = installation.database, [], []
    with psycopg.connect(database.url(Login.IDENTITY)) as connection:
        for mark in MARKS:
            organization = make_organization(connection, f"{mark} works", slug=mark)
            people += [make_person(connection, organization, f"{role}-of-{mark}", role=role) for role in Role]
            people.append(make_person(connection, organization, f"gone-of-{mark}", role=Role.MEMBER))
    actors = [actor for actor, _ in people]
    for first in range(0, len(actors), 5):
        targets.append(_furnish(database, actors[first : first + 5], llm))
    cursors = [cursor for first in range(0, len(actors), 5) for cursor in _places(actors[first])]
    session.dispose()  # nobody may be in a database that is copied
    return Ground(
        database,
        tuple(actor for actor in actors if actor.user_id not in {target.gone_id for target in targets}),
        {actor.session_id: secret for actor, secret in people},
        (*targets, NOBODYS),
        (None, "", "no cursor", *cursors),
    )


def _furnish(database: ClonedDatabase, people: list[Actor], llm: LLMockServer) -> Target:
    admin, manager, member, viewer, gone = people
    mark = admin.organization_slug
    project_id = make_project(database, member, name=f"Project of {mark}", topic=f"Topic of {mark}")
    make_project(database, admin, name=f"Another project of {mark}", topic=f"Topic of {mark}")
    template_id = make_template(database, manager, name=f"Template of {mark}", status="published")
    make_version(database, manager, template_id)
    draft_id, retired_id, asked_id = (make_template(database, member, name=f"{name} of {mark}") for name in _DRAFTS)
    for made_id in (draft_id, retired_id, asked_id):
        make_version(database, member, made_id)
    save_version(member, draft_id, _SECOND_VERSION, base_version=1)
    for writer in (admin, member):
        make_draft(database, writer, draft_id, base_version=2)
    runs = [
        make_run(database, maker, project_id=project_id, template_id=template_id, title=f"Run of {mark}", model=MODEL)
        for maker in (member, member, manager)
    ]
    fail_second_phase(database, manager, runs[2])
    let_publish_to_everybody(database)
    with doors.admin(database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE orchestration_templates SET status = 'retired' WHERE id = %s", [retired_id])
        connection.execute("UPDATE orchestration_runs SET status = 'paused' WHERE id = %s", [runs[1].id])
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [gone.user_id])
    schedule_id = make_schedule(database, member, project_id=project_id, template_id=template_id)
    connection_id = create_connection(admin, entry_for(llm, name=f"Models of {mark}"), slug="own-llm")
    where = {"kind": "http.request", "name": f"API of {mark}", "target": llm.base_url()}
    create_integration(admin, IntegrationEntry(**where, secret="Bearer planted-0123456789"), slug="own-api")
    webhook = make_endpoint(admin, name=f"Tracker of {mark}", url="https://127.0.0.1:8443/hook")
    delivery_id = make_delivery(database, admin, outcome=None)
    budgets = make_budget_rows(database, admin, about=admin.user_id)
    make_calls(database, admin.organization_id, [{"project_id": project_id, "user_id": member.user_id}])
    make_invitation(database, admin, email=f"boss@new.{mark}.example", role="admin")
    make_usage_report(database, admin)
    quiet_id = make_project(database, member, name=f"Quiet project of {mark}", topic=f"Topic of {mark}")
    return Target(
        organization_id=admin.organization_id,
        slug=mark,
        admin_id=admin.user_id,
        manager_id=manager.user_id,
        member_id=member.user_id,
        viewer_id=viewer.user_id,
        gone_id=gone.user_id,
        session_id=admin.session_id,
        project_id=project_id,
        quiet_id=quiet_id,
        done_id=_finish_project(database, admin, mark),
        archive_id=_put_archive(database, admin, quiet_id),
        export_id=_put_export(database, admin),
        template_id=template_id,
        draft_id=draft_id,
        retired_id=retired_id,
        review_id=make_review(database, member, asked_id),
        run_id=runs[0].id,
        attempt_id=runs[0].phases["Phase 0"],
        request_id=make_waiting(database, member, project_id=project_id, title=f"Review of {mark}").id,
        paused_id=runs[1].id,
        failed_id=runs[2].id,
        comment_id=make_comment(database, member, runs[0].id, text=f"A comment of {mark}"),
        invitation_id=make_invitation(database, admin, email=f"new@new.{mark}.example").id,
        connection_id=connection_id,
        connection=get_connection(admin, connection_id),
        integration=list_integrations(admin)[0],
        operation_id=make_operation(
            database,
            member,
            runs[0].id,
            phase_execution_id=runs[0].phases["Phase 0"],
            status="waiting_approval",
        ),
        written_id=_write_file(database, member, runs[0]),
        schedule_id=schedule_id,
        schedule_seen=get_schedule(admin, schedule_id).updated_at,
        webhook=see_endpoint(admin, webhook.id),
        delivery_id=delivery_id,
        budget_id=budgets["budgets"],
        budget_seen=see_budget(admin, budgets["budgets"]).updated_at,
        raise_id=budgets["budget_raises"],
        watch_id=make_watch_rows(database, admin)["spending_watches"],
        hold_id=make_hold(database, admin, project_id=project_id, reason=f"Lawsuit of {mark}"),
        saved_view_id=make_saved_view(database, admin, name=f"View of {mark}"),
        entry_id=list_entries(admin, EntryFilter(action="projects.create")).items[0].id,
    )


def _finish_project(database: ClonedDatabase, admin: Actor, mark: str) -> UUID:
    """A project that could be archived."""
    project_id = make_project(database, admin, name=f"Done project of {mark}")
    fail_second_phase(database, admin, make_run(database, admin, project_id=project_id, title=f"Done run of {mark}"))
    move_project(admin, project_id, ProjectStatus.COMPLETED)
    return project_id


def _put_archive(database: ClonedDatabase, admin: Actor, project_id: UUID) -> UUID:
    """An archive with a file, which nobody looks into."""
    name = f"{admin.organization_id}/{project_id}.zip"
    path = archive_folder() / name
    path.parent.mkdir()
    path.write_bytes(b"Fold it twice.")
    return make_archive_row(database, admin, project_id=project_id, file=name)


def _put_export(database: ClonedDatabase, admin: Actor) -> UUID:
    """An export with a file, which nobody looks into."""
    name = f"{admin.organization_id}/{admin.user_id}.csv"
    path = EXPORTS.folder() / name
    path.parent.mkdir()
    path.write_bytes(b"Fold it twice.")
    return make_export_row(database, admin, file=name)


def _write_file(database: ClonedDatabase, member: Actor, run: MadeRun) -> UUID:
    path = PurePosixPath("plan.md")
    columns = {"phase_execution_id": run.phases["Phase 1"], "status": "completed"}
    result = {"place": "folder", "path": str(path)}
    made = make_operation(database, member, run.id, **columns, result=result)
    write_artifact(artifact_folder(), (member.organization_id, run.id, made), path, b"Fold it twice.")
    return made


def _places(admin: Actor) -> Iterator[str | None]:
    """Where the second page of each list begins."""
    yield list_people(admin, limit=1).older
    yield list_invitations(admin, limit=1).older
    yield list_runs(admin, limit=1).older
    yield from (list_projects(admin, sort=sort, limit=1).older for sort in ProjectSort)
