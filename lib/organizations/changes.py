"""Two people who edit one thing at once: what each of them changed is put together, field by field.

A form sends every field. Compared with what its reader had seen, only those count that they changed; one that somebody
else has changed meanwhile is a `Conflict`, which names it, and nothing is written.
"""

from collections.abc import Mapping
from typing import Any

from lib.errors import Conflict
from lib.organizations.fields import LABELS

#: Field ("security_settings.grace_days") -> value.
Values = Mapping[str, Any]


def flatten(data: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """A structure of groups as one line of fields; lists are values."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, prefix=f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def nest(values: Values) -> dict[str, Any]:
    """The opposite of `flatten`."""
    data: dict[str, Any] = {}
    for field, value in values.items():
        *groups, name = field.split(".")
        group = data
        for each in groups:
            group = group.setdefault(each, {})
        group[name] = value
    return data


def find_changed(entered: Values, *, seen: Values, current: Values) -> dict[str, Any]:
    """The fields that whoever entered them has changed. Raises `Conflict` where somebody else did so meanwhile.

    Both changing a field to the same is none.
    """
    changed = {field: value for field, value in entered.items() if value != seen.get(field)}
    lost = [
        field
        for field, value in changed.items()
        if current.get(field) != seen.get(field) and current.get(field) != value
    ]
    if lost:
        names = ", ".join(f"“{LABELS.get(field, field)}”" for field in lost)
        message = (
            f"Somebody else has changed {names} since you opened this page, so nothing was saved. Look at what it is "
            "now, and decide again."
        )
        raise Conflict(message)
    return {field: value for field, value in changed.items() if value != current.get(field)}


def merge(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`stored` with the changes in it. Whatever else stands there stays, in every group: a newer version wrote it."""
    merged = dict(stored)
    for name, value in changes.items():
        before = merged.get(name)
        is_group = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = merge(before, value) if is_group else value  # type: ignore[arg-type] # both are, by then
    return merged
