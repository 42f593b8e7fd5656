"""The public templates that come with the application: one YAML file each, in this folder."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from lib.templates.rendering import check_prompts
from lib.templates.structure import TemplateData, parse_template


@dataclass(frozen=True, slots=True)
class BuiltinTemplate:
    """A template that belongs to no organization; the columns of its row, and what it says."""

    name: str
    description: str
    category: str
    tags: tuple[str, ...]
    data: TemplateData


@cache
def list_builtin_templates() -> tuple[BuiltinTemplate, ...]:
    """All of them, by name."""
    found = (_read(path) for path in Path(__file__).parent.glob("*.yaml"))
    return tuple(sorted(found, key=lambda template: template.name))


def _read(path: Path) -> BuiltinTemplate:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    data = parse_template(content.pop("data"))
    check_prompts(data)
    return BuiltinTemplate(tags=tuple(content.pop("tags")), data=data, **content)
