"""Drafts for the tests of what changes them."""

from typing import Any

from lib.templates.editing.content import Content, begin


def chain(*codes: str, **changes: dict[str, Any]) -> Content:
    """Phases that each wait for the one before; `changes` by code."""
    phases = [
        {"code": code, "name": code.upper(), "prompt": "Of {{ topic }}", **changes.get(code, {})} for code in codes
    ]
    return begin({"schema_version": 1, "phases": phases})
