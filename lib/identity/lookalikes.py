"""Names and addresses that are made to look like somebody else's are refused, with what is wrong with them.

Three rules, each a small part of Unicode Technical Standard 39 (https://www.unicode.org/reports/tr39/):
nothing invisible; a letter that is only drawn otherwise (bold, wide, a ligature) is the letter; and the letters of one
word are of one script, or of those that are written together ("highly restrictive"). Addresses have a fourth: no part
of one is made of Cyrillic or Greek letters alone that all look like Latin ones.
"""

import unicodedata
from typing import Final

from lib.errors import InvalidInput

#: Scripts that stand in one word: Japanese, Korean and Chinese, each with Latin.
_TOGETHER: Final = (
    frozenset({"Latin", "Han", "Hiragana", "Katakana"}),
    frozenset({"Latin", "Han", "Hangul"}),
    frozenset({"Latin", "Han", "Bopomofo"}),
)
#: The first word of a letter's Unicode name -> its script, where the two differ; none for what all scripts use.
_SCRIPTS: Final = {"Cjk": "Han", "Ideographic": "Han", "Modifier": "", "Katakana-Hiragana": "", "Halfwidth": "Katakana"}
#: Small letters that nobody tells from Latin ones; browsers show a name of these alone as Punycode.
_LIKE_LATIN: Final = {
    "Cyrillic": frozenset("асԁеһіјӏорԛѕԝхуъьҽпгѵѡ"),
    "Greek": frozenset("αικνορτυωηϲϳ"),
}
#: Emoji are made of several with these, and scripts from Hebrew on need them; after any other letter they only hide.
_JOINERS: Final = frozenset("\u200c\u200d")
_FIRST_THAT_JOINS: Final = "\u0590"
#: Letters that are drawn as nothing, though they are no control characters.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def unfold(text: str) -> str:
    """The same with each letter as it is commonly typed: NFKC for letters, so that "½" and "™" stay."""
    plain = (unicodedata.normalize("NFKC", letter) if letter.isalpha() else letter for letter in text)
    return unicodedata.normalize("NFC", "".join(plain))


def check_words(text: str, *, field: str) -> None:
    """Raise `InvalidInput` for a name that hides something or mixes alphabets within a word."""
    _check_visible(text, field=field)
    for word in text.split():
        _check_script(word, field=field)


def check_label(label: str, *, field: str) -> None:
    """The same for a part of an address, which may not look like Latin letters either."""
    _check_visible(label, field=field)
    _check_script(label, field=field)
    letters = {letter for letter in label if letter.isalpha()}
    for script, like_latin in _LIKE_LATIN.items():
        if letters and letters <= like_latin and scripts_of(label) == {script}:
            message = (
                f"“{label}” is written in {script} letters that look like Latin ones. Check whose address this is."
            )
            raise InvalidInput(message, field=field)


def scripts_of(word: str) -> set[str]:
    """The scripts of its letters, by the first word of each letter's Unicode name: Python knows no script property."""
    found = set()
    for letter in word:
        if letter.isalpha():
            first = unicodedata.name(letter, "").partition(" ")[0].title()
            found.add(_SCRIPTS.get(first, first))
    return found - {""}


def _check_script(word: str, *, field: str) -> None:
    scripts = scripts_of(word)
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        mixture = " and ".join(sorted(scripts))
        message = (
            f"“{word}” mixes {mixture} letters, so it looks like something that it is not. Use one alphabet a word."
        )
        raise InvalidInput(message, field=field)


def _check_visible(text: str, *, field: str) -> None:
    before = ""
    for letter in text:
        hides = letter in _BLANK or (unicodedata.category(letter) == "Cf" and letter not in _JOINERS)
        if hides or (letter in _JOINERS and before < _FIRST_THAT_JOINS):
            message = f"{field} has an invisible character. Type it again instead of pasting it."
            raise InvalidInput(message, field=field)
        before = letter
