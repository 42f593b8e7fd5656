"""What PostgreSQL can keep of texts that others have written."""

import re
from collections.abc import Mapping
from typing import Any, Final

_HALVES: Final = re.compile("[\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether PostgreSQL's text can hold it: it has no NUL, and no half of a surrogate pair."""
    return "\x00" not in text and not _HALVES.search(text)


def storable(text: str) -> str:
    """`text` without what PostgreSQL's text can't hold: NUL and halves of surrogate pairs become U+FFFD."""
    if is_storable(text):
        return text
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable_json(value: Any) -> Any:
    """The same of every text in a value that is to become JSONB, names of entries among them."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): storable_json(inner) for key, inner in value.items()}
    return [storable_json(inner) for inner in value] if isinstance(value, list | tuple) else value
