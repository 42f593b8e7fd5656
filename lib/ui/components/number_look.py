"""A number that is asked for, and may have digits behind the point: 40 stands there as 40, and 2.5 as 2.5."""

from typing import Final, TypedDict

import streamlit as st

#: Up to here one step is a large part of it.
_SMALL_RANGE: Final = 1.0


class NumberLook(TypedDict):
    """Of st.number_input."""

    step: float
    format: str


def number_look(*numbers: float | None, least: float | None = None, most: float | None = None) -> NumberLook:
    """How a field looks that holds these `numbers`, within its limits.

    The field itself does not hold them: one that does sends no number that is beyond, and nobody would be told why.
    Its buttons step by one, or by a hundredth where one of all these has digits behind the point, or the limits are
    that near. What is typed may have as many as it likes.
    """
    given = [float(number) for number in (*numbers, least, most) if number is not None]
    is_near = least is not None and most is not None and most - least <= _SMALL_RANGE
    is_fine = is_near or not all(number.is_integer() for number in given)
    return {"step": 0.01 if is_fine else 1.0, "format": "%g"}


def begin_with(key: str, stored: float | None) -> str:
    """Let the field of that key begin with what is stored; the key, for the field.

    The field's own `value` is to be None: one that begins with a value of its own can't be emptied.
    """
    st.session_state.setdefault(key, stored)
    return key


def as_float(value: object) -> float | None:
    """What a field begins with: Streamlit's are of one kind, limits and all."""
    return float(value) if isinstance(value, int | float) else None
