"""The questions of a draft: names proposed from labels, renamed wherever they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import AlreadyTaken, Conflict, InvalidInput
from lib.templates.editing import questions
from lib.templates.editing.content import Content, phases_of
from lib.templates.editing.meanwhile import FieldChanged
from lib.templates.editing.questions import inputs_of, put_input
from lib.templates.inputs import InputField
from tests.lib.templates.editing.drafts import chain

AUDIENCE = {"name": "audience", "label": "Audience"}


def asking(*names: str) -> Content:
    content = chain("a", a={"prompt": "For {{ inputs.audience }}, not {{ inputs.audiences }}"})
    for name in names:
        content = questions.put_input(content, {"name": name, "label": name.title()})
    return content


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Who reads it?", "who_reads_it"),
        ("Größe in m²", "groe_in_m2"),
        ("3 ideas", "ideas"),
        ("—", "answer"),
        ("Audience", "audience_2"),
    ],
)
def test_name_is_proposed_from_the_label(label: str, name: str) -> None:
    assert questions.propose_name(label, {"audience"}) == name


@given(st.text(max_size=200))
def test_every_proposed_name_can_be_used(label: str) -> None:
    taken: list[str] = []
    for _ in range(3):
        taken.append(questions.propose_name(label, taken))
        assert InputField(name=taken[-1], label="x").name == taken[-1]
    assert len(set(taken)) == 3


def test_renamed_question_is_read_by_its_new_name() -> None:
    content = {**asking("audience"), "samples": {"inputs": {"audience": "Cooks"}}}
    renamed = questions.put_input(content, {"name": "readers", "label": "Readers"}, name="audience")
    assert questions.names_of(renamed) == ["readers"]
    assert phases_of(renamed)[0]["prompt"] == "For {{ inputs.readers }}, not {{ inputs.audiences }}"
    assert renamed["samples"]["inputs"] == {"readers": "Cooks"}


def test_question_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(AlreadyTaken, match="Another question has the name"):
        questions.put_input(asking("audience"), AUDIENCE)
    with pytest.raises(InvalidInput, match="nothing to choose from yet"):
        questions.put_input(asking(), AUDIENCE | {"kind": "choice"})
    with pytest.raises(InvalidInput, match="The choice “warm” is there twice") as twice:
        questions.put_input(asking(), AUDIENCE | {"kind": "choice", "choices": ["warm", "cool", "warm"]})
    assert twice.value.field == "Choices"
    with pytest.raises(
        InvalidInput,
        match="a small letter from a to z first, then such letters, digits and _, 50 in all",
    ):
        questions.put_input(asking(), AUDIENCE | {"name": "My Name"})
    with pytest.raises(InvalidInput, match="at most 50 questions"):
        questions.put_input(asking(*(f"q{number}" for number in range(50))), AUDIENCE)


def test_questions_are_moved_and_removed() -> None:
    content = asking("a", "b", "c")
    assert questions.names_of(questions.move_input(content, "c", by=-1)) == ["a", "c", "b"]
    assert questions.names_of(questions.remove_input(content, "b")) == ["a", "c"]
    with pytest.raises(Conflict, match="removed in another tab"):
        questions.remove_input(content, "d")


def test_question_that_is_not_what_was_seen_is_not_replaced() -> None:
    seen = {"name": "who", "label": "Who reads it?"}
    theirs = {"name": "who", "label": "Who buys it?"}
    mine = {"name": "who", "label": "Who cooks it?"}
    content = put_input(chain("a"), theirs)
    with pytest.raises(FieldChanged) as refused:
        put_input(content, mine, name="who", seen=seen)
    assert refused.value.theirs == theirs
    assert inputs_of(put_input(content, mine, name="who", seen=theirs)) == [mine]
    assert inputs_of(put_input(content, theirs, name="who", seen=seen)) == [theirs]
