"""A second factor from its set-up to its loss, as a browser and an authenticator app see it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from tests import doors
from tests.browser.conftest import Dashboard
from tests.cast import PASSWORD
from tests.factors import code_of

PHONE = {"viewport": {"width": 390, "height": 844}}


def _hold_cookie(page: Page, dashboard: Dashboard, actor: Actor) -> None:
    cookie = {"name": session_cookie_name(), "value": dashboard.cast.secret_of(actor), "url": dashboard.url}
    page.context.add_cookies([cookie])


def _sign_in(page: Page, name: str) -> None:
    page.get_by_label("E-mail or user name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def _sign_out(page: Page) -> None:
    page.locator(".st-key-who button").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def _send_code(page: Page, code: str) -> None:
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Continue").click()


def _set_up(place: Locator) -> str:
    """Go through the steps, which are drawn there; the secret that the app has now."""
    place.get_by_label("Current password", exact=True).fill(PASSWORD)
    place.get_by_role("button", name="Continue").click()
    picture = place.get_by_alt_text("QR code for your authenticator app")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0, "under the policy"
    secret = place.get_by_test_id("stCode").inner_text().replace(" ", "").strip()
    place.get_by_label("Code", exact=True).fill(code_of(secret))
    place.get_by_role("button", name="Turn on").click()
    return secret


def _put_codes_away(page: Page) -> list[str]:
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your recovery codes")
    codes = dialog.get_by_test_id("stCode").inner_text().split()
    with page.expect_download() as downloaded:
        dialog.get_by_role("button", name="Download").click()
    assert downloaded.value.suggested_filename == "recovery-codes.txt"
    assert downloaded.value.path().read_text().split() == codes
    dialog.get_by_role("button", name="I have them").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    return codes


def test_set_up_then_each_code_once(dashboard: Dashboard, page: Page, screenshot: Callable[[Page, str], None]) -> None:
    _hold_cookie(page, dashboard, dashboard.cast.mona)
    page.goto(f"{dashboard.url}/account")
    page.get_by_role("button", name="Set up").click()
    secret = _set_up(page.get_by_role("dialog"))
    codes = _put_codes_away(page)
    assert len(codes) == 10
    expect(page.get_by_test_id("stMain")).to_contain_text("10 of 10 left")
    screenshot(page, "second-factor-on")

    _sign_out(page)
    _sign_in(page, "mona")
    expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
    screenshot(page, "second-factor-code")
    code = code_of(secret, steps=1)
    _send_code(page, code)
    expect(page).to_have_title("Account · AI Orchestrator")

    _sign_out(page)
    _sign_in(page, "mona")
    _send_code(page, code)
    expect(page.get_by_text("This code is not right, or was used before.")).to_be_visible()
    _send_code(page, codes[0])
    expect(page).to_have_title("Account · AI Orchestrator")
    expect(page.get_by_test_id("stMain")).to_contain_text("9 of 10 left")

    _sign_out(page)
    _sign_in(page, "mona")
    _send_code(page, codes[0])
    expect(page.get_by_text("This code is not right, or was used before.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.fixture
def required(dashboard: Dashboard) -> None:
    """Organization B requires a second factor, and the time of grace is over."""
    with doors.admin(dashboard.database) as connection:
        connection.execute(
            "UPDATE organizations SET settings = jsonb_build_object('security_settings', "
            "jsonb_build_object('require_2fa', true, 'grace_days', 0)) WHERE id = %s",
            [dashboard.cast.organization_b],
        )


def test_what_is_required_is_all_that_is_offered(
    dashboard: Dashboard, open_page: Callable[..., Page], screenshot: Callable[[Page, str], None], required: None
) -> None:
    page = open_page(**PHONE)
    page.goto(f"{dashboard.url}/runs?status=failed")
    _sign_in(page, "charlie")
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    assert page.get_by_test_id("stSidebar").count() == 0
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390
    screenshot(page, "second-factor-required")
    page.goto(f"{dashboard.url}/account")
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()

    page.goto(f"{dashboard.url}/runs?status=failed")
    _set_up(page.get_by_test_id("stMain"))
    _put_codes_away(page)
    expect(page).to_have_title("Runs · AI Orchestrator")
    assert page.url == f"{dashboard.url}/runs?status=failed"


def test_labels_in_a_dialog_can_be_read_in_the_dark(dashboard: Dashboard, open_page: Callable[..., Page]) -> None:
    """A dialog is drawn outside of what has Streamlit's theme."""
    page = open_page(color_scheme="dark")
    _hold_cookie(page, dashboard, dashboard.cast.alice)
    page.goto(f"{dashboard.url}/account")
    page.get_by_role("button", name="Set up").click()
    label = page.get_by_role("dialog").get_by_test_id("stWidgetLabel").locator("p")
    assert label.evaluate("label => getComputedStyle(label).color") == "rgb(232, 234, 239)"
