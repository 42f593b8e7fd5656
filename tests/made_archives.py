"""A project with runs of every kind for tests of archives, and what the database holds of them."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID, uuid4

import psycopg

from lib import clock
from lib.access.actor import Actor
from lib.archives.service import ask_archive, list_archives
from lib.archives.views import ArchiveView
from lib.archives.working import do_all
from lib.backup.manifest import TableSum
from lib.backup.tables import sum_tables
from lib.db.logins import Login
from lib.integrations.folder import artifact_folder, write_artifact
from lib.models.archive import AWAY
from lib.models.project import ProjectStatus
from lib.projects.service import move_project
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.doors import Database
from tests.factories import insert, make_project, make_template
from tests.made_reviews import make_waiting, make_word
from tests.made_runs import MadeRun, end_run, fail_second_phase, make_comment, make_operation, make_run

#: What an archive holds, and what it leaves as it is.
MOVED = frozenset(
    f"public.{table}"
    for table in (
        "orchestration_runs",
        "phase_executions",
        "integration_operations",
        "review_requests",
        "run_reviews",
        "run_comments",
    )
)
#: Written by whoever archives and restores, by whoever signs in, or by workers beside it; and calls, which get their
#: template (see the test).
_OWN = frozenset(
    {
        "public.archives",
        "public.archived_runs",
        "public.audit_logs",
        "public.user_sessions",
        "public.api_usage",
        "public.size_samples",
    }
)
HARD_WORDS = "Ωmega 🚲 \u202e \\u0000 \\\\ \"quoted\"\n\ttab \x7f nu\u0308 {{ x }} 'it''s'; --"


def fill_project(installation: Installation, cast: Cast, *, name: str = "Folding bicycle") -> UUID:
    """A completed project with runs of every kind: with files, retried, reviewed, long, full of odd letters."""
    database = installation.database
    project_id = make_project(database, cast.alice, name=name)
    template_id = make_template(database, cast.alice)
    written = make_run(database, cast.alice, project_id=project_id, template_id=template_id, title=HARD_WORDS[:90])
    make_comment(database, cast.max, written.id, text=HARD_WORDS)
    operation = make_operation(database, cast.alice, written.id, phase_execution_id=written.phases["Phase 0"])
    end_run(database, cast.alice, written)
    _write_files(cast.organization_a, written.id, operation)
    failed = make_run(database, cast.alice, project_id=project_id, template_id=template_id)
    fail_second_phase(database, cast.alice, failed)
    _make_odd(database, written.phases["Phase 0"])
    _retry(database, cast.alice, failed, project_id=project_id)
    reviewed = make_waiting(database, cast.alice, project_id=project_id)
    make_word(database, cast.mona, reviewed)
    with doors.person(database, cast.alice) as connection:
        for change in ("cancel_requested_at = now()", "status = 'cancelled'"):
            connection.execute(f"UPDATE orchestration_runs SET {change} WHERE id = %s".encode(), [reviewed.run.id])
    move_project(cast.alice, project_id, ProjectStatus.COMPLETED)
    return project_id


def _retry(database: Database, actor: Actor, before: MadeRun, *, project_id: UUID) -> None:
    """A run that takes over the first phase of another one, and is cancelled before its second."""
    mine = {"organization_id": actor.organization_id}
    with doors.person(database, actor) as connection:
        again = insert(
            connection,
            "orchestration_runs",
            **mine,
            user_id=actor.user_id,
            project_id=project_id,
            topic="Once more",
            status="queued",
            total_phases=2,
            parent_run_id=before.id,
            forked_from_phase="Phase 1",
        )
        for position, name in enumerate(("Ideation", "Research")):
            code = f"Phase {position}"
            reused = {"reused_from": before.phases[code]} if not position else {}
            insert(
                connection,
                "phase_executions",
                **mine,
                run_id=again,
                phase_code=code,
                phase_name=name,
                position=position,
                **reused,
            )
        connection.execute("UPDATE orchestration_runs SET cancel_requested_at = now() WHERE id = %s", [again])
        connection.execute("UPDATE orchestration_runs SET status = 'cancelled' WHERE id = %s", [again])


def _write_files(organization_id: UUID, run_id: UUID, operation_id: UUID) -> None:
    for path, content in (("plan.md", b"Fold it twice."), ("deep/näme 1.bin", bytes(range(256)) * 500)):
        write_artifact(artifact_folder(), (organization_id, run_id, operation_id), PurePosixPath(path), content)


def _make_odd(database: Database, phase_id: UUID) -> None:
    """A million letters, all that JSON tells apart, and a JSON null where another row has nothing."""
    with doors.admin(database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "UPDATE phase_executions SET response_text = %s, review_policy = 'null', cost_usd = 0.100000, "
            """token_usage = '{"a": 1.00, "b": 1e2, "c": [null, "x", true, {}], "d": -0.0}' WHERE id = %s""",
            [HARD_WORDS * 20_000, phase_id],
        )


def multiply(database: Database, project_id: UUID, *, times: int) -> None:
    """So many times the project's runs, phases and comments: copies, past every trigger, with ids of their own."""
    with doors.admin(database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "CREATE TEMP TABLE copies ON COMMIT DROP AS SELECT id AS old, gen_random_uuid() AS new "
            "FROM orchestration_runs, generate_series(2, %s) WHERE project_id = %s",
            [times, project_id],
        )
        for table, key in (("orchestration_runs", "id"), ("phase_executions", "run_id"), ("run_comments", "run_id")):
            new = "jsonb_build_object('id', copies.new)"
            if key != "id":
                new = "jsonb_build_object('id', gen_random_uuid(), 'run_id', copies.new)"
            connection.execute(
                f"INSERT INTO {table} SELECT made.* FROM copies JOIN {table} t ON t.{key} = copies.old, "
                f"jsonb_populate_record(t, {new}) made".encode()
            )


def make_archive_row(
    database: Database, actor: Actor, *, project_id: UUID, run_ids: Sequence[UUID] | None = None, **columns: Any
) -> UUID:
    """The row of an archive that was made long ago, with those runs or one that nobody knows, and without its file."""
    runs = [uuid4()] if run_ids is None else run_ids
    said = {
        "organization_id": actor.organization_id,
        "project_id": project_id,
        "project_name": "Folding bicycle",
        "status": "made",
        "asked_by": actor.user_id,
        "made_at": clock.now(),
        "format_version": 1,
        "store": "local",
        "file": f"{actor.organization_id}/{project_id}.zip",
        "bytes": 12_300_000,
        "sha256": "0" * 64,
        "tables": {},
        "run_count": len(runs),
    } | columns
    is_away = said["status"] in AWAY
    if is_away:
        said["away_count"] = len(runs)
        said |= {f"away_{name}": columns[name] for name in ("cost_usd", "unknown_costs") if name in columns}
    with doors.admin(database) as connection:
        archive_id = insert(connection, "archives", **said)
        connection.cursor().executemany(
            "INSERT INTO archived_runs (organization_id, archive_id, run_id, is_away) VALUES (%s, %s, %s, %s)",
            [(actor.organization_id, archive_id, run_id, is_away) for run_id in runs],
        )
    return archive_id


def sums(database: Database) -> dict[str, TableSum]:
    """Rows and checksum of every table that an archive leaves as it is, or brings back."""
    with psycopg.connect(database.admin_url) as connection:
        found = sum_tables(connection)
    return {table: summed for table, summed in found.items() if table not in _OWN and not table.startswith("dbos.")}


def count_moved(database: Database) -> int:
    """How many rows there are in the tables that an archive takes rows of."""
    return sum(summed.rows for table, summed in sums(database).items() if table in MOVED)


def work(installation: Installation) -> None:
    """What a worker does about archives, once."""
    do_all(installation.database.url(Login.WORKER))


def make_archive(installation: Installation, actor: Actor, project_id: UUID) -> ArchiveView:
    """Asked for, and made."""
    ask_archive(actor, project_id)
    work(installation)
    return newest(actor, project_id)


def newest(actor: Actor, project_id: UUID) -> ArchiveView:
    return list_archives(actor, project_id).archives[0]


def ask_database(database: Database, question: str, *values: object) -> list[tuple[Any, ...]]:
    with doors.admin(database) as connection:
        return connection.execute(question.encode(), values).fetchall()
