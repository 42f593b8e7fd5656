"""What goes on in the installation and what waits, and who is connected to its database."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from lib import clock
from lib.health.views import Connections, Growth, Health, PoolFacts, Waiting
from lib.ui import words
from lib.ui.components.card import card
from lib.ui.components.metric_strip import Metric, show_metric_strip
from lib.ui.components.paged_table import show_paged_table

#: Kinds of `Health.work`, as they are called, and what the oldest of it is reckoned by.
_WORK: Final[Mapping[str, str]] = {
    "runs.running": "Runs going on",
    "runs.queued": "Runs in the queue",
    "runs.waiting_review": "Runs that wait for people",
    "runs.paused": "Paused runs",
    "deliveries.due": "Webhook deliveries due",
    "mail.due": "Mails due",
    "usage.hours": "Hours of usage to be summed up",
}
#: What no worker takes up in so many seconds, where one lives, is worth a look.
_PATIENCE_SECONDS: Final = 300
_COUNTED: Final = "All of it, as “Growth” has it: tables, their indexes, and what PostgreSQL keeps for itself."
_NOBODYS: Final = ("runs.waiting_review", "runs.paused", "runs.running")
#: Who connects to the database, and as whom they speak there.
LOGINS: Final[Mapping[str, str]] = {
    "orchestrator_web": "Pages",
    "authenticated": "Pages",
    "orchestrator_worker": "Workers",
    "engine": "Workers",
    "orchestrator_identity": "Sign-in",
    "orchestrator_owner": "Migrations",
}


def show_health_strip(health: Health, growth: Growth) -> None:
    """Draw the numbers that lead."""
    queued, due = health.work["runs.queued"], health.work["deliveries.due"]
    show_metric_strip(
        [
            Metric("Workers", words.number(health.live_workers), "Processes that take up runs, deliveries and mail."),
            Metric("Runs going on", words.number(health.work["runs.running"].number)),
            Metric("In the queue", words.number(queued.number), note=_since(queued)),
            Metric("Deliveries due", words.number(due.number), note=_since(due)),
            Metric(
                "Connections",
                f"{words.number(health.open_connections)} of {words.number(health.most_connections)}",
                "To this database, of all that the server takes from everybody.",
            ),
            Metric("Database", words.size(growth.bytes), _COUNTED),
        ]
    )


def show_work(health: Health) -> None:
    """Draw what goes on and what waits."""
    late = [_WORK[kind] for kind, waiting in health.work.items() if _is_late(kind, waiting)]
    note = f"overdue: {words.together(late).lower()}" if late else "nothing is overdue"
    with card("Work", note=note, key="health-work"):
        show_paged_table(
            [_work_row(label, health.work[kind]) for kind, label in _WORK.items()],
            key="health-work-table",
            label="Work",
            columns={
                "Kind": st.column_config.TextColumn("Kind", width=220),
                "Number": st.column_config.TextColumn("Number", width=80, alignment="right"),
                "The oldest": st.column_config.TextColumn("The oldest", width=120),
            },
            summary="",
            newer=None,
            older=None,
        )


def show_connections(connections: Sequence[Connections], *, pools: Sequence[PoolFacts]) -> None:
    """Draw who is connected, for how long the longest transaction of each goes on, and what this process keeps."""
    in_use = sum(pool.in_use for pool in pools)
    most = sum(pool.most for pool in pools)
    note = f"this web process uses {words.number(in_use)} of the {words.number(most)} that its pools may open"
    with card("Connections", note=note, key="health-connections"):
        show_paged_table(
            [
                {
                    "Who": LOGINS.get(each.login, each.login),
                    "Doing": each.state or words.UNKNOWN,
                    "Number": words.number(each.number),
                    "Longest": words.duration(each.longest_ms / 1000) if each.longest_ms is not None else words.NOTHING,
                }
                for each in connections
            ],
            key="health-connections-table",
            label="Connections",
            columns={
                "Who": st.column_config.TextColumn("Who", width=120),
                "Doing": st.column_config.TextColumn("Doing", width=150),
                "Number": st.column_config.TextColumn("Number", width=80, alignment="right"),
                "Longest": st.column_config.TextColumn("Longest", width=100, alignment="right"),
            },
            summary="",
            newer=None,
            older=None,
        )


def _work_row(label: str, waiting: Waiting) -> dict[str, object]:
    return {"Kind": label, "Number": words.number(waiting.number), "The oldest": _since(waiting) or words.NOTHING}


def _since(waiting: Waiting) -> str | None:
    return words.ago(waiting.since, now=clock.now()) if waiting.since else None


def _is_late(kind: str, waiting: Waiting) -> bool:
    if kind in _NOBODYS or waiting.since is None:
        return False
    patience = 7200 if kind == "usage.hours" else _PATIENCE_SECONDS
    return (clock.now() - waiting.since).total_seconds() > patience
