from uuid import UUID

import psycopg

from lib.db.session import tenant_session
from lib.runs.estimating.queries import list_past
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Figure, median_of, milliseconds
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.factories import make_template
from tests.filling import analyze, fill_one

#: Of two phases each; half of them are of one template, the others of none.
RUNS = 50_000
ROUNDS = 25
#: Milliseconds.
MOST = 20
CODES = ("Phase 0", "Phase 1")


def main(ground: Ground) -> list[Figure]:
    """What an estimate reads of the past, among 100,000 attempts whose prompts have 6 kB each."""
    with ground.database() as database:
        cast = make_cast(database)
        template_id = _fill(database, cast)

        def ask() -> None:
            with tenant_session(cast.mona) as session:
                found = list_past(session, cast.organization_a, template_id, CODES)
                assert len(found) == 100

        def ask_about_new_phases() -> None:
            with tenant_session(cast.mona) as session:
                assert not list_past(session, cast.organization_a, template_id, [f"New {n}" for n in range(8)])

        asked = {"two phases": ask, "eight phases that never ran": ask_about_new_phases}
        return [
            Figure(name=name, value=median_of(lambda one=one: milliseconds(one), rounds=ROUNDS), unit="ms", most=MOST)
            for name, one in asked.items()
        ]


def _fill(database: ClonedDatabase, cast: Cast) -> UUID:
    template_id = make_template(database, cast.mona, status="published")
    fill_one(database, cast.organization_a, cast.mona.user_id, projects=20, runs=RUNS)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        # random hex does not compress: the texts lie beside the table, as long ones do
        connection.execute(
            'UPDATE phase_executions SET token_usage = \'{"prompt_tokens": 1500, "completion_tokens": 800, '
            '"total_tokens": 2300, "model": "m", "cost_usd": 0.01}\', '
            "prompt_text = (SELECT string_agg(md5(id::text || n), '') FROM generate_series(1, 190) n)"
        )
        connection.execute(
            "UPDATE orchestration_runs SET template_id = %s WHERE execution_time_ms %% 2 = 0", [template_id]
        )
    analyze(database)
    return template_id
