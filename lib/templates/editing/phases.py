"""Adding, removing and arranging the phases of a draft, such that what each waits for keeps its meaning.

A phase that names nothing waits for the one before it. Where an arrangement would change which one that is, what it
waited for is written out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lib.errors import AlreadyTaken, InvalidInput
from lib.templates.editing.content import Content, Phase, codes_of, get_phase, phases_of, with_phases
from lib.templates.editing.operations import rename_in_operations
from lib.templates.editing.renaming import rename_key, rename_key_in_expression
from lib.templates.structure import MAX_PHASES, order_phases

MAX_CODE = 50
_FIRST_PROMPT = "Write about {{ topic }}."
_NEXT_PROMPT = "Topic: {{ topic }}\n\nWhat was written so far:\n{{ previous | notes }}\n\n"
_NUMBERED = re.compile(r"Phase (\d+)")

Needs = Mapping[str, tuple[str, ...]]


def dependencies_of(content: Content) -> dict[str, tuple[str, ...]]:
    """Code of each phase -> codes of those it waits for, with “the phase before” made explicit."""
    found: dict[str, tuple[str, ...]] = {}
    before: tuple[str, ...] = ()
    for phase in phases_of(content):
        named = phase.get("depends_on")
        found[phase["code"]] = before if named is None else tuple(dict.fromkeys(named))
        before = (phase["code"],)
    return found


def upstream_of(content: Content, code: str) -> tuple[str, ...]:
    """All phases whose answers a phase may read, in the order in which they run."""
    needs = dependencies_of(content)
    reached = _reach(needs, code)
    return tuple(other for other in order_phases(needs) if other in reached)


def possible_needs(content: Content, code: str) -> tuple[str, ...]:
    """What a phase can be made to wait for: all but itself and those that wait for it."""
    needs = dependencies_of(content)
    return tuple(other for other in needs if other != code and code not in _reach(needs, other))


def add_phase(content: Content, *, after: str | None = None) -> tuple[Content, str]:
    """Put a new phase behind that one, or at the end; gives its code. What came behind it comes behind the new one."""
    phases = phases_of(content)
    _refuse_too_many(phases)
    at = codes_of(content).index(get_phase(content, after)["code"]) + 1 if after else len(phases)
    code = _free_code(content)
    new = {"code": code, "name": code, "prompt": _NEXT_PROMPT if at else _FIRST_PROMPT}
    return with_phases(content, [*phases[:at], new, *phases[at:]]), code


def duplicate_phase(content: Content, code: str) -> tuple[Content, str]:
    """Put a copy behind a phase that waits for the same, and for which nobody waits; gives its code."""
    phases, needs = phases_of(content), dependencies_of(content)
    _refuse_too_many(phases)
    original, copied = get_phase(content, code), _free_code(content)
    copy = {**original, "code": copied, "name": f"{original['name']} (copy)"}
    at = codes_of(content).index(code) + 1
    arranged = [*phases[:at], copy, *phases[at:]]
    return _arrange(content, arranged, {**needs, copied: needs[code]}), copied


def remove_phase(content: Content, code: str) -> Content:
    """Take a phase out; who waited for it waits for what it waited for. Raises `InvalidInput` for the last one."""
    phases, needs = phases_of(content), dependencies_of(content)
    get_phase(content, code)
    if len(phases) == 1:
        message = "A template has at least one phase. Change this one, or add another one first."
        raise InvalidInput(message)
    inherited = {
        other: tuple(dict.fromkeys(new for old in named for new in (needs[code] if old == code else (old,))))
        for other, named in needs.items()
        if other != code
    }
    kept = _arrange(content, [phase for phase in phases if phase["code"] != code], inherited)
    return _rekey_answers(kept, lambda other: None if other == code else other)


def move_phase(content: Content, code: str, *, by: int) -> Content:
    """Move a phase so many places down the list, or up; what waits for what stays."""
    phases, at = phases_of(content), codes_of(content).index(get_phase(content, code)["code"])
    moved = phases.pop(at)
    phases.insert(max(at + by, 0), moved)
    return _arrange(content, phases, dependencies_of(content))


def can_move(content: Content, code: str, *, by: int) -> bool:
    """Whether a step up or down leaves each phase below what it waits for."""
    codes, needs = codes_of(content), dependencies_of(content)
    other = codes.index(code) + by
    if not 0 <= other < len(codes):
        return False
    upper, lower = sorted((code, codes[other]), key=codes.index)
    return upper not in needs[lower]


def set_needs(content: Content, code: str, needed: Sequence[str]) -> Content:
    """Say what a phase waits for; the list is put into the order in which the phases run.

    Raises `InvalidInput` for what is not there any more or would make a circle.
    """
    get_phase(content, code)
    if not set(needed) <= set(possible_needs(content, code)):
        message = "One of these phases waits for this one, or is gone meanwhile. Choose again."
        raise InvalidInput(message, field="After")
    needs = {**dependencies_of(content), code: tuple(dict.fromkeys(needed))}
    by_code = {phase["code"]: phase for phase in phases_of(content)}
    # said anew, so that what is the phase before is not written out
    by_code[code] = {key: value for key, value in by_code[code].items() if key != "depends_on"}
    return _arrange(content, [by_code[each] for each in order_phases(needs)], needs)


def rename_code(content: Content, old: str, new: str) -> Content:
    """Give a phase another code, wherever it stands: in what others wait for, in prompts, in sample answers.

    Raises `InvalidInput`, `AlreadyTaken`.
    """
    get_phase(content, old)
    new = " ".join(new.split())
    if not new or len(new) > MAX_CODE or '"' in new or "'" in new:
        message = f"A code has 1 to {MAX_CODE} characters, and no quotation marks. Choose another one."
        raise InvalidInput(message, field="Code")
    if new != old and new in codes_of(content):
        message = f"Another phase has the code “{new}”. Choose another one."
        raise AlreadyTaken(message, field="Code")
    renamed = [_rename(phase, old, new) for phase in phases_of(content)]
    return _rekey_answers(with_phases(content, renamed), lambda code: new if code == old else code)


def list_readers(content: Content, code: str) -> tuple[str, ...]:
    """The names of the phases whose prompt, condition or operations read what that one answers."""
    others = [dict(phase, depends_on=None) for phase in phases_of(content) if phase["code"] != code]
    # who reads it says something else once it is called otherwise
    reading = [phase for phase in others if _rename(phase, code, f"{code} gone") != _rename(phase, code, code)]
    return tuple(str(phase.get("name") or phase["code"]) for phase in reading)


def _rename(phase: Phase, old: str, new: str) -> dict[str, Any]:
    changed = {**phase, "code": new if phase["code"] == old else phase["code"]}
    if phase.get("depends_on") is not None:
        changed["depends_on"] = [new if code == old else code for code in phase["depends_on"]]
    for field, rename in (("prompt", rename_key), ("condition", rename_key_in_expression)):
        if isinstance(text := phase.get(field), str):
            changed[field] = rename(text, "phases", old, new)
    if phase.get("operations"):
        changed["operations"] = rename_in_operations(phase["operations"], old, new)
    return changed


def _arrange(content: Content, phases: Sequence[Phase], needs: Needs) -> Content:
    """The phases in that order, each waiting for what it is to wait for."""
    arranged: list[Phase] = []
    before: tuple[str, ...] = ()
    for phase in phases:
        wanted, named = needs[phase["code"]], phase.get("depends_on")
        meant = before if named is None else tuple(dict.fromkeys(named))
        arranged.append(phase if meant == wanted else {**phase, "depends_on": list(wanted)})
        before = (phase["code"],)
    return with_phases(content, arranged)


def _reach(needs: Needs, code: str) -> set[str]:
    """All that a phase waits for, and what those wait for."""
    reached: set[str] = set()
    waiting = list(needs.get(code, ()))
    while waiting:
        other = waiting.pop()
        if other not in reached:
            reached.add(other)
            waiting.extend(needs.get(other, ()))
    return reached


def _free_code(content: Content) -> str:
    """A number beyond all that are there, and never below what people count: the fourth is at least “Phase 4”.

    Also where the first one is “Phase 0”, as in the specification's examples: a number is left out then.
    """
    numbers = [int(found[1]) for code in codes_of(content) if (found := _NUMBERED.fullmatch(code))]
    return f"Phase {max([len(codes_of(content)), *numbers]) + 1}"


def _refuse_too_many(phases: Sequence[Phase]) -> None:
    if len(phases) >= MAX_PHASES:
        message = f"A template has at most {MAX_PHASES} phases. Put several of them into one prompt."
        raise InvalidInput(message)


def _rekey_answers(content: Content, key_of: Callable[[str], str | None]) -> Content:
    answers = content["samples"].get("answers")
    if not answers:
        return content
    kept = {new: text for code, text in answers.items() if (new := key_of(code)) is not None}
    return {**content, "samples": {**content["samples"], "answers": kept}}
