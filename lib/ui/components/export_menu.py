"""A list as a file: everything that the filters match, not only the page that is shown."""

from collections.abc import Callable

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.exports import MOST_ROWS, ExportFormat
from lib.ui import guard, words

#: Format -> what it is called, its type, and what it is for.
FORMATS = {
    ExportFormat.CSV: ("CSV", "text/csv", "For spreadsheets"),
    ExportFormat.PARQUET: ("Parquet", "application/vnd.apache.parquet", "For pandas, DuckDB and the like"),
    ExportFormat.JSON: ("JSON", "application/json", "For programs"),
    ExportFormat.LINES: ("JSON Lines", "application/x-ndjson", "For programs that read line by line"),
}

#: Where the number of rows will stand: what is below it does not move when it comes.
NOT_COUNTED = ":gray[Being counted.]"
#: Stands in every menu of files.
NOTED = ":gray[:small[Times are in UTC. The audit trail notes who exported what.]]"
#: Beyond so many rows one would wait for the first byte of a file.
LONG = 10_000


def show_export(
    name: str,
    *,
    noun: str,
    count: Callable[[int], int],
    export: Callable[[Actor, ExportFormat], bytes],
    plural: str | None = None,
) -> None:
    """Draw the menu. `name` is what the files are called, before the day; `noun` is what one row is.

    `plural` is for a noun that does not just take an s.

    `count` is asked for the number of rows, no further than so many, once the menu is open. `export` makes the file
    for whoever downloads it, looked up anew then: a page that is left open after its session has ended gives nothing.
    """
    menu = st.popover("Export", icon=":material/download:", key=f"{name}-export", on_change="rerun")
    with menu:
        st.markdown(words.plain(_say(count(MOST_ROWS + 1), noun, plural)) if menu.open else NOT_COUNTED)
        for file_format, (label, mime, purpose) in FORMATS.items():
            st.download_button(
                label,
                data=_later(export, file_format),
                file_name=f"{name}-{words.file_day(clock.now())}.{file_format}",
                mime=mime,
                help=purpose,
                width="stretch",
                key=f"{name}-export-{file_format}",
                on_click="ignore",
            )
        st.markdown(NOTED)


def show_file_links(path: Callable[[ExportFormat], str]) -> None:
    """Draw links to files in a menu that is open. Each is whole before its first byte goes out.

    So the trail has its entry before anybody has a row, and nobody has half a file.
    """
    for file_format, (label, _, purpose) in FORMATS.items():
        st.link_button(label, path(file_format), help=purpose, width="stretch")
    st.markdown(NOTED)


def _later(export: Callable[[Actor, ExportFormat], bytes], file_format: ExportFormat) -> Callable[[], bytes]:
    return guard.for_later(lambda actor: export(actor, file_format))


def _say(found: int, noun: str, plural: str | None) -> str:
    if found > MOST_ROWS:
        return (
            f"More than {words.count(MOST_ROWS, noun, plural=plural)} match. The file has the first "
            f"{words.number(MOST_ROWS)} in this order; narrow the filters to get the others."
        )
    return f"{words.count(found, noun, plural=plural)}, in the order of the list."
