"""The kinds of operations that there are."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from lib.errors import InvalidInput
from lib.integrations import kinds
from lib.integrations.base import Kind
from lib.validation import find_similar


@cache
def find_kinds() -> Mapping[str, Kind]:
    """By name, in the order of their modules."""
    modules = (
        importlib.import_module(f"{kinds.__name__}.{each.name}") for each in pkgutil.iter_modules(kinds.__path__)
    )
    return MappingProxyType({module.KIND.name: module.KIND for module in modules})


def get_kind(name: str) -> Kind:
    """The kind of that name. Raises `InvalidInput` that names those that there are."""
    found = find_kinds()
    if name not in found:
        similar = find_similar(name, found)
        hint = f"did you mean “{similar}”" if similar else f"known are {', '.join(found)}"
        message = f"“{name[:60]}” is no kind of operation; {hint}"
        raise InvalidInput(message, field="type")
    return found[name]
