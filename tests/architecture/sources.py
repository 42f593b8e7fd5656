"""The project's own files, read once: Python as syntax trees, everything else as text."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lib.config import ROOT

_TEXT = {".py", ".md", ".toml", ".txt", ".sql", ".css", ".mako", ".yml", ".yaml", ".html", ".json", ".sh", ""}
_NOT_OURS = {"__pycache__", "node_modules", "build", "dist", "screenshots"}
#: Folders with a dot that belong to the project; the others are caches, environments and git's.
_OURS = {".ci", ".streamlit"}


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file of the application."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    #: Everything that it imports, also inside of functions: modules, and names of modules as `module.name`.
    imports: frozenset[str]

    def imports_any(self, *packages: str) -> frozenset[str]:
        """Those of its imports that are of the packages named."""
        return frozenset(i for i in self.imports if any(i == p or i.startswith(f"{p}.") for p in packages))


@cache
def application() -> tuple[Module, ...]:
    """Home.py, the pages, lib and the migrations."""
    paths = [ROOT / "Home.py", *sorted((ROOT / "pages").glob("*.py"))]
    for package in ("lib", "migrations"):
        paths += sorted((ROOT / package).rglob("*.py"))
    return tuple(_read(path) for path in paths)


def pages() -> tuple[Module, ...]:
    """The files of pages/."""
    return tuple(module for module in application() if module.name.startswith("pages."))


def text_files() -> Iterator[tuple[str, str]]:
    """Path within the project and text of every file that is written by hand."""
    waiting = [ROOT]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.is_dir():
                hidden = path.name.startswith(".") and path.name not in _OURS
                if not hidden and path.name not in _NOT_OURS and not path.name.endswith(".egg-info"):
                    waiting.append(path)
            elif path.suffix in _TEXT and path.name != ".git" and not path.is_symlink():  # a worktree's is a file
                try:
                    yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    continue  # no text after all


def _read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    tree = ast.parse(text, str(path))
    return Module(name, path, text, tree, _imports(tree))


def _imports(tree: ast.Module) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)
