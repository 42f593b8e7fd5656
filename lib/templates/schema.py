"""The JSON Schema of a template's file, by which an editor completes names, explains them and marks what is wrong.

Made of the models: `python -m lib.templates.schema > docs/template.schema.json` after these have changed.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from lib.integrations.base import Kind
from lib.integrations.registry import find_kinds
from lib.templates.files import TemplateFile

_MODEL: Final = "Written as provider:model, for example openai:gpt-4.1-mini. The Launch page lists what is on offer."

#: Model -> what each of its fields is for, as whoever writes a template reads it; "" is the model itself.
_SAID: Final[Mapping[str, Mapping[str, str]]] = {
    "TemplateFile": {
        "": "A template of AI Orchestrator: phases of prompts, one after the other or side by side.",
        "name": "What the template is called.",
        "description": "What it makes, for whom, on the gallery's card.",
        "category": "One word under which it is found, such as research.",
        "tags": "More words under which it is found.",
        "data": "What it asks and does.",
    },
    "TemplateData": {
        "": "What the template asks and does.",
        "schema_version": "Always 1; may be left out.",
        "description": "What happens in the run, said before it is launched.",
        "inputs": "Questions that the launch form asks. A prompt reads an answer as {{ inputs.<name> }}.",
        "phases": "The steps. Each waits for the one above it unless depends_on says otherwise.",
        "model": f"What the launch form proposes. {_MODEL}",
        "parameters": "How the model is asked, in each phase that says nothing else.",
    },
    "InputField": {
        "": "A question that the launch form asks.",
        "name": "How prompts call the answer: {{ inputs.<name> }}. Small letters, digits and _.",
        "label": "The question as the form words it.",
        "kind": "text is one line, long_text several; choice is one of choices; a date is like 2026-01-31.",
        "required": "Whether it must be answered; true unless it says false.",
        "default": "What the form begins with.",
        "choices": "What can be chosen, for the kind choice and no other.",
        "help": "Explains the question beside it.",
        "max_length": "The most characters, for text (else 1,000) and long_text (else 50,000).",
        "minimum": "The least, for the kind number.",
        "maximum": "The most, for the kind number.",
    },
    "InputKind": {"": "What is entered."},
    "PhaseSpec": {
        "": "One step: a prompt and who answers it.",
        "code": "Short and unique, such as Phase 1; other phases name it in depends_on and {{ phases['Phase 1'] }}.",
        "name": "What people read.",
        "prompt": (
            "What the model is asked. At hand: topic, inputs, project.name, project.description, previous, "
            "phases['<code>'].response, .json.<field>, .status, model.is_small; the filter notes shortens earlier "
            "answers to what the model can take."
        ),
        "depends_on": (
            "Codes of the phases that must be completed, or skipped, before. Left out: the one above. []: none, it "
            "begins at once."
        ),
        "condition": (
            "An expression such as phases['Check'].json.score >= 7; where it is not true the phase is skipped. It "
            "reads what a prompt does, but model."
        ),
        "model": f"Who answers this phase, whatever is chosen at the launch. {_MODEL}",
        "parameters": "How the model is asked in this phase.",
        "output": "What the answer has to be; free text unless it says otherwise.",
        "timeout_seconds": "How long an answer may take; 300 where it is left out.",
        "max_attempts": "How often a model is asked where it fails; 3 where it is left out.",
        "fallback_models": "Asked in this order, each where the one before it has failed for good.",
        "review": "People who have to agree before the phases behind this one begin.",
        "operations": "What is done with the answer once the phase is completed, approved if it has a review.",
    },
    "ModelParameters": {
        "": "How a model is asked to write. What is left out is decided by the provider.",
        "temperature": "0 is sober, 2 is wild.",
        "top_p": "Only the likeliest words, up to this share.",
        "max_tokens": "Where an answer ends at the latest.",
        "presence_penalty": "Above 0 the model turns to new subjects sooner.",
        "frequency_penalty": "Above 0 the model repeats words less.",
        "seed": "The same number gives the same answer, where the provider promises that.",
        "stop": "Texts before which an answer ends.",
    },
    "PhaseOutput": {
        "": "What the answer has to be.",
        "kind": "text, or json. A paragraph that asks for JSON alone is put behind the prompt then.",
        "schema": (
            "A JSON Schema of draft 2020-12 that the answer has to fit. Without $id, anchors and patternProperties; "
            "$ref leads to a place in it, and pattern is a regular expression of RE2."
        ),
    },
    "ReviewGate": {
        "": "People who have to agree before the phases behind this one begin. Nobody approves their own run alone.",
        "required_approvals": "How many; 1 where it is left out.",
        "reviewers": "Roles, such as manager, or ids of people; left out it is everybody who may review.",
        "due_hours": "Within how many hours; they are reminded before, and admins are told after.",
        "instructions": "What they should look at.",
    },
    "OperationSpec": {
        "": "Something done with the answer: a file written, an address called, a message sent.",
        "type": "What is done.",
        "name": "What people read.",
        "parameters": (
            "How it is done. Texts may read what prompts do, and answer, answers, answers_json, phase.name, run.title, "
            "run.url."
        ),
        "requires_approval": "Whether somebody approves it first; left out, what leads outside waits for that.",
        "condition": "An expression; where it is not true nothing is done.",
    },
}


class _WithoutTitles(GenerateJsonSchema):
    """A field's name says what its title would."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def make_schema() -> dict[str, Any]:
    """The schema of what `read_template_file` takes. `KeyError` for a field of which nothing is said here."""
    made = TemplateFile.model_json_schema(schema_generator=_WithoutTitles)
    parts = made.pop("$defs")
    anything = {"JsonValue": parts.pop("JsonValue")}
    for name, part in (("TemplateFile", made), *parts.items()):
        _explain(part, _SAID[name])
    _know_kinds(parts["OperationSpec"])
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Template of AI Orchestrator",
        **{key: value for key, value in made.items() if key != "title"},
        "$defs": parts | anything,
    }


def _know_kinds(operation: dict[str, Any]) -> None:
    """Each kind of operation has parameters of its own."""
    operation["properties"]["type"]["enum"] = list(find_kinds())
    operation["allOf"] = [
        {
            "if": {"properties": {"type": {"const": name}}},
            "then": {"properties": {"parameters": _parameters_of(kind)}},
        }
        for name, kind in find_kinds().items()
    ]


def _parameters_of(kind: Kind) -> dict[str, Any]:
    made = kind.parameters.model_json_schema(schema_generator=_WithoutTitles)
    made.pop("$defs", None)  # JsonValue, which the whole schema has
    for part in (made, *made.get("properties", {}).values()):
        for key in ("title", "lines", "default"):
            part.pop(key, None)
    return made


def write_schema() -> str:
    """The same as docs/template.schema.json has it."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"


def _explain(part: dict[str, Any], said: Mapping[str, str]) -> None:
    part.pop("title", None)
    part["description"] = said[""]
    for name, field in part.get("properties", {}).items():
        field["description"] = said[name]
        if not isinstance(field.get("default"), str | int | list):
            field.pop("default", None)  # an editor would write out what is better left out


if __name__ == "__main__":
    print(write_schema(), end="")
