"""Files that nobody would write: whatever is handed in is a template or has its faults said, in few words."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import validation
from lib.errors import FileFault, FileInvalid
from lib.templates import yaml_text
from lib.templates.files import TemplateFile, read_template_file
from lib.templates.yaml_text import MOST_FAULTS

RIGHT = "name: Brief\ndata:\n  phases:\n    - {code: A, name: First, prompt: Write.}\n"

_PIECES = (
    *(
        "name: ",
        "data:",
        "phases:",
        "inputs:",
        "  ",
        "    ",
        "- ",
        "? ",
        ": ",
        ", ",
        "\n",
        "\r",
        "\t",
        "\ufeff",
        "\x85",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        "|",
        ">",
        "|2",
        ">-",
        "'",
        '"',
        "#",
        "---",
        "...",
        "%YAML 1.1",
        "%TAG ! tag:x,",
        "!!",
        "!a!b",
    ),
    *("&a", "*a", "<<", "~", "1e999", "0x10", "-1", "\\U00110000", "\\UFFFFFFFF", "\\x", "%FF", "a", "Ä", "\0"),
    *(
        "code",
        "prompt: '{{ topic }}'",
        "kind: date",
        "default: 1.10",
        "choices: [a]",
        "depends_on: [A]",
        "required: no",
    ),
)


def faults(content: str | bytes) -> tuple[FileFault, ...]:
    with pytest.raises(FileInvalid) as caught:
        read_template_file(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return caught.value.faults


def is_answered(content: bytes) -> bool:
    try:
        return isinstance(read_template_file(content), TemplateFile)
    except FileInvalid as error:
        return 0 < len(error.faults) <= MOST_FAULTS + 1 and all(fault.words for fault in error.faults)


@given(st.one_of(st.text(), st.lists(st.sampled_from(_PIECES)).map("".join), st.text().map(lambda text: RIGHT + text)))
def test_any_text_is_a_template_or_has_faults(text: str) -> None:
    assert is_answered(text.encode("utf-8", "surrogatepass"))


@given(st.lists(st.sampled_from(_PIECES), min_size=1).map("".join), st.integers(0, len(RIGHT)))
def test_anything_put_into_a_template_leaves_one_or_has_faults(text: str, at: int) -> None:
    assert is_answered((RIGHT[:at] + text + RIGHT[at:]).encode())


@given(st.binary())
def test_any_bytes_are_a_template_or_have_faults(content: bytes) -> None:
    assert is_answered(content)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name: "\\UFFFFFFFF"', "there is no character of this number; take it out"),
        ('name: "\\U00110000"', "there is no character of this number; take it out"),
        (f"%YAML 1.{'9' * 5_000}\n---\nname: x", "there is a number with too many digits; take it out"),
        ("name: !%FF x", "this is not valid YAML"),
    ],
)
def test_what_the_parser_stumbles_over_is_a_fault_of_its_line(text: str, words: str) -> None:
    (fault,) = faults(text)
    assert words in fault.words
    assert fault.line


@pytest.mark.parametrize(
    "text",
    [
        RIGHT + f"category: !{'x' * 900_000} y",
        RIGHT + f"category: &{'x' * 900_000} y",
        RIGHT + f"category: *{'x' * 900_000}",
        RIGHT + f"{'x' * 900_000}: y",
        RIGHT + f"? {'x' * 900}\n: {{{'y' * 900}: [1}}",
        RIGHT + f"category: !{'x' * 900}!y z",
        RIGHT.replace("Write.", f"'{{{{ {'x' * 100_000} | {'y' * 90_000} }}}}'"),
        RIGHT.replace("Write.", f"'{{% {'x' * 190_000} %}}'"),
        RIGHT + f"  model: {'x' * 900_000}",
        RIGHT.replace("prompt: Write.", f"prompt: Write., depends_on: [{'x' * 900_000}]"),
        RIGHT + "  inputs: [{name: a, label: A, kind: " + "x" * 900_000 + "}]",
    ],
    ids=lambda text: re.sub(r"(.)\1{9,}", r"\1…", text)[-40:],
)
def test_long_words_are_cut_where_a_message_repeats_them(text: str) -> None:
    for fault in faults(text):
        assert len(fault.words) < 700
        assert len(fault.text) <= 200


def test_reading_stops_at_so_many_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = counting(monkeypatch, yaml_text, "_place")
    found = faults(RIGHT + "".join(f"q{number}: !x 1\n" for number in range(10_000)))
    assert [fault.line for fault in found] == list(range(5, 5 + MOST_FAULTS))
    assert len(looked_at) < 1_000


def test_words_are_made_of_those_faults_alone_that_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    said = counting(monkeypatch, validation, "_line")
    found = faults(RIGHT + "".join(f"q{number}: 1\n" for number in range(3_000)))
    assert [fault.words[:4] for fault in found] == [*(f"“q{number}”"[:4] for number in range(20)), "and "]
    assert found[-1].words == "and 2980 more"
    assert len(said) == MOST_FAULTS


def counting(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[object]:
    """How often a function is called."""
    called: list[object] = []
    original = getattr(module, name)

    def count(*arguments: Any) -> Any:
        called.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(module, name, count)
    return called


def test_fault_in_lists_of_lists_is_named_by_their_entries() -> None:
    assert faults("[" * 100)[0].words == "entry 1.1.1.1.1.1: it is nested more than 40 levels deep"
    assert validation.name_place((0,)) == "entry 1: "
    assert validation.name_place(("data", "phases", 1, 2, "prompt")) == "data, phases 2.3, prompt: "
