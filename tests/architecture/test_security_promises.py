"""docs/security.md names, for each promise, the tests that show it; they are there."""

import ast
import re
from functools import cache
from pathlib import Path

from lib.config import ROOT

_DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
#: `tests/lib/x.py::test_name`, a whole file, or a folder with a slash at its end.
_NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+(?:::\w+)?)`", _DOCUMENT)))


def test_promises_name_their_tests() -> None:
    rows = [line for line in _DOCUMENT.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    promises = [row for row in rows if "tests/" in row]
    assert len(promises) > 20
    table = _DOCUMENT.partition("## What shows it")[2]
    assert [row for row in table.splitlines()[4:] if row.startswith("| ") and "`" not in row] == []


def test_named_tests_exist() -> None:
    assert [named for named in _NAMED if not _exists(named)] == []


def _exists(named: str) -> bool:
    file, _, function = named.partition("::")
    path = ROOT / file
    if not (path.is_dir() if file.endswith("/") else path.is_file()):
        return False
    return not function or function in _functions(path)


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
