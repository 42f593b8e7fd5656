"""What the documents name is there: tests, pages, commands, targets of make; and nothing of the demands is left out."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from lib.cli.commands import app
from lib.config import ROOT
from lib.ui.navigation import PAGES

_DOCUMENTS: Final = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
#: Each line of the specification's sections on migrations and on monitoring, by its heading.
_BULLETS: Final = {
    "Version Control": (
        "All schema changes tracked in migration files",
        "Backward compatibility maintained",
        "Rollback procedures documented",
    ),
    "Data Migration": (
        "Zero-downtime deployment support",
        "Data validation and integrity checks",
        "Performance impact monitoring",
    ),
    "Testing": ("Comprehensive test coverage for all tables", "Performance benchmarking", "Security validation"),
    "Performance Monitoring": ("Query performance tracking", "Index usage analysis", "Connection pool monitoring"),
    "Data Retention": (
        "Automated cleanup of old audit logs",
        "Archive strategy for completed projects",
        "Backup and recovery procedures",
    ),
    "Security Auditing": ("Regular security assessments", "Access pattern analysis", "Compliance reporting"),
}
_DEMANDS: Final = _DOCUMENTS["docs/operate.md"].partition("## What the specification asks of operating")[2]
#: `tests/lib/x.py::test_name`, a whole file, or a folder with a slash at its end.
_TEST: Final = re.compile(r"`(tests/[\w/.]+(?:::\w+)?)`")
_COMMAND: Final = re.compile(r"\borchestrator((?: [a-z][a-z-]*)+)")
#: What stands in the documents as a page does, and is something on one.
_ON_A_PAGE: Final = {"By mail", "Export", "Import", "Restore", "Verify seals"}


def rows_of(table: str) -> dict[str, list[str]]:
    """The cells of each row of a table, by what stands in its first one."""
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return {first: rest for first, *rest in lines}


def test_every_demand_has_its_row_and_every_row_a_test_and_what_does_it() -> None:
    demands = [each for lines in _BULLETS.values() for each in lines]
    rows = rows_of(_DEMANDS)
    assert [*rows][2:] == demands
    for demand in demands:
        what, shown = rows[demand]
        assert what, demand
        tests = _TEST.findall(shown)
        assert tests, demand
        assert _TEST.sub("", shown).strip(", ") == "", f"{demand}: not only tests"
        assert [each for each in tests if "::" not in each] == [], f"{demand}: a test is a function of a file"


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_every_test_that_a_document_names_is_there(document: str) -> None:
    assert [named for named in _TEST.findall(_DOCUMENTS[document]) if not _is_test(named)] == []


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_every_command_that_a_document_names_is_there(document: str) -> None:
    wrong = []
    for words in _COMMAND.findall(_DOCUMENTS[document]):
        found: Any = typer.main.get_command(app)
        for word in words.split():
            if not hasattr(found, "commands"):
                break  # an argument of it, or the rest of the sentence
            if word not in found.commands:
                wrong.append(words)
                break
            found = found.commands[word]
    assert wrong == []


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_every_target_of_make_that_a_document_names_is_there(document: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"(?:`|^)make ([a-z][a-z-]*)", _DOCUMENTS[document], re.MULTILINE)
    assert set(named) - targets == set()


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_every_page_that_a_document_names_is_there(document: str) -> None:
    named = set(re.findall(r"(?<![*\w])\*([A-Z][^*\n]{1,40})\*(?!\*)", _DOCUMENTS[document]))
    titles = {page.title for page in PAGES} | {"Project"}
    assert named - titles - _ON_A_PAGE == set()


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_every_link_of_a_document_leads_to_a_file_and_to_a_heading(document: str) -> None:
    folder = (ROOT / document).parent
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _DOCUMENTS[document]):
        name, _, heading = target.partition("#")
        path = folder / name if name else ROOT / document
        if "://" in target:
            continue
        if not path.exists() or (heading and heading not in _headings(path)):
            wrong.append(target)
    assert wrong == []


def test_every_benchmark_is_described() -> None:
    described = re.findall(r"^\| `([a-z_]+)` \|", _DOCUMENTS["docs/benchmarks.md"], re.MULTILINE)
    source = (ROOT / "tests" / "benchmarks" / "__main__.py").read_text(encoding="utf-8")
    listed = re.findall(r'^    "([a-z_]+)": \1\.main,$', source, re.MULTILINE)
    assert len(listed) > 15
    assert sorted(described) == sorted(listed)


def _is_test(named: str) -> bool:
    file, _, function = named.partition("::")
    path = ROOT / file
    if not (path.is_dir() if file.endswith("/") else path.is_file()):
        return False
    return not function or function in _functions(path)


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def _headings(path: Path) -> Iterator[str]:
    """As an address has them."""
    for heading in re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
