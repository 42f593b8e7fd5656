import re

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.components.timeline import _ticks


def _body(*, is_live: bool = True, elapsed_seconds: float = 100) -> str:
    def page(elapsed_seconds: float, is_live: bool) -> None:
        from lib.ui.components.status import PHASE
        from lib.ui.components.timeline import Span, SpanKind, TimelineRow, show_timeline

        rows = [
            TimelineRow(
                1,
                "<b>Scope</b>",
                PHASE["completed"],
                [
                    Span(SpanKind.FAIL, 0, 20, 'attempt 1 failed: "429"'),
                    Span(SpanKind.WAIT, 20, 25, "waited 0:05"),
                    Span(SpanKind.OK, 25, 47, "attempt 2 done"),
                ],
            ),
            TimelineRow(2, "Summary", PHASE["pending"], []),
        ]
        show_timeline(rows, elapsed_seconds=elapsed_seconds, is_live=is_live)

    at = AppTest.from_function(page, kwargs={"elapsed_seconds": elapsed_seconds, "is_live": is_live}).run()
    assert not at.exception
    return at.html[0].body


def test_names_and_notes_are_text() -> None:
    body = _body()

    assert "&lt;b&gt;Scope&lt;/b&gt;" in body
    assert 'title="attempt 1 failed: &#34;429&#34;"' in body
    assert "<b>Scope" not in body


def test_each_row_is_read_aloud() -> None:
    body = _body()

    assert "Completed: attempt 1 failed: &#34;429&#34;; waited 0:05; attempt 2 done" in body
    assert "Pending: not started" in body


def test_waiting_is_not_counted_as_work() -> None:
    assert re.findall(r'ao-took">([^<]+)<', _body()) == ["0:42", "\N{EN DASH}"]


def test_legend_names_only_what_occurs() -> None:
    legend = _body().partition('<div class="ao-legend">')[2]

    assert re.findall(r"</i>([^<]+)<", legend) == ["Done", "Failed attempt", "Waiting for the next attempt"]


def test_a_finished_run_has_no_present() -> None:
    assert "ao-now" in _body(is_live=True)
    assert "ao-now" not in _body(is_live=False)


def test_bars_stay_inside_the_track_even_before_anything_took_time() -> None:
    for left, width in re.findall(r"left:([\d.]+)%;width:([\d.]+)%", _body(elapsed_seconds=47)):
        assert float(left) + float(width) <= 100.01


@pytest.mark.parametrize("seconds", [1, 3, 9, 35, 61, 512, 5000, 90000, 864000])
def test_the_axis_has_a_few_round_ticks(seconds: float) -> None:
    ticks = _ticks(seconds)

    assert ticks[0] == 0
    assert 2 <= len(ticks) <= 11
    assert ticks[-1] <= seconds


def test_before_anything_has_begun_there_is_no_axis() -> None:
    def page() -> None:
        from lib.ui.components.status import PHASE
        from lib.ui.components.timeline import TimelineRow, show_timeline

        show_timeline([TimelineRow(1, "Scope", PHASE["pending"], [])], elapsed_seconds=1, is_live=True)

    body = AppTest.from_function(page).run().html[0].body
    assert "0:00" not in body
    assert "ao-now" not in body
    assert "Nothing has begun yet." in body
    assert "Pending: not started" in body
