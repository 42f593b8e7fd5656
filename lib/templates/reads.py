"""What a prompt reads, found in its words alone: names, and the keys of those groups whose keys are known."""

from dataclasses import dataclass
from functools import lru_cache, partial
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


def find_reads(source: str, *, is_condition: bool = False) -> tuple[Read, ...]:
    """Each once, in the order of their lines, but for those that the prompt says may be missing.

    Raises `PromptFault` where the prompt is none.
    """
    return _found.get((source, is_condition), partial(_find, source, is_condition)).reads


def _find(source: str, is_condition: bool) -> _Found:
    compile_prompt(source, is_condition=is_condition)
    tree = parse(source, is_condition=is_condition)
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


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what a phase has: `phases["A"].json.score` is `Part("A", "json", "score")`."""

    phase: str
    name: str
    field: str | None = None


@lru_cache(maxsize=512)
def find_parts(condition: str) -> tuple[Part, ...]:
    """The parts of phases that a condition reads by name, each as far as it is named, but for what may be missing.

    Raises `PromptFault` where it is no condition.
    """
    compile_prompt(condition, is_condition=True)
    tree = parse(condition, is_condition=True)
    forgiven = {id(node.node) for node in tree.find_all((nodes.Filter, nodes.Test)) if node.name in _FORGIVING}
    found: dict[Part, None] = {}
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        path = () if id(node) in forgiven else _path_of(node)
        if path[:1] == ("phases",) and len(path) in {3, 4}:
            found[Part(*path[1:])] = None
    return tuple(found)


def _path_of(node: nodes.Node) -> tuple[str, ...]:
    """The names from the variable on; empty where one of them is worked out only when it runs."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        before, name = _path_of(node.node), node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        before, name = _path_of(node.node), node.arg.value
    else:
        return ()
    return (*before, name) if before else ()
