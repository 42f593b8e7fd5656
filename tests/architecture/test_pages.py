"""What a page is: guarded before anything else, and without a database of its own."""

import ast

import pytest

from lib.access.permissions import Permission
from lib.ui.navigation import PAGES
from tests.architecture.sources import Module, application, pages

BY_NAME = {module.name: module for module in pages()}
#: Nothing of these is a page's to import: it calls a use case.
CLOSED_TO_PAGES = ("sqlalchemy", "psycopg", "lib.db.session", "lib.db.server", "lib.db.migrate")


def _first_step(module: Module) -> ast.stmt | None:
    """The first statement that does something: no docstring, import, definition or constant."""
    for node in module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        return node
    return None


def _guard(module: Module) -> ast.Call:
    """The call of `require_actor` that the page begins with."""
    step = _first_step(module)
    call = step.value if isinstance(step, ast.Assign | ast.Expr) else None
    assert isinstance(call, ast.Call), f"{module.name} does something before it asks who is there"
    assert isinstance(call.func, ast.Name)
    assert call.func.id == "require_actor", f"{module.name} does something before it asks who is there"
    return call


@pytest.mark.parametrize("name", BY_NAME)
def test_page_begins_with_its_guard(name: str) -> None:
    module = BY_NAME[name]
    _guard(module)
    assert "lib.ui.guard.require_actor" in module.imports


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.file)
def test_guard_asks_for_what_opens_the_page_in_the_navigation(entry: object) -> None:
    """Where the navigation opens a page to everybody, the guard may still ask for more."""
    file, opens = entry.file, entry.permission  # type: ignore[attr-defined]  # pytest hands it on as an object
    call = _guard(BY_NAME[file.removesuffix(".py").replace("/", ".")])
    asked = [node.attr for node in call.args if isinstance(node, ast.Attribute)]
    if opens is not None:
        assert [Permission[name] for name in asked] == [opens]


def test_every_page_is_in_the_navigation() -> None:
    assert {entry.file for entry in PAGES} == {f"pages/{name.removeprefix('pages.')}.py" for name in BY_NAME}


@pytest.mark.parametrize("name", [m.name for m in application() if m.name.startswith(("pages.", "lib.ui"))])
def test_pages_and_their_parts_know_no_database(name: str) -> None:
    (module,) = (module for module in application() if module.name == name)
    assert not module.imports_any(*CLOSED_TO_PAGES)


def test_streamlit_is_imported_by_the_pages_and_their_parts_only() -> None:
    importing = {m.name for m in application() if m.imports_any("streamlit", "streamlit_authenticator")}
    assert {name for name in importing if not name.startswith(("pages.", "lib.ui"))} == {"Home"}


@pytest.mark.parametrize("name", BY_NAME)
def test_page_is_short(name: str) -> None:
    assert len(BY_NAME[name].text.splitlines()) <= 80


@pytest.mark.parametrize("module", application(), ids=lambda module: module.name)
def test_no_field_of_a_number_holds_limits_of_its_own(module: Module) -> None:
    """One that does sends nothing where the number is beyond, and the server takes that for none: no limit at all."""
    limits = {
        keyword.arg
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "number_input"
        for keyword in node.keywords
    }
    assert limits.isdisjoint({"min_value", "max_value"})
