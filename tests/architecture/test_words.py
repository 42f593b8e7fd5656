"""Numbers, dates and plurals are written by words, figures and days alone, so that every page writes them alike."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import Module, application

#: Of a format, what belongs to words.py: a thousands' comma, a number of digits, a share, a day or an hour.
_OURS = (",", ".0", ".1", ".2", ".3", ".4", "%", "02d")


def _faults(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = "".join(str(part.value) for part in ast.walk(node.format_spec) if isinstance(part, ast.Constant))
            if any(sign in spec for sign in _OURS):
                yield f"line {node.lineno}: formats with {spec!r}"
        elif isinstance(node, ast.Attribute) and node.attr == "strftime":
            yield f"line {node.lineno}: calls strftime"
        elif isinstance(node, ast.IfExp) and _asks_for_one(node.test) and isinstance(node.body, ast.Constant):
            yield f"line {node.lineno}: makes a plural"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _has_replacement_format(node.value):
            yield f"line {node.lineno}: has a format in {node.value[:40]!r}"


def _asks_for_one(test: ast.expr) -> bool:
    """`count == 1`, `count != 1`, `count > 1`."""
    last = test.comparators[-1] if isinstance(test, ast.Compare) else None
    return isinstance(last, ast.Constant) and last.value == 1


def _has_replacement_format(text: str) -> bool:
    return any(f"{{{name}:{sign}" in text for name in ("", "0", "1") for sign in _OURS)


def test_pages_and_their_parts_write_no_number_date_or_plural_themselves() -> None:
    parts = [module for module in application() if module.name.startswith(("pages.", "lib.ui"))]
    faults = {module.name: list(_faults(module)) for module in parts if module.name != "lib.ui.words"}
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    "written",
    [
        "f'{count:,}'",
        "f'{cost:.2f}'",
        "f'{day:%b %Y}'",
        "'{:.2f}%'.format(share)",
        "moment.strftime('%H')",
        "'run' if count == 1 else 'runs'",
        'f\'run{"s" if count != 1 else ""}\'',
    ],
)
def test_what_it_looks_for_is_found(written: str) -> None:
    assert list(_faults(Module("lib.ui.x", application()[0].path, written, ast.parse(written), frozenset())))
