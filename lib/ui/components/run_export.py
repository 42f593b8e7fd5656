"""A run as a file: Markdown, HTML, or JSON, with its prompts or without."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.runs.exporting.service import RunFormat, export_run
from lib.runs.exporting.structures import RunDocument
from lib.runs.views import RunProgress
from lib.ui import guard, run_files, words

_FORMATS: Final = {
    RunFormat.MARKDOWN: ("Markdown", "text/markdown", "For documents and notes"),
    RunFormat.HTML: ("HTML", "text/html", "To read, print and send: one file, without scripts and pictures"),
    RunFormat.JSON: ("JSON", "application/json", "For programs; docs/run.schema.json says what is in it"),
}
_WRITERS: Final = {
    RunFormat.MARKDOWN: run_files.write_markdown,
    RunFormat.HTML: run_files.write_html,
    RunFormat.JSON: RunDocument.to_json,
}


def show_run_export(run: RunProgress) -> None:
    """Draw the menu. The file is made, and noted in the audit trail, for whoever downloads it when they do."""
    with st.popover("Export", icon=":material/download:", key="run-export"):
        has_prompts = st.toggle("With the prompts", value=True, key="run-export-prompts")
        for file_format, (label, mime, purpose) in _FORMATS.items():
            st.download_button(
                label,
                data=guard.for_later(_later(run, file_format, has_prompts=has_prompts)),
                file_name=words.file_name("run", run.summary.title, ending=f".{file_format}"),
                mime=mime,
                help=purpose,
                width="stretch",
                key=f"run-export-{file_format}-{has_prompts}",
                on_click="ignore",
            )
        st.markdown(":gray[:small[As it stands now, each phase by its last attempt. The audit trail notes it.]]")


def _later(run: RunProgress, file_format: RunFormat, *, has_prompts: bool) -> Callable[[Actor], bytes]:
    return lambda actor: _WRITERS[file_format](
        export_run(actor, run.summary.id, file_format=file_format, has_prompts=has_prompts)
    )
