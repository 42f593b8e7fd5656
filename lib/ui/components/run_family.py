"""What a run goes on from, and what goes on from it, each to be opened or compared with."""

from collections.abc import Mapping
from uuid import UUID

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.runs.comparing.service import read_family
from lib.runs.comparing.views import Relative
from lib.runs.replan import AFTER_THE_LAST
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
    with card("Retries"), row_list("family"):
        if parent := family.parent:
            title = f"The run before: this one is its retry {_place(run.begins_with, names)}"
            _show(parent, title, compared=(parent.id, run.summary.id), time_zone=actor.time_zone)
        for child in family.children:
            title = f"A retry of this run {_place(child.begins_with, names)}"
            _show(child, title, compared=(run.summary.id, child.id), time_zone=actor.time_zone)
        if family.has_more:
            st.markdown(":gray[There are earlier ones.]")


def _place(code: str | None, names: Mapping[str, str]) -> str:
    if code == AFTER_THE_LAST:
        return "of what was not done after its phases"
    return f"from {words.short(names.get(code, code), most=_LONGEST_NAME)}" if code else "from the start"


def _show(relative: Relative, title: str, *, compared: tuple[UUID, UUID], time_zone: str) -> None:
    """The links stand below: beside it there is no room in a rail."""
    when = moment_inline(relative.created_at, time_zone=time_zone)
    with st.container(gap="xxsmall"):
        with row(
            title,
            detail=_DETAIL.format(words.short(relative.model, most=_LONGEST_NAME), when),
            status=status.RUN[relative.status],
        ):
            pass
        with st.container(horizontal=True, gap="small"):
            # no page links: one to the page on which it stands looks as if it were pressed
            if st.button("Open", type="tertiary", icon=":material/arrow_forward:", key=f"open-{relative.id}"):
                st.switch_page(RUN.file, query_params={"run": str(relative.id)})
            if st.button("Compare", type="tertiary", icon=":material/compare_arrows:", key=f"compare-{relative.id}"):
                left, right = (str(each) for each in compared)
                st.switch_page(COMPARE.file, query_params={"left": left, "right": right})
