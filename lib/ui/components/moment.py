"""A moment as people speak of it, "9 minutes ago", with the exact time, and that of UTC, at hand."""

from datetime import datetime

import streamlit as st
from markupsafe import Markup

from lib import clock
from lib.ui import words

# It opens: a title alone is out of reach for a finger and for a keyboard.
_MOMENT = Markup('<details class="ao-moment"><summary title="{}">{}</summary> <span>({})</span></details>')


def show_moment(moment: datetime | None, *, time_zone: str) -> None:
    """Draw how long ago it was; pointing at it shows the exact time, and so does opening it."""
    st.html(moment_inline(moment, time_zone=time_zone), width="content")


def moment_inline(moment: datetime | None, *, time_zone: str) -> Markup:
    """The same, to stand in a line of other markup; a dash where there is no moment."""
    if moment is None:
        return Markup("{}").format(words.NOTHING)
    return with_exact(words.ago(moment, now=clock.now()), exact=words.exact(moment, zone=time_zone))


def with_exact(said: str, *, exact: str) -> Markup:
    """What people say, and exactly what it stands for: pointing at it shows that, and so does opening it."""
    return _MOMENT.format(exact, said, exact)
