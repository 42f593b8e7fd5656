"""A year of a large installation in minutes: past every trigger, policy and foreign key, with the indexes made last.

Three fifths of all runs are one organization's, whose pages are measured; a handful of others share the rest. All of it
is generated inside the database and written by COPY, in the order of time, as it would have come.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from lib.db.logins import Login
from tests.copying import Made, copy_rows
from tests.doors import Connection, Database
from tests.factories import TEMPLATE_DATA
from tests.filling import analyze, fill_people

#: At full size.
RUNS, PHASES_EACH, CALLS_EACH, AUDIT_EACH = 1_000_000, 7, 10, 2
PEOPLE, PROJECTS, TEMPLATES, OTHERS = 400, 60, 40, 5
#: Of every five runs, those of the organization that is measured.
_OWN_OF_FIVE: Final = 3
_TABLES: Final = ("orchestration_runs", "phase_executions", "api_usage", "audit_logs")
_PLAN: Final = Jsonb({"template_name": "Market brief", "inputs": []})

_PROJECTS = """
    INSERT INTO projects (organization_id, created_by, name, topic, status, created_at)
    SELECT %(organization)s, (%(people)s::uuid[])[1 + n %% cardinality(%(people)s::uuid[])], 'Project ' || n,
           'Folding bicycles', 'active', now() - n * interval '5 days' FROM generate_series(1, %(count)s) n RETURNING id
"""
_TEMPLATES = """
    INSERT INTO orchestration_templates (organization_id, created_by, name, category, status, template_data, created_at)
    SELECT %(organization)s, (%(people)s::uuid[])[1 + n %% cardinality(%(people)s::uuid[])], 'Template ' || n,
           'research', 'published', %(data)s, now() - n * interval '1 day'
      FROM generate_series(1, %(count)s) n RETURNING id
"""
# Most work is done in a fifth of the projects and by a fifth of the people, as it is in earnest.
_RUNS = Made(
    "orchestration_runs",
    "organization_id, project_id, user_id, template_id, template_version, topic, title, status, total_phases, "
    "completed_phases, plan, inputs, model, created_at, started_at, completed_at, execution_time_ms, "
    "total_tokens, cost_usd",
    """
    SELECT o.id, o.projects[1 + floor(cardinality(o.projects) * random() ^ 2)::int],
           o.people[1 + floor(cardinality(o.people) * random() ^ 2)::int],
           o.templates[1 + floor(cardinality(o.templates) * random() ^ 2)::int], 1, 'Folding bicycles', 'Run ' || n,
           CASE WHEN n %% 40 = 0 THEN 'failed' ELSE 'completed' END, %(phases)s, %(phases)s, %(plan)s, '{}',
           (ARRAY['gpt-4.1-mini', 'gpt-4.1', 'claude-haiku-4-5', 'gemini-2.5-flash'])[1 + floor(4 * random() ^ 2)::int],
           t.made, t.made, t.made + interval '40 seconds', 40000, 7000, 0.021
      FROM generate_series(1, %(runs)s) n,
           LATERAL (SELECT now() - (%(runs)s - n) * interval '1 year' / %(runs)s) t(made),
           LATERAL (SELECT * FROM filled_organizations f
                     WHERE f.number = CASE WHEN n %% 5 < %(own)s THEN 0 ELSE 1 + n / 5 %% %(others)s END) o
""",
)
_PHASES = Made(
    "phase_executions",
    "organization_id, run_id, phase_code, phase_name, status, position, model, prompt_text, response_text, "
    "started_at, completed_at, execution_time_ms, cost_usd",
    """
    SELECT r.organization_id, r.id, 'Phase ' || p, 'Step ' || p, 'completed', p, r.model, 'Ideas for ' || r.topic,
           repeat('Fold it. ', 22), r.started_at + p * interval '5 seconds',
           r.started_at + (p + 1) * interval '5 seconds', 5000, 0.003
      FROM orchestration_runs r, generate_series(0, %(phases)s - 1) p
""",
)
_CALLS = Made(
    "api_usage",
    "organization_id, user_id, project_id, run_id, endpoint, method, provider, model, prompt_tokens, "
    "completion_tokens, tokens_used, cost_usd, response_time_ms, status_code, error_kind, created_at",
    """
    SELECT r.organization_id, r.user_id, r.project_id, r.id, CASE WHEN c < 9 THEN '/v1/chat/completions'
           ELSE 'http.request' END, 'POST', CASE WHEN c < 9 THEN 'openai' END, CASE WHEN c < 9 THEN r.model END,
           CASE WHEN c < 9 THEN 600 END, CASE WHEN c < 9 THEN 400 END, CASE WHEN c < 9 THEN 1000 ELSE 0 END,
           CASE WHEN c < 9 THEN 0.003 END, (800 * exp(random() * 3))::int,
           CASE WHEN x.error IS NULL THEN 200 ELSE 429 END, x.error, r.created_at + c * interval '4 seconds'
      FROM orchestration_runs r, generate_series(0, %(calls)s - 1) c,
           LATERAL (SELECT CASE WHEN random() < 0.02
                                THEN (ARRAY['rate_limit', 'timeout', 'lost'])[1 + c %% 3] END) x(error)
""",
)
_TRAIL = Made(
    "audit_logs",
    "organization_id, user_id, action, resource_type, resource_id, new_values, created_at",
    """
    SELECT organization_id, user_id, (ARRAY['orchestrations.launch', 'orchestrations.complete'])[a],
           'orchestrations', id, '{"status": "queued"}', created_at + (a - 1) * interval '40 seconds'
      FROM orchestration_runs, generate_series(1, %(audit)s) a
""",
)
_MARKS = """
    INSERT INTO usage_open_hours (organization_id, hour)
    SELECT DISTINCT organization_id, date_trunc('hour', created_at, 'UTC') FROM api_usage
"""
_SECONDARY = """
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
     WHERE i.indrelid = ANY (%s::regclass[])
       AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a filling came to."""

    rows: int
    seconds: float
    #: Of them for summing up usage.
    summing_seconds: float
    gigabytes: float


def fill_at_scale(database: Database, organization_id: UUID, person_id: UUID, *, runs: int) -> Filled:
    """A year of so many runs and all that belongs to them; three fifths are that organization's."""
    began = time.perf_counter()
    _fill_organizations(database, organization_id, person_id)
    sizes = {
        "runs": runs,
        "phases": PHASES_EACH,
        "calls": CALLS_EACH,
        "audit": AUDIT_EACH,
        "own": _OWN_OF_FIVE,
        "others": OTHERS,
        "plan": _PLAN,
    }
    with _without_indexes(database) as connection:
        for made in (_RUNS, _PHASES, _CALLS, _TRAIL):
            copy_rows(database, connection, made, sizes)
        connection.execute(_MARKS)
    analyze(database)
    summing = time.perf_counter()
    with psycopg.connect(database.url(Login.WORKER), autocommit=True) as connection:
        while connection.execute("SELECT api.roll_up_usage(100)").fetchone() != (0,):
            pass
    analyze(database)
    ended = time.perf_counter()
    return Filled(
        runs * (1 + PHASES_EACH + CALLS_EACH + AUDIT_EACH), ended - began, ended - summing, _gigabytes(database)
    )


def _fill_organizations(database: Database, organization_id: UUID, person_id: UUID) -> None:
    """People, projects and templates of each, and a table that says whose they are."""
    with psycopg.connect(database.admin_url) as connection:
        _ignore_rules(connection)
        connection.execute(
            "CREATE TABLE filled_organizations (number int, id uuid, people uuid[], projects uuid[], templates uuid[])"
        )
        made = connection.execute(
            "INSERT INTO organizations (name, slug) SELECT 'Other ' || n, 'other-' || n FROM generate_series(1, %s) n "
            "RETURNING id",
            [OTHERS],
        ).fetchall()
    for number, each in enumerate([organization_id, *(row[0] for row in made)]):
        fill_people(database, each, people=PEOPLE)
        with psycopg.connect(database.admin_url) as connection:
            _ignore_rules(connection)
            _fill_things(connection, number, each, person_id if number == 0 else None)


def _fill_things(connection: Connection, number: int, organization_id: UUID, person_id: UUID | None) -> None:
    found = connection.execute("SELECT id FROM users WHERE organization_id = %s ORDER BY id", [organization_id])
    people = [*([person_id] if person_id else []), *(row[0] for row in found)]
    whose = {"organization": organization_id, "people": people, "data": Jsonb(TEMPLATE_DATA)}
    projects = [row[0] for row in connection.execute(_PROJECTS, {**whose, "count": PROJECTS})]
    templates = [row[0] for row in connection.execute(_TEMPLATES, {**whose, "count": TEMPLATES})]
    connection.execute(
        "INSERT INTO filled_organizations VALUES (%s, %s, %s, %s, %s)",
        [number, organization_id, people, projects, templates],
    )


@contextmanager
def _without_indexes(database: Database) -> Iterator[Connection]:
    """The large tables lose those that no constraint needs, and get them back when they are full."""
    with psycopg.connect(database.admin_url) as connection:
        _ignore_rules(connection)
        indexes = connection.execute(_SECONDARY, [list(_TABLES)]).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        connection.commit()
        yield connection
        connection.commit()
        for _, made in indexes:
            connection.execute(made.encode())


def _ignore_rules(connection: Connection) -> None:
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET maintenance_work_mem = '512MB'")


def _gigabytes(database: Database) -> float:
    with psycopg.connect(database.admin_url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return float(row[0]) / 1e9 if row else 0.0
