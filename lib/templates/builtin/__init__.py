"""The public templates that come with the application: one YAML file each, in this folder."""

from functools import cache
from pathlib import Path
from typing import Final

from lib.templates.files import TemplateFile, read_template_file

#: Asks nothing but a topic: what a launch begins with where nobody has made a template yet.
FIRST: Final = "Project plan"


@cache
def list_builtin_templates() -> tuple[TemplateFile, ...]:
    """All of them, by name."""
    found = (read_template_file(path.read_bytes()) for path in Path(__file__).parent.glob("*.yaml"))
    return tuple(sorted(found, key=lambda template: template.name))
