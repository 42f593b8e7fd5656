from collections.abc import Mapping
from typing import Any

from streamlit.testing.v1 import AppTest

from lib.ui.components.value_diff import Say
from tests.pages.reading import markup, shown

MINUS = "\N{MINUS SIGN}"


def _table() -> None:
    import streamlit as st

    from lib.ui.components.value_diff import show_value_diff

    say = st.session_state.get("say")
    show_value_diff(st.session_state["old"], st.session_state["new"], names={"name": "Name", "a": "Alpha"}, say=say)


def drawn(old: Mapping[str, Any], new: Mapping[str, Any], *, say: Say | None = None) -> AppTest:
    at = AppTest.from_function(_table)
    if say:
        at.session_state["say"] = say
    at.session_state["old"], at.session_state["new"] = old, new
    at.run()
    assert not at.exception
    return at


def test_fields_that_differ_stand_with_signs_and_words() -> None:
    at = drawn(
        {"name": "Old", "same": 1, "gone": "x", "quiet": None}, {"name": "New", "same": 1, "added": True, "quiet": ""}
    )
    body = markup(at)
    assert '<th scope="row">Name</th>' in body
    assert f'<span class="ao-del"><b aria-hidden="true">{MINUS}</b>Old</span>' in body
    assert '<span class="ao-add"><b aria-hidden="true">+</b>New</span>' in body
    assert "same" not in body
    said = " ".join(shown(at).split())
    assert f"gone {MINUS}x removed" in said
    assert "added not set +yes" in said
    assert "quiet not set +empty" in said


def test_values_are_written_as_people_do_and_the_exact_one_stands_behind() -> None:
    def say(path: str, text: str) -> tuple[str, str]:
        return (f"about {text[0]}", text) if path == "name" else (f"<{text}>", "")

    body = markup(drawn({"name": "18.2", "a": "x"}, {"name": "25.7", "a": "y"}, say=say))
    assert '<summary title="18.2">about 1</summary> <span>(18.2)</span>' in body
    assert "&lt;y&gt;" in body
    body = markup(drawn({"name": "18.2"}, {"name": "18.3"}, say=say))
    assert "about" not in body, "both would read alike"
    assert "18.3" in body


def test_what_is_inside_a_structure_is_named_by_its_path() -> None:
    at = drawn(
        {"settings": {"quality": {"level": 1}, "kept": 2}, "a": {"b": [1, 2]}},
        {"settings": {"quality": {"level": 2}, "kept": 2}, "a": {"b": [1, {"c": None}]}},
    )
    said = " ".join(shown(at).split())
    assert f"settings.quality.level {MINUS}1 +2" in said
    assert f'Alpha.b {MINUS}1, 2 +[1, {{"c": null}}]' in said
    assert "kept" not in said


def test_structure_that_is_deeper_than_anybody_reads_is_one_value() -> None:
    at = drawn({}, {"deep": {"b": {"c": {"d": {"e": {"f": 1}}}}}})
    assert 'deep.b.c.d.e +{"f": 1}' in " ".join(shown(at).split())


def test_long_value_opens_and_is_bounded() -> None:
    at = drawn({"topic": "x " * 5000}, {"topic": "y" * 1_000_000})
    assert markup(at).count('<details class="ao-long">') == 2
    assert "… (cut)" in shown(at)
    assert len(markup(at)) < 40_000


def test_many_fields_are_counted() -> None:
    at = drawn({}, {f"field{number}": number for number in range(130)})
    assert "30 more fields changed." in shown(at)
    assert "field99" in shown(at)
    assert "field100" not in shown(at)


def test_values_and_names_are_text() -> None:
    nasty = "<img src=x onerror=alert(1)>"
    at = drawn({nasty: "a"}, {nasty: f"{nasty}\u202e"})
    assert "<img" not in markup(at)
    assert "\u202e" not in markup(at)
    assert nasty in shown(at)


def test_what_differs_in_hidden_characters_only_says_so() -> None:
    assert "(differs in hidden characters)" in shown(drawn({"name": "abc"}, {"name": "a\u200bbc"}))


def test_of_what_is_new_or_gone_there_is_one_column() -> None:
    new, gone = drawn({}, {"name": "New"}), drawn({"name": "Old"}, {})
    assert "<th>After</th>" in markup(new)
    assert "<th>Before</th>" in markup(gone)
    assert f"Name {MINUS}Old" in " ".join(shown(gone).split())
    for at, other in ((new, "Before"), (gone, "After")):
        assert f"<th>{other}</th>" not in markup(at)
        assert "not set" not in shown(at)
        assert "removed" not in shown(at)


def test_nothing_that_differs_is_said() -> None:
    assert "Nothing differs." in shown(drawn({"name": "a", "b": None}, {"name": "a"}))
