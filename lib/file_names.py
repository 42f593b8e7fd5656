"""What a file is called that somebody takes along."""

import re
import unicodedata


def file_name(*parts: str, ending: str) -> str:
    """Somebody's words as the name of a file for every system: "phase-3-market-research.md"."""
    letters = unicodedata.normalize("NFKD", " ".join(parts)).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", letters))[:80].strip("-") + ending
