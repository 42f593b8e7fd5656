"""The theme's message, made once: Streamlit makes it anew before every rerun, a third of what an empty rerun takes.

The settings that it is made of do not change while the process runs. The name is private to Streamlit, whose version
is pinned; a test holds what goes out against what Streamlit makes.
"""

from functools import cache
from typing import Protocol

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session


class Populate(Protocol):
    """Writes a section of the settings into a message."""

    def __call__(self, msg: CustomThemeConfig, section: str = "theme") -> None: ...


def keep_theme() -> None:
    """Have this process make each section of the theme once."""
    app_session._populate_theme_msg = keeping(app_session._populate_theme_msg)


def keeping(populate: Populate) -> Populate:
    """The same function, which does its work once a section."""

    @cache
    def made(section: str) -> CustomThemeConfig:
        message = CustomThemeConfig()
        populate(message, section)
        return message

    def copy(msg: CustomThemeConfig, section: str = "theme") -> None:
        msg.MergeFrom(made(section))

    return copy
