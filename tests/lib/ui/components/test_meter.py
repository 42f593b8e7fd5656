import pytest
from streamlit.testing.v1 import AppTest


def _body(value: float, maximum: float, pace: float | None = None) -> str:
    def page(value: float, maximum: float, pace: float | None) -> None:
        from lib.ui.components.meter import show_meter

        show_meter('Runs "now"', value, maximum=maximum, pace=pace, text="said", tone="warn")

    at = AppTest.from_function(page, args=(value, maximum, pace)).run()
    assert not at.exception
    return at.html[0].body


def test_reads_aloud_what_it_shows() -> None:
    body = _body(412, 500)

    assert 'role="meter" aria-label="Runs &#34;now&#34;"' in body
    assert 'aria-valuemax="500" aria-valuenow="412" aria-valuetext="said"' in body
    assert 'class="ao-fill ao-is-warn" style="width:82.4%"' in body
    assert "ao-pace" not in body


@pytest.mark.parametrize(("value", "maximum", "width"), [(9, 7, "100.0"), (-1, 7, "0.0"), (1, 0, "100.0")])
def test_never_leaves_its_frame(value: float, maximum: float, width: str) -> None:
    assert f'style="width:{width}%"' in _body(value, maximum)


def test_an_even_pace_is_a_tick() -> None:
    assert '<i class="ao-pace" style="left:73.4%" title="even pace">' in _body(412, 500, 367)
