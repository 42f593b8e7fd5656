import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.templates.notes import share_room, take_notes


@pytest.mark.parametrize(
    ("text", "limit", "notes"),
    [
        ("Short.", 20, "Short."),
        ("  Short.  ", 6, "Short."),
        ("One is here. Two is there. Three.", 28, "One is here. Two is there."),
        ("One is here! (Two.) Three is far away.", 25, "One is here! (Two.)"),
        ("First line\nsecond line is longer", 20, "First line"),
        ("A very long sentence without an end in sight", 20, "A very long…"),
        ("Yes. A very long sentence that goes on", 20, "Yes. A very long…"),
        ("x" * 50, 10, "x" * 9 + "…"),
        ("Here are three ideas:\n\n1. **Bikes** for all.\n2. Trains for nobody at all.", 16, "Bikes for all."),
        ("# Plan\n- `one` thing\n- another thing", 18, "Plan\none thing"),
        ("Version 2.5 is what we all use today.", 20, "Version 2.5 is what…"),
        ("anything", 0, ""),
    ],
)
def test_notes_end_where_a_reader_would_cut(text: str, limit: int, notes: str) -> None:
    assert take_notes(text, limit) == notes


def test_with_room_enough_markdown_stays() -> None:
    text = "Here is the plan:\n\n" + "1. **Do** it.\n" * 200
    assert take_notes(text, 1_500).startswith("Here is the plan:\n\n1. **Do** it.")


@given(st.text(), st.integers(0, 400))
def test_notes_never_take_more_than_their_room(text: str, limit: int) -> None:
    assert len(take_notes(text, limit)) <= limit


@given(st.text(max_size=300))
def test_what_fits_is_kept_whole(text: str) -> None:
    assert take_notes(text, 300) == text.strip()


@given(st.lists(st.text("abc ", min_size=1), min_size=1, max_size=60), st.integers(1_000, 3_000))
def test_with_room_enough_notes_are_the_beginning(words: list[str], limit: int) -> None:
    text = ". ".join(words * 20)
    assert text.strip().startswith(take_notes(text, limit).removesuffix("…").rstrip())


@given(st.lists(st.integers(0, 5_000), max_size=20), st.integers(0, 10_000))
def test_room_is_shared_fairly(lengths: list[int], limit: int) -> None:
    shares = share_room(lengths, limit)
    assert sum(shares) <= limit
    assert all(share <= length for share, length in zip(shares, lengths, strict=True))
    if sum(lengths) <= limit:
        assert list(shares) == lengths
    else:
        cut = [share for share, length in zip(shares, lengths, strict=True) if share < length]
        assert max(cut) - min(cut) <= 1
        assert max(shares) <= max(cut)
