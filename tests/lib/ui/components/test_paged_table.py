import pytest
from streamlit.testing.v1 import AppTest

from lib.errors import InvalidInput
from lib.ui.components.paged_table import find_page


def _page() -> None:
    import streamlit as st

    from lib.ui.components import paged_table, status

    cursor = paged_table.current_cursor()
    rows = [{"Run": "Heat *pumps*", "Status": status.cell(status.RUN["failed"]), "id": 7}]
    event = paged_table.show_paged_table(
        rows if cursor != "empty" else [],
        key="runs",
        label="Runs",
        columns={"Status": status.column(status.RUN), "Run": st.column_config.TextColumn("Run")},
        summary="1 of 1",
        newer="n1" if cursor else None,
        older="o1",
        opens="Run",
        ticked_as=[row["id"] for row in rows],
    )
    st.text(f"{cursor} {event.opened} {event.selected}")


def test_shows_the_columns_asked_for_in_their_order() -> None:
    at = AppTest.from_function(_page).run()

    assert not at.exception
    assert list(at.dataframe[0].value.columns) == ["Status", "Run"]
    assert at.dataframe[0].value["Run"][0] == "Heat *pumps*"
    assert at.text[0].value == "None None []"
    assert at.markdown[0].value == ":gray[1 of 1]"


def test_the_page_stands_in_the_address() -> None:
    at = AppTest.from_function(_page).run()
    newer, older = at.button
    assert newer.disabled

    older.click().run()

    assert at.query_params["page"] == "o1"
    assert at.text[0].value.startswith("o1 ")
    assert not at.button[0].disabled


def test_a_page_without_rows_keeps_its_columns() -> None:
    at = AppTest.from_function(_page)
    at.query_params["page"] = "empty"
    at.run()

    assert not at.exception
    assert list(at.dataframe[0].value.columns) == ["Status", "Run"]


def test_long_text_ends_with_a_mark_and_a_figure_is_never_cut() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui.components.paged_table import show_paged_table

        show_paged_table(
            [{"Run": "Heat pumps in the Nordics", "Cost": "$1,234,567.89", "Note": "As long as it likes to be"}],
            key="runs",
            label="Runs",
            columns={
                "Run": st.column_config.TextColumn("Run", width=100),
                "Cost": st.column_config.TextColumn("Cost", width=40, alignment="right"),
                "Note": st.column_config.TextColumn("Note"),
            },
            summary="",
            newer=None,
            older=None,
            opens="Run",
        )

    at = AppTest.from_function(page).run()
    assert not at.exception
    row = at.dataframe[0].value.iloc[0].to_dict()
    assert row == {"Run": "Heat pumps…", "Cost": "$1,234,567.89", "Note": "As long as it likes to be"}
    assert at.selectbox[0].options == ["1. Heat pumps in the Nordics"]


def test_cursor_of_another_list_is_no_page_and_other_faults_are_not_hidden() -> None:
    def refuse(field: str) -> None:
        raise InvalidInput("This is none.", field=field)

    assert find_page(lambda cursor: cursor, cursor="c1") == "c1"
    assert find_page(lambda _: refuse("cursor"), cursor="c1") is None
    with pytest.raises(InvalidInput):
        find_page(lambda _: refuse("Name"), cursor=None)
