"""Comparisons in conditions: what somebody probably meant by one that is none, and words that no answer can be."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final

from jinja2 import nodes

from lib.quoting import cut
from lib.templates.sandbox import compile_prompt, parse
from lib.templates.steps import PromptFault
from lib.validation import find_similar

_ATTEMPT: Final = re.compile(
    r"(?P<start>\s*\(?\s*)(?P<left>[A-Za-z_][\w.]*(?:\[[^\]]*\][\w.]*)*)\s*"
    r"(?P<sign>\bis\s+(?:more|greater|less)\s+than\b|\bis\s+not\b|\bis\b|\bequals\b|!=|<>|==|=)\s*(?P<right>[^=<>!()]+?)(?P<end>\s*\)?\s*)"
)
_JOINED: Final = re.compile(r"(\s+(?:and|or)\s+)")
_MARKS: Final = "\"'“„”\u2018\u2019"
_QUOTED: Final = re.compile(f"[{_MARKS}](.*)[{_MARKS}]")
_LOOKS_LIKE_ONE: Final = re.compile(r"(?<![=<>!])=(?!=)|\bis\b|\bequals\b|<>")
#: In characters: a longer one is not looked through.
_LONGEST: Final = 1_000
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


def quote(value: str) -> str:
    """The word as it stands in an expression."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def says_already(condition: str, comparison: str) -> bool:
    """Whether the condition asks for that as it is, joined to the rest of it by “and”; not where it is none."""
    asked = _find_parts(condition)
    return bool(asked) and all(part in asked for part in _find_parts(comparison))


def _find_parts(condition: str) -> list[nodes.Node]:
    """What stands between the “and” of a condition; nothing of what is none."""
    try:
        compile_prompt(condition, is_condition=True)
        (whole,) = parse(condition, is_condition=True).find_all(nodes.If)
    except PromptFault:
        return []
    return list(_between_and(whole.test))


def _between_and(node: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(node, nodes.And):
        yield from _between_and(node.left)
        yield from _between_and(node.right)
    else:
        yield node


def looks_like_comparison(condition: str) -> bool:
    """Whether it seems to compare something, in signs or words that compare nothing here."""
    return _LOOKS_LIKE_ONE.search(condition) is not None


def propose_comparison(condition: str, inputs: Collection[str]) -> str:
    """The condition with two equals signs and quotes where it was meant to compare; else as it is."""
    if len(condition) > _LONGEST:
        return condition
    return "".join(_mend(piece, inputs) for piece in _JOINED.split(condition))


def _mend(piece: str, inputs: Collection[str]) -> str:
    found = _ATTEMPT.fullmatch(piece)
    if found is None or _is_right(piece, found, inputs):
        return piece
    left = f"inputs.{found['left']}" if found["left"] in inputs else found["left"]
    return f"{found['start']}{left} {_sign(found['sign'])} {_say(found['right'])}{found['end']}"


def _sign(written: str) -> str:
    words = written.split()
    if "than" in words:
        return "<" if "less" in words else ">"
    return "!=" if "not" in words or written in {"!=", "<>"} else "=="


def _is_right(piece: str, found: re.Match[str], inputs: Collection[str]) -> bool:
    """Whether it is an expression, and compares with no bare word that somebody took for a text."""
    try:
        compile_prompt(piece.strip(" ()"), is_condition=True)
    except PromptFault:
        return False
    return found["left"] not in inputs and (found["sign"] not in {"==", "!="} or not found["right"].isidentifier())


def _say(written: str) -> str:
    quoted = _QUOTED.fullmatch(written)
    if quoted is None and (_NUMBER.fullmatch(written) or written in {"true", "false"}):
        return written
    return quote(quoted[1] if quoted else written)


def find_wrong_choices(condition: str, choices: Mapping[str, Collection[str]]) -> Iterator[str]:
    """A line for each word that a question is compared with and that is none of its choices.

    `choices` by the question's name; one that has none may be anything. Nothing of what is no condition.
    """
    for name, value in _find_comparisons(condition):
        known = choices.get(name)
        if known and value not in known:
            similar = find_similar(value, known)
            hint = f"did you mean “{similar}”?" if similar else f"its choices are {', '.join(map(cut, known))}"
            yield f"“{cut(value)}” is no choice of inputs.{name}; {hint}"


@lru_cache(maxsize=512)
def _find_comparisons(condition: str) -> tuple[tuple[str, str], ...]:
    """Names of questions, each with a text that its answer is compared with."""
    try:
        compile_prompt(condition, is_condition=True)
        tree = parse(condition, is_condition=True)
    except PromptFault:
        return ()
    return tuple(
        (name, value)
        for node in tree.find_all(nodes.Compare)
        for name in filter(None, map(_input_of, _sides(node)))
        for value in (text for side in _sides(node) for text in _texts_of(side))
    )


def _sides(node: nodes.Compare) -> tuple[nodes.Node, ...]:
    """What is compared, where it is one thing with one other."""
    is_same = len(node.ops) == 1 and node.ops[0].op in {"eq", "ne", "in", "notin"}
    # a text in an answer, and not an answer in a list, is a part of it that is looked for
    if not is_same or (
        node.ops[0].op in {"in", "notin"} and not isinstance(node.ops[0].expr, nodes.List | nodes.Tuple)
    ):
        return ()
    return node.expr, node.ops[0].expr


def _input_of(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr):
        owner, name = node.node, node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        owner, name = node.node, node.arg.value
    else:
        return None
    return name if isinstance(owner, nodes.Name) and owner.name == "inputs" else None


def _texts_of(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.List | nodes.Tuple):
        for item in node.items:
            yield from _texts_of(item)
