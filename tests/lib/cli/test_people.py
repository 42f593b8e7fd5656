from uuid import uuid4

import psycopg
from typer.testing import CliRunner, Result

from lib.access.actor import Origin
from lib.cli.commands import app
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotFound
from lib.identity.service import authenticate
from tests.conftest import Installation

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another good password"


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=answer)


def make_organization() -> Result:
    return run("organizations", "create", "--name", "Acme", "--slug", "acme", "--email", "a@acme.example")


def make_alice(*options: str, answer: str = f"{PASSWORD}\n", organization: str = "acme") -> Result:
    names = ("--email", "alice@example.com", "--username", "alice", "--full-name", "Alice Adams", "--role", "admin")
    return run("users", "create", "--organization", organization, *names, *options, answer=answer)


def people(installation: Installation) -> list[tuple[str, str, bool]]:
    with psycopg.connect(installation.database.admin_url) as connection:
        return connection.execute("SELECT username, role, is_operator FROM users").fetchall()


def test_organization_and_its_first_person_are_made(installation: Installation) -> None:
    assert "Created the organization “Acme” (acme)" in make_organization().output
    assert "Created Alice Adams (alice) as admin of acme" in make_alice("--password-stdin").output
    assert people(installation) == [("alice", "admin", False)]


def test_operator_is_made_on_request_only(installation: Installation) -> None:
    make_organization()
    make_alice("--password-stdin", "--operator")
    assert people(installation) == [("alice", "admin", True)]


def test_password_is_asked_for_twice_and_not_shown(installation: Installation) -> None:
    make_organization()
    result = make_alice(answer=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert len(people(installation)) == 1


def test_password_typed_differently_makes_nobody(installation: Installation) -> None:
    make_organization()
    assert make_alice(answer=f"{PASSWORD}\nsomething else\n").exit_code != 0
    assert people(installation) == []


def test_slug_that_is_taken_is_refused(installation: Installation) -> None:
    make_organization()
    assert isinstance(make_organization().exception, AlreadyTaken)


def test_person_of_no_organization_is_refused(installation: Installation) -> None:
    assert isinstance(make_alice("--password-stdin", organization="nowhere").exception, InvalidInput)
    assert people(installation) == []


def test_role_that_does_not_exist_is_refused_by_name(installation: Installation) -> None:
    result = make_alice("--role", "owner")
    assert result.exit_code == 2
    assert "viewer" in result.output


def test_forgotten_password_is_set_by_address(installation: Installation) -> None:
    make_organization()
    make_alice("--password-stdin")
    result = run("users", "password", "--email", "alice@example.com", "--password-stdin", answer=f"{NEW_PASSWORD}\n")
    assert "Alice Adams has a new password now, and no session any more." in result.output
    assert NEW_PASSWORD not in result.output
    assert authenticate("alice", NEW_PASSWORD, origin=Origin(request_id=uuid4()))


def test_new_password_is_asked_for_twice_and_not_shown(installation: Installation) -> None:
    make_organization()
    make_alice("--password-stdin")
    result = run("users", "password", "--email", "alice@example.com", answer=f"{NEW_PASSWORD}\nanother\n")
    assert result.exit_code != 0
    result = run("users", "password", "--email", "alice@example.com", answer=f"{NEW_PASSWORD}\n{NEW_PASSWORD}\n")
    assert result.exit_code == 0
    assert NEW_PASSWORD not in result.output


def test_password_of_nobody_is_refused(installation: Installation) -> None:
    make_organization()
    result = run("users", "password", "--email", "bob@example.com", "--password-stdin", answer=f"{NEW_PASSWORD}\n")
    assert isinstance(result.exception, InvalidInput)
    assert "bob@example.com" in str(result.exception)


def test_second_factor_is_reset_for_whoever_lost_their_phone(installation: Installation) -> None:
    make_organization()
    make_alice("--password-stdin")
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute(
            "UPDATE user_credentials SET totp_secret = 'x', totp_enabled_at = now(), totp_last_step = 1, "
            "recovery_codes = '{}'"
        )
    result = run("users", "reset-second-factor", "--email", "alice@example.com")
    assert result.exit_code == 0
    assert "Alice Adams signs in by the password alone now." in result.output
    with psycopg.connect(installation.database.admin_url) as connection:
        assert connection.execute("SELECT totp_secret, totp_enabled_at FROM user_credentials").fetchall() == [
            (None, None)
        ]
        trail = connection.execute(
            "SELECT user_id, user_agent FROM audit_logs WHERE action = 'credentials.update' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert trail == (None, "orchestrator users reset-second-factor")


def test_reset_of_a_second_factor_that_is_not_there_says_so(installation: Installation) -> None:
    make_organization()
    make_alice("--password-stdin")
    assert isinstance(run("users", "reset-second-factor", "--email", "alice@example.com").exception, Conflict)
    assert isinstance(run("users", "reset-second-factor", "--email", "nobody@example.com").exception, NotFound)
