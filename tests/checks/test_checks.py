"""The checks find what they are there for."""

import pytest

from tests import doors
from tests.checks import exceptions
from tests.checks.findings import Excuse, Finding, unexcused
from tests.checks.migration_sql import read_with_squawk
from tests.checks.policies import lint, verify
from tests.database import ClonedDatabase


def _rules(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def test_excused_finding_is_none_and_stale_excuse_is_one() -> None:
    here, there = Finding("R1", "here", ""), Finding("R1", "there", "")
    excuses = [Excuse("R1", "her.", "why"), Excuse("R2", ".*", "why")]
    assert [(f.rule, f.where) for f in unexcused([here, there], excuses)] == [
        ("R1", "there"),
        ("stale-exception", "R2 .*"),
    ]


def test_migration_that_would_block_writers_is_found() -> None:
    findings = read_with_squawk({"9999": "BEGIN;\nCREATE INDEX i ON users (full_name);\nCOMMIT;\n"})
    assert ("require-concurrent-index-creation", "9999") in {(f.rule, f.where) for f in findings}


def test_migration_that_would_wait_for_ever_is_found() -> None:
    assert "require-lock-timeout" in _rules(read_with_squawk({"9999": "ALTER TABLE users ADD COLUMN shoe_size text;"}))


def test_table_without_policies_is_found(database: ClonedDatabase) -> None:
    with doors.admin(database) as connection:
        connection.execute("CREATE TABLE forgotten (id uuid PRIMARY KEY, organization_id uuid)")
    assert [f.where for f in lint(database.admin_url, exceptions.LINT) if f.rule == "SEC001"] == ["public.forgotten"]


LEAKS = {
    "everybody reads": "CREATE POLICY leak ON projects FOR SELECT TO authenticated USING (true)",
    "everybody reads what is urgent": "CREATE POLICY leak ON projects FOR SELECT TO authenticated "
    "USING (organization_id = (SELECT api.organization_id()) OR priority = 'urgent')",
    "the engine reads everything": "CREATE POLICY leak ON projects FOR SELECT TO engine USING (true)",
    "nobody in particular reads": "CREATE POLICY leak ON users FOR SELECT TO authenticated USING (auth.uid() IS NULL)",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_policy_that_leaks_is_found(database: ClonedDatabase, leak: str) -> None:
    with doors.admin(database) as connection:
        connection.execute(LEAKS[leak].encode())
    found = [
        *verify(database.admin_url, "anon", ()),
        *verify(database.admin_url, "cross-tenant", exceptions.UNPROVEN_TO_READ),
    ]
    assert any(finding.where.endswith(".leak") for finding in found)


def test_policy_that_lets_rows_be_given_away_is_found(database: ClonedDatabase) -> None:
    with doors.admin(database) as connection:
        connection.execute(
            "CREATE POLICY gift ON projects FOR UPDATE TO authenticated "
            "USING (organization_id = (SELECT api.organization_id())) WITH CHECK (true)"
        )
    assert [f.where for f in verify(database.admin_url, "write", exceptions.UNPROVEN)] == ["public.projects.gift"]
