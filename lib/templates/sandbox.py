"""The small part of Jinja2 in which prompts are written, made so that no prompt can hang or fill a worker.

Jinja2's own sandbox keeps a template away from Python's insides, but not from endless work: nested loops, macros that
call each other, `"x" * 10**10`, strings that double line by line. Therefore:

* only the parts of the language named in `_ALLOWED` exist: no macros, includes, calls (but `range`), blocks, powers;
* only the filters in `filters.py`, none of which makes much out of little;
* variables are texts, numbers, lists and mappings; a dot reads a key and never an attribute;
* a condition is one expression of the same language, under the same limits;
* each turn of a loop and each filter is a step: there is a limit of steps, of time and of output.
"""

import difflib
import time
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes, pass_context
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer

from lib.templates.filters import FILTERS, MAX_CHARACTERS, PromptFault, Stand, as_text, join_texts

MAX_STEPS = 20_000
MAX_SECONDS = 2.0
_MAX_RANGE = 1_000
_LARGEST_NUMBER = 10**15

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem),
    *(nodes.Slice, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
    *(nodes.CondExpr, nodes.If, nodes.For, nodes.Assign, nodes.With, nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul),
    *(nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.List, nodes.Tuple, nodes.Keyword, nodes.Call),
)
_LOOP = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"})


@dataclass(slots=True)
class _Budget:
    """In steps and in processor time: how busy the machine is decides nothing."""

    steps: int = 0
    ends: float = field(default_factory=lambda: time.thread_time() + MAX_SECONDS)

    def step(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise PromptFault(f"it takes more than {MAX_STEPS:,} steps; does it loop too often?")
        if time.thread_time() > self.ends:
            raise PromptFault(f"it takes longer than {MAX_SECONDS:.0f} s")


_budget: ContextVar[_Budget] = ContextVar("budget")


class _Missing(StrictUndefined):
    """Remembers whose key is missing, so that the message can name what is there."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = None) -> None:
        del exc
        fault: Any = lambda message: _name_missing(message or "", obj, name)  # noqa: E731 - called like a class
        super().__init__(hint, obj, name, fault)


def _name_missing(message: str, owner: Any, name: str | None) -> PromptFault:
    if owner is missing:
        return PromptFault(message, missing=name)
    if isinstance(owner, Mapping):
        return _describe_missing(name or "", sorted(map(str, owner)))
    return PromptFault(f"“{name}” is not there: what stands before it is no group of values that has it")


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    intercepted_unops = frozenset({"+", "-"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj[argument]  # raises
        if isinstance(obj, Stand):
            return obj
        readable = isinstance(obj, Mapping) or (
            isinstance(obj, str | list | tuple | range) and isinstance(argument, int | slice)
        )
        try:
            return obj[argument] if readable else self.undefined(obj=obj, name=str(argument))
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=str(argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return join_texts([left, right])
        for value in (left, right):
            if isinstance(value, Undefined):
                str(value)  # raises
            if not isinstance(value, int | float):
                raise PromptFault(f"“{operator}” needs two numbers")
        result = super().call_binop(context, operator, left, right)
        if abs(result) > _LARGEST_NUMBER:
            raise PromptFault("a number becomes too large")
        return result


def compile_prompt(source: str, *, is_condition: bool = False) -> Template:
    """The prompt, ready to be rendered; `PromptFault` where it is not a valid one.

    A condition becomes a prompt that comes out as a word where it is true, and empty where it is not.
    """
    try:
        return _compile(source, is_condition)
    except PromptFault:
        raise
    except TemplateSyntaxError as error:
        raise PromptFault(f"line {error.lineno}: {error.message}") from None
    except (RecursionError, MemoryError, SyntaxError):  # Python's words for what is nested too deeply
        raise PromptFault("it is nested too deeply") from None
    except Exception as error:  # a number of a million digits, for instance: the prompt's words have caused it
        raise PromptFault(str(error) or type(error).__name__) from error


def is_true(condition: str, variables: Mapping[str, object]) -> bool:
    """Whether the expression holds. `PromptFault` says what is wrong, in words that end a sentence."""
    return bool(_generate(compile_prompt(condition, is_condition=True), variables))


def render(source: str, variables: Mapping[str, object]) -> str:
    """The text of a prompt. `PromptFault` says what is wrong, in words that end a sentence."""
    return _generate(compile_prompt(source), variables)


def _generate(template: Template, variables: Mapping[str, object]) -> str:
    token = _budget.set(_Budget())
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.generate(dict(variables)):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_CHARACTERS:
                raise PromptFault(f"it becomes longer than {MAX_CHARACTERS:,} characters")
    except PromptFault as fault:
        if fault.missing is not None:
            raise _describe_missing(fault.missing, sorted(variables)) from None
        raise
    except Exception as error:  # whatever happens in here, the prompt's words have caused it
        raise PromptFault(str(error) or type(error).__name__) from error
    finally:
        _budget.reset(token)
    return "".join(pieces).strip()


def _describe_missing(name: str, known: list[str]) -> PromptFault:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f". Did you mean “{close[0]}”?" if close else ""
    at_hand = ", ".join(known[:50]) or "nothing"
    return PromptFault(f"it uses “{name}”, which is not there; at hand: {at_hand}{hint}")


def parse(source: str, *, is_condition: bool = False) -> nodes.Template:
    """The prompt's tree, as it was written. Raises Jinja2's own errors: ask `compile_prompt` first."""
    if not is_condition:
        return _environment.parse(source)
    # As Environment.compile_expression does: nothing that stands in it can end the expression and begin a block.
    parser = Parser(_environment, source, state="variable")
    expression = parser.parse_expression()
    if not parser.stream.eos:
        raise PromptFault("it is more than one expression")
    yes = nodes.Output([nodes.TemplateData("true", lineno=1)], lineno=1)
    tree = nodes.Template([nodes.If(expression, [yes], [], [], lineno=1)], lineno=1)
    tree.set_environment(_environment)
    return tree


@lru_cache(maxsize=512)
def _compile(source: str, is_condition: bool) -> Template:
    tree = parse(source, is_condition=is_condition)
    for node in tree.find_all(nodes.Node):
        _refuse(node)
    guarded = _Guard().visit(tree)
    return Template.from_code(_environment, _environment.compile(guarded), dict(_environment.globals))


def _refuse(node: nodes.Node) -> None:
    """Raise for whatever is not part of the language of prompts."""
    if not isinstance(node, _ALLOWED):
        part = type(node).__name__.lower().removesuffix("block")
        raise _at(node, f"“{part}” can't be used in a prompt")
    if isinstance(node, nodes.Name | nodes.Getattr):
        name = node.name if isinstance(node, nodes.Name) else node.attr
        if name.startswith("_"):
            raise _at(node, f"“{name}” can't be used: names don't begin with “_”")
    if isinstance(node, nodes.Filter):
        _refuse_filter(node)
    if isinstance(node, nodes.Test) and node.name not in _environment.tests:
        raise _at(node, f"there is no test “{node.name}”")
    if isinstance(node, nodes.For) and node.recursive:
        raise _at(node, "a loop can't be recursive")
    if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name == "range"):
        raise _at(node, "nothing but range can be called; use a filter, as in {{ topic | upper }}")
    if isinstance(node, nodes.List | nodes.Tuple) and not all(
        isinstance(item, nodes.Const) or (isinstance(item, nodes.Name) and item.ctx == "store") for item in node.items
    ):
        # Lists in lists could double with every line.
        raise _at(node, "a list can only hold fixed values")


def _refuse_filter(node: nodes.Filter) -> None:
    if node.node is None or node.name not in FILTERS:
        close = difflib.get_close_matches(node.name, FILTERS, n=1)
        raise _at(node, f"there is no filter “{node.name}”" + (f"; did you mean “{close[0]}”" if close else ""))
    if node.name == "map" and (node.args or not any(keyword.key == "attribute" for keyword in node.kwargs)):
        raise _at(node, "map needs an attribute, as in map(attribute='response')")


def _at(node: nodes.Node, message: str) -> PromptFault:
    return PromptFault(f"line {node.lineno}: {message}")


class _Guard(NodeTransformer):
    """Puts a step into each loop and each filter, and the sizes of joined texts under control."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor's way to name it
        self.generic_visit(node)
        node.iter = _filter(node.iter, "_each")
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802 - the visitor's way to name it
        self.generic_visit(node)
        if node.node is not None:
            node.node = _filter(node.node, "_step")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - the visitor's way to name it
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), "_concat")


def _filter(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


@pass_context  # keeps Jinja2 from calling it when it compiles; the same below
def _each(_context: Context, value: Iterable[Any]) -> Iterator[Any]:
    for item in value:
        _budget.get().step()
        yield item


@pass_context
def _step(_context: Context, value: Any) -> Any:
    _budget.get().step()
    return value


@pass_context
def _concat(_context: Context, values: list[Any]) -> str:
    return join_texts([as_text(value) for value in values])


@pass_context
def _write(_context: Context, value: Any) -> str:
    return as_text(value)


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > _MAX_RANGE:
        raise PromptFault(f"a range has more than {_MAX_RANGE:,} numbers")
    return numbers


def _build_environment() -> _Environment:
    environment = _Environment(
        undefined=_Missing, finalize=_write, trim_blocks=True, lstrip_blocks=True, autoescape=False, optimized=False
    )
    environment.globals = {"range": _range}
    environment.filters = {**FILTERS, "_each": _each, "_step": _step, "_concat": _concat}
    for name in ("callable", "filter", "test"):
        del environment.tests[name]
    return environment


_environment = _build_environment()
