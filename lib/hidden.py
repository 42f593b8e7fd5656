"""What hides in somebody's text, or rearranges what stands around it."""

import re
import unicodedata


def _letters(*categories: str) -> str:
    """All of these categories that two bytes hold: `re` is a hundred times slower at a set that goes beyond."""
    return "".join(letter for letter in map(chr, range(0x10000)) if unicodedata.category(letter) in categories)


_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
# Emoji are made of several with joiners, and scripts from Hebrew on need them; between Latin letters they only hide.
_JOINERS = "\u200c\u200d"
_HIDING_JOINERS = re.compile(f"(?<![\u0590-\u1fff\u2100-\U0010ffff])[{_JOINERS}]+|(?<=[{_JOINERS}])[{_JOINERS}]+")
_HIDDEN = set(_letters("Cc", "Cf", "Cs")) - set("\n\t" + _JOINERS)
_UNSEEN = re.compile(f"[{re.escape(''.join(sorted(_HIDDEN)))}\U000e0000-\U000e007f]+")
#: Of the marks above and below one letter these many are kept; no script writes more, and a flood covers other lines.
_MOST_MARKS = 5
_MARK = f"[{_letters('Mn', 'Me')}]"
_FLOOD = re.compile(f"{_MARK}{_MARK}{{{_MOST_MARKS},}}")


def visible(text: str) -> str:
    """Somebody's text without what hides in it or rearranges what stands around it; its lines and spaces stay.

    For places that take text as text, such as a code block. Directional marks, control and zero-width characters go.
    """
    lines = _LINE_ENDS.sub("\n", text)
    if lines.isascii() and lines.replace("\n", "").replace("\t", "").isprintable():
        return lines
    seen = _UNSEEN.sub("", lines)
    if any(joiner in seen for joiner in _JOINERS):
        seen = _HIDING_JOINERS.sub("", seen)
    return _FLOOD.sub(lambda flood: flood[0][:_MOST_MARKS], seen)
