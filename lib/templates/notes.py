"""Cuts earlier answers down to what fits into a prompt, where a reader would cut."""

import re
from collections.abc import Sequence

_MARK = "…"
#: With less room than this, signs that only make a text look better are left out.
_TIGHT = 1_000
#: The end of a sentence: its mark (not that of “1.”), maybe a closing quote or bracket, then white space; or of a line.
_SENTENCE_END = re.compile("(?<![0-9])[.!?][\"'”\u2019)\\]*]*(?=\\s)|(?<=[^\\s0-9.:])(?=\\n)")
#: A cut that leaves more than this share of the room unused is worse than one in mid-sentence.
_LEAST_USED = 0.4
_DECORATION = re.compile(r"\*\*|__|`+|^[ \t]*(?:#+|[-*•]|\d+[.)])[ \t]+", re.MULTILINE)
#: “Here are three ideas:” says nothing once the ideas are cut.
_LEAD_IN = re.compile(r"\A[^\n]{0,200}:[ \t]*\n\s*")


def take_notes(text: str, limit: int) -> str:
    """The gist of `text` in at most `limit` characters: its beginning, whole sentences where that wastes little room.

    Where room is tight, Markdown's signs and a lead-in do not use any of it.
    """
    text = text.strip()
    if len(text) <= limit:
        return text
    if limit < _TIGHT:
        text = _DECORATION.sub("", _LEAD_IN.sub("", text)).strip()
        if len(text) <= limit:
            return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, limit + 1) if match.end() <= limit]
    if ends and ends[-1] >= limit * _LEAST_USED:
        return text[: ends[-1]].rstrip()
    room = max(limit - len(_MARK), 0)
    words = text[:room]
    if not text[room : room + 1].isspace():
        shorter = words.rstrip().rsplit(None, 1)[0] if words.split(None, 1)[1:] else words
        words = shorter if len(shorter) >= room * _LEAST_USED else words
    return (words.rstrip() + _MARK)[:limit]


def share_room(lengths: Sequence[int], limit: int) -> tuple[int, ...]:
    """How many characters each of several texts may use of `limit` together: what short ones leave goes to the rest."""
    shares = [0] * len(lengths)
    room, left = limit, len(lengths)
    for index in sorted(range(len(lengths)), key=lambda index: lengths[index]):
        shares[index] = min(lengths[index], room // left)
        room, left = room - shares[index], left - 1
    return tuple(shares)
