"""Changing a field of a draft that other tabs write to as well: nobody's words take the place of others unsaid."""

from collections.abc import Callable
from typing import Any

from lib.errors import Conflict


class Gone(Conflict):
    """What a field belongs to was removed since it was read."""


class PhaseGone(Gone):
    """A phase was removed, or got another code, since it was read."""

    def __init__(self) -> None:
        super().__init__("This phase is not there any more: it was removed meanwhile. Choose another one.")


class OperationGone(Gone):
    """An operation was removed, or another kind stands in its place, since it was read."""

    def __init__(self) -> None:
        super().__init__("This operation is not there any more: it was removed meanwhile. Add it again.")


class FieldChanged(Conflict):
    """A field says something else than it did when its writer saw it last: `theirs`."""

    def __init__(self, theirs: object) -> None:
        super().__init__("This was changed meanwhile. Look at both, and choose.")
        self.theirs = theirs


def change_field(
    content: dict[str, Any],
    value: object,
    *,
    seen: object,
    get: Callable[[dict[str, Any]], object],
    put: Callable[[dict[str, Any], Any], dict[str, Any]],
) -> dict[str, Any]:
    """Put `value` where the field still says what was `seen`, or says the same already.

    Raises `FieldChanged`, and what `get` and `put` raise.
    """
    current = get(content)
    if current == value:
        return content
    if current != seen:
        raise FieldChanged(current)
    return put(content, value)
