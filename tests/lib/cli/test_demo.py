import re
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from lib.access.actor import Origin
from lib.access.permissions import Role
from lib.cli.commands import app
from lib.errors import Conflict, SignInRefused
from lib.identity import passwords
from lib.identity.service import authenticate
from tests.cast import make_cast
from tests.conftest import Installation
from tests.factories import make_new_organization
from tests.records import rows
from tests.sample import snapshot

ORIGIN = Origin(request_id=uuid4())


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


def run(*options: str) -> str:
    result = CliRunner().invoke(app, ["demo", *options])
    if result.exception is not None:
        raise result.exception
    return result.output


def password_in(output: str) -> str:
    (found,) = re.findall(r"with the password (\S+) as", output)
    return str(found)


def test_demo_says_who_can_sign_in_and_how(installation: Installation) -> None:
    output = run()
    assert output.startswith("Made the sample workspace: twelve people, nine projects, ninety days of runs.")
    for username in ("ada.sample", "mateo.sample", "kenji.sample", "rosa.sample"):
        assert re.search(rf"^  {username} .* (admin|manager|member|viewer)$", output, re.MULTILINE)
        assert authenticate(username, password_in(output), origin=ORIGIN)
    assert {role for role in Role if f" {role}\n" in output} == set(Role)
    assert "pavel.sample" not in output, "who has left signs in no more"
    assert "`orchestrator demo --remove` removes it." in output


def test_second_demo_keeps_the_sample_and_gives_a_new_password(installation: Installation) -> None:
    first = password_in(run())
    runs = rows(installation, "SELECT id FROM orchestration_runs ORDER BY 1")
    output = run()
    assert output.startswith("There is a sample workspace already. Its people get a new password.")
    assert rows(installation, "SELECT id FROM orchestration_runs ORDER BY 1") == runs
    with pytest.raises(SignInRefused):
        authenticate("ada.sample", first, origin=ORIGIN)
    assert authenticate("ada.sample", password_in(output), origin=ORIGIN)


def test_demo_is_removed_and_nothing_else(installation: Installation) -> None:
    make_cast(installation.database)
    before = snapshot(installation.database)
    run()
    assert run("--remove") == "The sample workspace is removed.\n"
    assert snapshot(installation.database) == before
    assert run("--remove") == "There is no sample workspace.\n"


def test_name_that_is_taken_is_said(installation: Installation) -> None:
    make_new_organization("fjord-and-field-sample", name="Ours")
    with pytest.raises(Conflict, match="is called “fjord-and-field-sample”"):
        run()
