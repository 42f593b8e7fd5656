"""Every select of what things are called."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, func, literal, select, text, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.audit.views import Named as Found
from lib.audit.views import Thing
from lib.db.paging import count_at_most
from lib.models.archive import Archive
from lib.models.audit_log import AuditLog
from lib.models.budget import Budget, BudgetRaise, SpendingWatch
from lib.models.comment import RunComment
from lib.models.connection import IntegrationConnection, ProviderConnection
from lib.models.invitation import Invitation
from lib.models.organization import Organization
from lib.models.people import people
from lib.models.project import Project
from lib.models.retention import LegalHold
from lib.models.review import ReviewRequest, RunReview
from lib.models.run import OrchestrationRun
from lib.models.schedule import Schedule
from lib.models.template import OrchestrationTemplate, TemplateReview
from lib.models.webhook import Webhook

Named = tuple[InstrumentedAttribute[Any] | ColumnElement[Any], ColumnElement[Any] | InstrumentedAttribute[Any]]
_PERSON: Final[Named] = (people.c.id, people.c.name)
_RUN: Final = func.coalesce(OrchestrationRun.title, func.left(OrchestrationRun.topic, 255))


def _of(name: ColumnElement[Any] | InstrumentedAttribute[Any], is_it: ColumnElement[bool]) -> ColumnElement[Any]:
    """What is called after the thing that it belongs to."""
    return select(name).where(is_it).scalar_subquery()


#: Kind -> id and name, where things of it have a name of their own.
NAMED: Final[Mapping[str, Named]] = {
    "orchestrations": (OrchestrationRun.id, _RUN),
    "review_requests": (ReviewRequest.id, _of(_RUN, OrchestrationRun.id == ReviewRequest.run_id)),
    "run_reviews": (RunReview.id, _of(_RUN, OrchestrationRun.id == RunReview.run_id)),
    "run_comments": (RunComment.id, _of(_RUN, OrchestrationRun.id == RunComment.run_id)),
    "template_reviews": (
        TemplateReview.id,
        _of(OrchestrationTemplate.name, OrchestrationTemplate.id == TemplateReview.template_id),
    ),
    "budget_raises": (BudgetRaise.id, _of(Budget.name, Budget.id == BudgetRaise.budget_id)),
    "projects": (Project.id, Project.name),
    "templates": (OrchestrationTemplate.id, OrchestrationTemplate.name),
    "schedules": (Schedule.id, Schedule.title),
    "users": _PERSON,
    "credentials": _PERSON,
    "invitations": (Invitation.id, Invitation.email),
    "organizations": (Organization.id, Organization.name),
    "provider_connections": (ProviderConnection.id, ProviderConnection.name),
    "integration_connections": (IntegrationConnection.id, IntegrationConnection.name),
    "webhooks": (Webhook.id, Webhook.name),
    "archives": (Archive.id, Archive.project_name),
    "budgets": (Budget.id, Budget.name),
    "legal_holds": (LegalHold.id, LegalHold.reason),
    "spending_watches": (SpendingWatch.id, func.concat(SpendingWatch.hours, " h")),
}
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
#: Of things that are gone, the newest name that one of their last twenty entries says.
_NAMES_OF_GONE: Final = text("""
    SELECT a.kind, a.id, n.name
      FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS uuid[])) AS a (kind, id)
     CROSS JOIN LATERAL (
           SELECT e.name
             FROM (SELECT coalesce(new_values ->> 'name', old_values ->> 'name', new_values ->> 'title',
                                   old_values ->> 'title', new_values ->> 'topic', old_values ->> 'topic',
                                   new_values ->> 'full_name', old_values ->> 'full_name',
                                   new_values ->> 'email', old_values ->> 'email') AS name
                     FROM audit_logs l
                    WHERE l.organization_id = :organization AND l.resource_type = a.kind AND l.resource_id = a.id
                    ORDER BY l.created_at DESC LIMIT 20) e
            WHERE e.name IS NOT NULL LIMIT 1) n
""")


def name_things(session: Session, organization_id: UUID, things: Iterable[Thing]) -> dict[Thing, str]:
    """What these are called, or were called last as far as the trail says it, each as far as the person sees it."""
    wanted = set(things)
    by_kind: dict[str, set[UUID]] = {}
    for thing in wanted:
        by_kind.setdefault(thing.kind, set()).add(thing.id)
    lists = [
        select(literal(kind).label("kind"), key.label("id"), cast(name, Text).label("name")).where(
            key.in_(by_kind[kind])
        )
        for kind, (key, name) in NAMED.items()
        if kind in by_kind
    ]
    found = session.execute(union_all(*lists)).all() if lists else ()
    names = {Thing(kind, key): name for kind, key, name in found if name}
    return names | _name_gone(session, organization_id, wanted - names.keys())


def _name_gone(session: Session, organization_id: UUID, things: Collection[Thing]) -> dict[Thing, str]:
    """By their newest entries that say a name, in one statement: a page may be about fifty such things."""
    if not things:
        return {}
    asked = {
        "organization": organization_id,
        "kinds": [thing.kind for thing in things],
        "ids": [thing.id for thing in things],
    }
    return {Thing(row.kind, row.id): row.name for row in session.execute(_NAMES_OF_GONE, asked)}


def find_named(
    session: Session, organization_id: UUID, *, search: str, kinds: Collection[str] | None, all_runs: bool
) -> Found:
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
    return Found(
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
