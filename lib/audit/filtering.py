"""What a filter means in the trail: conditions that an index answers each, in parts of which no entry is in two.

An entry by a person, or about them, is found by two indexes; as one condition ("or") it would be found by none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, or_, text

from lib.audit import actions
from lib.audit.resources import KINDS
from lib.audit.views import EntryFilter, Outcome
from lib.models.audit_log import REFUSALS, REFUSED, AuditLog

#: Conditions that hold together.
Part = Sequence[ColumnElement[Any] | TextClause]
_REFUSED: Final = text(REFUSED)
_DONE: Final = text(f"NOT ({REFUSED})")
_PERSONS: Final = ("users", "credentials")


def read_address(search: str) -> str | None:
    """The address that a search is for, as PostgreSQL compares it; None where it is for something else."""
    try:
        return str(ip_address(search))
    except ValueError:
        return None


def read_id(search: str) -> UUID | None:
    """The id that a search is for."""
    try:
        return UUID(search)
    except ValueError:
        return None


def is_for_a_name(chosen: EntryFilter) -> bool:
    """Whether the search is for what something is called: `narrow` needs to know what is called so."""
    return bool(chosen.search) and read_address(chosen.search) is None and read_id(chosen.search) is None


def kinds_of_named(chosen: EntryFilter) -> Collection[str] | None:
    """The kinds of which something may be meant by its name, where the other filters leave that alone; None is any.

    People always: what they did is about other things.
    """
    kinds = _kinds(chosen)
    if not kinds:
        return None
    return {"users", *kinds} if len(kinds) == 1 else ()


def narrow(chosen: EntryFilter, named: Mapping[str, Sequence[UUID]]) -> Sequence[Part]:
    """The parts of the trail that the filter leaves; `named` are the things that the search finds by their name."""
    if _contradicts_itself(chosen):
        return []
    common = list(_common(chosen))
    parts: list[Part] = [[]]
    if chosen.with_id is not None:
        parts = _with_people([chosen.with_id], {kind: [chosen.with_id] for kind in _PERSONS})
    if is_for_a_name(chosen):
        found = _with_people([*named.get("users", ())], {**named, "credentials": named.get("users", ())})
        parts = [[*part, *more] for part in parts for more in found]
    return [[*common, *part] for part in parts]


def _contradicts_itself(chosen: EntryFilter) -> bool:
    """Whether nothing can match: PostgreSQL, which can't know, would look through all of one for none of the other."""
    asked = chosen.outcome is not None and chosen.action is not None
    is_other = asked and (chosen.outcome is Outcome.REFUSED) != (chosen.action in REFUSALS)
    return is_other or len(_kinds(chosen)) > 1


def _kinds(chosen: EntryFilter) -> set[str]:
    """The kinds of things that the filters leave, apart from the search: none is any, two are none."""
    kinds = {each for each in (chosen.kind, chosen.thing.kind if chosen.thing else None) if each}
    if chosen.action is not None:
        kinds.add(actions.kind_of(chosen.action))
    if chosen.outcome is Outcome.REFUSED:
        kinds.add("users")  # whoever was refused
    return kinds


def _with_people(people: Sequence[UUID], things: Mapping[str, Sequence[UUID]]) -> list[Part]:
    """What these people did, and what others did to these things."""
    is_another = or_(AuditLog.user_id.is_(None), AuditLog.user_id.not_in(people)) if people else None
    parts: list[Part] = [[AuditLog.user_id.in_(people)]] if people else []
    for kind, ids in things.items():
        if ids:
            about = [AuditLog.resource_type == kind, AuditLog.resource_id.in_(ids)]
            parts.append(about if is_another is None else [*about, is_another])
    return parts


def _common(chosen: EntryFilter) -> Iterator[ColumnElement[Any] | TextClause]:
    if chosen.since is not None:
        yield AuditLog.created_at >= chosen.since
    if chosen.before is not None:
        yield AuditLog.created_at < chosen.before
    if chosen.user_id is not None:
        yield AuditLog.user_id == chosen.user_id
    if chosen.action is not None:
        yield AuditLog.action == chosen.action
    if chosen.kind is not None:
        yield AuditLog.resource_type == chosen.kind
    if chosen.thing is not None:
        yield AuditLog.resource_type == chosen.thing.kind
        yield AuditLog.resource_id == chosen.thing.id
    if chosen.outcome is not None:
        yield _REFUSED if chosen.outcome is Outcome.REFUSED else _DONE
    if (address := read_address(chosen.search)) is not None:
        yield AuditLog.ip_address == address
    elif (key := read_id(chosen.search)) is not None:
        # the index begins with the kind
        yield AuditLog.resource_type.in_([*KINDS])
        yield AuditLog.resource_id == key
