from functools import partial
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from lib.access.actor import Origin
from lib.access.permissions import Role
from lib.errors import AlreadyTaken, InvalidInput
from lib.identity.registration import create_user
from lib.identity.service import authenticate
from tests.factories import make_new_organization
from tests.lib.identity.conftest import Look

pytestmark = pytest.mark.usefixtures("installation")

GOOD = "correct horse battery staple"


def _create(**changed: Any) -> Any:
    values: dict[str, Any] = {
        "organization_slug": "acme",
        "email": "Bo@Acme.Example",
        "username": "Bo",
        "full_name": " Bo  Berg ",
        "role": Role.MEMBER,
        "password": GOOD,
    }
    return create_user(**values | changed)


@pytest.fixture
def acme() -> Any:
    return make_new_organization("acme").id


def test_person_can_sign_in_at_once(sql: Look, acme: Any, origin: Origin) -> None:
    user_id = _create()
    assert authenticate("bo", GOOD, origin=origin) == user_id
    assert sql("SELECT organization_id, email, username, full_name, role, is_operator FROM users") == [
        (acme, "bo@acme.example", "bo", "Bo Berg", "member", False)
    ]


def test_operator_is_made_on_request(sql: Look, acme: Any) -> None:
    _create(is_operator=True, role=Role.ADMIN)
    assert sql("SELECT role, is_operator FROM users") == [("admin", True)]


def test_person_of_wrong_values_is_refused(sql: Look, acme: Any) -> None:
    for changed, label in (
        ({"email": "nonsense"}, "E-mail"),
        ({"username": "b o"}, "User name"),
        ({"full_name": "\0"}, "Full name"),
        ({"password": "short"}, "Password"),
        ({"password": "bo@acme.example"}, "Password"),
        ({"organization_slug": "nowhere"}, "Short name"),
    ):
        with pytest.raises(InvalidInput) as refused:
            _create(**changed)
        assert refused.value.field == label
    assert sql("SELECT count(*) FROM users") == [(0,)]


def test_organization_says_how_long_a_password_must_be(sql: Look, acme: Any) -> None:
    sql("UPDATE organizations SET settings = %s", Jsonb({"security_settings": {"min_password_length": 40}}))
    with pytest.raises(InvalidInput, match="needs at least 40"):
        _create()
    _create(password=GOOD + GOOD)


def test_email_and_user_name_are_one_persons_in_all_organizations(sql: Look, acme: Any) -> None:
    make_new_organization("borealis")
    _create()
    again = partial(_create, organization_slug="borealis")
    with pytest.raises(AlreadyTaken) as refused:
        again(email="BO@acme.example", username="other")
    assert refused.value.field == "E-mail"
    with pytest.raises(AlreadyTaken) as refused:
        again(email="other@acme.example", username="BO")
    assert refused.value.field == "User name"
    assert sql("SELECT count(*) FROM users") == [(1,)]
