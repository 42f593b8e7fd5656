"""What somebody writes to break out, to hang a worker or to fill it: refused or stopped, and the phase is named.

Each comes as a template that is saved, previewed and imported, the ways by which it reaches a server. `test_sandbox.py`
holds the language of prompts itself.
"""

import re
import time

import pytest

from lib.errors import FileInvalid, PlanInvalid
from lib.providers.base import ModelChoice
from lib.templates.files import TemplateFile, read_template_file, write_template_file
from lib.templates.filters import MAX_CHARACTERS
from lib.templates.notes import take_notes
from lib.templates.plan import make_plan
from lib.templates.rendering import PhaseAnswer, PromptContext, check_prompts, preview_prompts, render_prompt
from lib.templates.steps import MAX_SECONDS
from lib.templates.structure import TemplateData, parse_template
from lib.templates.versions.service import check_data

MODEL = ModelChoice("openai", "gpt-4.1")
PHASE = "Phase 2 “Trap”"
CONTEXT = PromptContext(topic="Bicycles", project_name="Shop", inputs={"long": "word " * 10_000})

#: Known ways out of Jinja2, of its sandbox, and of what stands around a prompt, that can be seen in the text.
ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ()|attr('__class__')|attr('__base__')|attr('__subclasses__')() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].environ }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ config.items() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ topic | map('__class__') | list }}",
    "{{ '%c%c' | format(95, 95) }}",
    "{{ 'x'.format_map(topic) }}",
    "{{ '{0.__class__}' | format(topic) }}",
    "{{ (topic.title).__func__ }}",
    "{{ inputs.keys() }}",
    "{{ inputs.pop('long') }}",
    "{% set topic.x = 1 %}",
    "{% for key in loop.__class__ %}{% endfor %}",
    "{% for a in [1] %}{{ loop.cycle.__globals__ }}{% endfor %}",
    "{% for a in [1] %}{{ loop.changed.__self__ }}{% endfor %}",
    "{{ range.__self__ }}",
    "{{ [1] | sum(attribute='real.__class__') }}",
    "{{ ['a'] | groupby('__class__') }}",
    "{{ request.application.__globals__ }}",
    "{% import 'os' as os %}{{ os.system('id') }}",
    "{% include '/etc/passwd' %}",
    "{% debug %}",
    "{% do topic.append(1) %}",
    "{% trans %}x{% endtrans %}",
    "{{ caller() }}",
    "{{ dict(a=1) }}",
    "{{ topic is callable }}",
    "{{ topic is filter('attr') }}",
)
#: The same, hidden in values: nothing is reached by a name that is put together.
HIDDEN = (
    "{{ topic['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "{{ [1] | map(attribute='__class__.__mro__') | list | join }}",
    "{{ ['x'] | sort(attribute='__class__.__name__') | first }}",
    "{{ varargs }}",
)
_STEPS, _LONG, _DEEP = "more than 100,000 steps", "longer than 1,000,000 char", "nested too deeply"
#: Work without end, or with an end that nobody lives to see, and what stops it.
ENDLESS = {
    "{% for a in range(1000) %}" * 3 + "{% endfor %}" * 3: _STEPS,
    "{% for a in range(1000) %}{{ inputs.long | upper | lower | title | wordcount }}{% endfor %}": _STEPS,
    "{% for a in range(1000000000) %}{% endfor %}": "a range has more than 1,000 numbers",
    "{{ range(100000000) | list | length }}": "a range has more than 1,000 numbers",
    "{% for a in range(900) %}{{ inputs.long | replace('w', 'v') }}{% endfor %}": f"it becomes {_LONG}",
    "{% set a = inputs.long %}" + "{% set a = a ~ a %}" * 12 + "{{ a }}": f"a text becomes {_LONG}",
    "{{ inputs.long | replace('', inputs.long) }}": f"a text becomes {_LONG}",
    "{{ inputs.long[:5000] | list | join(inputs.long) }}": f"a text becomes {_LONG}",
    "{{ 'x' * 10000000000 }}": "“*” needs two numbers",
    "{{ 9 ** 9 ** 9 }}": "“pow” can't be used",
    "{{ " + "999999 * " * 50 + "9 }}": "a number becomes too large",
    "{{ " + "[" * 3_000 + "]" * 3_000 + " }}": _DEEP,
    "{{ " + "-" * 3_000 + "1 }}": _DEEP,
    "{{ " + "topic if topic else (" * 3_000 + "1" + ")" * 3_000 + " }}": _DEEP,
    "{{ topic" + "[0]" * 6_000 + " }}": _DEEP,
    "{% if topic %}" * 1_000: _DEEP,
}


def trap(prompt: str) -> TemplateData:
    """A harmless phase and one with the prompt. Not through `parse_template`, whose limits have tests of their own."""
    phases = [
        {"code": "Phase 0", "name": "Harmless", "prompt": "{{ topic }}"},
        {"code": "Phase 1", "name": "Trap", "prompt": prompt},
    ]
    return TemplateData.model_validate({"phases": phases})


def preview(prompt: str) -> None:
    plan = make_plan(trap(prompt), template_name="Test", template_version=1, model=MODEL)
    preview_prompts(plan, CONTEXT)


@pytest.mark.parametrize("prompt", ESCAPES)
def test_way_out_is_refused_when_it_is_saved_with_its_phase(prompt: str) -> None:
    with pytest.raises(PlanInvalid, match=re.escape(PHASE)):
        check_prompts(trap(prompt))


@pytest.mark.parametrize("prompt", HIDDEN)
def test_hidden_way_out_leads_nowhere(prompt: str) -> None:
    with pytest.raises(PlanInvalid, match=f"{re.escape(PHASE)}.* is not there"):
        preview(prompt)


@pytest.mark.parametrize("prompt", ENDLESS, ids=lambda prompt: prompt[:40])
def test_endless_work_is_stopped_in_the_phase_that_has_it(prompt: str) -> None:
    began = time.thread_time()
    with pytest.raises(PlanInvalid, match=f"{re.escape(PHASE)}.*{re.escape(ENDLESS[prompt])}"):
        preview(prompt)
    assert time.thread_time() - began < MAX_SECONDS + 1


def test_answer_of_a_model_is_never_a_template_and_fills_no_prompt() -> None:
    """What a model was talked into writing stands in the next prompt as text, and no more of it than fits."""
    plan = make_plan(trap("{{ previous | last | notes }}"), template_name="T", template_version=1, model=MODEL)
    for said in ("{{ ''.__class__ }}{% for a in range(999) %}", "x" * 3 * MAX_CHARACTERS):
        answers = {"Phase 0": PhaseAnswer("Phase 0", "Harmless", said)}
        context = PromptContext(topic="Bicycles", project_name="Shop", answers=answers)
        assert render_prompt(plan.phases[1], context)[:20] == said[:20]
    plan = make_plan(trap("{{ previous | last }}"), template_name="T", template_version=1, model=MODEL)
    with pytest.raises(PlanInvalid, match=f"{PHASE}.* longer than 1,000,000 characters"):
        render_prompt(plan.phases[1], context)


#: A million characters each.
NASTY = (
    "." + '"' * MAX_CHARACTERS,
    '."' * (MAX_CHARACTERS // 2),
    " \t" * (MAX_CHARACTERS // 2) + "x",
    "x:" + " \n" * (MAX_CHARACTERS // 2) + "x",
    "#" * MAX_CHARACTERS,
    "1." * (MAX_CHARACTERS // 2),
    "*_`" * (MAX_CHARACTERS // 3),
)


@pytest.mark.parametrize("said", NASTY, ids=lambda said: repr(said[:4]))
def test_no_text_makes_a_pattern_take_long(said: str) -> None:
    """Patterns that try again from every character take hours for a million of them."""
    began = time.thread_time()
    for limit in (120, 300, 12_000):
        assert len(take_notes(said, limit)) <= limit
    assert time.thread_time() - began < MAX_SECONDS


def test_prompt_of_a_megabyte_and_thousands_of_phases_are_refused_wherever_they_come_from() -> None:
    phase = {"code": "A", "name": "B", "prompt": "C"}
    too_long, too_many = [phase | {"prompt": "x" * 1_000_000}], [phase | {"code": f"P{n}"} for n in range(10_000)]
    for phases, words in ((too_long, "1000 kB together; 200 kB is the most"), (too_many, "more than 100 entries")):
        began = time.thread_time()
        for take in (parse_template, check_data):
            with pytest.raises(PlanInvalid, match=words):
                take({"phases": phases})
        assert time.thread_time() - began < 10, "a fifth of a second, and a collection of garbage that falls into it"


@pytest.mark.parametrize(
    "prompt", [ESCAPES[0], "{% include '/etc/passwd' %}", "{{ " + "[" * 3_000 + "]" * 3_000 + " }}"]
)
def test_file_that_brings_one_in_is_refused_with_line_and_phase(prompt: str) -> None:
    content = write_template_file(TemplateFile(name="Harmless", data=trap(prompt)))
    with pytest.raises(FileInvalid) as caught:
        read_template_file(content)
    (fault,) = caught.value.faults
    assert fault.words.startswith("data, phases 2, prompt: ")
    assert content.decode().splitlines()[fault.line - 1].strip().startswith("prompt: ")
