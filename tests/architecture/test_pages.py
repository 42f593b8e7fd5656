"""What a page is: guarded before anything else, and without a database of its own."""

import ast

from lib.access.permissions import Permission
from lib.ui.navigation import PAGES
from tests.architecture.sources import Module, application, pages

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


def test_pages_begin_with_their_guard() -> None:
    for module in pages():
        _guard(module)
        assert "lib.ui.guard.require_actor" in module.imports, module.name


def test_guard_asks_for_what_opens_the_page_in_the_navigation() -> None:
    """Where the navigation opens a page to everybody, the guard may still ask for more."""
    by_name = {module.name: module for module in pages()}
    assert {entry.file for entry in PAGES} == {f"pages/{name.removeprefix('pages.')}.py" for name in by_name}
    for entry in PAGES:
        call = _guard(by_name[entry.file.removesuffix(".py").replace("/", ".")])
        asked = [node.attr for node in call.args if isinstance(node, ast.Attribute)]
        if entry.permission is not None:
            assert [Permission[name] for name in asked] == [entry.permission], entry.file


def test_pages_and_their_parts_know_no_database() -> None:
    parts = [module for module in application() if module.name.startswith(("pages.", "lib.ui"))]
    assert {m.name: imports for m in parts if (imports := m.imports_any(*CLOSED_TO_PAGES))} == {}


def test_streamlit_is_imported_by_the_pages_and_their_parts_only() -> None:
    importing = {m.name for m in application() if m.imports_any("streamlit", "streamlit_authenticator")}
    assert {name for name in importing if not name.startswith(("pages.", "lib.ui"))} == {"Home"}


def test_pages_are_short() -> None:
    lengths = {module.name: len(module.text.splitlines()) for module in pages()}
    assert {name: length for name, length in lengths.items() if length > 80} == {}


def test_no_field_of_a_number_holds_limits_of_its_own() -> None:
    """One that does sends nothing where the number is beyond, and the server takes that for none: no limit at all."""
    limited = {
        f"{module.name}, line {node.lineno}"
        for module in application()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "number_input"
        if {keyword.arg for keyword in node.keywords} & {"min_value", "max_value"}
    }
    assert limited == set()
