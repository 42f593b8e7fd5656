import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit import config

from lib.config import ROOT

SETTINGS = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def _options(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _options(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def test_streamlit_knows_every_setting() -> None:
    assert [name for name, _ in _options(SETTINGS) if name not in config.get_config_options()] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server.enableAgentApi", False),
        ("server.fileWatcherType", "none"),
        ("client.showErrorDetails", "none"),
        ("runner.postScriptGC", False),
        ("browser.gatherUsageStats", False),
    ],
)
def test_what_the_architecture_asks_for_is_set(name: str, value: object) -> None:
    assert dict(_options(SETTINGS))[name] == value


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chart_palettes_have_ten_colours(theme: str) -> None:
    """With fewer Plotly receives "undefined" and falls back to its own."""
    for palette in ("Categorical", "Sequential", "Diverging"):
        assert len(set(SETTINGS["theme"][theme][f"chart{palette}Colors"])) == 10


def test_every_font_has_its_file_and_its_licence() -> None:
    faces = re.findall(r'font-family: "(.+?)"; src: url\("/app/(.+?)"\)', (ROOT / "lib/ui/style.css").read_text())
    assert {family for family, _ in faces} == {"Inter", "JetBrains Mono"}
    for family, file in faces:
        assert (ROOT / file).is_file()
        assert (ROOT / "static" / f"LICENSE-{family.replace(' ', '')}.txt").is_file()


def test_fonts_do_not_go_to_the_browser_with_every_rerun() -> None:
    assert "fontFaces" not in SETTINGS["theme"]
