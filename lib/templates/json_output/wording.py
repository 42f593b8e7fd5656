"""What a model is told where JSON is wanted: with the prompt, and once more where the answer did not fit."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from lib.templates.notes import take_notes

_ALONE: Final = "Answer with JSON alone: no word before or after it, and no code fence."
#: In characters: so much of the first answer is shown again, or as much as the model can take.
_MOST_SHOWN: Final = 20_000


def ask_for_json(schema: Mapping[str, JsonValue] | None) -> str:
    """The paragraph that stands at the end of the prompt."""
    if schema is None:
        return _ALONE
    return f"{_ALONE} It has to fit this JSON Schema:\n{json.dumps(schema, ensure_ascii=False)}"


def ask_again(answer: str, faults: Sequence[str], *, limit: int) -> str:
    """What stands behind the prompt when the first answer did not fit: that answer, and the faults in words."""
    listed = "\n".join(f"- {fault}" for fault in faults)
    return (
        "You were asked this before. Your answer, everything between the lines, can't be used:\n"
        f"---\n{take_notes(answer, min(limit, _MOST_SHOWN))}\n---\n"
        f"What is wrong with it:\n{listed}\n\nAnswer again, with all of that put right, and with JSON alone."
    )
