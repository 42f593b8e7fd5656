"""What a draft holds, valid or not: the template as it is being written, and the samples that its previews read.

    {"data": TemplateData as JSON, "samples": {"topic": …, "inputs": {name: …}, "answers": {phase code: text}}}

A draft begins with a version that is valid, and every change of this package keeps its structure: phases have codes of
their own, wait for phases that are there, and never for each other. What stands in the fields may be anything.
Nothing here changes what it is given.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lib.errors import Conflict
from lib.templates.editing.meanwhile import PhaseGone

Content = dict[str, Any]
Phase = Mapping[str, Any]
#: Where a field stands: `("prompt",)`, `("parameters", "temperature")`.
Path = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Switch:
    """A part of a phase that is there or not, with fields of its own."""

    is_on: Callable[[Phase], bool]
    begun: Mapping[str, Any]
    refusal: str


_SWITCHED: Final = {
    "review": _Switch(
        lambda phase: phase.get("review") is not None,
        {},
        "Nobody looks at the answer of this phase any more. Switch the review on again to keep this.",
    ),
    "output": _Switch(
        lambda phase: (phase.get("output") or {}).get("kind") == "json",
        {"kind": "json"},
        "The answer of this phase is free text by now. Choose JSON again to keep this.",
    ),
}


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
    """Change one field of a phase; None takes it out.

    Raises `Conflict` for a part of a review, or of an answer in JSON, where the phase has none: it would begin one.
    """
    phase = get_phase(content, code)
    if len(path) > 1 and path[0] in _SWITCHED and not _SWITCHED[path[0]].is_on(phase):
        raise Conflict(_SWITCHED[path[0]].refusal)
    changed = [_put(phase, path, value) if phase["code"] == code else phase for phase in phases_of(content)]
    return with_phases(content, changed)


def switch_on(content: Content, code: str, path: Path) -> Content:
    """The draft in which the phase has the review, or the answer in JSON, that the field is a part of."""
    if len(path) == 1 or path[0] not in _SWITCHED or _SWITCHED[path[0]].is_on(get_phase(content, code)):
        return content
    return set_phase_field(content, code, path[:1], dict(_SWITCHED[path[0]].begun))


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
