import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lib.config import get_settings
from lib.db import server
from lib.db.logins import Login
from lib.errors import ConfigurationError, DatabaseUnavailable
from tests.conftest import Installation


@pytest.fixture
def embedded(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation that configures nothing but its folder."""
    monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(open_folder / "installation"))
    get_settings.cache_clear()
    yield open_folder / "installation"
    server.release_embedded_server()


def configure(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    get_settings.cache_clear()


def test_configured_url_is_given_to_its_login(installation: Installation) -> None:
    for login in Login:
        with psycopg.connect(server.database_url(login)) as connection:
            assert connection.info.user == login.role_name
            assert connection.info.dbname == installation.database.name


@pytest.mark.parametrize("login", Login)
def test_missing_url_is_named(installation: Installation, monkeypatch: pytest.MonkeyPatch, login: Login) -> None:
    monkeypatch.delenv(server.URL_VARIABLES[login])
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match=f"^Set {server.URL_VARIABLES[login]} .*as {login.role_name}"):
        server.database_url(login)


def test_url_of_another_login_is_refused(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, "ORCHESTRATOR_WEB_DATABASE_URL", installation.database.url(Login.OWNER))
    with pytest.raises(ConfigurationError, match="signs in as orchestrator_owner, and must as orchestrator_web"):
        server.database_url(Login.WEB)


@pytest.mark.parametrize(
    "url", ["mysql://orchestrator_web:pw-secret@host/x", "postgresql://orchestrator_web:pw-secret@[x/y"]
)
def test_unreadable_url_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    configure(monkeypatch, "ORCHESTRATOR_WEB_DATABASE_URL", url)
    with pytest.raises(ConfigurationError, match="It must look like") as refusal:
        server.database_url(Login.WEB)
    assert "pw-secret" not in str(refusal.value)


def test_address_with_a_driver_is_made_plain(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = installation.database.url(Login.WEB)
    configure(monkeypatch, "ORCHESTRATOR_WEB_DATABASE_URL", plain.replace("postgresql://", "postgresql+psycopg://"))
    assert server.database_url(Login.WEB) == plain


def test_process_gets_its_own_ways_in_and_no_others(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = server.process_environment(Login.WORKER)
    assert environment["ORCHESTRATOR_WORKER_DATABASE_URL"] == installation.database.url(Login.WORKER)
    assert environment["ORCHESTRATOR_SECRET_KEY"] == installation.secret_key
    assert {"DATABASE_URL", "ORCHESTRATOR_WEB_DATABASE_URL", "ORCHESTRATOR_IDENTITY_DATABASE_URL"}.isdisjoint(
        environment
    )


def test_process_that_keeps_only_its_own_forgets_the_others(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(os.environ)
    try:
        server.keep_only(Login.WEB, Login.IDENTITY)
        assert server.database_url(Login.IDENTITY) == installation.database.url(Login.IDENTITY)
        for login in (Login.OWNER, Login.WORKER):
            with pytest.raises(ConfigurationError, match=r"^Set "):
                server.database_url(login)
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_wrong_password_is_said_plainly(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    url = installation.database.url(Login.WEB).replace("web-of-the-tests", "guess")
    configure(monkeypatch, "ORCHESTRATOR_WEB_DATABASE_URL", url)
    with pytest.raises(
        DatabaseUnavailable, match=r"does not let orchestrator_web in\. Check ORCHESTRATOR_WEB_DATABASE_URL"
    ):
        server.check_server(Login.WEB)


def test_databases_that_differ_are_refused(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, "DATABASE_URL", "postgresql://orchestrator_owner:x@host/elsewhere")
    with pytest.raises(ConfigurationError, match="different databases: elsewhere"):
        server.configured_passwords()


def test_embedded_server_is_not_offered_beside_a_configured_one(installation: Installation) -> None:
    with pytest.raises(ConfigurationError, match="the embedded one is not used"):
        server.embedded_server()


def test_embedded_server_starts_for_whoever_asks(embedded: Path) -> None:
    assert not server.embedded_server().is_running
    server.check_server(Login.OWNER)
    assert server.embedded_server().is_running


def test_embedded_server_that_passes_policies_by_is_refused(embedded: Path) -> None:
    admin_url = server.hold_embedded_server().admin_url
    with psycopg.connect(admin_url) as connection:
        connection.execute("ALTER ROLE orchestrator_web BYPASSRLS")
    with pytest.raises(ConfigurationError, match="orchestrator_web may pass row-level security by"):
        server.check_server(Login.WEB)


def test_embedded_passwords_are_made_once_and_kept_private(embedded: Path) -> None:
    first = [server.database_url(login) for login in Login]
    server.release_embedded_server()
    assert [server.database_url(login) for login in Login] == first
    file = embedded / "database-passwords.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(set(json.loads(file.read_text(encoding="utf-8")).values())) == 4


def test_addresses_are_known_before_the_server_runs(embedded: Path) -> None:
    environment = server.process_environment(Login.WEB)
    assert not server.embedded_server().is_running
    assert environment["ORCHESTRATOR_WEB_DATABASE_URL"] == server.database_url(Login.WEB)


def test_dead_embedded_server_is_revived(embedded: Path) -> None:
    held = server.hold_embedded_server()
    assert not server.revive_embedded_server()
    os.kill(held.status().process_id or 0, 9)
    while held.is_running:
        pass
    assert server.revive_embedded_server()
    server.check_server(Login.OWNER)
