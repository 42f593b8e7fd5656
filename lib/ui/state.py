"""Every key of `st.session_state` that is not a widget's own: one browser tab's memory, kept on the server."""

from collections.abc import Mapping
from typing import Any, cast

import streamlit as st

#: The session that this tab signed in with, until the browser comes back with the cookie. Tests of pages put a real
#: session's id here, because AppTest has no cookies.
SESSION_ID = "session_id"

#: Whom this tab was last drawn for.
DRAWN_FOR = "drawn_for"

#: What `lib.ui.feedback` has to say in the next run of the script.
NOTICES = "notices"

#: Set when a part that refreshes itself has the whole page drawn anew: nobody has touched anything.
REDRAWN = "redrawn"

#: Since when every look has found no worker alive.
NO_WORKER_SINCE = "no_worker_since"

#: Set on the way to the Projects page where the form of a new project is to be open.
OPENS_NEW_PROJECT = "opens_new_project"

#: In which form of a project somebody is asked whose changes are to stand, what the others wrote, and how often by now.
PROJECT_CONFLICT = "project_conflict"

#: What the choice of a model was on the Launch page when it was drawn last.
LAUNCH_MODEL = "launch_model"

#: Set when Launch was pressed, until the page has launched or said why it has not.
LAUNCH_PRESSED = "launch_pressed"

#: Recovery codes that were made a moment ago and are shown until the person says that they have them.
RECOVERY_CODES = "recovery_codes"

#: Set once this run of the script has drawn the title of its page.
HAS_TITLE = "has_title"

#: Set while somebody may be writing what they say of an answer: a live page does not draw itself anew meanwhile.
IS_DECIDING = "is_deciding"

#: Set where the editor is to ask about saving the draft when it is drawn next.
SAVES_DRAFT = "saves_draft"

#: The request about a version that stood on the page when a button about it was pressed.
PRESSED_REVIEW = "pressed_review"

#: The text of an answer, by its digest, that stood on the page when a button about it was pressed.
PRESSED_TEXT = "pressed_text"

#: Set on the way to a run's page that is to show first what waits there for somebody's word.
BRINGS_TO_DECIDE = "brings_to_decide"

#: What the file that is being imported says, or what is wrong with it, beside its digest.
IMPORT_READ = "import_read"


def peek(key: str) -> Any:
    """What stands under that key, or None, as `snapshot` has it."""
    return snapshot().get(key)


def snapshot() -> Mapping[str, Any]:
    """All of it, by key; unlike `st.session_state[key]` this never ends the script that asks.

    Whatever a browser sends next has Streamlit end a script where it reads or writes `st.session_state`, and a callback
    as well: what it was called for is not done then, and nobody calls it again.
    """
    try:
        return st.session_state.to_dict()
    except (
        KeyError
    ):  # a message that no browser sends names a widget that there is none of: whoever sent it may be ended
        return cast("Mapping[str, Any]", st.session_state)
