"""The whole trail, as who may read it does: narrowed down, a page at a time, entry by entry, and as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, BinaryIO, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit import patterns, queries
from lib.audit.exports import Written, export_list_into
from lib.audit.filtering import Part, is_for_a_name, kinds_of_named, narrow
from lib.audit.naming import queries as naming
from lib.audit.resources import say_kinds
from lib.audit.service import told
from lib.audit.views import Entry, EntryFilter, Finding, Named, Outcome, Thing
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.errors import InvalidInput, NotFound
from lib.exports import Column, ExportFormat, Kind
from lib.figures import number
from lib.models.audit_log import REFUSALS
from lib.organizations.queries import read_tier
from lib.organizations.tiers import Feature, allows, require_feature
from lib.users.queries import name_people

#: Of a file: a spreadsheet ends there.
MOST_ENTRIES: Final = 1_000_000
MOST_CHOICES: Final = 200
#: Findings are those of so many days, and habits too; of sign-ins and refusals so many are looked through.
_FINDING_DAYS, _HABIT_DAYS, _MOST_ACCESSES = 14, 90, 20_000
_LONGEST_SEARCH: Final = 200

#: The columns of a file, as `queries.export_entries` finds them, and what the things are called.
COLUMNS: Final = (
    Column("id", Kind.WORD),
    Column("created_at", Kind.MOMENT),
    Column("user_id", Kind.WORD),
    Column("person", Kind.TEXT),
    Column("action", Kind.WORD),
    Column("outcome", Kind.WORD),
    Column("resource_type", Kind.WORD),
    Column("resource_id", Kind.WORD),
    Column("address", Kind.WORD),
    Column("user_agent", Kind.TEXT),
    Column("session_id", Kind.WORD),
    Column("request_id", Kind.WORD),
    Column("old_values", Kind.JSON),
    Column("new_values", Kind.JSON),
    Column("resource_name", Kind.TEXT),
)


def list_entries(
    actor: Actor, chosen: EntryFilter, *, named: Named | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Entry]:
    """A page of the trail, the newest first; `named` are what `find_named` found of this filter, if it was asked.

    Raises `NotPermitted`, and `InvalidInput` for a cursor that is none.
    """
    actor.require(Permission.AUDIT_VIEW)
    with tenant_session(actor) as session:
        parts = _parts(session, actor, chosen, named)
        if not parts:  # nothing is called so
            return Page(())
        found = queries.list_entries(session, actor.organization_id, parts=parts, cursor=cursor, limit=limit)
        return Page(_entries(session, actor, found.rows), found.newer, found.older)


def get_entry(actor: Actor, entry_id: UUID) -> Entry:
    """One entry, whole. Raises `NotPermitted`, `NotFound`."""
    actor.require(Permission.AUDIT_VIEW)
    with tenant_session(actor) as session:
        row = queries.find_entry(session, actor.organization_id, entry_id)
        if row is None:
            raise NotFound("entry")
        seal = queries.find_seal_over(session, actor.organization_id, entry_id)
        return replace(_entries(session, actor, [row])[0], seal=seal)


def count_entries(actor: Actor, chosen: EntryFilter, *, most: int, named: Named | None = None) -> int:
    """How many the filter leaves, counted no further than `most`; `named` as `list_entries` has it."""
    actor.require(Permission.AUDIT_VIEW)
    with tenant_session(actor) as session:
        parts = _parts(session, actor, chosen, named)
        return queries.count_entries(session, actor.organization_id, parts=parts, most=most) if parts else 0


def name_thing(actor: Actor, thing: Thing) -> str | None:
    """What a thing is called, or was called last; None where nobody knows it. Raises `NotPermitted`."""
    actor.require(Permission.AUDIT_VIEW)
    with tenant_session(actor) as session:
        return naming.name_things(session, actor.organization_id, [thing]).get(thing)


def list_trail_people(actor: Actor, *, wanted: UUID | None = None) -> Mapping[UUID, str]:
    """At most `MOST_CHOICES` people whose entries can be asked for, by id; `wanted` too, if they are of theirs."""
    actor.require(Permission.AUDIT_VIEW)
    with tenant_session(actor) as session:
        return queries.list_people(session, actor.organization_id, wanted=wanted, limit=MOST_CHOICES)


def export_entries(actor: Actor, chosen: EntryFilter, out: BinaryIO, *, file_format: ExportFormat) -> Written:
    """Write what the filter leaves, at most `MOST_ENTRIES`, the newest first; recorded as `audit.export`.

    It is never all in memory: each page is read, written and forgotten. Raises `NotPermitted`, `Conflict` where the
    tier of the organization has no such file, and `InvalidInput` where a name means more things than a search finds:
    nobody is to take a part for the whole.
    """
    actor.require(Permission.AUDIT_VIEW)
    actor.require(Permission.AUDIT_EXPORT)
    with tenant_session(actor, is_one_moment=True) as session:
        require_feature(read_tier(session, actor.organization_id), Feature.AUDIT_EXPORT)
        named = _named(session, actor, chosen, is_whole=True)
        if named.beyond:
            raise InvalidInput(say_beyond(named), field="Search")
        return export_list_into(
            out,
            session,
            queries.export_entries(actor.organization_id, narrow(chosen, named.ids)),
            order=queries.NEWEST,
            columns=COLUMNS,
            file_format=file_format,
            resource_type="audit",
            filters=_said(chosen),
            most=MOST_ENTRIES,
            look_up=partial(_names, session, actor),
        )


def list_findings(actor: Actor) -> Sequence[Finding]:
    """What was unusual in the last two weeks about how people came in, the newest first. Raises `NotPermitted`.

    Habits are those of ninety days, as far as the newest sign-ins go that are looked through.
    """
    actor.require(Permission.AUDIT_VIEW)
    now = clock.now()
    since, habits_since = now - timedelta(days=_FINDING_DAYS), now - timedelta(days=_HABIT_DAYS)
    with tenant_session(actor) as session:
        whose = (session, actor.organization_id)
        read = (
            queries.list_accesses(*whose, is_refused=False, since=habits_since, most=_MOST_ACCESSES),
            queries.list_accesses(*whose, is_refused=True, since=since, most=_MOST_ACCESSES),
        )
        sign_ins, refusals = ([patterns.Access(*row) for row in reversed(rows)] for rows in read)
        found = [
            *patterns.find_new_networks(sign_ins, since=since),
            *patterns.find_odd_hours(sign_ins, since=since, zone=actor.time_zone),
            *patterns.find_bursts(refusals),
        ]
        found.sort(key=lambda finding: finding.ended_at, reverse=True)
        names = name_people(session, {each.user_id for each in found if each.user_id})
    return tuple(replace(each, name=names.get(each.user_id) if each.user_id else None) for each in found)


def say_beyond(named: Named) -> str:
    """That more things are called so than a search finds."""
    kinds = say_kinds(named.beyond)
    return f"More than {number(naming.MOST_NAMED)} {kinds} have this in their name. Narrow the search."


def may_export(actor: Actor) -> bool:
    """Whether this person may have the trail as a file, and the tier of their organization has it."""
    if not (actor.may(Permission.AUDIT_VIEW) and actor.may(Permission.AUDIT_EXPORT)):
        return False
    with tenant_session(actor) as session:
        return allows(read_tier(session, actor.organization_id), Feature.AUDIT_EXPORT)


def find_named(actor: Actor, chosen: EntryFilter, *, is_whole: bool = False) -> Named:
    """What the search finds by its name, and whether that is all of it; nothing where it is for something else.

    `is_whole` looks at the titles of all runs, as a file does. Raises `NotPermitted`.
    """
    actor.require(Permission.AUDIT_VIEW)
    if not is_for_a_name(chosen):
        return Named()
    with tenant_session(actor) as session:
        return _named(session, actor, chosen, is_whole=is_whole)


def _named(session: Session, actor: Actor, chosen: EntryFilter, *, is_whole: bool = False) -> Named:
    if not is_for_a_name(chosen):
        return Named()
    said, kinds = chosen.search[:_LONGEST_SEARCH], kinds_of_named(chosen)
    return naming.find_named(session, actor.organization_id, search=said, kinds=kinds, all_runs=is_whole)


def _parts(session: Session, actor: Actor, chosen: EntryFilter, named: Named | None) -> Sequence[Part]:
    return narrow(chosen, (named or _named(session, actor, chosen)).ids)


def _names(session: Session, actor: Actor, rows: Sequence[Row[Any]]) -> list[str | None]:
    """What the thing of each row is called, as the page says it."""
    things = [_thing(row) for row in rows]
    names = naming.name_things(session, actor.organization_id, [thing for thing in things if thing])
    return [names.get(thing) if thing else None for thing in things]


def _entries(session: Session, actor: Actor, rows: Sequence[Row[Any]]) -> tuple[Entry, ...]:
    things = [_thing(row) for row in rows]
    names = naming.name_things(session, actor.organization_id, [thing for thing in things if thing])
    return tuple(_entry(row, thing, names) for row, thing in zip(rows, things, strict=True))


def _thing(row: Row[Any]) -> Thing | None:
    return Thing(row.resource_type, row.resource_id) if row.resource_type and row.resource_id else None


def _entry(row: Row[Any], thing: Thing | None, names: Mapping[Thing, str]) -> Entry:
    return Entry(
        **told(row),
        user_id=row.user_id,
        thing=thing,
        name=names.get(thing) if thing else None,
        outcome=Outcome.REFUSED if row.action in REFUSALS else Outcome.DONE,
        address=row.address,
        user_agent=row.user_agent,
        session_id=row.session_id,
        request_id=row.request_id,
    )


def _said(chosen: EntryFilter) -> dict[str, object]:
    """What was chosen, for the trail."""
    thing = chosen.thing
    return {
        "outcome": chosen.outcome,
        "by": chosen.user_id,
        "with": chosen.with_id,
        "action": chosen.action,
        "kind": chosen.kind,
        "about": f"{thing.kind} {thing.id}" if thing else "",
        "from": chosen.since,
        "to": chosen.before,
        "search": chosen.search,
    }
