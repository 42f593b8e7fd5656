"""Text as people enter it, made ready to be stored: trimmed, composed, without what can't be shown or kept."""

import unicodedata
from collections.abc import Callable

from lib.errors import InvalidInput

#: Characters that turn the direction of what stands around them: a name must not rearrange its neighbours.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_KEPT = frozenset("\n\t")
#: Letters that are drawn as nothing.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LONGEST_SEARCH = 200
#: In characters: what is said of the words before a letter that nobody sees.
_SHOWN_BEFORE = 20


def clean_line(value: str, *, field: str, longest: int, required: bool = True) -> str:
    """One line of at most `longest` characters: white space folded, control characters refused by `InvalidInput`."""
    return _clean(" ".join(value.split()), field=field, longest=longest, required=required)


def clean_text(value: str, *, field: str, longest: int, required: bool = True) -> str:
    """Text of several lines, of at most `longest` characters; line ends as LF. Raises `InvalidInput`."""
    return _clean(
        compose_text(value), field=field, longest=longest, required=required, turning=_TURNING - {"\u200e", "\u200f"}
    )


def compose_text(value: str) -> str:
    """Text of several lines as it is kept, whatever is in it: line ends as LF, none around it, letters composed."""
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n").strip())


def clean_search(value: str) -> str:
    """What is looked for: at most 200 characters, white space folded, without what no stored text can have."""
    kept = "".join(letter for letter in value[:_LONGEST_SEARCH] if letter.isspace() or not _is_unstorable(letter))
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def _clean(value: str, *, field: str, longest: int, required: bool, turning: frozenset[str] = _TURNING) -> str:
    text = unicodedata.normalize("NFC", value)
    problem = None
    if required and (not text or _is_blank(text)):
        problem = f"{field} is empty. Enter something."
    elif len(text) > longest:
        problem = f"{field} has {len(text):,} characters; {longest:,} is the most. Shorten it."
    elif (at := _find(text, lambda letter: _is_unstorable(letter) or letter in turning)) is not None:
        where = f"behind “{text[max(0, at - _SHOWN_BEFORE) : at]}”" if at else "at its beginning"
        problem = f"{field} has an invisible control character (U+{ord(text[at]):04X}) {where}. Delete it there."
    if problem:
        raise InvalidInput(problem, field=field)
    return text


def _find(text: str, is_meant: Callable[[str], bool]) -> int | None:
    return next((at for at, letter in enumerate(text) if is_meant(letter)), None)


def _is_blank(text: str) -> bool:
    """Whether nothing of it is drawn. What can't be stored is not blank, and has words of its own."""
    return all(
        letter in _BLANK or letter.isspace() or (unicodedata.category(letter) == "Cf" and letter not in _TURNING)
        for letter in text
    )


def _is_unstorable(letter: str) -> bool:
    """Control characters and halves of surrogate pairs, but for line end and tabulator."""
    return unicodedata.category(letter) in {"Cc", "Cs"} and letter not in _KEPT
