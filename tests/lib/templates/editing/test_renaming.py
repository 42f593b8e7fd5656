"""A name that prompts read is changed where it is read, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.templates.editing.renaming import rename_key, rename_key_in_expression


@pytest.mark.parametrize(
    ("prompt", "renamed"),
    [
        ("{{ inputs.who }}", "{{ inputs.reader }}"),
        ("{{ inputs['who'] }}{{ inputs[ \"who\" ] }}", "{{ inputs['reader'] }}{{ inputs[ \"reader\" ] }}"),
        (
            "{% if inputs . who %}{{inputs.who|upper}}{% endif %}",
            "{% if inputs . reader %}{{inputs.reader|upper}}{% endif %}",
        ),
        ("Never inputs.who in prose, nor inputs['who'].", "Never inputs.who in prose, nor inputs['who']."),
        ("{# inputs.who #}{{ 'inputs.who' }}", "{# inputs.who #}{{ 'inputs.who' }}"),
        ("{% raw %}{{ inputs.who }}{% endraw %}", "{% raw %}{{ inputs.who }}{% endraw %}"),
        (
            "{{ a.inputs.who }}{{ inputs.whole }}{{ inputs.a.who }}",
            "{{ a.inputs.who }}{{ inputs.whole }}{{ inputs.a.who }}",
        ),
        (
            "  {%- if 1 -%}  \n {{ inputs.who -}}  x\n{%+ endif %}\n",
            "  {%- if 1 -%}  \n {{ inputs.reader -}}  x\n{%+ endif %}\n",
        ),
        ("{{ inputs.who }} {{ inputs.who", "{{ inputs.reader }} {{ inputs.reader"),
        ("{{ inputs.who }} {{ ? }} {{ inputs.who }}", "{{ inputs.reader }} {{ ? }} {{ inputs.who }}"),
    ],
)
def test_reads_are_renamed_and_prose_is_not(prompt: str, renamed: str) -> None:
    assert rename_key(prompt, "inputs", "who", "reader") == renamed


def test_code_that_is_no_name_is_put_into_brackets() -> None:
    assert rename_key("{{ phases.A.response }}", "phases", "A", "Phase 1") == '{{ phases["Phase 1"].response }}'
    assert rename_key("{{ phases['a\\\\b'] }}", "phases", "a\\b", "c\\d") == "{{ phases['c\\\\d'] }}"


def test_condition_is_an_expression_without_braces() -> None:
    assert rename_key_in_expression("inputs.who == 'inputs.who'", "inputs", "who", "me") == "inputs.me == 'inputs.who'"


pieces = st.sampled_from(
    ["{{", "}}", "{%-", "-%}", "{#", "#}", "inputs", ".", "['", "']", "who", " ", "\n", "'", "x", "\\"]
)


@given(st.lists(pieces).map("".join))
def test_what_does_not_read_it_stays_letter_for_letter(prompt: str) -> None:
    assert rename_key(prompt, "inputs", "nobody", "somebody") == prompt
    assert rename_key(rename_key(prompt, "inputs", "who", "zzz"), "inputs", "zzz", "who") == prompt
