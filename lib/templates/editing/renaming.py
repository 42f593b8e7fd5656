"""Prompts that read something by another name from now on: what stands in braces changes, and no word of the prose."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, TemplateSyntaxError

#: For its words alone: nothing is rendered by it, and it takes no line ends off.
_WORDS: Final = Environment(keep_trailing_newline=True, autoescape=True)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    begins: int

    @property
    def ends(self) -> int:
        return self.begins + len(self.text)

    @property
    def said(self) -> str | None:
        """What a text in quotes says, as Jinja2 reads it; None of anything else."""
        if self.kind != "string":
            return None
        return self.text[1:-1].encode("ascii", "backslashreplace").decode("unicode-escape")


def rename_key(prompt: str, group: str, old: str, new: str) -> str:
    """The prompt, with `group.old` and `group['old']` read as `new`; of one that is not valid, up to its fault."""
    prompt = prompt.replace("\r\n", "\n").replace("\r", "\n")  # as Jinja2 counts its letters
    pieces, at = [], 0
    for begins, ends, text in _edits(list(_tokens(prompt)), group, old, new):
        pieces += [prompt[at:begins], text]
        at = ends
    return "".join([*pieces, prompt[at:]])


def rename_key_in_expression(expression: str, group: str, old: str, new: str) -> str:
    """The same of an expression, which has no braces."""
    return rename_key(f"{{{{{expression}}}}}", group, old, new)[2:-2]


def _edits(tokens: list[_Token], group: str, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    end = _Token("end", "", 0)
    for before, owner, sign, key, closing in zip(
        [end, *tokens], tokens, [*tokens[1:], end], [*tokens[2:], end, end], [*tokens[3:], end, end, end], strict=False
    ):
        if owner.kind != "name" or owner.text != group or before.text == ".":
            continue
        if sign.text == "." and key.kind == "name" and key.text == old:
            yield (key.begins, key.ends, new) if new.isidentifier() else (sign.begins, key.ends, f"[{_quote(new)}]")
        elif sign.text == "[" and key.said == old and closing.text == "]":
            yield key.begins, key.ends, _quote(new, key.text[0])


def _tokens(prompt: str) -> Iterator[_Token]:
    """What stands between braces, and where. Where Jinja2 leaves white space out, the next token stands behind it."""
    at = 0
    try:
        for _, kind, text in _WORDS.lex(prompt):
            while not prompt.startswith(text, at):
                at += 1
            if kind not in {"data", "whitespace", "comment"}:
                yield _Token(kind, text, at)
            at += len(text)
    except TemplateSyntaxError:
        return


def _quote(name: str, mark: str = '"') -> str:
    return mark + name.replace("\\", "\\\\") + mark
