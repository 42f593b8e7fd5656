"""How much of a whole is used, with a tick where an even pace would stand."""

from typing import Literal

import streamlit as st
from markupsafe import Markup

from lib.ui.words import css_percent, line

Tone = Literal["accent", "run", "warn", "bad"]

_METER = Markup(
    '<div class="ao-meter" role="meter" aria-label="{label}" aria-valuemin="0" aria-valuemax="{maximum}"'
    ' aria-valuenow="{value}" aria-valuetext="{text}"><i class="ao-fill ao-is-{tone}" style="width:{percent}"></i>'
    "{tick}</div>"
)
_TICK = Markup('<i class="ao-pace" style="left:{}" title="even pace"></i>')


def show_meter(
    label: str, value: float, *, maximum: float, text: str, pace: float | None = None, tone: Tone = "accent"
) -> None:
    """Draw `value` of `maximum`; `text` says the same in words ("412 of 500 runs"), `pace` stands in the same unit."""
    st.html(
        _METER.format(
            label=line(label),
            maximum=maximum,
            value=value,
            text=line(text),
            tone=tone,
            percent=css_percent(_percent(value, maximum), digits=1),
            tick=Markup("") if pace is None else _TICK.format(css_percent(_percent(pace, maximum), digits=1)),
        )
    )


def _percent(value: float, maximum: float) -> float:
    return min(100.0, max(0.0, 100 * value / maximum)) if maximum > 0 else 100.0
