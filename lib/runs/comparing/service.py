"""Two runs against each other, phase by phase: what was asked and answered, by whom, for how much, how long it took."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.models.run import RunStatus
from lib.runs.comparing import queries
from lib.runs.comparing.views import DRY_RUN, ComparedPhase, Comparison, Family, Operations, Pair, Relative
from lib.runs.service import watch_run
from lib.runs.views import PhaseFigures, RunProgress

#: The newest of those that go on from a run.
MOST_CHILDREN: Final = 10

_Operations = Mapping[str, Operations]
_Digests = Mapping[UUID, tuple[str | None, str | None]]


def compare_runs(actor: Actor, left_id: UUID, right_id: UUID) -> Comparison:
    """Both runs, without their texts; phases are the same where their codes are, and their names. Raises `NotFound`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    left, right = watch_run(actor, left_id), watch_run(actor, right_id)
    attempts = [phase.newest.id for run in (left, right) for phase in run.phases]
    with tenant_session(actor) as session:
        operations = _operations(queries.list_operations(session, actor.organization_id, (left_id, right_id)))
        digests: _Digests = {row[0]: (row[1], row[2]) for row in queries.list_digests(session, attempts)}
    return Comparison(
        left=left,
        right=right,
        phases=_pair(left, right, digests, [operations.get(each, {}) for each in (left_id, right_id)]),
    )


def find_runs_of_versions(actor: Actor, template_id: UUID, old: int, new: int) -> tuple[UUID, UUID] | None:
    """The last run of each of two versions of a template that the person can see; None where one has none."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        found = queries.list_newest_of_versions(session, actor.organization_id, template_id, (old, new))
    return (found[old], found[new]) if old in found and new in found else None


def read_family(actor: Actor, run_id: UUID) -> Family:
    """The run that this one goes on from, and those that go on from it, as far as the person can see them."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        parent = queries.find_parent(session, actor.organization_id, run_id)
        children = queries.list_children(session, actor.organization_id, run_id, limit=MOST_CHILDREN + 1)
    return Family(
        parent=_relative(parent) if parent else None,
        children=tuple(_relative(row) for row in children[:MOST_CHILDREN]),
        has_more=len(children) > MOST_CHILDREN,
    )


def _relative(row: Row[*tuple[Any, ...]]) -> Relative:
    return Relative(
        id=row.id,
        title=row.title,
        status=RunStatus(row.status),
        model=row.model or "",
        created_at=row.created_at,
        begins_with=row.forked_from_phase,
    )


def _pair(
    left: RunProgress, right: RunProgress, digests: _Digests, operations: Sequence[_Operations]
) -> tuple[ComparedPhase, ...]:
    compared = []
    for phases in _align(left, right):
        pair = (phases.left, phases.right)
        both = [digests.get(each.newest.id, (None, None)) for each in pair if each]
        phase = phases.right or phases.left
        if phase is not None:
            compared.append(
                ComparedPhase(
                    code=phase.code,
                    name=phase.name,
                    phases=phases,
                    is_same_prompt=_is_same([texts[0] for texts in both]),
                    is_same_answer=_is_same([texts[1] for texts in both]),
                    operations=Pair(
                        *(
                            found.get(each.code, ()) if each else ()
                            for each, found in zip(pair, operations, strict=True)
                        )
                    ),
                )
            )
    return tuple(compared)


def _align(left: RunProgress, right: RunProgress) -> list[Pair[PhaseFigures]]:
    """The right one's order; what only the left one has comes after what it followed there.

    Codes count the phases of a template: of two templates those are the same that are called the same as well, and
    where there is none, the one of that name.
    """
    is_one_template = left.summary.template_name == right.summary.template_name
    codes = {phase.code: phase for phase in left.phases}
    partners: dict[str, PhaseFigures] = {}
    for phase in right.phases:
        other = codes.get(phase.code)
        if other and (is_one_template or _is_named_alike(other, phase)):
            partners[phase.code] = codes.pop(other.code)
    for phase in () if is_one_template else right.phases:
        alike = [other for other in codes.values() if phase.code not in partners and _is_named_alike(other, phase)]
        if alike:
            partners[phase.code] = codes.pop(alike[0].code)
    merged = [Pair(partners.get(phase.code), phase) for phase in right.phases]
    for number, phase in enumerate(left.phases):
        if phase.code in codes:
            before = {other.code for other in left.phases[:number]}
            places = [place for place, pair in enumerate(merged, 1) if pair.left and pair.left.code in before]
            merged.insert(max(places, default=0), Pair(phase, None))
    return merged


def _is_named_alike(one: PhaseFigures, other: PhaseFigures) -> bool:
    return one.name.strip().casefold() == other.name.strip().casefold()


def _operations(rows: Iterable[Row[UUID, str, str, bool]]) -> dict[UUID, dict[str, Operations]]:
    """By run and phase."""
    found: dict[UUID, dict[str, Operations]] = {}
    for run_id, code, status, is_dry_run in rows:
        of_run = found.setdefault(run_id, {})
        of_run[code] = (*of_run.get(code, ()), DRY_RUN if is_dry_run else status)
    return found


def _is_same(digests: list[str | None]) -> bool | None:
    if len(digests) < 2 or digests == [None, None]:
        return None
    return digests[0] == digests[1]
