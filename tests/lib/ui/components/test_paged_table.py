from streamlit.testing.v1 import AppTest


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
        is_selectable=True,
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
