import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.components import status

TABLES = {
    "run": (status.RUN, "queued running waiting_review paused completed failed cancelled"),
    "phase": (status.PHASE, "pending running waiting_review completed failed skipped cancelled rejected"),
    "project": (status.PROJECT, "active completed archived failed"),
    "priority": (status.PRIORITY, "low medium high urgent"),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_status_of_the_specification_has_a_look(name: str) -> None:
    table, words = TABLES[name]

    assert set(table) == set(words.split())


@pytest.mark.parametrize("name", TABLES)
def test_colour_is_never_the_only_sign(name: str) -> None:
    table, _ = TABLES[name]

    assert len({look.word for look in table.values()}) == len(table)
    assert len({look.icon for look in table.values()}) == len(table)
    assert all(look.glyph for look in table.values())


def test_badge() -> None:
    def page() -> None:
        from lib.ui.components.status import RUN, show_status

        show_status(RUN["waiting_review"])

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert at.markdown[0].value == ":orange-badge[:material/rate_review: Needs review]"


def test_inline_escapes_the_words_that_take_the_place_of_its_own() -> None:
    assert status.inline(status.RUN["running"]) == ":blue[:material/progress_activity: Running]"
    assert status.inline(status.RUN["running"], text="a]b") == ":blue[:material/progress_activity: a\\]b]"


def test_every_cell_of_a_column_is_one_of_its_options() -> None:
    options = status.column(status.RUN)["type_config"]["options"]

    assert [option["value"] for option in options] == [status.cell(look)[0] for look in status.RUN.values()]
    assert options[5]["value"] == "✕ Failed"
