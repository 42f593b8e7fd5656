"""What Home.py runs for a browser session: the frame around every page."""

import logging
from pathlib import Path

import streamlit as st

from lib.access.actor import Actor
from lib.organizations.service import get_frame
from lib.organizations.views import Frame
from lib.ui import feedback, guard, history, menu, navigation, organization_address, sign_in
from lib.ui.components import organization_end, recovery_codes, sample_workspace, second_factor
from lib.ui.words import plain, short

logger = logging.getLogger(__name__)

_NAME = "AI Orchestrator"
_STYLESHEET = Path(__file__).with_name("style.css")
#: In characters; the whole stands in what opens.
_LONGEST_NAME = 48
_WAY_ON = (navigation.OVERVIEW.file, "Go to the overview")
#: What is not there -> its list, which whoever opens a page of one such thing may open as well.
_LISTS = {
    "run": (navigation.RUNS.file, "Go to the runs"),
    "project": (navigation.PROJECTS.file, "Go to the projects"),
    "template": (navigation.TEMPLATES.file, "Go to the templates"),
    "person": (navigation.USERS.file, "Go to the users"),
}


def main() -> None:
    """Draw the page that the address names, for whoever is signed in; the sign-in form for everybody else."""
    st.set_page_config(page_title=_NAME, page_icon="/app/static/mark.svg", layout="wide")
    st.html(_style())
    feedback.begin_notices()
    with feedback.page_state(_WAY_ON, _LISTS):
        actor = _find_actor()
        frame = _find_frame(actor) if actor else None
        page = menu.build(actor, waiting=_waiting(frame) if frame else None)
        st.set_page_config(page_title=f"{menu.title_of(page)} · {_NAME}")
        if actor:
            if guard.is_drawn_for_somebody_else(actor):
                feedback.succeeded(f"You are in {actor.organization_name} now.")
                st.rerun()
            history.write_whole_steps()
            _show_sidebar(actor, frame)
            organization_address.leave(actor)
            if frame and frame.deletes_at:
                organization_end.show_notice(frame.deletes_at, actor=actor)
        feedback.show_notices()
        with guard.actor_of_this_run(actor):
            if actor:
                recovery_codes.show_waiting_codes(actor)  # first: the page may be one that is not found
            page.run()
        feedback.show_notices()


def _style() -> str:
    """The style sheet. A dialog is drawn outside of the app's root, which alone knows Streamlit's theme."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    return f"<style>{_STYLESHEET.read_text(encoding='utf-8')}\n:root {{ color-scheme: {theme}; }}</style>"


def _find_actor() -> Actor | None:
    try:
        return guard.find_actor()
    except Exception:
        menu.build(None)  # without a navigation Streamlit forgets the address before it is tried again
        raise


def _find_frame(actor: Actor) -> Frame | None:
    """What the sidebar says beside the pages; None where it can't be read, for the page may be all the same."""
    try:
        return get_frame(actor)
    except Exception as error:  # a count is never worth the page that it stands beside
        logger.warning("The sidebar goes without its counts: %s", error)
        return None


def _waiting(frame: Frame) -> dict[str, int]:
    """What of the pages has something that waits for this person."""
    return {
        navigation.RUNS.file: frame.waiting_runs,
        navigation.REVIEWS.file: frame.waiting_reviews,
        navigation.TEMPLATES.file: frame.waiting_templates,
    }


def _show_sidebar(actor: Actor, frame: Frame | None) -> None:
    theme = st.context.theme.type or "light"
    st.logo(f"/app/static/logo-{theme}.svg", icon_image="/app/static/mark.svg")
    name, organization = (plain(short(said, most=_LONGEST_NAME)) for said in (actor.full_name, actor.organization_name))
    sample_workspace.show_foot(actor)
    second_factor.show_reminder(actor)
    role = plain(actor.role.capitalize())
    tier = f" · {frame.tier.capitalize()}" if frame else ""
    with (
        st.sidebar.container(key="who"),
        st.popover(
            f"{name} · {role}  \n:small[:gray[{organization}{tier}]]",
            icon=":material/account_circle:",
            type="tertiary",
            width="stretch",
        ),
    ):
        st.markdown(f"**{plain(actor.full_name)}**  \n:gray[{role}, {plain(actor.organization_name)}]")
        st.page_link(navigation.ACCOUNT.file, label="Account", icon=":material/person:")
        st.button("Sign out", icon=":material/logout:", type="tertiary", on_click=sign_in.sign_out)
