"""Templates as files: read as they were written, and refused with line, column and field."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.access.actor import Actor
from lib.errors import FileInvalid, NotFound, NotPermitted
from lib.models.template import TemplateStatus
from lib.templates import files
from lib.templates.files import TemplateFile, export_template, import_template, read_template_file, write_template_file
from lib.templates.gallery import list_templates
from lib.templates.service import TemplateDetails, create_template, get_template
from lib.templates.structure import MAX_PHASES
from lib.templates.versions.service import save_version
from lib.templates.yaml_text import MAX_DEPTH, MAX_VALUES
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.templates.test_structure import EVERYTHING
from tests.records import rows

#: Lines 1 to 4 of a file that is right so far.
HEAD = "name: Brief\ndata:\n  phases:\n    - {code: A, name: First, prompt: Write.}\n"


def read(text: str) -> TemplateFile:
    return read_template_file(text.encode())


def faults(content: str | bytes) -> list[str]:
    with pytest.raises(FileInvalid) as caught:
        read_template_file(content.encode() if isinstance(content, str) else content)
    assert caught.value.problems == tuple(map(str, caught.value.faults))
    return list(caught.value.problems)


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
_lines = st.lists(_text | st.sampled_from(["", "  - x", "on", "# no", "\tx ", "{{ topic }}", "a: b"]), max_size=5).map(
    "\n".join
)
_words = _text.filter(lambda text: bool(text.strip()))
_numbers = st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15)
_json = st.recursive(
    st.none() | st.booleans() | _numbers | _lines | st.sampled_from(["1e5", "0x1f", "2026-01-31", "~", "012", "="]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
#: Of words that mean nothing there: those that mean something can't have just any value.
_schemas = st.dictionaries(_text.map("x-{}".format), _json)
_parameters = st.fixed_dictionaries(
    {},
    optional={"temperature": st.floats(0, 2), "max_tokens": st.integers(1, 900), "stop": st.lists(_words, max_size=2)},
)
_inputs = st.fixed_dictionaries(
    {"label": _words},
    optional={
        "default": st.sampled_from(["on", "1.10", "007", "null", "2026-01-31", "- a"]),
        "help": _lines,
        "required": st.booleans(),
    },
)
_phases = st.fixed_dictionaries(
    {"name": _words, "prompt": _lines.map(lambda text: f"{text}.").filter(lambda text: "{" not in text)},
    optional={
        "depends_on": st.none() | st.just([]),
        "parameters": _parameters,
        "output": st.fixed_dictionaries({"kind": st.just("json")}, optional={"schema": _schemas}),
        "review": st.fixed_dictionaries({}, optional={"instructions": _lines, "due_hours": st.integers(1, 99)}),
        "operations": st.lists(
            st.fixed_dictionaries({"type": _words}, optional={"parameters": st.dictionaries(_text, _json, max_size=2)}),
            max_size=2,
        ),
    },
)


@st.composite
def template_files(draw: st.DrawFn) -> TemplateFile:
    phases = draw(st.lists(_phases, min_size=1, max_size=3))
    data: dict[str, Any] = {"phases": [{"code": f"{n}", **phase} for n, phase in enumerate(phases)]}
    data |= draw(st.fixed_dictionaries({}, optional={"description": _lines, "parameters": _parameters}))
    if inputs := draw(st.lists(_inputs, max_size=2)):
        data["inputs"] = [{"name": f"n{n}", **each} for n, each in enumerate(inputs)]
    card = draw(st.fixed_dictionaries({"name": st.just("007")}, optional={"tags": st.just(["on", "1", "a b"])}))
    return TemplateFile.model_validate({**card, "data": data})


@given(template_files())
def test_whatever_a_template_says_is_read_back(template: TemplateFile) -> None:
    again = read_template_file(write_template_file(template))
    assert again == template
    assert again.data.to_json() == template.data.to_json()


def test_everything_that_a_template_can_say_is_read_back() -> None:
    template = TemplateFile.model_validate({"name": "All", "data": EVERYTHING})
    assert read_template_file(write_template_file(template)).data.to_json() == EVERYTHING


def test_file_is_one_that_people_edit() -> None:
    phase = {"code": "A", "name": "First", "prompt": "Dear reader, \n\n  * one\n\t{{ topic }}"}
    data = {"phases": [phase, {"code": "B", "depends_on": [], "name": "Second", "prompt": "Short: {{ topic }}"}]}
    template = TemplateFile.model_validate({"name": "Brief", "tags": ["a", "on"], "data": data})
    assert write_template_file(template).decode().partition("can stand in it.\n")[2] == (
        "name: Brief\n"
        "tags: [a, 'on']\n"
        "data:\n"
        "  phases:\n"
        "    - code: A\n"
        "      name: First\n"
        "      prompt: |-\n"
        "        Dear reader, \n"
        "\n"
        "          * one\n"
        "        \t{{ topic }}\n"
        "    - code: B\n"
        "      name: Second\n"
        "      prompt: 'Short: {{ topic }}'\n"
        "      depends_on: []\n"
    )


def test_what_people_mean_arrives() -> None:
    text = """\ufeffname: 2026
tags: [on, 1.10, no]
data:
  inputs:
    - {name: start, label: 12:30, kind: date, default: 2026-01-31, required: no}
    - {name: size, label: Size, kind: choice, choices: [1, 2.50, yes], default: 2.50}
    - {name: sum, label: Sum, kind: number, default: 1.5}
  phases:
    - {code: 1, name: Yes, prompt: 007}
    - {code: 2, name: null, prompt: x, depends_on: [1]}
"""
    template = read(text)
    start, size, total = template.data.inputs
    assert (template.name, template.tags) == ("2026", ("on", "1.10", "no"))
    assert (start.label, start.default, start.required) == ("12:30", "2026-01-31", False)
    assert (size.choices, size.default, total.default) == (("1", "2.50", "yes"), "2.50", 1.5)
    assert [(phase.code, phase.name, phase.prompt) for phase in template.data.phases] == [
        ("1", "Yes", "007"),
        ("2", "null", "x"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("# nothing but this", "line 1, column 1: must be a group of named values"),
        ("just words", "line 1, column 1: must be a group of named values"),
        (HEAD + "colour: red", "line 5, column 1: “colour” is not known; known are name, description, category"),
        (HEAD + "      promt: x", "line 5, column 7: data, phases 1, prompt: the indentation fits nothing above it"),
        (HEAD.replace("prompt", "promt"), "line 4, column 30: data, phases 1: “promt” is not known; did you mean"),
        (HEAD + "    - {code: B, name: Next}", "line 5, column 7: data, phases 2, prompt: is missing"),
        (HEAD + "  model: gpt-4", "line 5, column 10: data, model: “gpt-4” is not a model. Write it as"),
        (HEAD + "  parameters: {temperature: hot}", "line 5, column 29: data, parameters, temperature: must be a num"),
        (HEAD + "tags: a, b", "line 5, column 7: tags: must be a list"),
        (HEAD + "category: [a]", "line 5, column 11: category: must be text"),
        (HEAD + "tags: ['a\u0001']", "line 5, column 10: there is a control character; take it out"),
        (HEAD + 'category: "a\\u0001"', "line 5, column 11: Category has an invisible control character"),
        (HEAD + 'description: "a\\0"', "line 5, column 14: description: has a character that can't be stored"),
        (HEAD + "name: Again", "line 5, column 1: name: is there twice, in line 1 already"),
        (HEAD + "    - {code: A, name: B, prompt: C}", "line 5, column 14: data: the phase “A” is there twice"),
        (HEAD + "    - {code: B, name: B, prompt: C, depends_on: [X]}", "line 5, column 23: data: “B” waits for “X”"),
        (
            HEAD + "    - {code: B, name: B, prompt: {{ topic }}}",
            "line 5, column 35: data, phases 2, prompt: a name must",
        ),
        (
            HEAD + "    - {code: B, name: B, prompt: '{% if'}",
            "line 5, column 34: data, phases 2, prompt: line 1: unexp",
        ),
        (
            HEAD + "    - code: B\n      name: B\n      prompt: |\n\n        Fine.\n        {{ topic | uper }}",
            "line 10, column 1: data, phases 2, prompt: there is no filter “uper”; did you mean “upper”",
        ),
        (HEAD + "---\nname: B", "line 5, column 1: a second document begins; a file holds one template"),
        (HEAD + "category: &a x", "line 5, column 11: category: “&a” can't be used"),
        (HEAD + "category: *a", "line 5, column 11: category: “*a” can't be used; write what it stands for"),
        (HEAD + "category: !!python/name:os.system", "line 5, column 11: category: the tag “tag:yaml.org,2002:python"),
        (HEAD + "category: !x {}", "line 5, column 11: category: the tag “!x” can't be used"),
        (HEAD + "\tcategory: x", "line 5, column 1: data, phases: a tabulator can't indent; use spaces"),
        (HEAD + "category: 'x", "line 5, column 11: category: a quotation mark is opened and never closed"),
        (HEAD + "category: a: b", "line 5, column 12: category: a colon can't stand here"),
        (HEAD + "category: [a", "line 5, column 13: category 1: a comma or a closing bracket is missing"),
        (HEAD + "category: @a", "line 5, column 11: category: a text can't begin with this character"),
        (HEAD + "category: \x07", "line 5, column 11: there is a control character; take it out"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, words: str) -> None:
    found = faults(text)
    assert any(problem.startswith(words) for problem in found), found


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            HEAD.encode() + b"category: Caf" + b"\xe9",
            "line 5, column 14: this is not UTF-8; save the file with",
        ),
        (HEAD.encode("utf-16"), "line 1, column 1: this is not UTF-8"),
    ],
)
def test_other_encodings_are_named(content: bytes, words: str) -> None:
    assert faults(content)[0].startswith(words)


def test_many_faults_are_said_at_once_each_with_its_line() -> None:
    wrong = [f"    - {{code: P{n}, name: Next, prompt: x, colour: red}}\n" for n in range(30)]
    with pytest.raises(FileInvalid) as caught:
        read(HEAD + "".join(wrong))
    found = caught.value.faults
    assert [fault.line for fault in found[:-1]] == list(range(5, 25))
    assert found[0].text == wrong[0].rstrip("\n")
    assert found[-1].words == "and 10 more"


def test_too_large_file_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "read_yaml", lambda text: pytest.fail("it was parsed"))
    assert faults(b"#" * 1_000_001) == ["it has 1,000,001 bytes; 1,000,000 is the most"]


def test_what_would_take_forever_is_left_where_it_grows() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert faults(bomb)[0] == "line 1, column 4: a: “&a” can't be used: values can't be named"
    assert f"nested more than {MAX_DEPTH} levels deep" in faults("[" * 400_000)[0]
    assert f"more than {MAX_VALUES:,} values" in faults("[" + "x," * 400_000)[0]
    phases = "".join(f"    - {{code: P{n}, name: N, prompt: x}}\n" for n in range(10_000))
    assert faults(HEAD + phases) == [f"line 4, column 5: data, phases: has more than {MAX_PHASES} entries"]
    assert "200 kB is the most" in faults(HEAD.replace("Write.", "x" * 900_000))[0]


def data(prompt: str) -> dict[str, Any]:
    return {"phases": [{"code": "Phase 0", "name": "Only", "prompt": prompt}]}


@pytest.fixture
def template_id(installation: Installation, cast: Cast) -> UUID:
    details = TemplateDetails(name="Brief", description="For all", category="research", tags=("a", "b"))
    made = create_template(cast.max, details, data("First: {{ topic }}"))
    save_version(cast.max, made, data("Second: {{ topic }}"), base_version=1)
    return made


def prompt_of(content: bytes) -> str:
    return read_template_file(content).data.phases[0].prompt


def test_export_is_the_version_that_is_offered_or_another_and_the_trail_says_who_took_it(
    cast: Cast, installation: Installation, template_id: UUID
) -> None:
    assert prompt_of(export_template(cast.alice, template_id)) == "Second: {{ topic }}"
    assert prompt_of(export_template(cast.alice, template_id, 1)) == "First: {{ topic }}"
    trail = "SELECT user_id, resource_id, new_values FROM audit_logs WHERE action = 'templates.export' ORDER BY id"
    assert rows(installation, trail) == [
        {
            "user_id": cast.alice.user_id,
            "resource_id": template_id,
            "new_values": {"format": "yaml", "version": version},
        }
        for version in (2, 1)
    ]
    with pytest.raises(NotFound):
        export_template(cast.vera, template_id, 3)
    with pytest.raises(NotFound):
        export_template(cast.charlie, template_id)


def test_import_is_a_draft_of_ones_own(cast: Cast, template_id: UUID) -> None:
    content = export_template(cast.max, template_id)
    made = get_template(cast.mona, import_template(cast.mona, content))
    assert (made.name, made.description, made.category, made.tags) == ("Brief", "For all", "research", ("a", "b"))
    assert (made.status, made.version, made.data) == (TemplateStatus.DRAFT, 1, read_template_file(content).data)
    assert made.maker
    assert made.maker.name == cast.mona.full_name
    with pytest.raises(NotPermitted):
        import_template(cast.vera, content)


def test_import_of_a_faulty_file_makes_nothing(cast: Cast, installation: Installation) -> None:
    with pytest.raises(FileInvalid):
        import_template(cast.max, b"name: Brief")
    assert names(cast.max) == []


def names(actor: Actor) -> list[str]:
    return [template.name for template in list_templates(actor).items]


def test_choice_that_is_there_twice_is_named_with_its_line() -> None:
    asked = "  inputs:\n    - name: tone\n      label: Tone\n      kind: choice\n      choices:\n"
    told = faults(f"{HEAD}{asked}        - warm\n        - cool\n        - warm\n")
    assert told == ["line 12, column 11: data, inputs 1, choices: the choice “warm” is there twice"]
    once = read(f"{HEAD}{asked}        - warm\n        - cool\n")
    assert once.data.inputs[0].choices == ("warm", "cool")
