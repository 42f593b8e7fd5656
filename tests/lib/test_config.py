from pathlib import Path

import pytest
from pydantic import ValidationError

from lib.config import ROOT, Settings, default_data_dir, get_settings


def variables() -> set[str]:
    return {
        field.validation_alias if isinstance(field.validation_alias, str) else f"ORCHESTRATOR_{name.upper()}"
        for name, field in Settings.model_fields.items()
    }


def test_every_setting_is_in_the_handbook_and_no_other() -> None:
    handbook = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    rows = [line for line in handbook.splitlines() if line.startswith("| `")]
    listed = {row.split("`")[1] for row in rows if row.split("`")[1].startswith(("ORCHESTRATOR_", "DATABASE_URL"))}
    assert listed == variables()


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_nothing_has_to_be_set() -> None:
    settings = Settings()
    assert settings.is_embedded
    assert settings.url == "http://localhost:8501"
    assert settings.host == "127.0.0.1"


def test_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("ORCHESTRATOR_PORT", "")
    assert Settings().is_embedded
    assert Settings().port == 8501


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "ORCHESTRATOR_WEB_DATABASE_URL",
        "ORCHESTRATOR_IDENTITY_DATABASE_URL",
        "ORCHESTRATOR_WORKER_DATABASE_URL",
    ],
)
def test_any_database_url_turns_the_embedded_server_off(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "postgresql://host/orchestrator")
    assert not Settings().is_embedded


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY", "open-sesame")
    monkeypatch.setenv("DATABASE_URL", "postgresql://orchestrator_owner:open-sesame@host/orchestrator")
    assert "open-sesame" not in repr(Settings())


@pytest.mark.parametrize("url", ["orchestrator.example.com", "ftp://example.com", "https://"])
def test_public_url_without_scheme_or_host_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ORCHESTRATOR_PUBLIC_URL", url)
    with pytest.raises(ValidationError, match=r"https://orchestrator\.example\.com"):
        Settings()


def test_public_url_loses_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_PUBLIC_URL", "https://example.com/orchestrator/")
    assert Settings().url == "https://example.com/orchestrator"


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = get_settings()
    monkeypatch.setenv("ORCHESTRATOR_PORT", "9000")
    assert get_settings() is before


def test_data_of_an_ordinary_user_lie_in_their_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / "ai-orchestrator"
