"""How stored values of the trail are written for people: moments in their zone, rights by their names."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from lib import days
from lib.access.permission_names import say_permission

#: As JSON and text have them.
_MOMENT: Final = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d")
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: What fields are called that hold permissions.
_RIGHTS: Final = frozenset({"permission", "permissions"})


def say_moment(text: str, *, zone: str) -> str | None:
    """A stored moment as the reader's; None for anything else."""
    try:
        return days.moment_in_table(datetime.fromisoformat(text), zone=zone) if _MOMENT.fullmatch(text) else None
    except ValueError:  # somebody has typed it
        return None


def say_rights(path: str, text: str) -> list[str]:
    """Permissions with their names, where the value at that path is some; nothing for anything else."""
    is_right = path.rpartition(".")[2] in _RIGHTS
    return [say_permission(each) for each in text.split(", ")] if is_right else []


def say_value(path: str, text: str, *, zone: str, names: Mapping[UUID, str]) -> str:
    """The value at a path: a moment as the reader's, a person by their name, a right by its own."""
    if _ID.fullmatch(text):
        return names.get(UUID(text), text)
    return ", ".join(say_rights(path, text)) or say_moment(text, zone=zone) or text
