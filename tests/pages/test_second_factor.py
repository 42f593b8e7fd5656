"""The second factor: its card, its reminder, and what stands in place of every page where one is lacking."""

from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor, Origin
from lib.access.permissions import Role
from lib.errors import SecondFactorNeeded
from lib.identity import passwords, second_factor, sessions
from lib.identity.service import authenticate, redeem_ticket
from lib.samples.service import make_sample, visit_sample
from lib.ui import state
from lib.ui.navigation import ACCOUNT, OVERVIEW, PAGES, RUNS, PageEntry
from tests import doors
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.factors import code_of, enrol
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, facts, headings, is_sign_in, press, shown, text_input
from tests.sample import with_operator

ORIGIN = Origin(request_id=uuid4())
PROOF = "Code of the app, or a recovery code"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


def require(installation: Installation, actor: Actor, *, grace_days: int) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE organizations SET settings = jsonb_build_object('security_settings', "
            "jsonb_build_object('require_2fa', true, 'grace_days', %s::int)) WHERE id = %s",
            [grace_days, actor.organization_id],
        )


def is_set_up_only(at: AppTest) -> bool:
    """Whether the first step of the set-up stands there, and nothing else."""
    labels = [field.label for field in at.text_input]
    others = [*at.dataframe, *at.code, *at.metric, *at.sidebar.markdown]
    return headings(at) == ["Set up a second factor"] and labels == ["Current password"] and not others


def password_of(at: AppTest) -> int:
    """Which of the fields is the dialog's: the form that changes the password has one of the same label."""
    return max(i for i, field in enumerate(at.text_input) if field.label == "Current password")


def test_card_says_that_it_is_off(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.max, ACCOUNT)
    assert "A code of an app on your phone" in shown(at)
    assert "requires" not in shown(at)
    assert "Set up" in buttons(at)


def test_set_up_step_by_step(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.max, ACCOUNT)
    button(at, "Set up").click()
    at.run()
    at.text_input[password_of(at)].set_value("wrong")
    press(at, "Set up", "Continue")
    assert "This is not your current password." in shown(at)
    assert not at.code


def test_second_step_shows_picture_and_key(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    require(installation, cast.max, grace_days=0)
    at = open_as(cast.max, RUNS)
    assert is_set_up_only(at)
    assert "Acme Research requires a second factor" in shown(at)
    text_input(at, "Current password").set_value("wrong")
    press(at, "Continue")
    assert "This is not your current password." in shown(at)
    text_input(at, "Current password").set_value(PASSWORD)
    press(at, "Continue")
    (picture,) = [element.value for element in at.html if "<img" in element.value and "QR code" in element.value]
    assert 'src="data:image/svg+xml' in picture
    assert [field.label for field in at.text_input] == ["Code"]
    secret = at.code[0].value.replace(" ", "")

    text_input(at, "Code").set_value("000000")
    press(at, "Turn on")
    assert "Check your phone's time" in shown(at)
    text_input(at, "Code").set_value(code_of(secret))
    press(at, "Turn on")
    assert headings(at)[0] == "Runs", "the page that was asked for"
    codes = at.code[0].value.split()
    assert len(codes) == 10
    assert len(press(at, "I have them").code) == 0
    with pytest.raises(SecondFactorNeeded) as needed:
        authenticate("max", PASSWORD, origin=ORIGIN)
    assert second_factor.sign_in(needed.value.pending, codes[3], origin=ORIGIN) == cast.max.user_id


def test_card_says_since_when_and_how_many_codes_are_left(open_as: OpenAs, cast: Cast) -> None:
    enrol(cast.max)
    at = open_as(cast.max, ACCOUNT)
    assert facts(at)["Recovery codes"] == "10 of 10 left"
    assert facts(at)["Since"].startswith("just now")
    assert "Make new recovery codes" not in shown(at)
    assert {"New recovery codes", "Turn off"} <= set(buttons(at))
    assert "Set up" not in buttons(at)


def test_few_codes_are_a_warning(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    enrol(cast.max)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE user_credentials SET recovery_codes = recovery_codes[1:3]")
    at = open_as(cast.max, ACCOUNT)
    assert "3 of 10 left" in shown(at)
    assert "Make new recovery codes: without your phone they are the only way in." in shown(at)


def test_turning_it_off_asks_for_both(open_as: OpenAs, cast: Cast) -> None:
    factor = enrol(cast.max)
    at = press(open_as(cast.max, ACCOUNT), "Turn off")
    assert "your password alone lets in whoever has it" in shown(at)
    _prove(at, "wrong", factor.code())
    _press_both(at, "Turn off")
    assert "Password and code are not both right" in shown(at)
    _prove(at, PASSWORD, factor.code())
    _press_both(at, "Turn off")
    assert [toast.value for toast in at.toast] == [r"Your second factor is off\."]
    assert authenticate("max", PASSWORD, origin=ORIGIN) == cast.max.user_id


def test_new_codes_are_shown_once(open_as: OpenAs, cast: Cast) -> None:
    factor = enrol(cast.max)
    at = press(open_as(cast.max, ACCOUNT), "New recovery codes")
    _prove(at, PASSWORD, factor.recovery_codes[0])
    press(at, "New recovery codes", "Make new codes")
    fresh = at.code[0].value.split()
    assert len(fresh) == 10
    assert set(fresh).isdisjoint(factor.recovery_codes)
    assert at.run().code[0].value.split() == fresh, "until somebody says that they have them"
    assert not press(at, "I have them").code


def _prove(at: AppTest, password: str, code: str) -> None:
    at.text_input[password_of(at)].set_value(password)
    text_input(at, PROOF).set_value(code)


def _press_both(at: AppTest, label: str) -> None:
    """The button that opens the dialog and the one in it, which say the same."""
    for one in at.button:
        if one.label == label:
            one.click()
    at.run()
    assert not at.exception


def test_grace_is_said_in_sidebar_and_card_with_its_end(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    require(installation, cast.max, grace_days=7)
    at = open_as(cast.max, OVERVIEW)
    (link,) = [link for link in at.sidebar.page_link if "Second factor needed" in link.label]
    assert "UTC" in link.label
    assert "Acme Research requires one. Set it up by" in shown(open_as(cast.max, ACCOUNT))
    enrol(cast.max)
    for page in (OVERVIEW, ACCOUNT):
        at = open_as(cast.max, page)
        assert "Second factor needed" not in " ".join(link.label for link in at.sidebar.page_link)
        assert "requires one" not in shown(at)


@pytest.mark.parametrize("page", PAGES, ids=[page.title for page in PAGES])
def test_after_the_grace_the_set_up_stands_in_place_of_every_page(
    open_as: OpenAs, cast: Cast, installation: Installation, page: PageEntry
) -> None:
    at = open_as(cast.alice, page)
    require(installation, cast.alice, grace_days=0)
    assert is_set_up_only(at.run()), "of an open page, at its next run"
    assert is_set_up_only(open_as(cast.alice, page))
    assert not is_set_up_only(open_as(cast.charlie, page)), "another organization asks for nothing"
    assert is_sign_in(open_as(None, page))


def test_button_of_an_open_page_does_nothing_any_more(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    at = open_as(cast.max, ACCOUNT)
    text_input(at, "Name").set_value("Another name")
    require(installation, cast.max, grace_days=0)
    assert is_set_up_only(press(at, "Save profile"))
    with doors.admin(installation.database) as connection:
        found = connection.execute("SELECT full_name FROM users WHERE id = %s", [cast.max.user_id]).fetchone()
    assert found == ("Max",)


def test_whoever_wants_no_second_factor_signs_out(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    require(installation, cast.max, grace_days=0)
    at = press(open_as(cast.max, RUNS), "Sign out")
    assert headings(at) == ["Signing out …"]
    assert not sessions.is_living(cast.secret_of(cast.max), origin=ORIGIN)


def test_codes_that_wait_are_shown_to_nobody_else(open_as: OpenAs, cast: Cast) -> None:
    factor = enrol(cast.max)
    at = press(open_as(cast.max, ACCOUNT), "New recovery codes")
    _prove(at, PASSWORD, factor.recovery_codes[0])
    assert press(at, "New recovery codes", "Make new codes").code
    at.session_state[state.SESSION_ID] = cast.secret_of(cast.vera)
    at.run()
    at.run()
    assert not at.code


def test_visitor_of_the_sample_is_offered_none(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    everybody, operator = with_operator(installation.database, cast)
    make_sample(operator)
    visit_sample(operator, Role.MANAGER)
    at = open_as(cast.vera, ACCOUNT)
    assert "Second factor" in headings(at)
    at.session_state[state.SESSION_ID] = everybody.secret_of(operator)
    at.run()
    assert "Second factor" not in headings(at.run())
    assert "Profile" in headings(at)


@pytest.fixture
def form(installation: Installation, cast: Cast) -> AppTest:
    """The sign-in form, with max's name and right password in it."""

    def page() -> None:
        from lib.ui.way_in import show_way_in

        show_way_in()

    at = AppTest.from_function(page).run()
    at.text_input[0].set_value("max")
    at.text_input[1].set_value(PASSWORD)
    return at


def _ticket(at: AppTest) -> str | None:
    ticket: str | None = at.session_state.get("sign_in_ticket")
    return ticket


def test_sign_in_asks_for_the_code_and_gives_a_ticket_then_only(cast: Cast, form: AppTest) -> None:
    factor = enrol(cast.max)
    press(form, "Continue")
    assert headings(form) == ["Enter your code"]
    assert [(field.label, field.autocomplete) for field in form.text_input] == [("Code", "one-time-code")]
    assert _ticket(form) is None
    for typed, said in (("", "Enter the six digits"), ("000000", "This code is not right, or was used before.")):
        form.text_input[0].set_value(typed)
        assert said in shown(press(form, "Continue"))
        assert _ticket(form) is None
    form.text_input[0].set_value(factor.code())
    press(form, "Continue")
    assert headings(form) == ["Signing in …"]
    secret = redeem_ticket(_ticket(form) or "", origin=ORIGIN)
    actor = sessions.find_actor(secret, origin=ORIGIN)
    assert actor
    assert actor.user_id == cast.max.user_id


def test_code_that_comes_too_late_leads_back_to_the_password(
    cast: Cast, form: AppTest, installation: Installation
) -> None:
    factor = enrol(cast.max)
    press(form, "Continue")
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE user_sessions SET expires_at = now() WHERE state = 'pending_second_factor'")
    form.text_input[0].set_value(factor.code())
    press(form, "Continue")
    assert "The code came too late" in shown(form)
    assert _ticket(form) is None
    form.run()
    assert headings(form) == ["Sign in"]
    assert form.text_input[0].value == "max"


def test_start_again_forgets_the_password(cast: Cast, form: AppTest) -> None:
    enrol(cast.max)
    press(form, "Continue")
    press(form, "Start again")
    assert headings(form) == ["Sign in"]
