"""The audit trail: who did what, when and from where, an entry a row; beside it the one that is open."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from lib.audit import origins
from lib.audit.resources import KINDS
from lib.audit.views import Entry, Outcome
from lib.ui import words
from lib.ui.components.opened_row import find_opened
from lib.ui.components.paged_table import fitting_width, show_paged_table
from lib.ui.components.person import SYSTEM, person_in_words

_KEY = "audit-entries"
#: Column -> its least width and its most; what stands beside an open entry does without what that says itself.
_ALONE: Final = {"When": (128, 128), "Who": (64, 150), "Action": (170, 330), "About": (80, 230), "From": (60, 150)}
_BESIDE: Final = {"When": (128, 128), "Who": (64, 112), "Action": (170, 210), "About": (80, 150)}
#: Before the action of the entry that is open.
_OPEN_MARK = "▸ "


def show_entries(
    entries: Sequence[Entry], *, newer: str | None, older: str | None, chosen: UUID | None, zone: str
) -> UUID | None:
    """Draw the entries; returns the one whose action was clicked in this run of the script."""
    rows = [_row(entry, zone, is_open=entry.id == chosen) for entry in entries]
    event = show_paged_table(
        rows,
        key=_KEY,
        label="Audit entries",
        columns=_columns(rows, has_open=chosen is not None),
        summary=f"{words.count(len(entries), 'entry', plural='entries')} on this page",
        newer=newer,
        older=older,
        opens="Action",
    )
    return find_opened(_KEY, [entry.id for entry in entries], clicked=event.opened)


def _columns(rows: Sequence[Mapping[str, str]], *, has_open: bool) -> dict[str, ColumnConfig]:
    """As wide as this page's texts need it, within bounds; beside an open entry there is less room."""
    bounds = _BESIDE if has_open else _ALONE
    widths = {
        name: fitting_width([row[name] for row in rows], least=least, most=most, is_button=name == "Action")
        for name, (least, most) in bounds.items()
    }
    return {name: st.column_config.TextColumn(name, width=width) for name, width in widths.items()}


def say_person(entry: Entry) -> str:
    """Who did it; what nobody in particular did, the command line or the database by itself, was the system."""
    return person_in_words(entry.person) if entry.person else SYSTEM


def say_origin(entry: Entry) -> str:
    """Where it came from, in a word."""
    return origins.say_origin(entry.address, entry.user_agent)


def say_about(entry: Entry) -> str:
    """What the thing is called; where nobody knows a name, what it is."""
    if entry.thing is None:
        return words.NOTHING
    return entry.name or KINDS.get(entry.thing.kind, entry.thing.kind)


def _row(entry: Entry, zone: str, *, is_open: bool) -> dict[str, str]:
    mark = _OPEN_MARK if is_open else ""
    refused = "✕ " if entry.outcome is Outcome.REFUSED else ""
    return {
        "When": words.moment_in_table(entry.created_at, zone=zone),
        "Who": say_person(entry),
        "Action": mark + refused + entry.did[:1].upper() + entry.did[1:],
        "About": say_about(entry),
        "From": say_origin(entry),
    }
