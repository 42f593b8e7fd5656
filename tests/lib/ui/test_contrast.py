"""Every text on its ground: WCAG's contrast of what .streamlit/config.toml and style.css say, in both themes."""

import re
import tomllib
from collections.abc import Iterator

import pytest

from lib.config import ROOT

#: WCAG 2.2, 1.4.3: of text; and 1.4.11: of what a sign or a bar needs to be seen by.
TEXT, SIGN = 4.5, 3.0
COLORS = ("green", "red", "orange", "yellow", "blue", "violet", "gray")
LIGHT_DARK = re.compile(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
STYLE = (ROOT / "lib" / "ui" / "style.css").read_text()
#: White stands on buttons of these; the theme's own accent would be too bright for it in the dark.
BUTTONS = re.findall(r"stBaseButton-primary\"\][^{]*\{ background: light-dark\((#\w+), (#\w+)\)", STYLE)
VARIABLES = dict(re.findall(r"(--ao-[a-z]+): (light-dark\([^)]+\))", STYLE))


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours such as "#15171c"; source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _texts(name: str) -> Iterator[tuple[str, str, str]]:
    """Which text stands on which ground in this theme, and what they are."""
    theme, number = THEME[name], ("light", "dark").index(name)
    grounds = {key: theme[key] for key in ("backgroundColor", "secondaryBackgroundColor")}
    grounds |= {f"sidebar.{key}": theme["sidebar"][key] for key in grounds}
    for ground, behind in grounds.items():
        for color in ("textColor", "linkColor", *(f"{color}TextColor" for color in COLORS)):
            yield f"{color} on {ground}", theme[color], behind
        muted = LIGHT_DARK.findall(VARIABLES["--ao-muted"])[0][number]
        yield f"--ao-muted on {ground}", muted, behind
        accent = LIGHT_DARK.findall(VARIABLES["--ao-accent"])[0][number]
        yield f"--ao-accent on {ground}", accent, behind
    for color in COLORS:
        yield f"badge {color}", theme[f"{color}TextColor"], theme[f"{color}BackgroundColor"]
    yield "code", theme["codeTextColor"], theme["codeBackgroundColor"]
    yield "head of a table", theme["dataframeHeaderTextColor"], theme["dataframeHeaderBackgroundColor"]
    yield "text on a table's coloured cell", theme["textColor"], theme["redBackgroundColor"]
    for button in BUTTONS:
        yield f"white on a primary button, {button[number]}", "#ffffff", button[number]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_stands_out_from_its_ground(name: str) -> None:
    weak = {what: round(contrast(text, ground), 2) for what, text, ground in _texts(name)}
    assert len(weak) > 50
    assert len(BUTTONS) == 2, "at rest and under the pointer"
    assert {what: ratio for what, ratio in weak.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("name", ["light", "dark"])
def test_bars_and_signs_stand_out_from_the_page(name: str) -> None:
    number, ground = ("light", "dark").index(name), THEME[name]["backgroundColor"]
    signs = {
        variable: contrast(LIGHT_DARK.findall(VARIABLES[f"--ao-{variable}"])[0][number], ground)
        for variable in ("ok", "run", "warn", "bad", "idle", "accent")
    }
    assert {variable: round(ratio, 2) for variable, ratio in signs.items() if ratio < SIGN} == {}


def test_ratio_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
