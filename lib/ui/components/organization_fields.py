"""The fields of the Organization page's forms: each begins with what its draft has seen, and returns what is stored."""

from typing import Final

import streamlit as st

from lib.organizations.fields import LABELS
from lib.ui import words
from lib.ui.components.default_model import show_default_model
from lib.ui.components.drafts import Draft
from lib.ui.components.number_look import as_float, begin_with, number_look

_SECONDS_A_MINUTE: Final = 60


def text(draft: Draft, field: str, *, explained: str | None = None) -> str:
    """A line of text."""
    typed: str = st.text_input(LABELS[field], value=draft.seen[field], help=explained, key=draft.key(field))
    return typed


def toggle(draft: Draft, field: str, *, explained: str | None = None, is_disabled: bool = False) -> bool:
    """On or off."""
    return st.toggle(LABELS[field], value=draft.seen[field], help=explained, key=draft.key(field), disabled=is_disabled)


def number(
    draft: Draft, field: str, *, explained: str | None = None, empty: str = "", is_disabled: bool = False
) -> float | None:
    """A whole number, or whatever was typed: a field of whole ones alone would cut 1.5, and nobody would be told.

    `empty` is what no number means, where that is allowed.
    """
    seen = as_float(draft.seen[field])
    key = draft.key(field)
    entered: float | None = st.number_input(
        LABELS[field],
        value=None if empty else seen,
        help=explained,
        placeholder=empty,
        key=begin_with(key, seen) if empty else key,
        disabled=is_disabled,
        **number_look(),
    )
    return int(entered) if entered is not None and entered.is_integer() else entered


def minutes(draft: Draft, field: str) -> int:
    """Seconds as people say them, in minutes; those that make no whole minute stay while nobody changes it."""
    seen: int = draft.seen[field]
    minutes = seen // _SECONDS_A_MINUTE
    entered = st.number_input(
        f"{LABELS[field]} (minutes)",
        value=minutes,
        step=5,
        help="Whoever does nothing for so long signs in again.",
        key=draft.key(field),
    )
    return seen if entered == minutes else entered * _SECONDS_A_MINUTE


def domains(draft: Draft, field: str) -> list[str]:
    """Domains of e-mail addresses, in small letters."""
    seen: list[str] = draft.seen[field]
    entered = st.multiselect(
        LABELS[field],
        seen,
        default=seen,
        format_func=words.line,
        accept_new_options=True,
        placeholder="Any; type one, such as acme.com, and press Enter",
        help="People may be invited from these alone.",
        key=draft.key(field),
    )
    return [domain.strip().lower().removeprefix("@") for domain in entered]


def model(draft: Draft, field: str) -> str | None:
    """One of the models on offer, or the one that is stored, or none."""
    return show_default_model(
        draft.seen[field],
        label=LABELS[field],
        key=draft.key(field),
        empty="None: the first on offer",
        explained="Proposed where neither run, template nor project says another.",
    )
