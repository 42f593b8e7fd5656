"""Streamlit's message with the theme, of which each section is made once."""

import pytest
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from lib.ui.kept_theme import Populate, keep_theme, keeping

SECTIONS = ("theme", "theme.sidebar", "theme.light", "theme.light.sidebar", "theme.dark", "theme.dark.sidebar")
#: Of Streamlit, before anything here has replaced it.
POPULATE: Populate = app_session._populate_theme_msg


def _made(populate: Populate) -> CustomThemeConfig:
    """The whole message, as a session begins with it."""
    message = CustomThemeConfig()
    parts = (message, message.sidebar, message.light, message.light.sidebar, message.dark, message.dark.sidebar)
    for part, section in zip(parts, SECTIONS, strict=True):
        populate(part, section)
    return message


def test_browser_gets_what_streamlit_makes() -> None:
    kept = keeping(POPULATE)
    assert _made(kept) == _made(kept) == _made(POPULATE)
    assert _made(kept).primary_color or _made(kept).light.primary_color, "there is a theme"


def test_section_is_made_once() -> None:
    asked: list[str] = []

    def populate(msg: CustomThemeConfig, section: str = "theme") -> None:
        asked.append(section)
        POPULATE(msg, section)

    kept = keeping(populate)
    _made(kept)
    _made(kept)
    assert asked == list(SECTIONS)


def test_streamlit_calls_what_was_put_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_session, "_populate_theme_msg", POPULATE)
    keep_theme()
    message = CustomThemeConfig()
    app_session._populate_theme_msg(message)
    assert message.ListFields()
    assert app_session._populate_theme_msg is not POPULATE
