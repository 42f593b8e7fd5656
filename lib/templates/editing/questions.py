"""The questions that a draft asks at launch: put, renamed, arranged, and given a name that prompts can read."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from lib.errors import AlreadyTaken, Conflict, InvalidInput
from lib.templates.editing.content import Content, Phase, phases_of, set_sample, with_phases
from lib.templates.editing.meanwhile import FieldChanged
from lib.templates.editing.renaming import rename_key, rename_key_in_expression
from lib.templates.inputs import InputField, find_repeated
from lib.validation import validate

MAX_INPUTS = 50
_MAX_NAME = 50


def inputs_of(content: Content) -> list[Mapping[str, Any]]:
    """The questions, in order."""
    return list(content["data"].get("inputs", ()))


def names_of(content: Content) -> list[str]:
    """What prompts read their answers as, behind `inputs`."""
    return [field["name"] for field in inputs_of(content)]


def propose_name(label: str, taken: Collection[str] = ()) -> str:
    """A name for the answer to a question: “Who reads it?” as `who_reads_it`, with a number where it is taken."""
    letters = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = "_".join(re.findall(r"[a-z0-9]+", letters)).lstrip("0123456789_")[:_MAX_NAME].rstrip("_") or "answer"
    proposed, number = words, 2
    while proposed in taken:
        proposed = f"{words[: _MAX_NAME - 3]}_{number}"
        number += 1
    return proposed


def put_input(
    content: Content,
    entered: Mapping[str, Any],
    *,
    name: str | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Content:
    """Add a question, or put it in place of the one of that `name`, whose new name prompts read from now on.

    Raises `InvalidInput`, `AlreadyTaken`; `Conflict` where that one was removed meanwhile, and `FieldChanged` where
    it is not what was `seen`.
    """
    field = validate(InputField, entered, what="The question")
    written = field.model_dump(mode="json", exclude_defaults=True) | {"name": field.name, "label": field.label}
    _refuse_repeated(field)
    names = names_of(content)
    if field.name in names and field.name != name:
        message = f"Another question has the name “{field.name}”. Choose another one."
        raise AlreadyTaken(message, field="Name")
    if name is None:
        if len(names) >= MAX_INPUTS:
            message = f"A template asks at most {MAX_INPUTS} questions."
            raise InvalidInput(message)
        return _with_inputs(content, [*inputs_of(content), written])
    current = inputs_of(content)[_index(content, name)]
    if seen is not None and current not in (seen, written):
        raise FieldChanged(current)
    changed = [written if other["name"] == name else other for other in inputs_of(content)]
    return _rename_reads(_with_inputs(content, changed), name, field.name)


def _refuse_repeated(field: InputField) -> None:
    if repeated := find_repeated(field):
        message = f"The choice “{repeated}” is there twice. Leave one of them, or give one another name."
        raise InvalidInput(message, field="Choices")


def remove_input(content: Content, name: str) -> Content:
    """Take a question out."""
    _index(content, name)
    kept = [field for field in inputs_of(content) if field["name"] != name]
    return set_sample(_with_inputs(content, kept), ("inputs", name), None)


def move_input(content: Content, name: str, *, by: int) -> Content:
    """Move a question so many places down the list, or up."""
    fields, at = inputs_of(content), _index(content, name)
    moved = fields.pop(at)
    fields.insert(max(at + by, 0), moved)
    return _with_inputs(content, fields)


def _index(content: Content, name: str) -> int:
    names = names_of(content)
    if name not in names:
        message = "This question is not there any more: it was removed in another tab."
        raise Conflict(message)
    return names.index(name)


def _with_inputs(content: Content, fields: list[Mapping[str, Any]]) -> Content:
    return {**content, "data": {**content["data"], "inputs": [dict(field) for field in fields]}}


def _rename_reads(content: Content, old: str, new: str) -> Content:
    """Have prompts and samples name an input as it is called now."""
    if old == new:
        return content
    renamed = [_rename_in(phase, old, new) for phase in phases_of(content)]
    sample = content["samples"].get("inputs", {}).get(old)
    moved = set_sample(set_sample(content, ("inputs", old), None), ("inputs", new), sample)
    return with_phases(moved, renamed)


def _rename_in(phase: Phase, old: str, new: str) -> Phase:
    changed = {}
    if isinstance(prompt := phase.get("prompt"), str):
        changed["prompt"] = rename_key(prompt, "inputs", old, new)
    if isinstance(condition := phase.get("condition"), str):
        changed["condition"] = rename_key_in_expression(condition, "inputs", old, new)
    return {**phase, **changed}
