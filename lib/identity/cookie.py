"""The session's cookie: its name is said here for the route that sets it and for the guard that reads it."""

from typing import Final

from lib.config import get_settings

_NAME: Final = "orchestrator_session"


def is_secure() -> bool:
    """Whether people reach the dashboard by https only, so that the cookie must never travel otherwise."""
    return get_settings().url.startswith("https://")


def session_cookie_name() -> str:
    """`orchestrator_session`; by https `__Host-orchestrator_session`.

    With the prefix a browser takes the cookie from this very host and by https only, so that a neighbour under the
    same domain can't put its own session into somebody's browser.
    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
    """
    return f"__Host-{_NAME}" if is_secure() else _NAME
