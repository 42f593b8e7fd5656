"""Foreign words in our messages."""

from typing import Final

#: A word, and a sentence of which somebody else has written a part.
LONGEST_WORD: Final = 60
LONGEST_SENTENCE: Final = 300


def cut(word: object, longest: int = LONGEST_WORD) -> str:
    """A word as a message repeats it: it is known by its beginning, and a megabyte of it helps nobody."""
    text = str(word)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
