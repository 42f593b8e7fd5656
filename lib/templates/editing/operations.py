"""The operations of a draft's phases: added, changed, removed; and what is wrong with them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from lib.errors import InvalidInput
from lib.integrations.registry import find_kinds, get_kind
from lib.templates.editing.content import Content, Path, get_phase, phases_of, set_phase_field
from lib.templates.editing.meanwhile import OperationGone
from lib.templates.editing.renaming import rename_key, rename_key_in_expression
from lib.templates.operations import find_faults_to_mend
from lib.templates.structure import MAX_OPERATIONS, OperationSpec

Operation = Mapping[str, Any]


def operations_of(content: Content, code: str) -> list[Operation]:
    """Those of a phase, in order."""
    return list(get_phase(content, code).get("operations") or ())


def add_operation(content: Content, code: str, kind: str) -> Content:
    """Put one of that kind behind the others, as its kind begins. Raises `InvalidInput` where there are too many."""
    found = operations_of(content, code)
    if len(found) >= MAX_OPERATIONS:
        message = f"A phase has at most {MAX_OPERATIONS} operations. Put the rest behind another one."
        raise InvalidInput(message)
    begun = {
        name: field.get_default(call_default_factory=True)
        for name, field in get_kind(kind).parameters.model_fields.items()
        if not field.is_required()
    }
    parameters = {name: value for name, value in begun.items() if value not in (None, {})}
    return _put(content, code, [*found, {"type": kind, "parameters": parameters}])


def remove_operation(content: Content, code: str, index: int, *, kind: str) -> Content:
    """Take one of that kind out. Raises `OperationGone` where it is not there any more."""
    found = operations_of(content, code)
    _get(found, index, kind)
    return _put(content, code, found[:index] + found[index + 1 :])


def get_operation_field(content: Content, code: str, index: int, path: Path, *, kind: str) -> Any:
    """What one field says, of the operation or (`("parameters", name)`) of its parameters; None where it says nothing.

    Raises `OperationGone` where another kind stands there by now, or none.
    """
    stored: Any = _get(operations_of(content, code), index, kind)
    for key in path:
        stored = stored.get(key) if isinstance(stored, Mapping) else None
    return stored


def set_operation_field(content: Content, code: str, index: int, path: Path, value: object, *, kind: str) -> Content:
    """Change that field; None takes it out. Raises `OperationGone`."""
    found = operations_of(content, code)
    changed = dict(_get(found, index, kind))
    holder = changed
    if path[0] == "parameters":
        holder = changed["parameters"] = dict(changed.get("parameters") or {})
    if value is None:
        holder.pop(path[-1], None)
    else:
        holder[path[-1]] = value
    return _put(content, code, [*found[:index], changed, *found[index + 1 :]])


def put_operation_field(content: Content, code: str, path: Path, value: object, *, kind: str) -> Content:
    """Change that field of the last operation of a phase, one of that kind: a new one where it is of another."""
    if not (found := operations_of(content, code)) or found[-1].get("type") != kind:
        content = add_operation(content, code, kind)
    return set_operation_field(content, code, len(operations_of(content, code)) - 1, path, value, kind=kind)


def find_faults(content: Content) -> Iterator[tuple[str, str]]:
    """Code of the phase and what is wrong with one of its operations, in words that end a sentence."""
    for phase in phases_of(content):
        for number, written in enumerate(phase.get("operations") or (), start=1):
            try:
                spec = OperationSpec.model_validate(written)
            except ValidationError:
                continue  # said by the structure
            for fault in find_faults_to_mend(spec):
                yield phase["code"], f"operation {number} can't be used: {_name_field(fault, spec.type)}"


def _name_field(fault: str, kind: str) -> str:
    """`url: is missing` as Address is missing: what the form calls the parameter that it begins with."""
    key, colon, rest = fault.partition(": ")
    field = get_kind(kind).parameters.model_fields.get(key) if colon and kind in find_kinds() else None
    return f"{field.title} {rest}" if field and field.title else fault


def rename_in_operations(operations: object, old: str, new: str) -> list[Operation]:
    """The operations with another code for a phase, wherever they read it."""

    def rename(text: str) -> str:
        return rename_key(text, "phases", old, new)

    found: list[Operation] = []
    for each in operations if isinstance(operations, list | tuple) else ():
        changed = {**each, "parameters": _map(each.get("parameters") or {}, rename)}
        if isinstance(condition := each.get("condition"), str):
            changed["condition"] = rename_key_in_expression(condition, "phases", old, new)
        found.append(changed)
    return found


def _map(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _map(inner, change) for name, inner in value.items()}
    return [_map(inner, change) for inner in value] if isinstance(value, list | tuple) else value


def _put(content: Content, code: str, operations: list[Operation]) -> Content:
    return set_phase_field(content, code, ("operations",), operations or None)


def _get(operations: list[Operation], index: int, kind: str) -> Operation:
    if not 0 <= index < len(operations) or operations[index].get("type") != kind:
        raise OperationGone
    return operations[index]
