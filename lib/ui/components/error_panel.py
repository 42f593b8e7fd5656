"""What failed, in words: what happened, what is kept, what to do, and buttons that do it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import streamlit as st

from lib.ui.components.json_view import show_json
from lib.ui.components.status import Status, show_status
from lib.ui.words import line, plain, short, visible

#: In characters: what is longer stands whole below.
_LONGEST_TITLE = 160


@contextmanager
def error_panel(
    title: str,
    *,
    status: Status,
    where: str | None = None,
    text: str | None = None,
    steps: Sequence[str] = (),
    details: str | Mapping[str, object] | None = None,
    key: str = "error-panel",
) -> Iterator[None]:
    """Draw the panel; the buttons that do what `steps` say are drawn inside the `with`.

    `title` is what happened, `where` says at which point ("phase 3 of 8, attempt 3 of 3"), `text` what is kept and
    what it cost, `details` the provider's own words or what is stored of them, folded away. No red box and no
    traceback.
    """
    with st.container(border=True, key=key, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            show_status(status)
            if where:
                st.markdown(f":gray[{plain(where)}]", width="content")
        heading = short(title, most=_LONGEST_TITLE)
        st.subheader(plain(heading), anchor=False)
        if heading != line(title):
            st.markdown(plain(title))
        if text:
            st.markdown(plain(text))
        if steps:
            numbered = "\n".join(f"{number}. {plain(step)}" for number, step in enumerate(steps, 1))
            st.markdown(f"**What to do**\n\n{numbered}")
        with st.container(horizontal=True, gap="xsmall"):
            yield
        if details:
            with st.expander("Technical details", type="compact"):
                if isinstance(details, str):
                    st.code(visible(details), language=None, wrap_lines=True)
                else:
                    show_json(details, key=f"{key}-details")
