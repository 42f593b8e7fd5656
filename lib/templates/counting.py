"""Puts steps into a prompt's tree, where Jinja2 itself would ask nobody."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from jinja2 import nodes, pass_context
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from lib.templates.filters import as_text, join_texts
from lib.templates.steps import each, step, weigh


class Guard(NodeTransformer):
    """Puts steps into loops, filters, comparisons and slices, and the sizes of joined texts under control."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor's way to name it
        self.generic_visit(node)
        node.iter = _filter(node.iter, "_each")
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802 - the visitor's way to name it
        self.generic_visit(node)
        if node.node is not None:
            node.node = _filter(node.node, "_weighed")
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - the visitor's way to name it
        self.generic_visit(node)
        node.expr = _filter(node.expr, "_weighed")
        for operand in node.ops:
            operand.expr = _filter(operand.expr, "_weighed")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - the visitor's way to name it
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):  # Jinja2 asks the environment for all but these
            node.node = _filter(node.node, "_weighed")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - the visitor's way to name it
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), "_concat")


def _filter(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


@pass_context  # keeps Jinja2 from calling it when it compiles; the same below
def _each(_context: Context, value: Iterable[Any]) -> Iterator[Any]:
    return each(value)


@pass_context
def _weighed(_context: Context, value: Any) -> Any:
    step(weigh(value))
    return value


@pass_context
def _concat(_context: Context, values: list[Any]) -> str:
    return join_texts([as_text(value) for value in values])


@pass_context
def write(_context: Context, value: Any) -> str:
    """What stands between double braces, as text."""
    return as_text(value)


#: What `Guard` puts in; no prompt can name them, for names don't begin with “_”.
COUNTING: Final[Mapping[str, Any]] = {"_each": _each, "_weighed": _weighed, "_concat": _concat}
