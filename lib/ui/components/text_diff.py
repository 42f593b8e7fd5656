"""Two long texts against each other, line by line, with what they share folded away."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import streamlit as st

from lib.ui import words

#: Lines that stand unchanged around a change.
_CONTEXT: Final = 3
#: Of the comparison, counted as in Myers' algorithm, and of what is shown: 1 MB is told apart in half a second.
_MOST_STEPS: Final = 300_000
_MOST_LINES: Final = 500
#: In characters. A model writes a paragraph as one line: a longer line is compared by its sentences.
_LONGEST_LINE: Final = 200
_SENTENCE: Final = re.compile(r"(?<=[.!?;:])\s+")

Sign = Literal[" ", "-", "+"]


@dataclass(frozen=True, slots=True)
class TextDiff:
    """What tells two texts apart: every line of both, in order, with its sign."""

    lines: Sequence[tuple[Sign, str]]
    #: Whether they differ too much to be compared whole: the rest stands as removed and added.
    is_cut: bool

    @property
    def is_equal(self) -> bool:
        """Whether they say the same."""
        return all(sign == " " for sign, _ in self.lines)

    @property
    def summary(self) -> str:
        """How much that is: "2 lines added, 0 removed"."""
        added, removed = (sum(1 for sign, _ in self.lines if sign == wanted) for wanted in "+-")
        return f"{words.count(added, 'line')} added, {words.number(removed)} removed"


def show_text_diff(old: str, new: str, *, same: str = "Both say the same.") -> None:
    """Draw what was removed and what was added; `same` is said where nothing was."""
    found = compare(words.visible(old), words.visible(new))
    if found.is_equal:
        unseen = "They differ in spaces, line breaks or hidden characters only."
        st.markdown(f":gray[{words.plain(same if old == new else unseen)}]")
        return
    st.markdown(f":gray[{found.summary}.]")
    _show_lines(found)


def _show_lines(found: TextDiff) -> None:
    drawn = list(_fold(found.lines))
    st.code("\n".join(drawn[:_MOST_LINES]), language="diff", wrap_lines=True)
    if len(drawn) > _MOST_LINES:
        st.markdown(f":gray[Cut here: {words.count(len(drawn) - _MOST_LINES, 'more line')}.]")
    if found.is_cut:
        st.markdown(":gray[They differ in so many places that the rest stands as removed and added whole.]")


def compare(old: str, new: str, *, most_steps: int = _MOST_STEPS) -> TextDiff:
    """The shortest way from one text to the other, in time bounded by `most_steps` and the length of both.

    E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986; difflib takes cubic time in bad cases.
    """
    a, b = list(_lines(old)) if old else [], list(_lines(new)) if new else []
    begin = _shared(a, b)
    end = _shared(a[begin:][::-1], b[begin:][::-1])
    inner_a, inner_b = a[begin : len(a) - end], b[begin : len(b) - end]
    inner, is_cut = _shortest(inner_a, inner_b, most_steps=most_steps)
    head: list[tuple[Sign, str]] = [(" ", line) for line in a[:begin]]
    tail: list[tuple[Sign, str]] = [(" ", line) for line in a[len(a) - end :]]
    return TextDiff([*head, *inner, *tail], is_cut)


def _lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if len(line) <= _LONGEST_LINE:
            yield line
            continue
        for sentence in _SENTENCE.split(line):
            for start in range(0, max(len(sentence), 1), 5 * _LONGEST_LINE):
                yield sentence[start : start + 5 * _LONGEST_LINE]


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    """How many lines both begin with."""
    count = 0
    for one, other in zip(a, b, strict=False):
        if one != other:
            break
        count += 1
    return count


def _shortest(a: Sequence[str], b: Sequence[str], *, most_steps: int) -> tuple[list[tuple[Sign, str]], bool]:
    """Myers' greedy walk through the grid of both, and whether it was given up on its way.

    After n edits the i-th path stands on the diagonal x - y = 2 i - n; `reach[n][i]` is its x.
    """
    if not a or not b:
        return [*(("-", line) for line in a), *(("+", line) for line in b)], False
    reach: list[list[int]] = []
    steps = 0
    for edits in range(len(a) + len(b) + 1):
        row: list[int] = []
        for i in range(edits + 1):
            x = (reach[-1][i] if _is_added(reach[-1], i) else reach[-1][i - 1] + 1) if edits else 0
            begin, y = x, x - (2 * i - edits)
            while x < len(a) and y < len(b) and a[x] == b[y]:
                x, y = x + 1, y + 1
            row.append(x)
            steps += 1 + x - begin
            if x >= len(a) and y >= len(b):
                return _walk_back(a, b, [*reach, row], len(a), len(b)), False
            if steps > most_steps:
                x, y = _farthest(reach[-1], len(a), len(b)) if reach else (0, 0)
                walked = _walk_back(a, b, reach, x, y)
                return [*walked, *(("-", line) for line in a[x:]), *(("+", line) for line in b[y:])], True
        reach.append(row)
    raise AssertionError  # so many edits lead from any text to any other


def _is_added(before: Sequence[int], i: int) -> bool:
    """Whether the i-th path comes from the diagonal above, by a line of the new text, and not by one of the old."""
    return i == 0 or (i < len(before) and before[i - 1] < before[i])


def _farthest(row: Sequence[int], width: int, height: int) -> tuple[int, int]:
    """Of the paths that have not left the grid, where the one stands that has come farthest."""
    ends = ((x, x - (2 * i - len(row) + 1)) for i, x in enumerate(row))
    return max((end for end in ends if end[0] <= width and end[1] <= height), key=sum)


def _walk_back(
    a: Sequence[str], b: Sequence[str], reach: Sequence[Sequence[int]], x: int, y: int
) -> list[tuple[Sign, str]]:
    """The lines on the way to (x, y), which the last row has reached."""
    found: list[tuple[Sign, str]] = []
    for edits in range(len(reach) - 1, 0, -1):
        before, i = reach[edits - 1], (x - y + edits) // 2
        is_added = _is_added(before, i)
        begin = before[i] if is_added else before[i - 1] + 1
        while x > begin:
            x, y = x - 1, y - 1
            found.append((" ", a[x]))
        if is_added:
            y -= 1
            found.append(("+", b[y]))
        else:
            x -= 1
            found.append(("-", a[x]))
    found.extend((" ", line) for line in reversed(a[:x]))
    return found[::-1]


def _fold(lines: Sequence[tuple[Sign, str]]) -> Iterator[str]:
    """The lines as a diff is read; those far from every change are counted instead."""
    near: set[int] = set()
    for number, (sign, _) in enumerate(lines):
        if sign != " ":
            near.update(range(number - _CONTEXT, number + _CONTEXT + 1))
    folded = 0
    for number, (sign, line) in enumerate(lines):
        if number not in near:
            folded += 1
            continue
        if folded:
            yield _folded(folded)
            folded = 0
        yield f"{sign} {line}".rstrip() if sign == " " else f"{sign} {line}"
    if folded:
        yield _folded(folded)


def _folded(count: int) -> str:
    return f"@@ {words.count(count, 'line')} the same @@"
