"""Many rows in seconds: past every trigger, policy and foreign key, so only for measuring how they are read.

Everything is generated inside the database: organizations with one person each, their projects, runs of two phases
spread over a year, and a row of usage for each phase.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tests.doors import Connection, Database
from tests.factories import TEMPLATE_DATA, TOPIC
from tests.made_runs import MODEL

_PLAN = Jsonb({"template_name": "Two steps", "inputs": []})
_INPUTS = Jsonb({"project": {"name": "Folding bicycle", "description": ""}, "values": {}})

_ORGANIZATIONS = """
    WITH made AS (
        INSERT INTO organizations (name, slug)
        SELECT 'Organization ' || n, 'organization-' || n FROM generate_series(1, %s) n RETURNING id, slug)
    INSERT INTO users (organization_id, email, username, full_name, role)
    SELECT id, slug || '@example.com', slug, 'Person of ' || slug, 'admin' FROM made RETURNING organization_id, id
"""
_PROJECTS = """
    INSERT INTO projects (organization_id, created_by, name, topic, description, status, archived_at, created_at)
    SELECT %(organization)s, %(person)s, 'Project ' || n, %(topic)s, repeat('Words of a description. ', 40),
           CASE WHEN n %% 10 = 0 THEN 'archived' ELSE 'active' END, CASE WHEN n %% 10 = 0 THEN now() END,
           now() - n * interval '1 hour'
      FROM generate_series(1, %(count)s) n RETURNING id
"""
# One in fifty failed, one in five hundred is under way, held by a worker: what a status filters for is rare, as it is
# in earnest.
_RUNS = """
    INSERT INTO orchestration_runs (organization_id, project_id, user_id, topic, title, status, total_phases,
                                    completed_phases, plan, inputs, model, created_at, started_at, completed_at,
                                    execution_time_ms, total_tokens, cost_usd, worker_token)
    SELECT %(organization)s, p.ids[1 + n %% cardinality(p.ids)], %(person)s, %(topic)s, 'Run ' || n, s.status, 2, 2,
           %(plan)s, %(inputs)s, %(model)s, t.made, t.made, CASE WHEN s.status <> 'running' THEN t.made END, 5000 + n,
           1900, 0.056, CASE WHEN s.status = 'running' THEN gen_random_uuid() END
      FROM generate_series(1, %(count)s) n, (SELECT %(projects)s::uuid[]) p(ids),
           LATERAL (SELECT CASE WHEN n %% 500 = 0 THEN 'running' WHEN n %% 50 = 0 THEN 'failed'
                                ELSE 'completed' END) s(status),
           LATERAL (SELECT now() - n * interval '1 year' / %(count)s) t(made)
"""
_PHASES = """
    INSERT INTO phase_executions (organization_id, run_id, phase_code, phase_name, status, position, model, prompt_text,
                                  response_text, started_at, completed_at, execution_time_ms)
    SELECT organization_id, id, 'Phase ' || p, 'Step ' || p, CASE WHEN status = 'running' AND p = 1 THEN 'running'
           ELSE 'completed' END, p, model, 'Ideas for ' || topic, 'Fold it twice.', started_at, completed_at, 5000
      FROM orchestration_runs, generate_series(0, 1) p
"""
_USAGE = """
    INSERT INTO api_usage (organization_id, user_id, project_id, run_id, phase_execution_id, endpoint, method, provider,
                           model, created_at)
    SELECT p.organization_id, r.user_id, r.project_id, r.id, p.id, '/v1/chat/completions', 'POST', 'local', 'small',
           r.created_at
      FROM phase_executions p JOIN orchestration_runs r ON r.id = p.run_id
"""

# One in fifty waits; every second has been said a word about, and one in twenty that waits is overdue.
_REQUESTS = """
    INSERT INTO review_requests (organization_id, run_id, phase_execution_id, requested_at, due_at, decided_at, outcome)
    SELECT organization_id, run_id, id, started_at, CASE WHEN n %% 3 > 0 THEN started_at + interval '2 days' END,
           CASE WHEN n %% 50 > 0 THEN started_at END, CASE WHEN n %% 50 > 0 THEN 'approved' END
      FROM (SELECT p.*, row_number() OVER () AS n FROM phase_executions p WHERE p.position = 0) asked
"""
_WORDS = """
    INSERT INTO run_reviews (organization_id, request_id, run_id, reviewer_id, decision, answer_digest)
    SELECT q.organization_id, q.id, q.run_id, r.user_id, 'approve', repeat('0', 64)
      FROM review_requests q JOIN orchestration_runs r ON r.id = q.run_id WHERE right(q.id::text, 1) < '8'
"""
_OPERATIONS = """
    INSERT INTO integration_operations (organization_id, run_id, phase_execution_id, operation_type, name, status,
                                        created_at, approved_by, approved_at)
    SELECT organization_id, run_id, id, 'http.request', 'Tell the tracker',
           CASE WHEN n %% 50 > 0 THEN 'completed' ELSE 'waiting_approval' END, started_at,
           CASE WHEN n %% 50 > 0 THEN user_id END, CASE WHEN n %% 50 > 0 THEN started_at END
      FROM (SELECT p.*, r.user_id, row_number() OVER () AS n
              FROM phase_executions p JOIN orchestration_runs r ON r.id = p.run_id WHERE p.position = 0) asked
"""

_TRAIL = """
    INSERT INTO audit_logs (organization_id, user_id, action, resource_type, resource_id, new_values, created_at)
    SELECT organization_id, user_id, 'orchestrations.launch', 'orchestrations', id, '{"model": "small"}'::jsonb,
           created_at
      FROM orchestration_runs
    UNION ALL
    SELECT organization_id, created_by, 'projects.update', 'projects', id, '{"priority": "high"}',
           now() - n * interval '1 minute'
      FROM projects, generate_series(1, %(rows)s) n WHERE id = %(project)s
"""

_PEOPLE = """
    INSERT INTO users (organization_id, email, username, full_name, role, created_at, last_login_at)
    SELECT %(organization)s, n || '@' || %(organization)s, n || '.' || %(organization)s,
           chr(65 + n * 7 %% 26) || 'nna Larsen ' || n, (ARRAY['member', 'viewer', 'manager', 'admin'])[1 + n %% 4],
           now() - n * interval '1 hour', CASE WHEN n %% 5 > 0 THEN now() - n * interval '1 minute' END
      FROM generate_series(1, %(count)s) n
"""
_INVITED = """
    INSERT INTO invitations (organization_id, email, role, invited_by, created_at)
    SELECT organization_id, 'invited-' || email, 'member', id, created_at FROM users
     WHERE organization_id = %(organization)s AND role = 'manager'
"""

# A quarter of each organization's are the reader's own; every second has run here, a tenth without a known cost.
_TEMPLATES = """
    INSERT INTO orchestration_templates (organization_id, created_by, name, description, category, tags, status,
                                         is_public, publisher_name, template_data, created_at)
    SELECT %(organization)s, (%(people)s::uuid[])[1 + n %% cardinality(%(people)s::uuid[])],
           (ARRAY['Market brief', 'Due diligence', 'Ticket digest', 'Long document'])[1 + n %% 4] || ' ' || n,
           'Words about template ' || n || '. ' || repeat('Scope, sources, outline and drafts. ', 5),
           (ARRAY['research', 'procurement', 'support', 'documents', 'planning'])[1 + n %% 5],
           ARRAY['tag-' || n %% 40, 'brief'], 'published', %(is_public)s,
           CASE WHEN %(is_public)s THEN 'Another organization' END, %(data)s, now() - n * interval '1 minute'
      FROM generate_series(1, %(count)s) n RETURNING id
"""
_FIGURES = """
    INSERT INTO template_statistics (organization_id, template_id, runs, completed, failed, whole, known_costs,
                                     cost_usd, time_ms)
    SELECT %(reader)s, id, n, n - n / 10, n / 10, n - n / 10,
           CASE WHEN n %% 10 = 0 THEN 0 ELSE n - n / 10 END, n * 0.13, n * 4321
      FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS made (id, number), LATERAL (SELECT 1 + number %% 997) x (n)
     WHERE number %% 2 = 0
"""
# One in a hundred is due, and as many were switched off for refusals.
_SCHEDULES = """
    INSERT INTO schedules (organization_id, project_id, template_id, user_id, created_by, title, cron, time_zone,
                           is_active, stopped_at, next_run_at, created_at)
    SELECT organization_id, id, %(template)s, created_by, created_by, 'Schedule ' || n, '0 7 * * *', 'UTC',
           n %% 100 <> 1, CASE WHEN n %% 100 = 1 THEN now() END,
           now() + CASE WHEN n %% 100 = 0 THEN -1 ELSE n END * interval '1 minute', now() - n * interval '1 hour'
      FROM projects, generate_series(1, %(each)s) n
"""


# What a worker has summed up: of the reader's organization a year, of the others ten days; and nothing is open.
_SUMS = """
    INSERT INTO {table} (organization_id, {moment}, cut, is_model, provider, model, calls, failed_calls, unpriced_calls,
                         prompt_tokens, completion_tokens, cost_usd, latency_buckets, latency_calls)
    SELECT o.id, at, CASE WHEN n = 0 THEN 'none' ELSE 'model' END, true, CASE WHEN n > 0 THEN 'local' END,
           CASE WHEN n > 0 THEN 'model-' || n END, 5, 0, 0, 900, 300, 0.02, '{{40}}', '{{5}}'
      FROM organizations o, generate_series(0, 5) n,
           generate_series(date_trunc('{moment}', now(), 'UTC')
                           - CASE WHEN o.id = %(reader)s THEN 365 ELSE 10 END * interval '1 day',
                           date_trunc('{moment}', now(), 'UTC') - interval '1 {moment}', interval '1 {moment}') at
"""


def fill_sums(database: Database, reader: UUID) -> None:
    """Sums of each hour and day for every organization, by model and together."""
    with psycopg.connect(database.admin_url) as connection:
        for table, moment in (("usage_hourly", "hour"), ("usage_daily", "day")):
            connection.execute(_SUMS.format(table=table, moment=moment).encode(), {"reader": reader})
            connection.execute(f"DELETE FROM usage_open_{moment}s".encode())
    analyze(database)


def fill_schedules(database: Database, template_id: UUID, *, each: int) -> None:
    """So many schedules of every project, launched from one template."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_SCHEDULES, {"template": template_id, "each": each})
    analyze(database)


def fill_templates(
    database: Database,
    organization_id: UUID,
    people: Sequence[UUID],
    *,
    count: int,
    reader: UUID,
    is_public: bool = False,
    data: Mapping[str, object] = TEMPLATE_DATA,
) -> None:
    """So many published templates more of those people, half of them with runs of the organization `reader`."""
    whose = {"organization": organization_id, "people": list(people), "is_public": is_public, "count": count}
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        made = [row[0] for row in connection.execute(_TEMPLATES, {**whose, "data": Jsonb(dict(data))})]
        connection.execute(_FIGURES, {"reader": reader, "ids": made})


def fill(database: Database, *, organizations: int, runs_each: int, projects_each: int = 10) -> None:
    """So many more organizations, with their rows, and the planner's statistics of all tables."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        for organization_id, person_id in connection.execute(_ORGANIZATIONS, [organizations]).fetchall():
            fill_organization(connection, organization_id, person_id, projects=projects_each, runs=runs_each)
        _fill_phases(connection)
    analyze(database)


def fill_one(database: Database, organization_id: UUID, person_id: UUID, *, projects: int, runs: int) -> None:
    """So many projects and runs more in one organization, in one person's name."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        fill_organization(connection, organization_id, person_id, projects=projects, runs=runs)
        _fill_phases(connection)
    analyze(database)


def fill_trail(database: Database, project_id: UUID, *, rows: int) -> None:
    """An entry of the audit trail for the launch of each run, and so many changes of one project."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_TRAIL, {"project": project_id, "rows": rows})
    analyze(database)


def fill_reviews(database: Database) -> None:
    """A review of the first phase of every run, and an operation after it that had to be approved."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in (_REQUESTS, _WORDS, _OPERATIONS):
            connection.execute(statement.replace("%%", "%").encode())


def fill_people(database: Database, organization_id: UUID, *, people: int) -> None:
    """So many people more in one organization, a quarter of them with somebody whom they have invited."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in (_PEOPLE, _INVITED):
            connection.execute(statement, {"organization": organization_id, "count": people})


def fill_organization(
    connection: Connection, organization_id: UUID, person_id: UUID, *, projects: int, runs: int
) -> None:
    """Projects and runs without phases. `connection` is the superuser's."""
    whose = {"organization": organization_id, "person": person_id, "topic": TOPIC}
    made = [row[0] for row in connection.execute(_PROJECTS, {**whose, "count": projects})]
    connection.execute(
        _RUNS, {**whose, "projects": made, "count": runs, "plan": _PLAN, "inputs": _INPUTS, "model": MODEL}
    )


def analyze(database: Database) -> None:
    """Tell the planner what is there, and mark what everybody sees."""
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _fill_phases(connection: Connection) -> None:
    """Of every run that has none."""
    is_bare = "WHERE NOT EXISTS (SELECT 1 FROM phase_executions e WHERE e.run_id = orchestration_runs.id)"
    connection.execute(f"{_PHASES} {is_bare}")
    connection.execute(
        f"{_USAGE} WHERE p.status <> 'running' AND NOT EXISTS (SELECT 1 FROM api_usage u WHERE u.run_id = r.id)"
    )
