"""Two of a kind beside each other: a row for each thing, and how far they are apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import streamlit as st
from markupsafe import Markup

from lib.runs.comparing.views import Pair
from lib.ui import words

#: In characters: of a longer value the beginning is shown, which opens.
_LONGEST = 200
_TABLE = Markup(
    '<table class="ao-diff ao-pair"><thead><tr><th></th><th>Left</th><th>Right</th><th>Difference</th></tr></thead>'
    "<tbody>{}</tbody></table>"
)
_ROW = Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td class="ao-none">{}</td></tr>')
_LONG = Markup('<details class="ao-long"><summary>{}</summary>{}</details>')


@dataclass(frozen=True, slots=True)
class PairRow:
    """One thing of both, already in words."""

    label: str
    left: str
    right: str
    difference: str = ""


def show_pair_table(rows: Sequence[PairRow]) -> None:
    """Draw the table."""
    body = Markup("").join(_ROW.format(row.label, _cell(row.left), _cell(row.right), row.difference) for row in rows)
    st.html(_TABLE.format(body))


def money_row(label: str, pair: Pair[Decimal]) -> PairRow:
    """Costs; None is unknown."""
    apart = ""
    if pair.left is not None and pair.right is not None and pair.left != pair.right:
        apart = _say_apart(pair.right - pair.left)
    return PairRow(label, words.money(pair.left), words.money(pair.right), apart)


def number_row(label: str, pair: Pair[int]) -> PairRow:
    """Counts; None is nothing counted."""
    left, right = (words.NOTHING if each is None else words.number(each) for each in (pair.left, pair.right))
    apart = ""
    if pair.left is not None and pair.right is not None and pair.left != pair.right:
        apart = _signed(pair.right - pair.left, words.number(abs(pair.right - pair.left)))
    return PairRow(label, left, right, apart)


def time_row(label: str, pair: Pair[float]) -> PairRow:
    """Durations in seconds; None is one that has not begun."""
    left, right = (words.NOTHING if each is None else words.duration(each) for each in (pair.left, pair.right))
    apart = ""
    if pair.left is not None and pair.right is not None and left != right:
        apart = _signed(pair.right - pair.left, words.duration(abs(pair.right - pair.left)))
    return PairRow(label, left, right, apart)


def _say_apart(usd: Decimal) -> str:
    """A sign before "<" would be no sign of anything."""
    said = words.money(abs(usd))
    if said.startswith("<"):
        return f"under {said.removeprefix('<')} {'more' if usd > 0 else 'less'}"
    return _signed(usd, said)


def _signed(difference: float | Decimal, said: str) -> str:
    return f"{'+' if difference > 0 else words.MINUS}{said}"


def _cell(text: str) -> str:
    whole = words.visible(text)
    return whole if len(whole) <= _LONGEST else _LONG.format(words.short(whole, most=_LONGEST), whole)
