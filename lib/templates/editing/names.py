"""What a prompt of a draft may read, and what it reads that is not there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lib.templates.conditions import fields_of
from lib.templates.editing.content import Content, get_phase
from lib.templates.editing.phases import dependencies_of, upstream_of
from lib.templates.editing.questions import inputs_of, names_of
from lib.templates.filters import FILTERS
from lib.templates.reads import Read, find_reads
from lib.templates.steps import PromptFault
from lib.validation import find_similar

_TOP: Final = ("topic", "inputs", "project", "phases", "previous", "model")
_PROJECT, _MODEL = ("name", "description"), ("name", "is_small", "notes_characters")

#: The filters that a prompt needs most, with what each is for.
FILTER_WORDS: Final = {
    "notes": "the gist, as long as the model can take; notes(300) is at most 300 characters",
    "upper": "in capital letters",
    "lower": "in small letters",
    "default('none')": "what stands there where it is empty or missing",
    "replace('old', 'new')": "one word put in the place of another",
    "truncate(200)": "cut after 200 characters",
    "join(', ')": "a list as one text",
    "length": "how many letters, or entries",
}
assert all(name.partition("(")[0] in FILTERS for name in FILTER_WORDS)  # noqa: S101 - a filter that is there


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that a prompt may read: what is written for it, and what it is."""

    expression: str
    meaning: str

    @property
    def written(self) -> str:
        """As it stands in a prompt."""
        return f"{{{{ {self.expression} }}}}"


def list_variables(content: Content, code: str) -> tuple[Variable, ...]:
    """What the prompt of that phase may read: of other phases those alone that have answered by then."""
    names = {phase["code"]: phase["name"] for phase in content["data"]["phases"]}
    upstream = upstream_of(content, code)
    found = [Variable("topic", "what the run is about")]
    found += [Variable(f"inputs.{field['name']}", field["label"]) for field in inputs_of(content)]
    if dependencies_of(content)[code]:
        found.append(Variable("previous | notes", "all answers so far, as much as the model can take"))
    for other in upstream:
        found.append(Variable(f'phases["{other}"].response', f"the answer of “{names[other]}”"))
        fields = fields_of(get_phase(content, other).get("output"))
        found += [Variable(f'phases["{other}"].json.{field}', f"a field of “{names[other]}”") for field in fields or ()]
    return (
        *found,
        Variable("project.name", "the project's name"),
        Variable("project.description", "what the team says about it"),
        Variable("model.is_small", "whether the model is a tiny one, for {% if model.is_small %}"),
    )


def find_unknown(content: Content, code: str) -> tuple[str, ...]:
    """What the prompt reads that will not be there, one line each; nothing where the prompt is not a valid one."""
    phase = get_phase(content, code)
    try:
        reads = find_reads(str(phase.get("prompt", "")))
    except PromptFault:
        return ()
    return tuple(_explain(content, code, reads))


def _explain(content: Content, code: str, reads: Iterable[Read]) -> Iterator[str]:
    known: dict[str | None, tuple[str, ...]] = {
        None: _TOP,
        "inputs": tuple(names_of(content)),
        "project": _PROJECT,
        "model": _MODEL,
        "phases": upstream_of(content, code),
    }
    there = dependencies_of(content)
    for read in reads:
        if read.name in known[read.group]:
            continue
        said = f"line {read.line}: “{_written(read)}” is not there"
        if read.group == "phases" and read.name in there and read.name != code:
            yield f"{said}: this phase does not wait for it; choose it under “After”"
            continue
        similar = _find_meant(read, known)
        yield f"{said}; did you mean “{similar}”?" if similar else f"{said}{_at_hand(read, known[read.group])}"


def _written(read: Read) -> str:
    if read.group is None:
        return read.name
    return f'phases["{read.name}"]' if read.group == "phases" else f"{read.group}.{read.name}"


def _find_meant(read: Read, known: dict[str | None, tuple[str, ...]]) -> str | None:
    similar = find_similar(read.name, known[read.group])
    if similar:
        return _written(Read(read.group, similar, read.line))
    # "audience" for "inputs.audience" is what people write first
    if read.group is None and (meant := find_similar(read.name, known["inputs"])):
        return f"inputs.{meant}"
    return None


def _at_hand(read: Read, names: tuple[str, ...]) -> str:
    shown = ", ".join(_written(Read(read.group, name, read.line)) for name in names[:8])
    return f"; at hand: {shown}" if shown else ""
