"""An edit says what it was made on: nothing that somebody else wrote since is overwritten."""

from typing import Any

import pytest

from lib.templates.editing.content import Content, get_phase, set_phase_field
from lib.templates.editing.meanwhile import FieldChanged, PhaseGone, change_field
from lib.templates.editing.phases import remove_phase
from tests.lib.templates.editing.drafts import chain


def change(content: Content, value: str, *, seen: str) -> Content:
    def put(draft: Content, value: Any) -> Content:
        return set_phase_field(draft, "b", ("prompt",), value)

    return change_field(content, value, seen=seen, get=lambda draft: get_phase(draft, "b")["prompt"], put=put)


def test_field_that_says_what_was_seen_is_changed() -> None:
    assert get_phase(change(chain("a", "b"), "New", seen="Of {{ topic }}"), "b")["prompt"] == "New"


def test_field_that_says_something_else_is_not_and_both_are_known() -> None:
    with pytest.raises(FieldChanged) as refused:
        change(chain("a", "b", b={"prompt": "Theirs"}), "Mine", seen="Of {{ topic }}")
    assert refused.value.theirs == "Theirs"


def test_same_words_from_two_are_no_conflict() -> None:
    content = chain("a", "b", b={"prompt": "Same"})
    assert change(content, "Same", seen="Of {{ topic }}") is content


def test_field_of_a_phase_that_is_gone_is_told_apart() -> None:
    with pytest.raises(PhaseGone):
        change(remove_phase(chain("a", "b"), "b"), "Mine", seen="Of {{ topic }}")
