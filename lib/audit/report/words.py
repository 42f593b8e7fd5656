"""How values of the trail are written in a report."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from lib import days, figures, values
from lib.access.permission_names import say_permission
from lib.audit.wording import say_value
from lib.organizations.fields import LABELS
from lib.retention.counting import say_counts
from lib.retention.reading import read_counts, read_moment

#: Setting -> how a number of it is written.
_UNITS: Final[Mapping[str, str]] = {"grace_days": "day", "audit_days": "day", "usage_days": "day", "run_days": "day"}
_LONGEST: Final = 400
_BECAME, _NOT_SET = " → ", values.said(None)


def say(value: object) -> str:
    """A stored value, as far as there is room; nothing where there is none."""
    return "" if value in (None, "", []) else _cut(values.said(value))


def say_changes(old: Mapping[str, object], new: Mapping[str, object], *, names: Mapping[UUID, str], zone: str) -> str:
    """Each value that differs after what it is called: "Format: csv; Status: made → removed"."""
    said = []
    for path, before, after in values.changes(old, new):
        sides = [say_value(path, side, zone=zone, names=names) for side in (before, after) if side is not None]
        if after is None:
            sides.append(_NOT_SET)
        said.append(f"{values.name_path(path)}: {_BECAME.join(sides)}")
    return _cut("; ".join(said))


def say_removal(told: Mapping[str, Any], *, zone: str) -> str:
    """What retention removed, as "12 runs, from before 22 Nov 2025, 00:00 UTC", or at which seal it has stopped."""
    if "seal" in told:
        return f"seal {values.said(told['seal'])}"
    said = say_counts(read_counts(told)) or ["nothing"]
    if "first_seal" in told:
        said.append(f"under seals {values.said(told['first_seal'])} to {values.said(told.get('last_seal'))}")
    if before := read_moment(told.get("before")):
        said.append(f"from before {days.exact(before, zone=zone)}")
    return ", ".join(said)


def say_setting(name: str, value: object) -> str:
    """A setting of the organization's with its unit; what is not set has the default, or no end."""
    if value is None:
        return "not set"
    if isinstance(value, int) and not isinstance(value, bool):
        if name == "session_timeout":
            return figures.duration(value)
        return figures.count(value, _UNITS[name]) if name in _UNITS else figures.number(value)
    return say(value) or "none"


def name_setting(group: str, name: str) -> str:
    """What a setting is called."""
    return LABELS.get(f"{group}.{name}", name.replace("_", " "))


def say_rights(told: Mapping[str, Any]) -> str:
    """Role and permissions beside it, as far as they are told."""
    said = [str(told["role"]).capitalize()] if told.get("role") else []
    if "permissions" in told:
        said.append(say_permissions(told["permissions"]))
    return "; ".join(each for each in said if each)


def say_permissions(words: object) -> str:
    """Own permissions by their names."""
    if not isinstance(words, list) or not words:
        return ""
    return f"own permissions: {', '.join(say_permission(each) for each in sorted(map(str, words)))}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
