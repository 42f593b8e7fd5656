from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Origin
from lib.identity import passwords
from lib.identity.service import authenticate
from lib.identity.setup import is_set_up, make_setup_link
from tests import doors
from tests.conftest import Installation
from tests.factories import make_new_organization

ORIGIN = Origin(request_id=uuid4())
PASSWORD = "  correct horse battery  "
ENTERED = {
    "Organization name": "Café <b>Ünïon</b>",
    "Short name": "",
    "Full name": "Alice Larsen",
    "E-mail": "Alice@Union.Example",
    "User name": "Alice",
    "Password": PASSWORD,
    "Password again": PASSWORD,
}


@pytest.fixture(autouse=True)
def _cheap_hashes(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


def _page(token: str | None = None) -> AppTest:
    def page() -> None:
        from lib.ui.set_up import show_set_up

        show_set_up()

    if token is None:
        link = make_setup_link("http://localhost:8501")
        assert link
        token = link.partition("token=")[2]
    app = AppTest.from_function(page)
    app.query_params["token"] = token
    return app.run()


def _send(page: AppTest, **changed: str) -> AppTest:
    entered = ENTERED | {name.replace("_", " "): value for name, value in changed.items()}
    for field in page.text_input:
        field.set_value(entered[field.label])
    page.button[0].click()
    page.run()
    assert not page.exception
    return page


def _said(page: AppTest) -> list[str]:
    return [element.value.replace("\\", "") for element in page.markdown if ":red[" in element.value]


def test_form_asks_for_the_organization_and_its_first_person() -> None:
    page = _page()
    assert not page.exception
    assert [field.label for field in page.text_input] == list(ENTERED)
    assert "at least 12 characters" in page.text_input[5].placeholder.lower()


def test_set_up_leads_to_the_sign_in_with_the_email_filled_in() -> None:
    page = _send(_page())
    assert page.title[0].value == "Sign in"
    assert page.text_input[0].value == "Alice@Union.Example"
    assert any("is set up" in element.value for element in page.markdown)
    assert authenticate("alice", PASSWORD, origin=ORIGIN)
    page.text_input[1].set_value(PASSWORD)
    page.button[0].click().run()
    assert not page.exception
    assert page.title[0].value == "Signing in …"


def test_short_name_is_made_from_the_name(installation: Installation) -> None:
    _send(_page())
    with doors.admin(installation.database) as connection:
        rows = connection.execute("SELECT name, slug FROM organizations").fetchall()
    assert rows == [("Café <b>Ünïon</b>", "cafe-b-union-b")]


def test_every_wrong_field_says_so_at_once_and_the_form_keeps_what_was_typed() -> None:
    page = _send(
        _page(),
        Organization_name="x" * 300,
        Short_name="Not A Slug",
        Full_name=" ",
        **{"E-mail": "nonsense"},
        User_name="a b",
        Password="short",
        Password_again="shorter",
    )
    said = _said(page)
    assert len(said) == 7
    assert "300 characters" in said[0]
    assert "This would do: not-a-slug" in said[1]
    assert "is empty" in said[2]
    assert "must look like name" in said[3]
    assert "Use letters" in said[4]
    assert "has 5 characters and needs at least 12" in said[5]
    assert "not the same password" in said[6]
    assert page.text_input[3].value == "nonsense"
    assert not is_set_up()

    assert _send(page).title[0].value == "Sign in"


def test_passwords_that_differ_by_a_space_are_not_the_same() -> None:
    page = _send(_page(), Password_again=PASSWORD.strip())
    assert len(_said(page)) == 1
    assert not is_set_up()


@pytest.mark.parametrize("token", ["", "made-up"])
def test_wrong_link_says_what_to_do(token: str) -> None:
    page = _page(token)
    assert not page.exception
    assert page.title[0].value == "This link is no longer good"
    assert "orchestrator up" in page.markdown[0].value
    assert not page.text_input
    assert not page.get("link_button"), "there is nothing to sign in to"


def test_link_of_an_installation_that_is_set_up_leads_to_the_sign_in() -> None:
    make_new_organization("acme", name="Acme")
    page = _page("made-up")
    assert page.title[0].value == "This link is no longer good"
    assert "set up already" in page.markdown[0].value
    (way_on,) = page.get("link_button")
    assert (way_on.proto.label, way_on.proto.url) == ("Go to the dashboard", "/")


def test_whoever_comes_second_is_told() -> None:
    first = _page()
    second = _page("".join(first.query_params["token"]))
    _send(first)
    _send(second)
    assert second.title[0].value == "This link is no longer good"
    assert "ask whoever set it up" in second.markdown[0].value
