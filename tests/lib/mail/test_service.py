import pytest

from lib.config import get_settings
from lib.errors import ConfigurationError
from lib.mail.service import can_send


def configure(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"ORCHESTRATOR_{name.upper()}", value)
    get_settings.cache_clear()
    get_settings()


def test_mail_can_be_sent_when_server_and_sender_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not can_send()
    configure(monkeypatch, smtp_url="smtp://mail.example.com")
    assert not can_send()
    configure(monkeypatch, mail_from="orchestrator@example.com")
    assert can_send()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_url", "mail.example.com"),
        ("smtp_url", "http://ann:secret-word@mail.example.com"),
        ("mail_from", "orchestrator"),
        ("mail_from", "a@b.example, c@d.example\nBcc: x@evil.example"),
    ],
)
def test_setting_that_can_not_be_used_is_named_at_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"ORCHESTRATOR_{name.upper()} must look like") as refused:
        configure(monkeypatch, **{name: value})
    assert "secret-word" not in str(refused.value)
