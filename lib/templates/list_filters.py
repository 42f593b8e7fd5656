"""The filters of lists, each with a step for whatever it looks at: Jinja2's ask nobody before they are done."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, Final, cast

from jinja2 import Environment, pass_context, pass_environment
from jinja2.filters import FILTERS as _JINJA
from jinja2.runtime import Context, Undefined
from jinja2.tests import TESTS as _TESTS

from lib.templates.steps import PromptFault, each, step, weigh

#: Names behind one another in an `attribute`, and digits of a number among them.
_MAX_PARTS, _MAX_DIGITS = 5, 5

Key = Callable[[Any], Any]


def _follow(environment: Environment, attribute: str | int | None, *, is_caseless: bool = False) -> Key:
    """Reads an item's `attribute`: names behind one another, with a dot between."""
    parts: list[str | int] = []
    if attribute is not None:
        parts = [
            int(part) if part.isdecimal() and len(part) <= _MAX_DIGITS else part for part in str(attribute).split(".")
        ]
    if len(parts) > _MAX_PARTS:
        raise PromptFault(f"an attribute has more than {_MAX_PARTS} parts")

    def read(item: Any) -> Any:
        for part in parts:
            item = environment.getitem(item, part)
        step(weigh(item))
        return item.lower() if is_caseless and isinstance(item, str) else item

    return read


@pass_environment
def _map(environment: Environment, value: Iterable[Any], *, attribute: str | int, default: Any = None) -> Iterator[Any]:
    read = _follow(environment, attribute)
    for item in each(value):
        found = read(item)
        yield default if default is not None and isinstance(found, Undefined) else found


@pass_environment
def _sort(
    environment: Environment,
    value: Iterable[Any],
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: str | int | None = None,
) -> list[Any]:
    names = attribute.split(",") if isinstance(attribute, str) else [attribute]
    if len(names) > _MAX_PARTS:
        raise PromptFault(f"sort takes at most {_MAX_PARTS} attributes")
    keys = [_follow(environment, name, is_caseless=not case_sensitive) for name in names]
    keyed = [([read(item) for read in keys], item) for item in each(value)]
    comparisons = len(keyed).bit_length()  # of each, at most
    step(comparisons * sum(weigh(part) for key, _ in keyed for part in key))
    return [item for _, item in sorted(keyed, key=lambda pair: pair[0], reverse=reverse)]


@pass_environment
def _unique(
    environment: Environment,
    value: Iterable[Any],
    case_sensitive: bool = False,
    attribute: str | int | None = None,
) -> Iterator[Any]:
    read = _follow(environment, attribute, is_caseless=not case_sensitive)
    seen = set()
    for item in each(value):
        key = read(item)
        if key not in seen:
            seen.add(key)
            yield item


def _extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    @pass_environment
    def chosen(
        environment: Environment,
        value: Iterable[Any],
        case_sensitive: bool = False,
        attribute: str | int | None = None,
    ) -> Any:
        read = _follow(environment, attribute, is_caseless=not case_sensitive)
        items = list(each(value))
        return choose(items, key=read) if items else environment.undefined("the list is empty")

    return chosen


def _chooser(*, is_kept: bool, has_attribute: bool) -> Callable[..., Any]:
    """`select` and its kin: the items of which a test says so, or of which it does not."""

    @pass_context
    def choose(context: Context, value: Iterable[Any], *words: Any, **named: Any) -> Iterator[Any]:
        attribute, *rest = words if has_attribute else (None, *words)
        read = _follow(context.environment, attribute)
        for item in each(value):
            seen = read(item)
            answer = context.environment.call_test(rest[0], seen, rest[1:], named, context) if rest else seen
            if bool(answer) is is_kept:
                yield item

    return choose


def _list(value: Iterable[Any]) -> list[Any]:
    return list(each(value))


def _reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else list(each(value))[::-1]


def _items(value: Any) -> Iterator[Any]:
    if not isinstance(value, Mapping):
        raise PromptFault("items takes a group of named values")
    return each(value.items())


LIST_FILTERS: Final[Mapping[str, Any]] = {
    **{name: _JINJA[name] for name in ("count", "first", "last", "length")},
    "items": _items,
    "list": _list,
    "map": _map,
    "max": _extreme(max),
    "min": _extreme(min),
    "reject": _chooser(is_kept=False, has_attribute=False),
    "rejectattr": _chooser(is_kept=False, has_attribute=True),
    "reverse": _reverse,
    "select": _chooser(is_kept=True, has_attribute=False),
    "selectattr": _chooser(is_kept=True, has_attribute=True),
    "sort": _sort,
    "unique": _unique,
}


def _weighed(test: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(test)
    def asked(*values: Any) -> Any:
        step(sum(map(weigh, values)))
        return test(*values)

    return asked


#: Those that know what filters and tests there are, are not for prompts.
_UNSEEN: Final = frozenset({"callable", "filter", "test"})
#: What stands behind `is`, and what `select` asks.
TESTS: Final[Mapping[str, Any]] = {
    name: _weighed(cast("Callable[..., Any]", test)) for name, test in _TESTS.items() if name not in _UNSEEN
}
