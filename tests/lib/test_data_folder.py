import os
import stat
from pathlib import Path
from threading import Thread

import pytest

from lib.config import get_settings
from lib.data_folder import data_folder, kept_secret, secret_key
from lib.errors import ConfigurationError


def test_folder_is_made_and_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(tmp_path / "a" / "b"))
    get_settings.cache_clear()
    assert stat.S_IMODE(data_folder().stat().st_mode) == (0o711 if os.geteuid() == 0 else 0o700)


def test_place_that_can_be_no_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(tmp_path / "file" / "data"))
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match="Set ORCHESTRATOR_DATA_DIR"):
        data_folder()


def test_secret_is_made_once_however_many_ask(tmp_path: Path) -> None:
    found: list[str] = []
    makers = [
        Thread(target=lambda n=n: found.append(kept_secret(tmp_path / "secret", lambda: f"made by {n}")))
        for n in range(8)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(found) == 8
    assert set(found) == {(tmp_path / "secret").read_text(encoding="utf-8")}
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_key_is_generated_and_kept_when_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(tmp_path))
    get_settings.cache_clear()
    assert len(secret_key()) >= 32
    assert secret_key() == secret_key()


def test_key_is_asked_for_when_a_server_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_WEB_DATABASE_URL", "postgresql://orchestrator_web@host/orchestrator")
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match="Set ORCHESTRATOR_SECRET_KEY"):
        secret_key()


def test_short_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY", "too-short")
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match="too short"):
        secret_key()


def test_key_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("of-a-file-0123456789-0123456789-0123\n", encoding="utf-8")
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY_FILE", str(tmp_path / "key"))
    get_settings.cache_clear()
    assert secret_key() == "of-a-file-0123456789-0123456789-0123"


@pytest.mark.parametrize(("content", "problem"), [(None, "can't be read"), (b"\xff" * 40, "no text"), (b"", "short")])
def test_file_that_holds_no_key_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY_FILE", str(tmp_path / "key"))
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match=problem) as told:
        secret_key()
    assert str(tmp_path / "key") in str(told.value)
