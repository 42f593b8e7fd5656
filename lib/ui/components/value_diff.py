"""Old against new values of named fields, as the change table: a sign stands beside the colour."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from markupsafe import Markup

from lib import values
from lib.ui import words
from lib.ui.components.moment import with_exact

#: In characters: of a longer value the beginning is shown, which opens, and never more than the second.
_LONGEST, _MOST_OPENED = 160, 20_000
#: What is beyond so many fields is counted.
_MOST_FIELDS = 100
#: Of a path and the value there as text: how that is written, and the exact value to stand behind it, if any.
Say = Callable[[str, str], tuple[str, str]]

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
    say: Say | None = None,
) -> None:
    """Draw a row for each field that differs; `names` says what a field is called where its key is no word.

    `called` are the heads of both columns. What stands inside a structure is named by its path
    ("settings.quality.level"). A field that is missing and one that is None are both not set. Of what is new, and of
    what is gone, there is one column. `say` writes values as people do.
    """
    changes = list(values.changes(old, new))
    if not changes:
        st.html(_MORE.format("Nothing differs."))
        return
    sides = [side for side, values_there in enumerate((old, new)) if values_there]
    rows = Markup("").join(_row(*change, names=names or {}, sides=sides, say=say) for change in changes[:_MOST_FIELDS])
    head = Markup("").join(_HEAD.format(called[side]) for side in sides)
    more = len(changes) - _MOST_FIELDS
    rest = _MORE.format(f"{words.count(more, 'more field')} changed.") if more > 0 else Markup("")
    st.html(_TABLE.format(head, rows) + rest)


def _row(
    path: str,
    before: str | None,
    after: str | None,
    *,
    names: Mapping[str, str],
    sides: Sequence[int],
    say: Say | None,
) -> Markup:
    head, dot, rest = path.partition(".")
    # both look the same: what differs is hidden by `visible`
    is_hidden = before is not None and after is not None and words.visible(before) == words.visible(after)
    said = [("", "") if text is None or say is None else say(path, text) for text in (before, after)]
    if said[0][0] == said[1][0]:  # what differs is what words leave out
        said = [("", "")] * 2
    note = " (differs in hidden characters)" if is_hidden else ""
    cells = (
        _cell("del", "\N{MINUS SIGN}", before, said[0], missing="not set"),
        _cell("add", "+", after, said[1], missing="removed", note=note),
    )
    return _ROW.format(
        words.short(names.get(path) or names.get(head, head) + dot + rest, most=_LONGEST),
        Markup("").join(_CELL.format(cells[side]) for side in sides),
    )


def _cell(tone: str, sign: str, text: str | None, said: tuple[str, str], *, missing: str, note: str = "") -> Markup:
    """`said` is the text as people write it, if at all, and what stands behind that."""
    if text is None:
        return _NOT_SET.format(missing)
    if said[1]:
        return _VALUE.format(tone, sign, with_exact(said[0], exact=said[1]))
    whole = words.visible(said[0] or text)
    if len(whole) <= _LONGEST:
        return _VALUE.format(tone, sign, whole + note)
    cut = whole if len(whole) <= _MOST_OPENED else f"{whole[:_MOST_OPENED]}… (cut)"
    return _VALUE.format(tone, sign, _LONG.format(words.short(whole, most=_LONGEST) + note, cut))
