from typing import Any

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from lib.ui.components.filters import show_filters, show_nothing_found
    from lib.ui.components.status import RUN
    from lib.ui.filtering import Choice, FilterBar, read_filters

    in_sight = bool(st.session_state.get("in_sight"))
    bar = FilterBar(
        key="boats",
        splits={name: RUN[name] for name in ("running", "completed", "failed")},
        count=lambda chosen: {"running": 0, "completed": 100} if chosen.search else {"running": 7, "failed": 99},
        sorts={"newest": "Newest first", "name": "By name"},
        placeholder="Name",
        choices=(
            Choice("harbour", "Harbour", {"a": ":red[Aarhus] by the long, cold and windy sea", "b": "Bergen"}),
            *([Choice("wood", "Wood", {"oak": "*Oak*", "elm": "Elm"}, is_in_sight=True)] if in_sight else []),
        ),
        dates="Built",
        split=("afloat", "Afloat") if in_sight else ("status", "Status"),
        whole=("running", "failed") if in_sight else (),
    )
    chosen = read_filters(bar)
    show_filters(bar, chosen)
    if chosen:
        show_nothing_found(bar, chosen, noun="boat")
    st.text(f"{bool(chosen)} {chosen.split} {chosen.sort} {dict(chosen.values)} {chosen.since} {chosen.before}")


def _open(*, in_sight: bool = False, **parameters: str) -> AppTest:
    """Where `in_sight`, another split that says how many all are, and a filter whose values stand in a row."""
    at = AppTest.from_function(_page)
    at.session_state["in_sight"] = in_sight
    at.query_params.update(parameters)
    at.run()
    assert not at.exception
    return at


def _popovers(at: AppTest) -> list[str]:
    return [block.proto.popover.label for block in _blocks(at._tree.main) if block.type == "popover"]


def _blocks(block: Any) -> Any:
    yield block
    for child in getattr(block, "children", {}).values():
        yield from _blocks(child)


def test_split_says_glyph_word_and_how_many() -> None:
    split = _open().segmented_control[0].options
    assert split == ["All", "◐ Running :gray[7]", "✓ Completed", "✕ Failed :gray[99]"]
    split = _open(search="x").segmented_control[0].options
    assert split == ["All", "◐ Running", "✓ Completed :gray[99\\+]", "✕ Failed"]


def test_nothing_in_the_address_is_everything() -> None:
    at = _open()
    assert at.text[0].value == "False None newest {} None None"
    assert _popovers(at) == ["Harbour", "Built"]
    assert not at.button


def test_address_is_said_and_can_be_cleared() -> None:
    at = _open(status="failed", harbour="a", to="2026-03-02", sort="name", more="kept")
    assert at.text[0].value == "True failed name {'harbour': 'a'} None 2026-03-03 00:00:00+00:00"
    assert _popovers(at) == ["**Harbour: \\:red\\[Aarhus\\] by the long,…**", "**Built: until 2 Mar 2026**"]
    assert [button.label for button in at.button] == ["Clear", "Clear the filters"]
    at.button[1].click().run()
    assert at.query_params == {"sort": "name", "more": "kept"}
    assert at.segmented_control[0].value == ""
    assert _popovers(at) == ["Harbour", "Built"]


def test_choice_is_written_into_the_address_and_begins_at_the_first_page() -> None:
    at = _open(page="c2")
    at.selectbox(key="boats-harbour").set_value("b")
    at.run()
    assert at.query_params == {"harbour": "b"}
    at.segmented_control[0].set_value("running")
    at.run()
    assert at.query_params == {"status": "running", "harbour": "b"}


def test_what_makes_no_sense_is_left_out_and_said_by_its_name() -> None:
    at = _open(status="afloat", harbour="z", **{"from": "soon"})
    assert at.text[0].value == "False None newest {} None None"
    assert at.markdown[-1].value.endswith("left out: Status, Harbour, Built from]")
    assert not _open(sort="newest", harbour="").button


def test_days_that_end_before_they_begin_are_said_to() -> None:
    at = _open(**{"from": "2026-12-31", "to": "2026-01-01"})
    assert at.text[0].value.endswith("2026-12-31 00:00:00+00:00 None")
    told = [each.value for each in at.markdown]
    assert any(each.endswith("The last day lies before the first one, so it is left out.") for each in told)
    assert not any("left out: " in each for each in told)
    at = _open(**{"from": "2026-01-01", "to": "2026-12-31"})
    assert not any("lies before" in each.value for each in at.markdown)


def test_split_has_a_name_of_its_own_and_says_how_many_all_are() -> None:
    at = _open(in_sight=True, afloat="failed", status="running")
    assert at.segmented_control[0].options[0] == "All :gray[99\\+]"
    assert at.text[0].value.startswith("True failed ")
    assert "Afloat: Failed" in at.markdown[-1].value.replace("\\", "")
    assert _open(in_sight=True, search="x").segmented_control[0].options[0] == "All", "one part is not counted"


def test_filter_in_sight_is_a_row_of_its_values() -> None:
    at = _open(in_sight=True, wood="elm")
    (row,) = at.pills
    assert (row.options, row.value) == (["\\*Oak\\*", "Elm"], "elm")
    assert _popovers(at) == ["Harbour", "Built"]
    row.set_value("oak")
    assert at.run().query_params["wood"] == "oak"
