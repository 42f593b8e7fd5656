"""What a draft holds, valid or not: the template as it is being written, and the samples that its previews read.

    {"data": TemplateData as JSON, "samples": {"topic": …, "inputs": {name: …}, "answers": {phase code: text}}}

A draft begins with a version that is valid, and every change of this package keeps its structure: phases have codes of
their own, wait for phases that are there, and never for each other. What stands in the fields may be anything.
Nothing here changes what it is given.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lib.templates.editing.meanwhile import PhaseGone

Content = dict[str, Any]
Phase = Mapping[str, Any]
#: Where a field stands: `("prompt",)`, `("parameters", "temperature")`.
Path = Sequence[str]


def begin(data: Mapping[str, Any]) -> Content:
    """The draft that begins with what a version says."""
    return {"data": dict(data), "samples": {}}


def phases_of(content: Content) -> list[Phase]:
    """The phases, in order."""
    return list(content["data"].get("phases", ()))


def codes_of(content: Content) -> list[str]:
    """Their codes, in order."""
    return [phase["code"] for phase in phases_of(content)]


def get_phase(content: Content, code: str) -> Phase:
    """The phase of that code. Raises `PhaseGone` where it was removed meanwhile."""
    for phase in phases_of(content):
        if phase["code"] == code:
            return phase
    raise PhaseGone


def with_phases(content: Content, phases: Sequence[Phase]) -> Content:
    """The draft with other phases."""
    return {**content, "data": {**content["data"], "phases": [dict(phase) for phase in phases]}}


def set_phase_field(content: Content, code: str, path: Path, value: object) -> Content:
    """Change one field of a phase; None takes it out."""
    get_phase(content, code)
    changed = [_put(phase, path, value) if phase["code"] == code else phase for phase in phases_of(content)]
    return with_phases(content, changed)


def set_template_field(content: Content, path: Path, value: object) -> Content:
    """Change one field of the template; None takes it out."""
    return {**content, "data": _put(content["data"], path, value)}


def set_sample(content: Content, path: Path, value: object) -> Content:
    """Change one sample, such as `("inputs", "audience")`; None takes it out."""
    return {**content, "samples": _put(content["samples"], path, value)}


def _put(old: Mapping[str, Any], path: Path, value: object) -> dict[str, Any]:
    key, *rest = path
    if rest:
        inner = old.get(key)
        value = _put(inner if isinstance(inner, Mapping) else {}, rest, value)
    if value is None:
        return {name: kept for name, kept in old.items() if name != key}
    return {**old, key: value}
