"""Two people who edit one project at once: what each of them changed is put together, field by field.

A form sends every field. Compared with what its reader had seen, only those count that they changed; where somebody
else has changed one of those to something else, the reader is told what it is now, and decides.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from lib.errors import ChangedMeanwhile, FieldPath

#: A field by its names from the column on -> value as it is stored; what is none is missing.
Values = Mapping[FieldPath, Any]

#: What the form calls them; facts of people's own are called as they call them.
LABELS: Final[Mapping[FieldPath, str]] = {
    ("name",): "Name",
    ("topic",): "Topic",
    ("description",): "Description",
    ("priority",): "Priority",
    ("metadata", "estimated_duration"): "Estimated duration",
    ("metadata", "complexity"): "Complexity",
    ("metadata", "budget"): "Budget",
    ("metadata", "team_size"): "Team size",
    ("metadata", "technologies"): "Technologies",
    ("settings", "default_ai_model"): "Default model",
    ("settings", "default_template_id"): "Default template",
    ("settings", "cost_limit_usd"): "Cost limit of a run",
    ("settings", "reviewer_ids"): "Reviewers",
}


def label_of(field: FieldPath) -> str:
    """What a person reads of it."""
    return LABELS.get(field, field[-1])


def flatten(data: Mapping[str, Any], *, before: FieldPath = ()) -> dict[FieldPath, Any]:
    """The columns as one line of fields; lists are values, and what is empty is left out."""
    flat: dict[FieldPath, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, before=(*before, name))
        elif value not in (None, "", []):
            flat[*before, name] = value
    return flat


def find_changed(
    entered: Values, *, seen: Values, current: Values, leaves: Collection[FieldPath] = ()
) -> dict[FieldPath, Any]:
    """The fields to write, None for what is emptied. Raises `ChangedMeanwhile` where somebody else has written one.

    `leaves` stay as they are now. Both changing a field to the same is no change.
    """
    fields = dict.fromkeys([*entered, *seen])  # in the form's order
    changed = [field for field in fields if field not in leaves and entered.get(field) != seen.get(field)]
    written = {field: entered.get(field) for field in changed if entered.get(field) != current.get(field)}
    theirs = {field: current.get(field) for field in written if current.get(field) != seen.get(field)}
    if theirs:
        raise ChangedMeanwhile(theirs, labels=[label_of(field) for field in theirs])
    return written


def put(stored: Mapping[str, Any], path: FieldPath, value: Any) -> dict[str, Any]:
    """`stored` with that value at its place, or without the field. Whatever else stands there stays."""
    name, *rest = path
    others = {key: kept for key, kept in stored.items() if key != name}
    if rest:
        group = stored.get(name)
        value = put(group if isinstance(group, Mapping) else {}, tuple(rest), value)
    return others if value in (None, {}) else others | {name: value}
