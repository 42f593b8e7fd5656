"""Every select that finds things by what they are called, or were called when they were deleted."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from lib.audit.naming.queries import NAMED
from lib.audit.views import Named
from lib.db.paging import count_at_most
from lib.models.audit_log import AuditLog
from lib.models.run import OrchestrationRun

RUNS: Final = "orchestrations"
#: In which kinds a search looks besides runs -> where the values of one that was deleted have its name. There are few
#: of each, and one of their parts is no name.
SEARCHED: Final[Mapping[str, str]] = {
    "users": "full_name",
    "projects": "name",
    "templates": "name",
    "schedules": "title",
    "webhooks": "name",
    "budgets": "name",
    "provider_connections": "name",
    "integration_connections": "name",
    "invitations": "email",
    "archives": "project_name",
    "legal_holds": "reason",
}
#: A search finds so many of a kind, the newest; nobody reads through what more of them did.
MOST_NAMED: Final = 1_000
#: No index answers a search, so a page looks at the titles of so many runs, the newest.
MOST_RUNS: Final = 50_000


def find_named(
    session: Session, organization_id: UUID, *, search: str, kinds: Collection[str] | None, all_runs: bool
) -> Named:
    """The things of these kinds, None for all, whose name holds those words; of runs among all, or the newest."""
    wanted = [kind for kind in SEARCHED if kinds is None or kind in kinds]
    found: dict[str, list[UUID]] = {}
    if wanted:
        for kind, key in session.execute(union_all(*(_there(kind, search) for kind in wanted))):
            found.setdefault(kind, []).append(key)
        for gone in session.execute(_gone(organization_id, wanted, search)):
            if gone.resource_type and gone.resource_id:
                found.setdefault(gone.resource_type, []).append(gone.resource_id)
    are_runs_cut = False
    if kinds is None or RUNS in kinds:
        found[RUNS] = [*session.scalars(_runs(organization_id, search, all_runs=all_runs))]
        are_runs_cut = not all_runs and len(found[RUNS]) <= MOST_NAMED and _are_more(session, organization_id)
    return Named(
        ids={kind: ids[:MOST_NAMED] for kind, ids in found.items()},
        beyond=tuple(kind for kind, ids in found.items() if len(ids) > MOST_NAMED),
        are_runs_cut=are_runs_cut,
    )


def _there(kind: str, search: str) -> Select[str, UUID]:
    """Those that are there, the newest: as many as tell whether there are too many."""
    key, name = NAMED[kind]
    called_so = select(literal(kind).label("kind"), key.label("id")).where(name.icontains(search, autoescape=True))
    newest = called_so.order_by(key.desc()).limit(MOST_NAMED + 1).subquery()
    return select(newest.c.kind, newest.c.id)


def _gone(organization_id: UUID, kinds: Sequence[str], search: str) -> Select[str | None, UUID | None]:
    """Those whose end the trail tells: an index has the entries of an action, and people make what they delete."""
    called = func.coalesce(*(AuditLog.old_values[name].astext for name in dict.fromkeys(SEARCHED.values())))
    return select(AuditLog.resource_type, AuditLog.resource_id).where(
        AuditLog.organization_id == organization_id,
        AuditLog.action.in_([f"{kind}.delete" for kind in kinds]),
        called.icontains(search, autoescape=True),
    )


def _runs(organization_id: UUID, search: str, *, all_runs: bool) -> Select[UUID]:
    name = NAMED[RUNS][1]
    runs = select(OrchestrationRun.id, OrchestrationRun.created_at, name.label("name")).where(
        OrchestrationRun.organization_id == organization_id
    )
    if not all_runs:
        runs = runs.order_by(OrchestrationRun.created_at.desc(), OrchestrationRun.id.desc()).limit(MOST_RUNS)
    looked_at = runs.subquery()
    found = select(looked_at.c.id).where(looked_at.c.name.icontains(search, autoescape=True))
    return found.order_by(looked_at.c.created_at.desc(), looked_at.c.id.desc()).limit(MOST_NAMED + 1)


def _are_more(session: Session, organization_id: UUID) -> bool:
    runs = select(OrchestrationRun.id).where(OrchestrationRun.organization_id == organization_id)
    newest = runs.order_by(OrchestrationRun.created_at.desc(), OrchestrationRun.id.desc())
    return count_at_most(session, newest, most=MOST_RUNS + 1) > MOST_RUNS
