"""The small part of Jinja2 in which prompts are written, made so that no prompt can hang or fill a worker.

Jinja2's own sandbox keeps a template away from Python's insides, but not from endless work: nested loops, macros that
call each other, `"x" * 10**10`, strings that double line by line. Therefore:

* only the parts of the language named in `_ALLOWED` exist: no macros, includes, calls (but `range`), blocks, powers;
* only the filters in `filters.py`, none of which makes much out of little;
* variables are texts, numbers, lists and mappings; a dot reads a key and never an attribute;
* a condition is one expression of the same language, under the same limits;
* whatever is looked at is a step, also inside of filters and comparisons: there is a limit of steps, of time and of
  output;
* a prompt is no longer than `MAX_PROMPT_BYTES`, and what stands between its braces no more than `MAX_TOKENS`.

That is the first line. The second is where it is done: in a process that is ended when it takes too long, see
`renderers`.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from lib.quoting import LONGEST_SENTENCE, cut
from lib.templates import renderers
from lib.templates.counting import COUNTING, Guard, write
from lib.templates.filters import FILTERS, LARGEST_NUMBER, MAX_CHARACTERS, Stand, join_texts
from lib.templates.kept import Kept
from lib.templates.list_filters import TESTS
from lib.templates.steps import PromptFault, step
from lib.templates.syntax_words import say_syntax

#: Of one prompt; all those of a template have no more together.
MAX_PROMPT_BYTES = 200_000
#: Names, signs and texts between the braces of one prompt.
MAX_TOKENS = 20_000
_MAX_RANGE = 1_000
#: What compiled prompts may take of the memory, and what one takes: measured with prompts of nothing but variables.
_MOST_BYTES, _BYTES_A_TOKEN, _BYTES_A_PROMPT = 32_000_000, 120, 5_000

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem),
    *(nodes.Slice, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
    *(nodes.CondExpr, nodes.If, nodes.For, nodes.Assign, nodes.With, nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul),
    *(nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.List, nodes.Tuple, nodes.Keyword, nodes.Call),
)
_MOST_AT_HAND = 50
_LOOP = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"})


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
    return PromptFault(f"“{cut(name)}” is not there: what stands before it is no group of values that has it")


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
        step()
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return join_texts([left, right])
        for value in (left, right):
            if isinstance(value, Undefined):
                str(value)  # raises
            if not isinstance(value, int | float):
                raise PromptFault(f"“{operator}” needs two numbers")
            _refuse_large(value)
        result = super().call_binop(context, operator, left, right)
        _refuse_large(result)
        return result


def _refuse_large(number: float) -> None:
    """Before and after it is computed with: products of long numbers take for ever."""
    if abs(number) > LARGEST_NUMBER:
        raise PromptFault("a number becomes too large")


def compile_prompt(source: str, *, is_condition: bool = False) -> Template:
    """The prompt, ready to be rendered; `PromptFault` where it is not a valid one.

    A condition becomes a prompt that comes out as a word where it is true, and empty where it is not.
    """
    compiled = _compiled.get((source, is_condition), partial(_try_to_compile, source, is_condition))
    if compiled.template is None:
        raise PromptFault(compiled.fault)
    return compiled.template


def _try_to_compile(source: str, is_condition: bool) -> "_Compiled":
    """What is wrong is kept as well: a page that shows it finds it out again with every rerun."""
    try:
        return _compile(source, is_condition)
    except PromptFault as error:
        fault = error.message
    except TemplateSyntaxError as error:
        fault = f"line {error.lineno}: {say_syntax(error.message or '', is_condition=is_condition)}"
    except (RecursionError, MemoryError, SyntaxError):  # Python's words for what is nested too deeply
        fault = "it is nested too deeply"
    except Exception as error:  # a number of a million digits, for instance: the prompt's words have caused it
        fault = _as_fault(error).message
    return _Compiled(None, fault, 4 * len(source) + _BYTES_A_PROMPT)


def render(source: str, variables: Mapping[str, object]) -> str:
    """The text of a prompt. `PromptFault` says what is wrong, in words that end a sentence."""
    return renderers.call(render_here, source, dict(variables))


def is_true(condition: str, variables: Mapping[str, object]) -> bool:
    """Whether the expression holds. `PromptFault` as from `render`."""
    return bool(renderers.call(ask_here, condition, dict(variables)))


def render_here(source: str, variables: Mapping[str, object]) -> str:
    """What `render` gives, in this process, which is one that can be ended: `renderers.call` has it done there."""
    return _generate(compile_prompt(source), variables)


def ask_here(condition: str, variables: Mapping[str, object]) -> str:
    """The same for `is_true`: a word where the condition holds."""
    return _generate(compile_prompt(condition, is_condition=True), variables)


def _generate(template: Template, variables: Mapping[str, object]) -> str:
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
        raise _as_fault(error) from error
    return "".join(pieces).strip()


def _as_fault(error: Exception) -> PromptFault:
    if isinstance(error, MemoryError):
        return PromptFault("it needs too much memory")
    return PromptFault(cut(error, LONGEST_SENTENCE) or type(error).__name__)


def _describe_missing(name: str, known: list[str]) -> PromptFault:
    close = difflib.get_close_matches(cut(name), known[:_MOST_AT_HAND], n=1)
    hint = f". Did you mean “{cut(close[0])}”?" if close else ""
    at_hand = ", ".join(map(cut, known[:_MOST_AT_HAND])) or "nothing"
    return PromptFault(f"it uses “{cut(name)}”, which is not there; at hand: {at_hand}{hint}")


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


@dataclass(frozen=True, slots=True)
class _Compiled:
    template: Template | None
    #: What is wrong with it, where there is none.
    fault: str
    #: Of the memory, about.
    bytes: int


def _compile(source: str, is_condition: bool) -> _Compiled:
    tokens = _count_tokens(source, is_condition)
    tree = parse(source, is_condition=is_condition)
    for node in tree.find_all(nodes.Node):
        _refuse(node)
    guarded = Guard().visit(tree)
    template = Template.from_code(_environment, _environment.compile(guarded), dict(_environment.globals))
    return _Compiled(template, "", 4 * len(source) + tokens * _BYTES_A_TOKEN + _BYTES_A_PROMPT)


_compiled = Kept[_Compiled](_MOST_BYTES, lambda compiled: compiled.bytes)


def _count_tokens(source: str, is_condition: bool) -> int:
    """How many there are, counted before anything is made of them. Raises `PromptFault` where it is too much."""
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_PROMPT_BYTES:
        raise PromptFault(f"it has {size // 1000:,} kB; {MAX_PROMPT_BYTES // 1000} kB is the most")
    count = 0
    # a condition is what else stands between braces
    for _, kind, _ in _environment.lexer.tokeniter(source, None, state="variable" if is_condition else None):
        count += kind not in {"data", "whitespace"}
        if count > MAX_TOKENS:
            raise PromptFault(f"it has more than {MAX_TOKENS:,} names and signs in its braces")
    return count


def _refuse(node: nodes.Node) -> None:
    """Raise for whatever is not part of the language of prompts."""
    if not isinstance(node, _ALLOWED):
        part = type(node).__name__.lower().removesuffix("block")
        raise _at(node, f"“{part}” can't be used in a prompt")
    if isinstance(node, nodes.Name | nodes.Getattr):
        name = node.name if isinstance(node, nodes.Name) else node.attr
        if name.startswith("_"):
            raise _at(node, f"“{cut(name)}” can't be used: names don't begin with “_”")
    if isinstance(node, nodes.Filter):
        _refuse_filter(node)
    if isinstance(node, nodes.Test) and node.name not in _environment.tests:
        raise _at(node, f"there is no test “{cut(node.name)}”")
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
        close = difflib.get_close_matches(cut(node.name), FILTERS, n=1)
        raise _at(node, f"there is no filter “{cut(node.name)}”" + (f"; did you mean “{close[0]}”" if close else ""))
    if node.name == "map" and (node.args or not any(keyword.key == "attribute" for keyword in node.kwargs)):
        raise _at(node, "map needs an attribute, as in map(attribute='response')")


def _at(node: nodes.Node, message: str) -> PromptFault:
    return PromptFault(f"line {node.lineno}: {message}")


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > _MAX_RANGE:
        raise PromptFault(f"a range has more than {_MAX_RANGE:,} numbers")
    return numbers


def _build_environment() -> _Environment:
    environment = _Environment(
        undefined=_Missing, finalize=write, trim_blocks=True, lstrip_blocks=True, autoescape=False, optimized=False
    )
    environment.globals = {"range": _range}
    environment.filters = {**FILTERS, **COUNTING}
    environment.tests = dict(TESTS)
    return environment


_environment = _build_environment()
