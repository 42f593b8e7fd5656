"""Some of the settings of a server of one's own: every command names at once all that it misses."""

import pytest
from typer.testing import CliRunner

from lib.cli.commands import app
from lib.config import get_settings
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from lib.errors import ConfigurationError

KEY = "ORCHESTRATOR_SECRET_KEY"
OWNER, WEB, IDENTITY, WORKER = (URL_VARIABLES[login] for login in Login)

#: Command -> what it needs.
NEEDS = {
    "up": {WEB, IDENTITY, WORKER, KEY},
    "web": {WEB, IDENTITY, KEY},
    "worker": {WORKER, KEY},
    "db roles": {OWNER, WEB, IDENTITY, WORKER},
    "db roles --print": {OWNER, WEB, IDENTITY, WORKER},
    "db upgrade": {OWNER, KEY},
    "db downgrade base --yes": {OWNER},
    "db status": {OWNER},
    "db shell": {OWNER},
    "db shell --role worker": {WORKER},
    "db url --role web": {WEB},
    "organizations create --name Acme --slug acme --email a@acme.example": {IDENTITY},
    "organizations invite acme --email a@acme.example": {IDENTITY},
    "users create --organization acme --email a@acme.example --username alice --full-name A --password-stdin": {
        IDENTITY
    },
}
GIVEN = ((Login.OWNER,), (Login.WEB, Login.IDENTITY), (Login.WORKER,))


def variables(logins: tuple[Login, ...]) -> set[str]:
    return {URL_VARIABLES[login] for login in logins}


@pytest.mark.parametrize(
    ("command", "given"),
    [(command, given) for command, needs in NEEDS.items() for given in GIVEN if needs - variables(given)],
)
def test_all_that_is_missing_is_named_at_once(
    monkeypatch: pytest.MonkeyPatch, command: str, given: tuple[Login, ...]
) -> None:
    for login in given:
        monkeypatch.setenv(URL_VARIABLES[login], f"postgresql://{login.role_name}@127.0.0.1:1/orchestrator")
    get_settings.cache_clear()
    result = CliRunner().invoke(app, command.split(), input="correct horse battery staple\n")
    assert isinstance(result.exception, ConfigurationError), result.output
    lines = str(result.exception).splitlines()
    assert all(line.startswith("Set ") for line in lines)
    assert {line.split()[1].strip(",") for line in lines} == NEEDS[command] - variables(given)


def test_wrong_and_missing_ones_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEB, "postgresql://postgres@host/orchestrator")
    monkeypatch.setenv(KEY, "too short")
    get_settings.cache_clear()
    result = CliRunner().invoke(app, ["up"])
    assert [line.split()[0] for line in str(result.exception).splitlines()] == [WEB, "Set", "Set", KEY]
