"""What PostgreSQL would do for a statement, and what of it grows with a large table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event

from lib.access.actor import Actor
from lib.db import session
from lib.db.logins import Login

#: Tables that grow with use. The others hold what people make by hand, or what is being written this moment.
LARGE = frozenset(
    {
        *("orchestration_runs", "phase_executions", "api_usage", "integration_operations", "audit_logs"),
        *("usage_hourly", "usage_daily"),
        *("review_requests", "run_reviews"),
        *("users", "invitations", "schedules"),  # of all organizations together
    }
)
#: A statement that reads so many rows of one without a limit reads more than a page shows.
MOST_ROWS = 2_000

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement as the page sent it."""

    statement: str
    parameters: Any


class Sending:
    """Notes what goes through the web login's door while the `with` lasts."""

    def __init__(self) -> None:
        self.statements: list[Sent] = []

    def __enter__(self) -> "Sending":
        self._engine = session._engine(Login.WEB)  # the door's own: nobody else sends as it does
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, connection: Connection, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        self.statements.append(Sent(statement, parameters))


def explain(actor: Actor, sent: Sent) -> Node:
    """The plan, as that person under the policies."""
    with session.tenant_session(actor) as opened:
        found = opened.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sent.statement}", sent.parameters)
        plan: Node = found.scalar_one()[0]["Plan"]
        return plan


def read_whole(plan: Node) -> Iterator[str]:
    """The large tables that it reads from one end to the other; an EXISTS stops at the first row that there is."""
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in LARGE:
        yield plan["Relation Name"]
    for child in plan.get("Plans", ()):
        if child.get("Parent Relationship") != "InitPlan":
            yield from read_whole(child)


def faults(plan: Node) -> Iterator[str]:
    """What of the plan gets slower as the large tables grow."""
    yield from _faults(plan, is_limited=False, is_counted=False)


def _faults(node: Node, *, is_limited: bool, is_counted: bool) -> Iterator[str]:
    kind, table = node["Node Type"], node.get("Relation Name")
    if table in LARGE and kind == "Seq Scan":
        yield f"reads all of {table}"
    elif table in LARGE and is_counted and not is_limited:
        yield f"counts rows of {table}"
    elif table in LARGE and not is_limited and node["Plan Rows"] > MOST_ROWS:
        yield f"reads {node['Plan Rows']} rows of {table}"
    if kind == "Sort" and not is_limited and node["Plan Rows"] > MOST_ROWS:
        yield f"sorts {node['Plan Rows']} rows"
    for child in node.get("Plans", ()):
        # what has to see every row before it gives the first one takes nothing from a limit above it
        sees_all = kind in {"Sort", "Aggregate", "Hash", "Bitmap Heap Scan", "Materialize", "WindowAgg"}
        # nor does what is made a table of, to look up in it what an EXISTS asks
        sees_all = sees_all or child.get("Parent Relationship") == "SubPlan"
        yield from _faults(
            child,
            is_limited=kind == "Limit" or (is_limited and not sees_all),
            is_counted=kind == "Aggregate" or (is_counted and kind != "Limit"),
        )
