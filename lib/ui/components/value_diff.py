"""Old against new values of named fields, as the change table: a sign stands beside the colour."""

from collections.abc import Mapping, Sequence

import streamlit as st
from markupsafe import Markup

from lib import values
from lib.ui import words

#: In characters: of a longer value the beginning is shown, which opens, and never more than the second.
_LONGEST, _MOST_OPENED = 160, 20_000
#: What is beyond so many fields is counted.
_MOST_FIELDS = 100

_TABLE = Markup('<table class="ao-diff"><thead><tr><th>Field</th>{}</tr></thead><tbody>{}</tbody></table>')
_HEAD, _CELL = Markup("<th>{}</th>"), Markup("<td>{}</td>")
_ROW = Markup('<tr><th scope="row">{}</th>{}</tr>')
_VALUE = Markup('<span class="ao-{}"><b aria-hidden="true">{}</b>{}</span>')
_NOT_SET = Markup('<span class="ao-none">{}</span>')
_LONG = Markup('<details class="ao-long"><summary>{}</summary>{}</details>')
_MORE = Markup('<p class="ao-none">{}</p>')


def show_value_diff(
    old: Mapping[str, object],
    new: Mapping[str, object],
    *,
    names: Mapping[str, str] | None = None,
    called: tuple[str, str] = ("Before", "After"),
) -> None:
    """Draw a row for each field that differs; `names` says what a field is called where its key is no word.

    `called` are the heads of both columns. What stands inside a structure is named by its path
    ("settings.quality.level"). A field that is missing and one that is None are both not set. Of what is new, and of
    what is gone, there is one column.
    """
    changes = list(values.changes(old, new))
    if not changes:
        st.html(_MORE.format("Nothing differs."))
        return
    sides = [side for side, values_there in enumerate((old, new)) if values_there]
    rows = Markup("").join(_row(*change, names=names or {}, sides=sides) for change in changes[:_MOST_FIELDS])
    head = Markup("").join(_HEAD.format(called[side]) for side in sides)
    more = len(changes) - _MOST_FIELDS
    rest = _MORE.format(f"{words.count(more, 'more field')} changed.") if more > 0 else Markup("")
    st.html(_TABLE.format(head, rows) + rest)


def _row(path: str, before: str | None, after: str | None, *, names: Mapping[str, str], sides: Sequence[int]) -> Markup:
    head, dot, rest = path.partition(".")
    # both look the same: what differs is hidden by `visible`
    is_hidden = before is not None and after is not None and words.visible(before) == words.visible(after)
    cells = (
        _cell("del", "\N{MINUS SIGN}", before, missing="not set"),
        _cell("add", "+", after, missing="removed", note=" (differs in hidden characters)" if is_hidden else ""),
    )
    return _ROW.format(
        words.short(names.get(path) or names.get(head, head) + dot + rest, most=_LONGEST),
        Markup("").join(_CELL.format(cells[side]) for side in sides),
    )


def _cell(tone: str, sign: str, text: str | None, *, missing: str, note: str = "") -> Markup:
    if text is None:
        return _NOT_SET.format(missing)
    whole = words.visible(text)
    if len(whole) <= _LONGEST:
        return _VALUE.format(tone, sign, whole + note)
    cut = whole if len(whole) <= _MOST_OPENED else f"{whole[:_MOST_OPENED]}… (cut)"
    return _VALUE.format(tone, sign, _LONG.format(words.short(whole, most=_LONGEST) + note, cut))
