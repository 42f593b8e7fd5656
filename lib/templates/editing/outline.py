"""A template in words, for comparing two of them line by line; and what tells them apart, in a few lines."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

Data = Mapping[str, Any]

_LABELS: Final = {
    "timeout_seconds": "Time-out in seconds",
    "max_attempts": "Attempts",
    "fallback_models": "Fallback models",
    "condition": "Condition",
    "model": "Model",
    "parameters": "Parameters",
    "output": "Answer",
    "review": "Review",
    "operations": "Operations",
    "prompt": "Prompt",
    "name": "Name",
    "depends_on": "After",
}


def outline(data: Data) -> str:
    """All that the template says."""
    return "\n".join(_lines(data))


def list_changes(old: Data, new: Data) -> tuple[str, ...]:
    """One line a phase, a question or a part of the template that differs, in the order of the new one."""
    return (*_of_template(old, new), *_of_each(old, new, "inputs", "name", "Question"), *_of_phases(old, new))


def _lines(data: Data) -> Iterator[str]:
    for key in ("description", "model", "parameters"):
        if data.get(key):
            yield f"{key.capitalize()}: {_said(data[key])}"
    for field in data.get("inputs", ()):
        yield ""
        yield f"Question “{field['label']}”, read as inputs.{field['name']}"
        yield from (f"  {key}: {_said(value)}" for key, value in field.items() if key not in {"name", "label"})
    before: list[str] = []
    for phase in data.get("phases", ()):
        yield ""
        yield f"{phase['code']}: {phase.get('name', '')}"
        needed = phase.get("depends_on")
        yield f"  After: {', '.join(before if needed is None else needed) or 'nothing'}"
        settings = (key for key in phase if key not in {"code", "name", "depends_on", "prompt"})
        yield from (f"  {_LABELS.get(key, key)}: {_said(phase[key])}" for key in settings)
        yield from (f"  {line}" for line in str(phase.get("prompt", "")).split("\n"))
        before = [phase["code"]]


def _of_template(old: Data, new: Data) -> Iterator[str]:
    for key in ("description", "model", "parameters"):
        if (old.get(key) or None) != (new.get(key) or None):
            yield f"{key.capitalize()} of the template changed"


def _of_phases(old: Data, new: Data) -> Iterator[str]:
    yield from _of_each(old, new, "phases", "code", "Phase")
    kept = {phase["code"] for phase in old.get("phases", ())} & {phase["code"] for phase in new.get("phases", ())}
    orders = [[phase["code"] for phase in data.get("phases", ()) if phase["code"] in kept] for data in (old, new)]
    if orders[0] != orders[1]:
        yield "The phases stand in another order"


def _of_each(old: Data, new: Data, group: str, key: str, what: str) -> Iterator[str]:
    before = {part[key]: part for part in old.get(group, ())}
    after = {part[key]: part for part in new.get(group, ())}
    for name, part in after.items():
        title = f"{what} “{part.get('name' if group == 'phases' else 'label', name)}”"
        if name not in before:
            yield f"{title} is new"
        elif changed := _changed(before[name], part):
            yield f"{title}: {', '.join(changed)}"
    for name, part in before.items():
        if name not in after:
            yield f"{what} “{part.get('name' if group == 'phases' else 'label', name)}” is removed"


def _changed(old: Data, new: Data) -> list[str]:
    keys = (key for key in dict.fromkeys((*new, *old)) if _differs(key, old.get(key), new.get(key)))
    return [_LABELS.get(key, key.replace("_", " ")).lower() for key in keys]


def _differs(key: str, old: object, new: object) -> bool:
    # of what a phase waits for, nothing is the phase before, and an empty list is none; a review that says no more
    # than that there is one is a review
    return old != new if key in {"depends_on", "review"} else (old or None) != (new or None)


def _said(value: object) -> str:
    if value == {}:
        return "yes"  # a review that says no more than that there is one
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
