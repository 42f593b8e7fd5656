import re
from datetime import timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from lib import clock
from lib.access.actor import Origin
from lib.cli.commands import app
from lib.errors import Conflict, InvalidInput, LinkExpired, NotFound
from lib.identity import passwords
from lib.identity.invitations import accept_invitation, check_invitation
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.mailbox import mail_server
from tests.records import row

__all__ = ["mail_server"]


@pytest.fixture(autouse=True)
def _there(installation: Installation, cast: Cast) -> None:
    """Two organizations with people."""


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["organizations", *arguments], input=answer)


def said(*arguments: str, answer: str = "") -> str:
    result = run(*arguments, answer=answer)
    assert result.exit_code == 0, result.output
    return result.output


def acme(installation: Installation) -> dict[str, object]:
    return row(installation, "SELECT * FROM organizations WHERE slug = 'acme'")


def test_list_names_each_with_its_use() -> None:
    lines = said("list").splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["acme", "active", "free", "4"],
        ["borealis", "active", "free", "1"],
    ]
    assert lines[0].endswith("0 of 1,000           Acme Research")


def test_tier_brings_its_quota_and_says_what_stays(installation: Installation) -> None:
    assert "Acme Research has the tier pro now." in said("tier", "acme", "pro")
    assert acme(installation)["api_quota_limit"] == 50_000
    assert "No longer part of it" in said("tier", "acme", "free")
    assert isinstance(run("tier", "acme", "gold").exception, InvalidInput)


def test_organization_that_is_made_with_a_tier_has_its_quota(installation: Installation) -> None:
    create("--tier", "enterprise")
    assert row(installation, "SELECT api_quota_limit FROM organizations WHERE slug = 'new'") == {
        "api_quota_limit": None
    }


def create(*options: str) -> str:
    return said("create", "--name", "New", "--slug", "new", "--email", "nora@new.example", *options)


def link_in(output: str) -> str:
    """The secret of the one link that was printed."""
    (token,) = re.findall(r"^  http://localhost:8501/accept\?token=([\w-]{43})$", output, flags=re.MULTILINE)
    return str(token)


def test_first_admin_of_a_new_organization_gets_a_link() -> None:
    output = create()
    assert "Created the organization “New” (new)" in output
    assert "nora@new.example is invited to be its admin, by a link that is good once, for a week." in output
    assert "No mail is sent. Hand it over yourself" in output
    assert check_invitation(link_in(output)).organization_name == "New"
    assert "nobody has come yet  0 of 1,000           New" in said("list")


@pytest.mark.usefixtures("mail_server")
def test_link_that_is_mailed_is_not_printed() -> None:
    output = create()
    assert "A mail with it is on its way." in output
    assert "token=" not in output


def test_link_is_made_anew_as_long_as_nobody_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    first = link_in(create())
    second = link_in(said("invite", "new", "--email", "omar@new.example"))
    with pytest.raises(LinkExpired):
        check_invitation(first)
    assert check_invitation(second).email == "omar@new.example"
    monkeypatch.setattr(passwords, "COST", 4)
    entered = {"full_name": "Omar", "username": "omar", "password": PASSWORD}
    accept_invitation(second, **entered, origin=Origin(request_id=uuid4()))
    assert isinstance(run("invite", "new", "--email", "omar@new.example").exception, Conflict)
    assert isinstance(run("invite", "nowhere", "--email", "omar@new.example").exception, NotFound)


def test_quota_is_a_number_or_unlimited(installation: Installation) -> None:
    said("quota", "acme", "42")
    assert acme(installation)["api_quota_limit"] == 42
    said("quota", "acme", "unlimited")
    assert acme(installation)["api_quota_limit"] is None
    assert run("quota", "acme", "many").exit_code == 2


def test_suspension_begins_and_ends(installation: Installation) -> None:
    said("suspend", "acme", "--reason", "Not paid.")
    assert acme(installation)["suspension_reason"] == "Not paid."
    assert "suspended" in said("list")
    said("resume", "acme")
    assert acme(installation)["suspended_at"] is None


def test_deletion_asks_again_and_can_be_taken_back(installation: Installation) -> None:
    assert run("delete", "acme", answer="borealis\n").exit_code == 2
    assert acme(installation)["deletes_at"] is None
    day = (clock.now() + timedelta(days=14)).date()
    assert f"ends on {day}" in said("delete", "acme", answer="acme\n")
    said("restore", "acme")
    assert acme(installation)["deletes_at"] is None


def test_name_that_nobody_has_is_not_found() -> None:
    assert isinstance(run("suspend", "nowhere", "--reason", "x").exception, NotFound)
