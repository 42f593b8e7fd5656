"""What is wrong with a prompt, in the words of whoever writes one."""

import pytest

from lib.templates.sandbox import compile_prompt
from lib.templates.steps import PromptFault


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("{{ }}", "line 1: something is missing before “}}”"),
        ("a\n{% if %}x{% endif %}", "line 2: something is missing before “%}”"),
        ("{% if topic == %}x{% endif %}", "line 1: something is missing before “%}”"),
        ("{{ topic", "line 1: “{{” is opened and never closed: write “}}” after it"),
        ("{% if topic", "line 1: “{%” is opened and never closed: write “%}” after it"),
        ("{# never", "line 1: “{#” is opened and never closed: write “#}” after it"),
        ("{{ topic }", "line 1: “}” can't stand there: what is opened with “{{” ends with “}}”"),
        ("{% if topic %}x", "line 1: “{% if %}” is never closed: write “{% endif %}”"),
        ("{% if topic %}x{% endfor %}", "line 1: “{% endfor %}” stands where “{% endif %}” is due"),
        ("{% endif %}", "line 1: “{% endif %}” belongs to nothing that is open before it"),
        ("{% foo %}", "line 1: “{% foo %}” is not known; at hand are if, for and set"),
        ("{% for x %}a{% endfor %}", "line 1: “for” needs “in”, as in “{% for item in list %}”"),
        ("{% if topic = 1 %}x{% endif %}", "line 1: “=” stands alone: write “==” to compare"),
        ("{{ topic | }}", "line 1: a name is missing, such as that of a filter after “|”"),
        ("{{ topic. }}", "line 1: a name is missing after the point"),
        ("{{ topic words }}", "line 1: “words” can't follow there: a sign or a word between is missing"),
        ("{{ 'topic }}", "line 1: a quotation mark is opened and never closed"),
        ("{{ $topic }}", "line 1: “$” can't stand there"),
        ("{{ (topic }}", "line 1: “)” is missing"),
        ("{{ topic) }}", "line 1: “)” closes nothing that is open"),
    ],
)
def test_usual_mistakes_are_told_in_plain_words(prompt: str, said: str) -> None:
    with pytest.raises(PromptFault) as fault:
        compile_prompt(prompt)
    assert fault.value.message == said


def test_condition_is_told_of_no_braces() -> None:
    with pytest.raises(PromptFault, match="something is missing at its end"):
        compile_prompt("topic ==", is_condition=True)
