"""What a prompt reads, found in its words alone: names, and the keys of those groups whose keys are known."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from jinja2 import meta, nodes

from lib.templates.kept import Kept
from lib.templates.sandbox import compile_prompt, parse

#: Variables with keys that a template decides, or that are always the same.
GROUPS: Final = ("inputs", "phases", "project", "model")
#: Filters and tests that are made for what may be missing.
_FORGIVING: Final = frozenset({"default", "d", "defined", "undefined"})


@dataclass(frozen=True, slots=True)
class Read:
    """A variable (`group` is None), or a key of one: `inputs.audience` is `Read("inputs", "audience", 3)`."""

    group: str | None
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class _Found:
    reads: tuple[Read, ...]
    bytes: int


_found = Kept[_Found](8_000_000, lambda found: found.bytes)


def find_reads(source: str) -> tuple[Read, ...]:
    """Each once, in the order of their lines, but for those that the prompt says may be missing.

    Raises `PromptFault` where the prompt is none.
    """
    return _found.get(source, partial(_find, source)).reads


def _find(source: str) -> _Found:
    compile_prompt(source)
    tree = parse(source)
    free = meta.find_undeclared_variables(tree) - {"range"}
    forgiven = {id(node.node) for node in tree.find_all((nodes.Filter, nodes.Test)) if node.name in _FORGIVING}
    found: dict[tuple[str | None, str], Read] = {}
    for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)):
        key = None if id(node) in forgiven else _key_of(node, free)
        if key is not None:
            found.setdefault(key, Read(*key, node.lineno))
    reads = tuple(sorted(found.values(), key=lambda read: read.line))
    return _Found(reads, 500 + 4 * len(source) + 500 * len(reads))


def _key_of(node: nodes.Node, free: set[str]) -> tuple[str | None, str] | None:
    if isinstance(node, nodes.Name):
        return (None, node.name) if node.ctx == "load" and node.name in free else None
    if not isinstance(node, nodes.Getattr | nodes.Getitem):
        return None
    owner = node.node
    if not isinstance(owner, nodes.Name) or owner.name not in GROUPS or owner.name not in free:
        return None
    if isinstance(node, nodes.Getattr):
        return owner.name, node.attr
    fixed = node.arg.value if isinstance(node.arg, nodes.Const) else None
    return (owner.name, fixed) if isinstance(fixed, str) else None
