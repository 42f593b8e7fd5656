"""docs/template.schema.json says what the models say, and what is written by it can be imported."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from lib.config import ROOT
from lib.errors import PlanNotSupported
from lib.providers.local import CHOICE
from lib.templates.builtin import list_builtin_templates
from lib.templates.files import SCHEMA_FILE, TemplateFile, read_template_file, write_template_file
from lib.templates.operations import refuse_unsupported
from lib.templates.plan import make_plan
from lib.templates.schema import make_schema, write_schema
from lib.templates.structure import parse_template
from lib.templates.yaml_text import read_yaml
from tests.lib.templates.test_structure import EVERYTHING

DOCS = ROOT / "docs"
VALIDATOR = Draft202012Validator(make_schema())


def test_schema_is_what_the_models_say() -> None:
    written = (DOCS / SCHEMA_FILE).read_text(encoding="utf-8")
    assert written == write_schema(), "make it anew: python -m lib.templates.schema > docs/template.schema.json"
    Draft202012Validator.check_schema(json.loads(written))


def test_schema_takes_what_a_template_can_say_and_no_more() -> None:
    everything = {"name": "All", "data": EVERYTHING}
    assert VALIDATOR.is_valid(everything)
    assert not VALIDATOR.is_valid(everything | {"colour": "red"})
    assert not VALIDATOR.is_valid({"name": "All", "data": EVERYTHING | {"phases": []}})
    for template in list_builtin_templates():
        VALIDATOR.validate(read_yaml(write_template_file(template).decode()).value)


def test_every_field_is_explained_and_what_can_not_be_run_yet_is_said_to_be() -> None:
    parts = make_schema()["$defs"]
    fields = {(part, name): field for part in parts for name, field in parts[part].get("properties", {}).items()}
    assert all(field["description"].endswith(".") for field in fields.values())
    said = {name for (part, name), field in fields.items() if part == "PhaseSpec" and "Not in this" in str(field)}
    phase = next(phase for phase in EVERYTHING["phases"] if "review" in phase) | {"depends_on": []}
    for name in phase.keys() - {"code", "name", "prompt", "output"}:
        bare = {"code": "A", "name": "B", "prompt": "C", "depends_on": [], name: phase[name]}
        plan = make_plan(parse_template({"phases": [bare]}), template_name="T", template_version=1, model=CHOICE)
        if name in said:
            with pytest.raises(PlanNotSupported):
                refuse_unsupported(plan)
        else:
            refuse_unsupported(plan)
    assert said == set(), "this version runs all of it"


def test_example_of_the_documentation_is_one() -> None:
    text = (DOCS / "templates.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(# yaml-language-server.*?)```", text, re.DOTALL)
    template = read_template_file(example.encode())
    VALIDATOR.validate(read_yaml(example).value)
    assert isinstance(template, TemplateFile)
    refuse_unsupported(make_plan(template.data, template_name="T", template_version=1, model=CHOICE))
    inputs = {field.kind for field in template.data.inputs}
    assert len(inputs) == 5, "it shows every kind of question"
