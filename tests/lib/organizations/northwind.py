"""A new organization whose first admin is invited, and how one comes."""

from uuid import uuid4

import pytest

from lib.access.actor import Actor, Origin
from lib.identity import passwords, sessions
from lib.identity.invitations import accept_invitation
from lib.identity.service import authenticate, issue_ticket, redeem_ticket
from lib.models.organization import Tier
from lib.organizations.creation import NewOrganization, create_organization
from lib.users.views import InviteOutcome
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.sample import with_operator

ORIGIN = Origin(request_id=uuid4(), ip_address="192.0.2.7", user_agent="tests")
NORA = "nora@northwind.example"
ENTERED = {"full_name": "Nora Dahl", "username": "nora", "password": PASSWORD}


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.fixture
def olga(installation: Installation, cast: Cast) -> Actor:
    return with_operator(installation.database, cast)[1]


@pytest.fixture
def northwind(olga: Actor) -> NewOrganization:
    return create_organization(olga, name="Northwind", slug="northwind", tier=Tier.PRO, email=NORA)


def token_of(outcome: InviteOutcome) -> str:
    path, _, token = outcome.secret_path.partition("?token=")
    assert path == "/accept"
    return token


def come(outcome: InviteOutcome, **changed: str) -> Actor:
    """Whoever holds the link accepts, and signs in."""
    entered = ENTERED | changed
    accept_invitation(token_of(outcome), **entered, origin=ORIGIN)
    user_id = authenticate(entered["username"], PASSWORD, origin=ORIGIN)
    actor = sessions.find_actor(redeem_ticket(issue_ticket(user_id), origin=ORIGIN), origin=ORIGIN)
    assert isinstance(actor, Actor)
    return actor
