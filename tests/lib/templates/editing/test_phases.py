"""Arranging phases: codes stay unique, nobody waits for what is gone or in a circle, and orders keep their meaning."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import AlreadyTaken, Conflict, InvalidInput, OrchestratorError
from lib.templates.editing import phases
from lib.templates.editing.content import Content, codes_of, get_phase, set_phase_field
from lib.templates.editing.phases import dependencies_of, upstream_of
from lib.templates.structure import MAX_PHASES, parse_template
from tests.lib.templates.editing.drafts import chain


def needs(content: Content) -> dict[str, str]:
    return {code: "".join(needed) for code, needed in dependencies_of(content).items()}


def test_new_phase_goes_behind_another_one_and_before_what_came_behind_it() -> None:
    content, code = phases.add_phase(chain("a", "b"), after="a")
    assert codes_of(content) == ["a", code, "b"]
    assert dependencies_of(content) == {"a": (), code: ("a",), "b": (code,)}
    assert "depends_on" not in get_phase(content, "b"), "nothing is written out that need not be"


def test_new_code_was_never_there() -> None:
    content = phases.remove_phase(phases.add_phase(chain("Phase 0", "Phase 7"))[0], "Phase 7")
    assert codes_of(content) == ["Phase 0", "Phase 8"]
    assert phases.add_phase(content)[1] == "Phase 9"


@pytest.mark.parametrize("first", ["Phase 0", "Phase 1"])
def test_number_of_a_new_phase_is_what_people_count(first: str) -> None:
    content = chain(first)
    for number in (2, 3, 4):
        content, code = phases.add_phase(content)
        assert code == phases.get_phase(content, code)["name"] == f"Phase {number}"


def test_no_more_phases_than_a_template_can_have() -> None:
    full = chain(*(f"p{number}" for number in range(MAX_PHASES)))
    for add in (phases.add_phase, lambda content: phases.duplicate_phase(content, "p0")):
        with pytest.raises(InvalidInput, match="at most 100 phases"):
            add(full)


def test_copy_waits_for_the_same_and_nobody_for_it() -> None:
    content, copied = phases.duplicate_phase(chain("a", "b", "c"), "b")
    assert dependencies_of(content) == {"a": (), "b": ("a",), copied: ("a",), "c": ("b",)}
    assert get_phase(content, copied)["name"] == "B (copy)"


def test_who_waited_for_a_removed_phase_waits_for_what_that_waited_for() -> None:
    content = chain("a", "b", "c", "d", c={"depends_on": ["a"]}, d={"depends_on": ["b", "c"]})
    content = {**content, "samples": {"answers": {"b": "Of b", "c": "Of c"}}}
    removed = phases.remove_phase(content, "b")
    assert needs(removed) == {"a": "", "c": "a", "d": "ac"}
    assert removed["samples"]["answers"] == {"c": "Of c"}
    assert needs(phases.remove_phase(chain("a", "b", "c"), "a")) == {"b": "", "c": "b"}


def test_last_phase_stays() -> None:
    with pytest.raises(InvalidInput, match="at least one phase"):
        phases.remove_phase(chain("a"), "a")


def test_moving_changes_the_list_and_not_what_waits_for_what() -> None:
    content = chain("a", "b", "c", "d", c={"depends_on": ["a"]})
    moved = phases.move_phase(content, "c", by=-1)
    assert codes_of(moved) == ["a", "c", "b", "d"]
    assert needs(moved) == needs(content) == {"a": "", "b": "a", "c": "a", "d": "c"}
    assert get_phase(moved, "d")["depends_on"] == ["c"], "it is not the phase before any more"
    assert [phases.can_move(content, "c", by=by) for by in (-1, 1)] == [True, False]


def test_what_a_phase_waits_for_is_chosen_among_what_makes_no_circle() -> None:
    content = chain("a", "b", "c", "d", c={"depends_on": ["a"]})
    assert phases.possible_needs(content, "a") == ()
    assert phases.possible_needs(content, "b") == ("a", "c", "d")
    with pytest.raises(InvalidInput, match="waits for this one, or is gone"):
        phases.set_needs(content, "a", ["b"])
    both = phases.set_needs(content, "d", ["b", "c"])
    assert needs(both) == {"a": "", "b": "a", "c": "a", "d": "bc"}
    later = phases.set_needs(both, "b", ["c"])
    assert codes_of(later) == ["a", "c", "b", "d"], "in the order in which they run"
    back = phases.set_needs(chain("a", "b", b={"depends_on": []}), "b", ["a"])
    assert "depends_on" not in get_phase(back, "b")
    assert phases.set_needs(chain("a", "b"), "b", []) == chain("a", "b", b={"depends_on": []})


def test_new_code_stands_wherever_the_old_one_stood() -> None:
    content = chain("a", "b", "c", c={"depends_on": ["a"], "prompt": "{{ phases['a'].response }} {{ a }}"})
    content = {**content, "samples": {"answers": {"a": "Of a"}}}
    renamed = phases.rename_code(content, "a", " Idea ")
    assert needs(renamed) == {"Idea": "", "b": "Idea", "c": "Idea"}
    assert get_phase(renamed, "c")["prompt"] == "{{ phases['Idea'].response }} {{ a }}"
    assert renamed["samples"]["answers"] == {"Idea": "Of a"}
    with pytest.raises(AlreadyTaken, match="Another phase has the code"):
        phases.rename_code(content, "a", "b")
    with pytest.raises(InvalidInput, match="no quotation marks"):
        phases.rename_code(content, "a", 'x"y')


def test_field_of_a_phase_that_another_tab_removed_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="removed meanwhile"):
        set_phase_field(chain("a"), "b", ("prompt",), "x")


def test_field_is_set_deep_inside_and_taken_out_again() -> None:
    content = set_phase_field(chain("a"), "a", ("parameters", "temperature"), 0.5)
    assert get_phase(content, "a")["parameters"] == {"temperature": 0.5}
    content = set_phase_field(content, "a", ("parameters", "temperature"), None)
    assert get_phase(content, "a")["parameters"] == {}


STEPS = st.tuples(
    st.sampled_from(["add", "copy", "remove", "up", "down", "needs", "code", "behind"]),
    st.integers(0, 9),
    st.lists(st.integers(0, 9), max_size=3),
)


def _take(content: Content, step: str, at: int, others: list[int]) -> Content:
    codes = codes_of(content)
    code = codes[at % len(codes)]
    taken: dict[str, Any] = {
        "add": lambda: phases.add_phase(content)[0],
        "behind": lambda: phases.add_phase(content, after=code)[0],
        "copy": lambda: phases.duplicate_phase(content, code)[0],
        "remove": lambda: phases.remove_phase(content, code),
        "up": lambda: phases.move_phase(content, code, by=-1),
        "down": lambda: phases.move_phase(content, code, by=1),
        "needs": lambda: phases.set_needs(content, code, [codes[other % len(codes)] for other in others]),
        "code": lambda: phases.rename_code(content, code, f"x{at}"),
    }
    changed: Content = taken[step]()
    return changed


@given(st.lists(STEPS, max_size=25))
def test_after_any_edits_the_template_holds_together(steps: list[tuple[str, int, list[int]]]) -> None:
    content = chain("a", "b", "c")
    for step, at, others in steps:
        before = content
        try:
            content = _take(content, step, at, others)
        except OrchestratorError:
            assert content is before
            continue
        parsed = parse_template(content["data"])  # unique codes, phases that are there, no circle
        assert parsed.dependencies() == dependencies_of(content)
        if step in {"up", "down"}:
            assert dependencies_of(content) == dependencies_of(before)
        if step == "remove":
            gone = set(codes_of(before)) - set(codes_of(content))
            for code in codes_of(content):
                assert set(upstream_of(content, code)) == set(upstream_of(before, code)) - gone


def test_readers_of_a_phase_are_those_that_name_it() -> None:
    content = chain(
        "a",
        "b",
        "c",
        "d",
        "e",
        b={"prompt": 'Go on from\r\n{{ phases["a"].response }}'},
        c={"condition": "phases.a.response"},
        d={"operations": [{"type": "artifact.write", "parameters": {"content": "{{ phases['a'].response }}"}}]},
    )
    assert phases.list_readers(content, "a") == ("B", "C", "D")
    assert phases.list_readers(content, "b") == ()
