"""Names of files that people and models make up: what may become one, and what may not."""

import unicodedata
from pathlib import PurePosixPath
from typing import Final

from lib.integrations.base import FailureKind, OperationFailed
from lib.quoting import cut

MAX_PATH, MAX_PART, MAX_DEPTH = 300, 120, 8
#: Windows takes these for devices, whatever ending they have: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{name}{digit}" for name in ("com", "lpt") for digit in "0123456789¹²³"}
)
_SIGNS: Final = frozenset('<>:"|?*\\')


def check_path(text: str) -> PurePosixPath:
    """The path inside its folder, by which every system means the same file there. Raises `OperationFailed`.

    Nothing is mended: a name that is not as it was written would be another one than people were shown.
    """
    path = unicodedata.normalize("NFC", text)
    parts = path.split("/")
    if why := _find_fault(path, parts):
        message = f"“{cut(text)}” can't be the name of a file: {why}."
        raise OperationFailed(message, kind=FailureKind.INVALID)
    return PurePosixPath(*parts)


def _find_fault(path: str, parts: list[str]) -> str | None:
    if not path:
        return "it is empty"
    if "\ufffd" in path or any("\ud800" <= letter <= "\udfff" for letter in path):
        return "it holds a character that nobody can see"  # U+FFFD stands where there was one
    if len(path) > MAX_PATH or len(parts) > MAX_DEPTH or any(len(part.encode()) > MAX_PART for part in parts):
        return f"it is too long: {MAX_PATH} characters, {MAX_PART} bytes a name and {MAX_DEPTH} names are the most"
    if path.startswith("/"):
        return "it begins with “/”; it stands in a folder of its run, so leave that out"
    for part in parts:
        if why := _find_fault_of_part(part):
            return why
    return None


def _find_fault_of_part(part: str) -> str | None:
    if part in {"", ".", ".."}:
        return "a part between two “/” is empty or made of dots, and would lead elsewhere"
    # no controls, no unassigned and private ones, no line separators, no halves of pairs
    if any(unicodedata.category(sign)[0] == "C" or unicodedata.category(sign) in {"Zl", "Zp"} for sign in part):
        return "it holds a character that nobody can see"
    if found := sorted(_SIGNS & set(part)):
        return f"it holds {' '.join(found)}, which not every system takes"
    if part != part.strip() or part.endswith("."):
        return "a part of it begins or ends with a space, or ends with a dot"
    if part.split(".", maxsplit=1)[0].strip().lower() in _DEVICES:
        return f"“{part}” is the name of a device on Windows"
    return None
