"""What a run goes on from, and what goes on from it, each to be opened or compared with."""

from uuid import UUID

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.runs.comparing.service import read_family
from lib.runs.comparing.views import Relative
from lib.runs.views import RunProgress
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.card import card
from lib.ui.components.moment import moment_inline
from lib.ui.components.row_list import row, row_list
from lib.ui.navigation import COMPARE, RUN

_LONGEST_NAME = 60
_DETAIL = Markup("{} · {}")


def show_run_family(actor: Actor, run: RunProgress) -> None:
    """Draw the card; nothing for a run that stands alone."""
    family = read_family(actor, run.summary.id)
    if family.parent is None and not family.children:
        return
    names = {phase.code: phase.name for phase in run.phases}
    with card("Run again"), row_list("family"):
        if family.parent:
            begins = _place(run.begins_with, names)
            _show(
                family.parent, f"This run: again {begins} of", left=family.parent.id, right=run.summary.id, actor=actor
            )
        for child in family.children:
            _show(child, f"Again {_place(child.begins_with, names)}", left=run.summary.id, right=child.id, actor=actor)
        if family.has_more:
            st.markdown(":gray[There are earlier ones.]")


def _place(code: str | None, names: dict[str, str]) -> str:
    return f"from {words.short(names.get(code, code), most=_LONGEST_NAME)}" if code else "from the start"


def _show(relative: Relative, title: str, *, left: UUID, right: UUID, actor: Actor) -> None:
    detail = _DETAIL.format(
        words.short(relative.model, most=_LONGEST_NAME), moment_inline(relative.created_at, time_zone=actor.time_zone)
    )
    with st.container(gap="xxsmall"), row(title, detail=detail, status=status.RUN[relative.status]):
        st.page_link(
            RUN.file,
            label="Open",
            query_params={"run": str(relative.id)},
            width="content",
        )
        st.page_link(
            COMPARE.file,
            label="Compare",
            query_params={"left": str(left), "right": str(right)},
            width="content",
        )
