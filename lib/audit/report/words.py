"""How values of the trail are written in a report."""

import json
from collections.abc import Mapping
from typing import Any, Final

from lib import figures
from lib.organizations.fields import LABELS

#: Setting -> how a number of it is written.
_UNITS: Final[Mapping[str, str]] = {"grace_days": "day", "audit_days": "day", "usage_days": "day", "run_days": "day"}
_LONGEST: Final = 400


def say(value: object) -> str:
    """A stored value: yes and no, a number, a list by commas; nothing where there is none."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return figures.number(value)
        case str():
            return _cut(value)
        case list() if all(isinstance(each, str | int) for each in value):
            return _cut(", ".join(say(each) for each in value))
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def say_values(values: Mapping[str, object]) -> str:
    """All of an entry, each value after its name."""
    said = (f"{name.replace('_', ' ')}: {say(value)}" for name, value in values.items() if value not in (None, "", {}))
    return _cut("; ".join(said))


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


def say_rights(values: Mapping[str, Any]) -> str:
    """Role and permissions beside it, as far as they are among the values."""
    said = [str(values["role"]).capitalize()] if values.get("role") else []
    if "permissions" in values:
        said.append(say_permissions(values["permissions"]))
    return "; ".join(each for each in said if each)


def say_permissions(words: object) -> str:
    """Own permissions by their names."""
    return f"own permissions: {', '.join(sorted(map(str, words)))}" if isinstance(words, list) and words else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
