from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import Conflict
from lib.organizations.changes import find_changed, flatten, merge, nest

WORDS = st.text("abc", min_size=1, max_size=3)
STRUCTURES = st.dictionaries(WORDS, st.integers() | st.dictionaries(WORDS, st.integers(), min_size=1), max_size=4)


@given(STRUCTURES)
def test_structure_comes_back_from_its_fields(data: dict[str, Any]) -> None:
    assert nest(flatten(data)) == data


@given(STRUCTURES, STRUCTURES)
def test_what_is_stored_beside_a_change_stays(stored: dict[str, Any], changes: dict[str, Any]) -> None:
    before, after, said = flatten(stored), flatten(merge(stored, changes)), flatten(changes)
    assert said.items() <= after.items()
    groups = {field.partition(".")[0] for field in said}
    assert {f: v for f, v in before.items() if f.partition(".")[0] not in groups}.items() <= after.items()


def test_unknown_keys_of_a_group_stay() -> None:
    stored = {"security_settings": {"passkeys": True, "grace_days": 3}, "theme": "dark"}
    assert merge(stored, {"security_settings": {"grace_days": 9}}) == {
        "security_settings": {"passkeys": True, "grace_days": 9},
        "theme": "dark",
    }


def test_only_what_the_reader_changed_counts() -> None:
    seen, current = {"a": 1, "b": 1}, {"a": 1, "b": 2}
    assert find_changed({"a": 5, "b": 1}, seen=seen, current=current) == {"a": 5}


def test_both_changing_one_field_is_a_conflict_that_names_it() -> None:
    seen, current = {"name": "Acme", "slug": "acme"}, {"name": "Theirs", "slug": "acme"}
    with pytest.raises(Conflict, match="“Name” since you opened this page, so nothing was saved"):
        find_changed({"name": "Mine", "slug": "mine"}, seen=seen, current=current)
    assert find_changed({"name": "Theirs", "slug": "acme"}, seen=seen, current=current) == {}
