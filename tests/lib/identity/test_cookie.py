import pytest

from lib.config import get_settings
from lib.identity.cookie import is_secure, session_cookie_name


def test_cookie_is_plain_over_http() -> None:
    assert session_cookie_name() == "orchestrator_session"
    assert not is_secure()


def test_cookie_is_bound_to_the_host_by_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_PUBLIC_URL", "https://orchestrator.example.com")
    get_settings.cache_clear()
    assert session_cookie_name() == "__Host-orchestrator_session"
    assert is_secure()
