"""The statements that take most of the database's time, and how it answers one of them."""

import re
from collections.abc import Sequence
from typing import Final, Literal

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.health.service import MOST_STATEMENTS, explain_statement, list_statements
from lib.health.views import StatementFacts
from lib.ui import words
from lib.ui.components.card import card
from lib.ui.components.facts import show_facts
from lib.ui.components.health_work import LOGINS
from lib.ui.components.opened_row import find_opened
from lib.ui.components.paged_table import show_paged_table

_KEY: Final = "health-statements"
#: In characters, of what stands in a row.
_LONGEST: Final = 110
#: One of our functions is called. Where that is all, the plan is a single line.
_FUNCTION: Final = re.compile(r"\bapi\.(\w+)\(")
_MANY_LINES, _LONG_PX = 10, 240
_WITHIN: Final = "All of it happens within api.{name}, whose text is migrations/sql/api_{name}.sql."
_MISSING: Final = (
    "The server keeps no count of statements. As its administrator, add pg_stat_statements to "
    "shared_preload_libraries, start it anew and run “orchestrator db roles” again; PostgreSQL 16 or newer is needed."
)


def show_statements(actor: Actor) -> None:
    """Draw them, the one that took most of the time first."""
    statements = list_statements(actor)
    since = statements[0].counted_since if statements else None
    note = f"by total time; counting began {words.ago(since, now=clock.now())}" if since else None
    with card("Statements", note=note, key=_KEY):
        if not statements:
            st.markdown(f":gray[{words.plain(_MISSING)}]")
            return
        event = show_paged_table(
            [_row(statement) for statement in statements],
            key=f"{_KEY}-table",
            label="Statements",
            columns={
                "Statement": st.column_config.TextColumn("Statement", width=400),
                "By": st.column_config.TextColumn("By", width=90),
                "Share": st.column_config.TextColumn("Share", width=70, alignment="right"),
                "Calls": st.column_config.TextColumn("Calls", width=80, alignment="right"),
                "Mean": st.column_config.TextColumn("Mean", width=80, alignment="right"),
                "Longest": st.column_config.TextColumn("Longest", width=80, alignment="right"),
            },
            summary=f"{words.count(MOST_STATEMENTS, 'statement')} at most",
            newer=None,
            older=None,
            opens="Statement",
        )
    # by now another one may have taken more of the time and stand in that row
    opened = find_opened(f"{_KEY}-table", [each.statement for each in statements], clicked=event.opened)
    chosen = next((each for each in statements if each.statement == opened), None)
    if chosen:
        _show_one(actor, chosen)


def _row(statement: StatementFacts) -> dict[str, object]:
    return {
        "Statement": words.short(words.line(" ".join(statement.statement.split())), most=_LONGEST),
        "By": LOGINS.get(statement.login, statement.login),
        "Share": words.share(statement.share),
        "Calls": words.compact(statement.calls),
        "Mean": _milliseconds(statement.mean_ms),
        "Longest": _milliseconds(statement.longest_ms),
    }


@st.dialog("Statement", width="large")
def _show_one(actor: Actor, statement: StatementFacts) -> None:
    show_facts(
        [
            ("By", LOGINS.get(statement.login, statement.login)),
            ("Calls", words.number(statement.calls)),
            ("Mean", _milliseconds(statement.mean_ms)),
            ("Longest", _milliseconds(statement.longest_ms)),
            ("Rows a call", words.number(round(statement.returned / statement.calls, 1))),
            ("In /metrics", statement.key),
        ]
    )
    st.code(statement.statement, language="sql", wrap_lines=True, height=_height(len(statement.statement) // 90))
    st.markdown("**How it is answered**")
    _show_plan(statement, explain_statement(actor, statement.statement))


def _show_plan(statement: StatementFacts, plan: Sequence[str] | None) -> None:
    if plan is None:
        st.markdown(
            ":gray[The plan can't be told without the values, or your pages may not ask this: it is a worker's.]"
        )
    else:
        st.code("\n".join(plan), language=None, height=_height(len(plan)))
        if len(plan) == 1 and (called := _FUNCTION.search(statement.statement)):
            st.markdown(f":gray[{words.plain(_WITHIN.format(name=called[1]))}]")


def _height(lines: int) -> int | Literal["content"]:
    """What is long scrolls in its frame."""
    return _LONG_PX if lines > _MANY_LINES else "content"


def _milliseconds(value: float) -> str:
    return f"{words.number(round(value, 1))} ms" if value < 100 else words.duration(value / 1000)
