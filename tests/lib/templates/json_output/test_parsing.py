"""JSON out of what models write."""

import pytest

from lib.templates.json_output.parsing import MAX_CHARACTERS, MAX_VALUES, NotJson, parse_json


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, true, null]}',
        '  {"a": [1, true, null]}\n',
        '```json\n{"a": [1, true, null]}\n```',
        '```\n{"a": [1, true, null]}\n```\n',
        'Here it is:\n\n```json\n{"a": [1, true, null]}\n```\n\nI hope that helps.',
    ],
)
def test_json_is_taken_alone_or_out_of_its_fence(text: str) -> None:
    assert parse_json(text) == {"a": [1, True, None]}


def test_fence_inside_the_json_is_part_of_it() -> None:
    written = '{"code": "```\\nx\\n```", "more": "```\\n"}'
    assert parse_json(written) == {"code": "```\nx\n```", "more": "```\n"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Sure! The score is 7.", "is no JSON"),
        ("", "is no JSON"),
        ('{"a": 1', "is no JSON"),
        ('{"a": 1} {"b": 2}', "is no JSON"),
        ('{"a": 1, "a": 2}', "“a” twice"),
        ('{"b": {"a": 1, "a": 2}}', "“a” twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "-Infinity"),
        ('{"a": 1e999}', "too large"),
        ("9" * 5_000, "number that is too long"),
        ("[" * 41 + "]" * 41, "nested more than 40"),
        ("[" * 100_000, "nested more than 40"),
        (f"[{','.join('0' * (MAX_VALUES + 1))}]", "more than 50,000 values"),
        ('"' + "x" * MAX_CHARACTERS + '"', "longer than 1,000,000 characters"),
        ("```json\n{}\n```\nand\n```json\n[]\n```", "is no JSON"),
    ],
)
def test_everything_else_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(NotJson, match=said):
        parse_json(text)
