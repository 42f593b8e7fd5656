import json

from streamlit.testing.v1 import AppTest

from lib.ui.components.json_view import as_json
from tests.pages.reading import facts, markup, shown


def _page() -> None:
    import streamlit as st

    from lib.ui.components.json_view import show_json

    show_json(st.session_state["value"], key="view")


def drawn(value: object) -> AppTest:
    at = AppTest.from_function(_page)
    at.session_state["value"] = value
    at.run()
    assert not at.exception
    return at


def test_flat_values_are_facts_and_deep_ones_are_folded() -> None:
    value = {"retry_seconds": 1200, "is_final": False, "reason": None, "settings": {"quality": {"level": 2}, "a": []}}
    at = drawn(value)
    assert facts(at) == {
        "Retry seconds": "1,200",
        "Is final": "no",
        "Reason": "not set",
        "quality.level": "2",
        "a": "empty",
    }
    assert [expander.label for expander in at.expander] == ["Settings :gray[2 values]", "As JSON"]
    assert json.loads(at.code[0].value) == value
    assert at.code[0].language == "json"


def test_list_and_plain_value_are_shown_as_well() -> None:
    assert facts(drawn([{"a": 1}, 2])) == {"1.a": "1", "2": "2"}
    assert facts(drawn("text")) == {"Value": "text"}
    assert facts(drawn({})) == {}


def test_hidden_characters_are_seen_in_the_json_and_mean_nothing() -> None:
    value = {"na\u202eme": "a\u200bb ‍ ü <b>x</b>", "family": "👨‍👩‍👧", "عربى": "می‌خواهم"}
    text = as_json(value)
    assert "\u202e" not in text
    assert "\u200b" not in text
    assert "\\u202e" in text
    assert "ü" in text
    assert json.loads(text) == value
    assert "<b>" not in markup(drawn(value))


def test_depth_and_size_are_bounded() -> None:
    deep: object = 1
    for _ in range(300):
        deep = {"a": deep}
    at = drawn({"deep": deep, "wide": list(range(5000)), "long": "x" * 500_000})
    said = shown(at)
    assert "a.a.a.a.a.a 1 value, in the JSON" in said
    assert "4,940 more values in the JSON" in said
    assert "Cut here:" in said
    assert len(at.code[0].value) == 200_000
