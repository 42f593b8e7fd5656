"""Small rules that no tool keeps: reasons beside exceptions, short modules, nothing of one machine."""

import ast
import re
import socket
import sys

import pytest

from lib.config import ROOT
from tests.architecture.sources import application, text_files

_NOQA = re.compile(r"#\s*noqa(?P<codes>:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)?(?P<reason>[^#]*)")
_IGNORE = re.compile(r"#\s*type:\s*ignore(?P<codes>\[[a-z-]+(,\s*[a-z-]+)*\])?(?P<reason>.*)")
#: Put together here, so that this file does not find itself.
_REGISTRIES = re.compile(
    r"https?://[^\s\"'<>)]*(/simple\b|/artifactory|/nexus|registry\.)|--(extra-)?" + "index-url|--find" + "-links"
)
_MACHINE_PATHS = re.compile(r"(?<![\w.])/(" + "work|opt/pypi[a-z-]*|opt/whe" + "els|home/\\w+|Users/\\w+)/")


def test_exception_to_a_rule_has_a_code_and_a_reason() -> None:
    faults = []
    for path, text in text_files():
        for number, line in enumerate(text.splitlines() if path.endswith(".py") else (), start=1):
            if "re.compile" in line:
                continue
            for found in (found for pattern in (_NOQA, _IGNORE) for found in pattern.finditer(line)):
                if not found["codes"]:
                    faults.append(f"{path}:{number} says not which rule")
                if not re.search(r"\w{2}", found["reason"]):
                    faults.append(f"{path}:{number} says not why")
    assert faults == []


def test_no_file_switches_a_tool_off_as_a_whole() -> None:
    whole = re.compile("ruff:" + r"\s*noqa|flake8:" + r"\s*noqa|mypy:" + r"\s*ignore-errors|squawk-" + "ignore-file")
    assert [name for name, text in text_files() if whole.search(text)] == []


@pytest.mark.parametrize("pattern", [_REGISTRIES, _MACHINE_PATHS], ids=["registry", "path"])
def test_no_file_names_a_registry_or_a_path_of_one_machine(pattern: re.Pattern[str]) -> None:
    found = {name: match.group() for name, text in text_files() if (match := pattern.search(text))}
    assert found == {}


def test_no_file_names_this_machine() -> None:
    names = {str(ROOT), socket.gethostname(), *([sys.prefix] if sys.prefix != sys.base_prefix else [])}
    # a short one is a word like any other
    patterns = [re.compile(rf"(?<![\w./-]){re.escape(name)}\b") for name in names if len(name) > 8]
    assert [name for name, text in text_files() if any(pattern.search(text) for pattern in patterns)] == []


def test_modules_are_short() -> None:
    lengths = {module.name: len(module.text.splitlines()) for module in application()}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_functions_are_short() -> None:
    """A migration lists columns, and is read once."""
    lengths = {
        f"{module.name}.{node.name}": (node.end_lineno or 0) - node.lineno
        for module in application()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    longest = {name: 100 if name.startswith("migrations.") else 50 for name in lengths}
    assert {name: length for name, length in lengths.items() if length >= longest[name]} == {}


def test_every_function_of_the_database_has_its_reason() -> None:
    decision = (ROOT / "docs" / "decisions" / "0003-functions-in-the-database.md").read_text(encoding="utf-8")
    files = [path.stem.replace("_", ".", 1) for path in (ROOT / "migrations" / "sql").glob("*.sql")]
    assert len(files) > 40
    assert [name for name in files if f"`{name}`" not in decision] == []
