"""What Jinja says of a prompt that it can't read, as somebody who writes prompts would be told."""

import re
from typing import Final

from lib.quoting import LONGEST_SENTENCE, cut

_PRINT, _BLOCK = "'end of print statement'", "'end of statement block'"
_CLOSED: Final = "“{}” is opened and never closed: write “{}” after it"
#: In that order: what Jinja's words look like, and what is said instead, filled from their groups.
_WORDS: Final = (
    (rf"unexpected end of template, expected {_PRINT}", _CLOSED.format("{{{{", "}}}}")),
    (rf"unexpected end of template, expected {_BLOCK}", _CLOSED.format("{{%", "%}}")),
    (r"Missing end of comment tag", _CLOSED.format("{{#", "#}}")),
    (r"Unexpected end of template\..*closed is '(\w+)'", "“{{% {0} %}}” is never closed: write “{{% end{0} %}}”"),
    (r"Encountered unknown tag '(end\w+)'\..*closed is '(\w+)'", "“{{% {0} %}}” stands where “{{% end{1} %}}” is due"),
    (r"Encountered unknown tag '(end\w+|else|elif)'", "“{{% {0} %}}” belongs to nothing that is open before it"),
    (r"Encountered unknown tag '(\w+)'", "“{{% {0} %}}” is not known; at hand are if, for and set"),
    (rf"(?:Expected an expression, got|unexpected) {_PRINT}", "something is missing before “}}}}”"),
    (rf"(?:Expected an expression, got|unexpected) {_BLOCK}", "something is missing before “%}}”"),
    (r"expected token 'in'", "“for” needs “in”, as in “{{% for item in list %}}”"),
    (r"expected token '[^']+', got '='", "“=” stands alone: write “==” to compare"),
    (r"expected token 'name'", "a name is missing, such as that of a filter after “|”"),
    (r"expected name or number", "a name is missing after the point"),
    (r"expected token 'end of [^']+', got '([^']+)'", "“{0}” can't follow there: a sign or a word between is missing"),
    (r"unexpected char '&'", "“&” can't stand there: write “and”"),
    (r"""unexpected char (?:"'"|'"')""", "a quotation mark is opened and never closed"),
    (r"unexpected char '(.+)' at", "“{0}” can't stand there"),
    (r"unexpected '[^']*', expected '([^']+)'", "“{0}” is missing"),
    (r"unexpected '([)\]])'", "“{0}” closes nothing that is open"),
    (r"unexpected '}'", "“}}” can't stand there: what is opened with “{{{{” ends with “}}}}”"),
)


def say_syntax(message: str, *, is_condition: bool = False) -> str:
    """The same in plain words, without a full stop; Jinja's own where the case is a rare one.

    A condition stands in no braces, so nothing is said of these.
    """
    if is_condition and re.match(
        rf"(?:Expected an expression, got|unexpected) (?:{_PRINT}|{_BLOCK}|'end of template')", message
    ):
        return "something is missing at its end"
    if is_condition and re.match(r"unexpected '[%}]+'$", message):
        return "“%}” and “}}” can't stand there"
    for pattern, said in _WORDS:
        if found := re.match(pattern, message, re.DOTALL):
            return cut(said.format(*found.groups()), LONGEST_SENTENCE)
    return cut(message.removesuffix("."), LONGEST_SENTENCE)
