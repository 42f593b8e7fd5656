"""Who gets to the database, and by which door: whatever is not listed here, does not."""

import ast
from collections.abc import Iterator

from tests.architecture.sources import Module, application

#: Module -> the doors of `lib.db.session` that it uses. Grows with every package that reads or writes.
DOORS: dict[str, set[str]] = {
    "Home": {"identity_session"},  # handed to /readyz
    "lib.audit.refusals": {"tenant_session"},
    "lib.audit.report.service": {"identity_session", "tenant_session"},  # the command line's, and a person's
    "lib.audit.sealing": {"identity_session", "tenant_session"},  # the command line's, and a person's
    "lib.audit.service": {"tenant_session"},
    "lib.audit.trail": {"tenant_session"},
    "lib.connections.defaults": {"tenant_session"},
    "lib.connections.integrations.service": {"tenant_session"},
    "lib.connections.offers": {"tenant_session"},
    "lib.connections.service": {"tenant_session"},
    "lib.connections.trying": {"tenant_session"},
    "lib.connections.turns": {"tenant_session"},
    "lib.identity.email_change": {"identity_session"},
    "lib.identity.invitations": {"identity_session"},
    "lib.identity.registration": {"identity_session"},
    "lib.identity.reset": {"identity_session"},
    "lib.identity.second_factor": {"identity_session"},
    "lib.identity.service": {"identity_session"},
    "lib.identity.sessions": {"identity_session"},
    "lib.identity.setup": {"identity_session"},
    "lib.organizations.operator": {"identity_session", "tenant_session"},  # the command line's, and a person's
    "lib.organizations.service": {"tenant_session"},
    "lib.projects.lists": {"tenant_session"},
    "lib.projects.service": {"tenant_session"},
    "lib.runs.bulk": {"tenant_session"},
    "lib.runs.commenting.service": {"tenant_session"},
    "lib.runs.comparing.service": {"tenant_session"},
    "lib.runs.duplicating": {"tenant_session"},
    "lib.runs.exporting.service": {"tenant_session"},
    "lib.runs.launch": {"tenant_session"},
    "lib.runs.operating.service": {"tenant_session"},
    "lib.saved_views.service": {"tenant_session"},
    "lib.usage.calls.service": {"tenant_session"},
    "lib.usage.exporting": {"tenant_session"},
    "lib.usage.service": {"tenant_session"},
    "lib.usage.reports.figures": {"tenant_session"},  # by the workers' login, as the next but one
    "lib.usage.reports.service": {"tenant_session"},
    "lib.usage.reports.sending": {"tenant_session"},
    "lib.runs.lists.service": {"tenant_session"},
    "lib.reviews.service": {"tenant_session"},
    "lib.runs.foresight": {"tenant_session"},
    "lib.runs.retry": {"tenant_session"},
    "lib.runs.service": {"tenant_session"},
    "lib.runs.steering": {"tenant_session"},
    "lib.runs.turns": {"tenant_session"},
    "lib.runs.watching.service": {"tenant_session"},
    "lib.schedules.firing": {"tenant_session"},  # by the workers' login
    "lib.schedules.service": {"tenant_session"},
    "lib.webhooks.deliveries": {"tenant_session"},
    "lib.webhooks.service": {"tenant_session"},
    "lib.archives.service": {"tenant_session"},
    "lib.export_jobs.service": {"tenant_session"},
    "lib.budgets.gauges": {"tenant_session"},
    "lib.budgets.service": {"tenant_session"},
    "lib.retention.operator": {"identity_session"},
    "lib.retention.service": {"tenant_session"},
    "lib.samples.service": {"identity_session"},
    "lib.templates.editing.service": {"tenant_session"},
    "lib.templates.files": {"tenant_session"},
    "lib.templates.gallery": {"tenant_session"},
    "lib.templates.publishing": {"tenant_session"},
    "lib.templates.service": {"tenant_session"},
    "lib.templates.trying": {"tenant_session"},
    "lib.templates.versions.service": {"tenant_session"},
    "lib.users.changes": {"tenant_session"},
    "lib.users.invitations": {"tenant_session"},
    "lib.users.password_links": {"tenant_session"},
    "lib.users.people": {"tenant_session"},
    "lib.users.service": {"tenant_session"},
}
#: Module -> how it connects by itself, for what a door is not made for.
CONNECTS: dict[str, set[str]] = {
    "lib.db.session": {"create_engine"},  # the doors
    "lib.db.migrate": {"create_engine"},  # as the owner
    "lib.db.claims": {"connect"},  # as the owner: the keys that claims are signed with
    "lib.maintenance.upgrade": {"create_engine", "connect"},  # as the owner: the built-in templates, and the limit
    "lib.maintenance.keys": {"connect"},  # as the owner: every organization's sealed columns
    "lib.backup.making": {"connect"},  # as who reads every row: the snapshot, and every table's sum
    "lib.backup.telling": {"connect"},  # as the one or the other: an entry of the trail
    "lib.backup.loading": {"connect"},  # as the owner: an empty database, and what was loaded into it
    "lib.archives.job": {"connect"},  # holds one archive at a time, by functions that look whether it does
    "lib.export_jobs.job": {"connect"},  # holds one export at a time; what it reads goes by the door
    "lib.db.roles": {"connect"},  # as an administrator, before there is anything
    "lib.db.server": {"connect"},  # to see whether it answers
    "lib.db.embedded_cluster": {"connect"},  # to see whether it answers
    "lib.engine.store": {"AsyncConnectionPool"},  # one statement a step, without the ORM
    "lib.engine.connected": {"connect"},  # the connection that the next ones keep
    "lib.engine.lease": {"connect"},  # the lock that says a worker lives, held by a session of its own
    "lib.engine.chores": {"keep_connected"},  # sums up usage, seals trails, notes sizes, removes what is too old
    "lib.engine.shelves": {"keep_connected"},  # asks whether an archive or an export waits
    "lib.engine.reports": {"keep_connected"},  # takes one report at a time; what it reads and writes goes by the door
    "lib.engine.leftovers": {"connect"},  # asks which operations are gone, once an hour
    "lib.engine.schedules": {"keep_connected"},  # takes and notes one schedule at a time; its launch goes by the door
    "lib.engine.deliveries": {"connect"},  # listens for events, and takes and notes many at a time
    "lib.engine.post": {"keep_connected"},  # listens for mails, and takes and notes one at a time
}
_OPENERS = {
    "sqlalchemy": {"create_engine", "create_async_engine"},
    "lib.engine.connected": {"keep_connected"},
    "psycopg": {"connect", "Connection", "AsyncConnection"},
    "psycopg_pool": {"ConnectionPool", "AsyncConnectionPool"},
}
_DOOR_NAMES = {"tenant_session", "identity_session", "engine_session"}


def _doors(module: Module) -> set[str]:
    return {name for name in _DOOR_NAMES if f"lib.db.session.{name}" in module.imports}


def _connects(module: Module) -> set[str]:
    """The calls by which it opens a connection: `psycopg.connect(…)`, `AsyncConnection.connect(…)`, a pool made."""
    found: set[str] = set()
    imported = {name for package, names in _OPENERS.items() for name in names if f"{package}.{name}" in module.imports}
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in imported:
            found.add(node.func.id)
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"connect", "create_engine"}:
            names = {part.id if isinstance(part, ast.Name) else part.attr for part in _parts(node.func.value)}
            if names & {"psycopg", "sqlalchemy", "Connection", "AsyncConnection"}:
                found.add(node.func.attr)
    return found


def _parts(node: ast.expr) -> Iterator[ast.Name | ast.Attribute]:
    """`a.b.c` as its three parts."""
    while isinstance(node, ast.Attribute):
        yield node
        node = node.value
    if isinstance(node, ast.Name):
        yield node


def test_doors_are_used_by_the_modules_listed() -> None:
    assert {m.name: doors for m in application() if (doors := _doors(m))} == DOORS


def test_connections_are_opened_by_the_modules_listed() -> None:
    assert {m.name: calls for m in application() if (calls := _connects(m))} == CONNECTS


def test_every_select_of_a_table_is_in_a_queries_module() -> None:
    """`select(func.…)` calls a function of the database, and is not meant."""
    elsewhere = [
        module
        for module in application()
        if module.name.startswith("lib.") and module.name.rpartition(".")[2] != "queries"
        if "sqlalchemy.select" in module.imports
    ]
    assert elsewhere, "some select functions"
    for module in elsewhere:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "select":
                is_function = all(_is_function_of_the_database(argument) for argument in node.args)
                assert is_function, f"{module.name}, line {node.lineno}"


def test_queries_open_no_door_and_change_nothing() -> None:
    for module in application():
        if module.name.rpartition(".")[2] == "queries":
            assert not _doors(module), module.name
            assert not module.imports & {f"sqlalchemy.{verb}" for verb in ("insert", "update", "delete")}, module.name


def _is_function_of_the_database(node: ast.expr) -> bool:
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id == "func"
