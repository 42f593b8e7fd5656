"""What prompts can say, and that nothing they say hangs or fills a worker."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.templates.sandbox import render
from lib.templates.steps import MAX_SECONDS, PromptFault

IDEA = {"code": "Phase 0", "name": "Ideation", "response": "Bikes. " * 100}
ENDLESS = "{% for a in range(999) %}" * 3 + "{% endfor %}" * 3
VARIABLES = {
    "topic": "A <b>shop</b> {{ for }} {% all %}",
    "inputs": {"count": 3, "items": "apples", "empty": None},
    "project": {"name": "Shop", "description": ""},
    "phases": {"Phase 0": IDEA},
    "previous": [IDEA],
    "model": {"name": "m", "is_small": True, "notes_characters": 300},
}


def fault(source: str) -> str:
    with pytest.raises(PromptFault) as caught:
        render(source, VARIABLES)
    return caught.value.message


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Topic: {{ topic }}", "Topic: A <b>shop</b> {{ for }} {% all %}"),
        ("{{ inputs.items }} {{ inputs.count + 1 }}{{ inputs.empty }}", "apples 4"),
        ("{{ inputs.nothing | default('none') }}", "none"),
        ("{% if project.description %}yes{% else %}no{% endif %}", "no"),
        ("{% if model.is_small %}tiny{% endif %}", "tiny"),
        ("{% for phase in previous %}{{ loop.index }}. {{ phase.name }}{% endfor %}", "1. Ideation"),
        ("{% for name, value in inputs | items %}{{ name }},{% endfor %}", "count,items,empty,"),
        ("{% for n in range(3) if n != 1 %}{{ n }}{% else %}none{% endfor %}", "02"),
        ("{% set word = 'so' %}{{ word ~ '-' ~ word }}", "so-so"),
        ("{% with a = 2 %}{{ a * 3 - 1 }}{% endwith %}", "5"),
        ("{{ ['a', 'b'] | join(' and ') | upper }}", "A AND B"),
        ("{{ topic[:1] }}{{ topic | length }}", "A33"),
        ("{{ phases['Phase 0'] | notes(10) }}", "Bikes."),
        ("{{ previous | map(attribute='name') | join(', ') }}", "Ideation"),
        ("{{ 'a-b' | replace('-', '+') }} {{ 2.345 | round(1) }}", "a+b 2.3"),
        ("{# nobody sees this #}{% raw %}{{ literally }}{% endraw %}", "{{ literally }}"),
        ("{{ 'x' if 'shop' in topic and not inputs.count > 5 else 'y' }}", "x"),
    ],
)
def test_prompts_can_say_what_they_need(source: str, text: str) -> None:
    assert render(source, VARIABLES) == text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "{{ topc }}",
            "uses “topc”, which is not there; at hand: inputs, model, phases, previous, project, topic. "
            "Did you mean “topic”?",
        ),
        ("{% if topc %}{% endif %}", "“topc”"),
        ("{% for a in topc %}{% endfor %}", "“topc”"),
        ("{{ topc.deep.er }}", "“topc”"),
        ("{{ topc | upper }}", "“topc”"),
        ("{{ topc + 1 }}", "“topc”"),
        ("{{ topc == 1 }}", "“topc”"),
        ("{{ inputs.cuont }}", "at hand: count, empty, items. Did you mean “count”?"),
        ("{{ phases['Phase 3'].response }}", "uses “Phase 3”, which is not there; at hand: Phase 0"),
        ("{{ previous[5].response }}", "“5” is not there"),
        ("{{ topic.upper }}", "“upper” is not there"),
        ("{{ topic.upper() }}", "nothing but range can be called; use a filter"),
        ("{{ topic | uper }}", "there is no filter “uper”; did you mean “upper”"),
        ("{{ topic is tiny }}", "no test"),
        ("{{ previous }}", "a list can't be written"),
        ("{{ inputs }}", "a list can't be written"),
        ("{{ topic - 1 }}", "“-” needs two numbers"),
        ("{{ 1 / 0 }}", "division"),
        ("{% if %}", "line 1"),
        ("a\nb\n{{ topic", "line 3"),
        ("{% endfor %}", "line 1"),
    ],
)
def test_what_is_wrong_is_said(source: str, words: str) -> None:
    assert words in fault(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ topic.__class__ }}",
        "{{ topic['__class__'].mro() }}",
        "{{ ''['__class__'] }}",
        "{{ _private }}",
        "{{ range.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ previous | map('attr', '__class__') | list }}",
        "{{ previous | map(attribute='__class__') | join }}",
        "{{ topic | attr('__class__') }}",
        "{{ topic | _step }}",
        "{{ lipsum() }}",
        "{{ cycler.__init__ }}",
        "{{ namespace(a=1) }}",
        "{{ '{0.__class__}'.format(topic) }}",
        "{% include 'other' %}",
        "{% import 'other' as o %}",
        "{% from 'other' import x %}",
        "{% extends 'other' %}",
        "{% macro m() %}{% endmacro %}",
        "{% call m() %}{% endcall %}",
        "{% block b %}{% endblock %}",
        "{% filter upper %}a{% endfilter %}",
        "{% set a %}b{% endset %}",
        "{% set ns.a = 1 %}",
        "{{ {'a': 1} }}",
        "{{ [topic, topic] }}",
        "{{ 2 ** 3 }}",
    ],
)
def test_there_is_no_way_out(source: str) -> None:
    assert fault(source)


@pytest.mark.parametrize(
    "source",
    [
        ENDLESS,
        "{% for a in range(1000) %}{% for b in range(1000) %}{% set c = a %}{% endfor %}{% endfor %}",
        "{% for a in topic recursive %}{{ loop(topic) }}{% endfor %}",
        "{{ range(100000000) | list }}",
        "{{ range(10**9) }}",
        "{{ 'x' * 10000000000 }}",
        "{{ [1] * 10000000000 }}",
        "{{ 'x' | center(10000000000) }}",
        "{{ '%9999999999d' % 1 }}",
        "{{ 1.5 | round(10000000000, 'ceil') }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a | replace('x', a) %}" * 9 + "{{ a }}",
        "{% set a = 99999 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
        "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}",
        "{% for a in range(1000) %}" + "x" * 2_000 + "{% endfor %}",
        "{% for a in range(900) %}{% for b in range(20) %}{{ topic | sort | join(topic) }}{% endfor %}{% endfor %}",
        "{{ range(1000) | map(attribute='a', default=previous[0].response) | join(topic) | replace('B', topic) "
        "| replace('s', topic) }}",
        "{{ " + "(" * 5_000 + "1",
        "{{ " + "not " * 5_000 + "1 }}",
        "{{ " + "+".join(["1"] * 5_000) + " }}",
        "{{ topic" + " | upper" * 5_000 + " }}",
        "{% if 1 %}" * 500 + "{% endif %}" * 500,
        "{% for a in [1] %}" * 50 + "{% endfor %}" * 50,
        "{{" * 50_000,
        "{{ 1" + "0" * 100_000 + " }}",
    ],
)
def test_nothing_takes_forever_or_fills_the_memory(source: str) -> None:
    started = time.process_time()
    assert fault(source)
    assert time.process_time() - started < MAX_SECONDS + 1


def test_many_quick_steps_end_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.templates.steps.MAX_SECONDS", 0.05)
    monkeypatch.setattr("lib.templates.steps.MAX_STEPS", 10**9)
    assert "takes longer" in fault(ENDLESS)


fragments = st.sampled_from(
    [
        *("{{ ", " }}", "{% ", " %}", "for a in ", "endfor", "if ", "else", "endif", "set a = ", "topic", "previous"),
        *(
            " | notes",
            " | join",
            "('x')",
            ".response",
            "[0]",
            " ~ ",
            " + ",
            "range(9)",
            "1",
            "'s'",
            "(",
            ")",
            "\n",
            "a",
        ),
        *(
            "inputs",
            ".count",
            "{#",
            "#}",
            "-",
            " in ",
            " is defined",
            "with b = ",
            "endwith",
            "__class__",
            "[",
            "]",
            "{",
        ),
    ]
)


@given(st.lists(fragments, max_size=25).map("".join))
def test_whatever_is_written_ends_in_text_or_in_a_fault(source: str) -> None:
    try:
        text = render(source, VARIABLES)
    except PromptFault as error:
        text = error.message
    assert isinstance(text, str)


@given(st.text())
def test_what_people_enter_is_never_a_template(topic: str) -> None:
    assert render("<{{ topic }}>", VARIABLES | {"topic": topic}) == f"<{topic}>"
