"""A row becomes a line and the same row again, whatever stands in it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import doors
from tests.cast import make_cast
from tests.database import ClonedDatabase
from tests.factories import make_project
from tests.made_runs import make_run

#: What PostgreSQL keeps: no NUL, no half of a pair; and not the mark that `_json` puts around numbers.
TEXT = st.text(st.characters(exclude_characters="\0\x01", exclude_categories=["Cs"]), max_size=40)
NUMBER = st.one_of(
    st.integers(-(10**25), 10**25),
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-1000, max_value=1000),
)
VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), TEXT, NUMBER),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)
PHASE = st.fixed_dictionaries(
    {
        "prompt_text": st.one_of(st.none(), TEXT),
        "response_text": st.one_of(st.none(), TEXT),
        "token_usage": st.dictionaries(TEXT, VALUE, max_size=3),
        "review_policy": st.one_of(st.none(), VALUE.map(lambda value: (value,))),
        "depends_on": st.lists(TEXT, max_size=3),
        "cost_usd": st.one_of(st.none(), st.decimals(0, 99_999, places=6)),
        "started_at": st.one_of(st.none(), st.datetimes().map(lambda moment: f"{moment.isoformat()}+00:00")),
    }
)
_SUM = "SELECT (api.sum_runs(%s, ARRAY[%s]::uuid[], NULL) -> 'phase_executions' ->> 'checksum')::numeric"
_SUM_OF_LINES = (
    "SELECT api.sum_lines('phase_executions', jsonb_agg(line::jsonb)) "
    "FROM api.archived_lines(%s, NULL, 'phase_executions', ARRAY[%s]::uuid[]) line"
)


def _json(value: Any) -> str:
    """With numbers as they are written: 1.50 is not 1.5."""
    return json.dumps(value, default=lambda number: f"\x01{number}\x01").replace('"\\u0001', "").replace('\\u0001"', "")


@pytest.fixture(scope="module")
def connection(module_database: ClonedDatabase) -> Any:
    cast = make_cast(module_database)
    run = make_run(module_database, cast.alice, project_id=make_project(module_database, cast.alice))
    with doors.admin(module_database) as opened:
        opened.execute("SET session_replication_role = replica")
        yield opened, cast.organization_a, run.id


@settings(max_examples=150)
@given(PHASE)
def test_line_becomes_the_row_that_it_was(connection: Any, phase: dict[str, Any]) -> None:
    opened, organization_id, run_id = connection
    policy = phase["review_policy"]
    values = phase | {
        "token_usage": _json(phase["token_usage"]),
        "review_policy": None if policy is None else _json(policy[0]),
    }
    columns = ", ".join(f"{name} = %({name})s" for name in values)
    opened.execute(f"UPDATE phase_executions SET {columns} WHERE run_id = %(run)s".encode(), {**values, "run": run_id})
    asked = (organization_id, run_id)
    assert opened.execute(_SUM_OF_LINES, asked).fetchone() == opened.execute(_SUM, asked).fetchone()


def test_what_it_looks_for_is_found(connection: Any) -> None:
    """A JSON null in place of no value, and a zero at the end of a number, are other rows."""
    opened, organization_id, run_id = connection
    sums = set()
    for policy, cost in ((None, "1"), ("null", "1"), ('{"a": 1.0}', "1"), ('{"a": 1.00}', "1"), ('{"a": 1.00}', "2")):
        opened.execute(
            "UPDATE phase_executions SET review_policy = %s, cost_usd = %s WHERE run_id = %s",
            (policy, Decimal(cost), run_id),
        )
        sums.add(opened.execute(_SUM, (organization_id, run_id)).fetchone())
    assert len(sums) == 5
