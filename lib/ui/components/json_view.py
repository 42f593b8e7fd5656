"""A stored structure as a person reads it, with its JSON at hand for copying."""

import json
import re
from collections.abc import Iterator, Mapping

import streamlit as st

from lib.ui import words
from lib.ui.components.facts import show_facts

#: What lies deeper is in the JSON only, as is what is beyond so many values.
_DEEPEST, _MOST_VALUES = 6, 60
#: In characters of JSON.
_MOST_SHOWN = 200_000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_BETWEEN_WORDS = re.compile(r"[_\s]+")


def show_json(value: object, *, key: str, label: str = "As JSON") -> None:
    """Draw plain values as facts, each structure inside folded under its name, and the whole as JSON under `label`.

    Keys are shown as words ("retry_seconds" as "Retry seconds"); the JSON has them as they are stored.
    """
    structure = value if isinstance(value, Mapping) else {"value": value}
    plain_ones = {name: one for name, one in structure.items() if not _is_nested(one)}
    if plain_ones:
        show_facts([(_label(name), words.said(one)) for name, one in plain_ones.items()])
    for number, (name, one) in enumerate(structure.items()):
        if _is_nested(one):
            with st.expander(f"{words.plain(_label(name))} :gray[{_size(one)}]", type="compact", key=f"{key}-{number}"):
                show_facts(list(_flat(one)))
    show_raw_json(value, key=key, label=label)


def show_raw_json(value: object, *, key: str, label: str) -> None:
    """Draw its JSON alone, folded under `label`, for what stands around it in words already."""
    with st.expander(words.plain(label), type="compact", key=f"{key}-json"):
        text = as_json(value)
        st.code(text[:_MOST_SHOWN], language="json", wrap_lines=True)
        if len(text) > _MOST_SHOWN:
            st.markdown(f":gray[Cut here: {words.count(len(text) - _MOST_SHOWN, 'more character')}.]")


def as_json(value: object) -> str:
    """The structure as indented JSON that hides nothing: characters that nobody sees are written as their numbers."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    if words.visible(text) == text:
        return text
    # a joiner is shown between the letters of a script that needs it, so each is looked at by itself
    return _NOT_ASCII.sub(lambda found: found[0] if words.visible(found[0]) else json.dumps(found[0])[1:-1], text)


def _flat(value: object, *, above: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    """Path and value of what is inside, at most `_MOST_VALUES` of one structure."""
    for number, (name, one) in enumerate(_entries(value)):
        if number == _MOST_VALUES:
            yield "…", f"{words.count(_length(value) - number, 'more value')} in the JSON"
            return
        path = f"{above}{name}"
        if _is_nested(one) and depth < _DEEPEST:
            yield from _flat(one, above=f"{path}.", depth=depth + 1)
        else:
            yield path, f"{_size(one)}, in the JSON" if _is_nested(one) else words.said(one)


def _entries(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield from ((str(name), one) for name, one in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(number), one) for number, one in enumerate(value, 1))


def _is_nested(value: object) -> bool:
    return isinstance(value, Mapping | list | tuple) and bool(value)


def _length(value: object) -> int:
    return len(value) if isinstance(value, Mapping | list | tuple) else 1


def _size(value: object) -> str:
    return words.count(_length(value), "value")


def _label(key: object) -> str:
    text = _BETWEEN_WORDS.sub(" ", str(key)).strip() or "(no name)"
    return text[:1].upper() + text[1:]
