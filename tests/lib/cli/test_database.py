import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from lib.cli.commands import app
from lib.config import ROOT, get_settings
from lib.db import server
from lib.db.logins import Login
from lib.errors import ConfigurationError
from tests.conftest import Installation


def run(*arguments: str, answer: str | None = None) -> str:
    result = CliRunner().invoke(app, ["db", *arguments], input=answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_status_of_a_migrated_database_asks_for_nothing(installation: Installation) -> None:
    output = run("status")
    assert f"database {installation.database.name}" in output
    assert "db upgrade" not in output


def test_downgrade_asks_first_and_upgrade_brings_everything_back(installation: Installation) -> None:
    def tables() -> int:
        with psycopg.connect(installation.database.admin_url) as connection:
            return connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchall()[0][0]

    before = tables()
    run("downgrade", "base", answer="n\n")
    assert tables() == before
    assert "Run `orchestrator db upgrade`" in run("downgrade", "base", "--yes")
    assert tables() < before
    run("upgrade")
    assert tables() == before


@pytest.mark.parametrize("login", Login)
def test_url_is_the_login_s_own(installation: Installation, login: Login) -> None:
    assert run("url", "--role", login.value).strip() == installation.database.url(login)


def test_roles_of_a_configured_server_need_an_administrator(installation: Installation) -> None:
    with pytest.raises(ConfigurationError, match="--admin-url postgresql://"):
        run("roles")


def test_roles_are_made_by_the_administrator_named(installation: Installation) -> None:
    assert f"“{installation.database.name}”" in run("roles", "--admin-url", installation.database.server.admin_url)


def test_roles_are_printed_without_passwords(installation: Installation) -> None:
    script = run("roles", "--print")
    assert "CREATE ROLE orchestrator_worker LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT" in script
    assert "of-the-tests" not in script


def test_start_and_stop_are_refused_beside_a_configured_server(installation: Installation) -> None:
    for command in ("start", "stop"):
        with pytest.raises(ConfigurationError, match="the embedded one is not used"):
            run(command)


def test_started_server_outlives_the_command_until_stop(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(open_folder))
    get_settings.cache_clear()
    run("start")
    server.release_embedded_server()  # what the end of the process does
    assert server.embedded_server().status().is_kept
    assert server.embedded_server().is_running
    assert "stopped" in run("stop")
    assert not server.embedded_server().is_running


def test_shell_speaks_as_the_login(installation: Installation) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "lib.cli", "db", "shell", "--role", "web"],
        cwd=ROOT, input="SELECT 'I am ' || session_user;\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "I am orchestrator_web" in result.stdout


def test_mistake_is_one_plain_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://somewhere")
    result = subprocess.run(
        [sys.executable, "-m", "lib.cli", "db", "status"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr.startswith("DATABASE_URL is no PostgreSQL address.")
    assert len(result.stderr.splitlines()) == 1
