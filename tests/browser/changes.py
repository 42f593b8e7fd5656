"""The part of the gallery that shows what changed, who did it and when."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import streamlit as st

from lib import clock
from lib.audit.views import Change, Thing
from lib.db.paging import Page
from lib.ui.components import activity, json_view, moment, pair_table, person, row_list, text_diff, value_diff
from lib.users.views import Person

MONA = Person(name="Mona Reyes", role="manager", is_deactivated=False)
MAX = Person(name="Max Okafor", role="member", is_deactivated=True)
#: Somebody who may not read the audit trail.
READER: Any = SimpleNamespace(may_some=lambda _: False, time_zone="UTC")
PROMPT = "\n".join(["You are an analyst for {{ region }}.", *(f"Rule {number}." for number in range(20)), "Write."])


def show_changes() -> None:
    """Every component that tells old from new."""
    with st.container(horizontal=True, gap="small"):
        person.show_person(MAX, with_role=True)
        moment.show_moment(clock.now() - timedelta(minutes=9), time_zone="Europe/Helsinki")
    with row_list.row("Firefox on Linux", detail=moment.moment_inline(clock.now(), time_zone="UTC")):
        pass
    value_diff.show_value_diff(
        {"role": "member", "runs": 50, "topic": "Selling heat pumps to installers. " * 12},
        {
            "role": "manager",
            "runs": 200,
            "permissions": ["audit.view"],
            "topic": "Selling <b>heat pumps</b>.",
            "locked_at": "2026-11-30T16:13:07.7+00:00",
        },
        names={"role": "Role", "runs": "Monthly runs", "permissions": "Extra permissions", "topic": "Topic"},
        say=lambda path, text: ("30 Nov 2026, 16:13", text) if path == "locked_at" else (text, ""),
    )
    pair_table.show_pair_table([pair_table.PairRow("Tokens", "1,900", "950", "\N{MINUS SIGN}950")])
    text_diff.show_text_diff(PROMPT, PROMPT.replace("Rule 9.", "Name five sources, two of them official."))
    json_view.show_json(
        {"kind": "auth", "status": 401, "is_final": True, "retry": {"wait": [1.5, 2], "reason": None}}, key="error"
    )
    activity.show_activity(
        READER,
        Thing("projects", UUID(int=1)),
        Page(
            tuple(
                Change(
                    id=UUID(int=number),
                    created_at=clock.now() - timedelta(hours=number),
                    person=who,
                    action="projects.update",
                    did=did,
                    old={"priority": "low"},
                    new={"priority": "high"},
                )
                for number, (who, did) in enumerate([(MONA, "edited the project"), (MAX, "archived the project")], 1)
            ),
            older="older",
        ),
        names={"priority": "Priority"},
    )
