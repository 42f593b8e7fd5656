"""The sample workspace: offered to the installation's operator, looked around in, left and removed."""

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.samples import service
from lib.samples.service import Sample
from lib.ui import feedback
from lib.ui.components.card import card
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.row_list import row
from lib.ui.components.status import Status, show_status
from lib.ui.guard import require_actor
from lib.ui.navigation import OVERVIEW
from lib.ui.words import plain

#: What it is, for those who have not seen it.
WHAT_IT_IS = "Invented people, projects and runs to look around in, apart from yours. One click removes it."
_INVENTED = Status(word="Sample workspace", icon=":material/science:", color="violet", glyph="◇")
_REMOVED = (
    "The invented organization goes with everything in it: its twelve people, their projects, templates and runs, its "
    "audit trail, and whatever was added since. Whoever is signed in there is signed out. Your organization stays as "
    "it is."
)


def find_sample(actor: Actor) -> Sample | None:
    """The sample workspace, where there is one and this person runs the installation."""
    return service.find_sample(actor) if actor.is_operator else None


def show_offer(actor: Actor, sample: Sample | None) -> None:
    """Draw the offer to make one as a row of a list; nothing where there is one, or for who is no operator."""
    if actor.is_operator and sample is None:
        with row("Add a sample workspace", detail=WHAT_IT_IS, status=_INVENTED):
            show_offer_button("Add")


def show_offer_button(label: str = "Add a sample workspace") -> None:
    """Draw the button that makes it."""
    if st.button(label, key="add-sample"):
        with feedback.told():
            with st.spinner("Making ninety days of work"):
                service.make_sample(require_actor())
            feedback.succeeded("The sample workspace is there. Look around in it as anybody.")
            st.rerun()


def show_card(sample: Sample) -> None:
    """Draw as whom one can look around, and the way to be rid of it."""
    with card("Sample workspace", key="sample-workspace"):
        st.markdown(f":gray[{plain(sample.name)} is invented and apart from everything real. Look around as:]")
        with st.container(horizontal=True, gap="xsmall"):
            for role in Role:
                if person := sample.find_first(role):
                    _show_visit(role, person.full_name)
        if st.button("Remove", icon=":material/delete:", type="tertiary", key="remove-sample"):
            show_confirm_dialog(
                "Remove the sample workspace?",
                text=_REMOVED,
                action="Remove the sample",
                on_confirm=_remove,
                key="remove-sample",
            )


def show_foot(actor: Actor) -> None:
    """Draw, at the foot of the sidebar, that all of this is made up, and the way back for who visits."""
    if not actor.is_sample:
        return
    with (
        st.sidebar.container(key="sample-foot"),
        st.container(horizontal=True, vertical_alignment="center", gap="xsmall"),
    ):
        show_status(_INVENTED)
        if actor.is_visiting:
            st.space("stretch")
            if st.button("Leave", key="leave-sample", type="tertiary", help="Back to your own organization"):
                with feedback.told():
                    service.leave_sample(require_actor())
                    st.switch_page(OVERVIEW.file)


def _show_visit(role: Role, name: str) -> None:
    if st.button(role.capitalize(), key=f"visit-{role}", help=f"As {plain(name)}"):
        with feedback.told():
            service.visit_sample(require_actor(), role)
            st.rerun()


def _remove(actor: Actor) -> str:
    service.remove_sample(actor)
    return "The sample workspace is removed."
