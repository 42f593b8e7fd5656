"""What a prompt does costs steps in proportion to how long it takes: nothing is cheap that could be endless."""

import pytest

from lib.templates.sandbox import render_here
from lib.templates.steps import MAX_STEPS, PromptFault, counted

MANY = 200
VARIABLES = {
    "many": [f"entry {number}" for number in range(MANY)],
    "more": [f"entry {number}" for number in range(MANY)],
    "records": [{"name": f"entry {number}", "inner": {"size": number}} for number in range(MANY)],
    "text": "word " * 20_000,
}


def steps_of(source: str) -> int:
    with counted(max_steps=10**9, max_seconds=60) as budget:
        render_here(source, VARIABLES)
    return budget.steps


def fault(source: str) -> str:
    with pytest.raises(PromptFault) as caught, counted(max_steps=MAX_STEPS, max_seconds=60):
        render_here(source, VARIABLES)
    return caught.value.message


@pytest.mark.parametrize(
    ("source", "least"),
    [
        ("{{ many | select('in', more) | list | length }}", MANY * MANY),
        ("{{ many | reject('in', more) | list | length }}", MANY * MANY),
        ("{{ records | selectattr('name', 'in', more) | list | length }}", MANY * MANY),
        ("{{ records | rejectattr('name', 'in', more) | list | length }}", MANY * MANY),
        ("{{ 'in it' if 'entry' in more }}", MANY),
        ("{{ 'in it' if 'entry' not in more }}", MANY),
        ("{{ 'same' if many == more }}", MANY),
        ("{{ 'same' if many is eq more }}", MANY),
        ("{{ many[1:] | length }}", MANY),
        ("{{ many | list | length }}", MANY),
        ("{{ many | sort | length }}", MANY * 8),
        ("{{ records | sort(attribute='inner.size') | length }}", MANY * 8),
        ("{{ many | unique | list | length }}", MANY),
        ("{{ many | reverse | length }}", MANY),
        ("{{ many | max }}{{ many | min }}", 2 * MANY),
        ("{{ many | join }}", MANY),
        ("{{ records | map(attribute='inner.size') | list | length }}", MANY),
        ("{{ records[0] | items | list | length }}", 2),
        ("{% for one in many %}{% endfor %}", MANY),
        ("{{ text | title | length }}", 5_000),
        ("{{ text | wordcount }}", 5_000),
        ("{{ text | upper | length }}", 100),
        ("{{ text | trim | length }}", 100),
        ("{{ text | replace('word', 'x') | length }}", 100),
        ("{{ text[1:] | length }}", 100),
        ("{{ (text ~ text) | length }}", 200),
        ("{{ (text + text) | length }}", 200),
        ("{{ 'there' if 'gone' in text }}", 100),
        ("{{ 'same' if text == 'gone' }}", 100),
        ("{{ 1 + 2 - 3 * 4 }}", 3),
    ],
)
def test_what_is_looked_at_is_counted(source: str, least: int) -> None:
    assert steps_of(source) >= least


def test_ordinary_prompt_takes_few() -> None:
    assert steps_of("About {{ text[:100] }}: {% if 'word' in text %}{{ many | first | upper }}{% endif %}") < 500


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ many | map(attribute='" + ".".join("0" * 6) + "') | list | length }}", "more than 5 parts"),
        ("{{ many | sort(attribute='" + ".".join("0" * 6) + "') | length }}", "more than 5 parts"),
        ("{{ many | unique(attribute='" + ".".join("0" * 6) + "') | list }}", "more than 5 parts"),
        ("{{ many | max(attribute='" + ".".join("0" * 6) + "') }}", "more than 5 parts"),
        ("{{ many | selectattr('" + ".".join("0" * 6) + "') | list }}", "more than 5 parts"),
        ("{{ many | sort(attribute='" + ",".join("0" * 6) + "') | length }}", "at most 5 attributes"),
        ("{{ text | trim(text) }}", "at most 100 different letters"),
        ("{{ 'f' * 10 }}", "needs two numbers"),
        ("{{ 10 * 'f' }}", "needs two numbers"),
        ("{{ many + more }}", "needs two numbers"),
        ("{{ '" + "f" * 17 + "' | int(0, 16) }}", "at most 16 digits"),
        ("{{ '" + "9" * 17 + "' | int }}", "at most 16 digits"),
        ("{{ '-" + "1" * 64 + "' | int(0, 2) }}", "at most 16 digits"),
        ("{{ '1e300' | int }}", "a number becomes too large"),
        ("{{ " + "9" * 4_000 + " % 7 }}", "a number becomes too large"),
        ("{{ 9999999999999999 * 9999999999999999 * 0 }}", "a number becomes too large"),
        ("{{ many | upper }}", "a list can't be written"),
    ],
)
def test_what_could_grow_is_refused(source: str, words: str) -> None:
    assert words in fault(source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ ' 42 ' | int }} {{ '4.9' | int }} {{ 'none' | int(7) }} {{ 'ff' | int(0, 16) }}", "42 4 7 255"),
        ("{{ '" + "long words " * 20 + "' | int(3) }} {{ '1.5' | float }} {{ 'x' | float(2) }}", "3 1.5 2"),
        (
            "{{ ['b', 'A', 'c'] | sort | join }} {{ ['b', 'A'] | sort(case_sensitive=true, reverse=true) | join }}",
            "Abc bA",
        ),
        ("{{ ['a', 'A', 'b'] | unique | join }} {{ ['a', 'A'] | unique(true) | join }}", "ab aA"),
        ("{{ records | map(attribute='inner.size') | max }} {{ [] | max | default('none') }}", "199 none"),
        ("{{ (records | max(attribute='inner.size')).name }}", "entry 199"),
        ("{{ records | selectattr('inner.size', 'lt', 2) | map(attribute='name') | join(',') }}", "entry 0,entry 1"),
        ("{{ records | rejectattr('inner.size') | map(attribute='name') | join }}", "entry 0"),
        (
            "{{ [1, 2, 3] | select('odd') | join }} {{ [0, 1] | reject | join }} {{ [1, 2] | reverse | join }}",
            "13 0 21",
        ),
        ("{{ records[:1] | map(attribute='gone', default='?') | join }} {{ 'abc' | reverse }}", "? cba"),
        (
            "{{ '  x ' | trim }} {{ '--x-' | trim('-') }} {{ 'a b c d e f' | truncate(5) }} {{ 'a b' | title }}",
            "x x a... A B",
        ),
    ],
)
def test_filters_say_what_they_said(source: str, text: str) -> None:
    with counted(max_steps=MAX_STEPS, max_seconds=60):
        assert render_here(source, VARIABLES) == text
