"""The look and the shell in a real browser: what AppTest cannot see."""

import re
from collections.abc import Callable
from contextlib import suppress

import httpx2
import psycopg
import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as WaitedInVain
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lib.access.actor import Actor
from lib.config import ROOT
from lib.db.logins import Login
from lib.identity.cookie import session_cookie_name
from lib.ui.words import line
from tests.browser.conftest import Dashboard, Problems
from tests.cast import PASSWORD
from tests.factories import make_project
from tests.made_runs import make_run
from tests.nasty import MEANING, mixtures

pytestmark = pytest.mark.browser

STYLESHEET = ROOT / "lib" / "ui" / "style.css"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
OpenPage = Callable[..., Page]


def _go(page: Page, url: str) -> None:
    page.goto(url)
    _settle(page)


def _settle(page: Page) -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(300)  # the frontend draws after the script has ended


def _selectors() -> list[str]:
    css = re.sub(r"/\*.*?\*/", "", STYLESHEET.read_text(), flags=re.DOTALL)
    css = re.sub(r"@keyframes [^{]+\{[^{}]*\{[^{}]*\}\s*\}", "", css)
    css = re.sub(r"@font-face \{[^{}]*\}", "", css)
    css = re.sub(r"@media [^{]+\{", "", css)
    found = [part.strip() for block in re.findall(r"([^{}]+)\{", css) for part in block.split(",")]
    return sorted({re.sub(r":hover$|:focus-visible$|::after$", "", selector) for selector in found})


def test_every_selector_of_the_stylesheet_still_matches(gallery: str, page: Page) -> None:
    _go(page, gallery)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_role("button", name="Say it").click()
    expect(page.get_by_test_id("stToast")).to_be_visible()
    page.locator(".ao-facts .ao-long summary").click()
    page.locator(".ao-moment summary").first.click()
    page.locator(".ao-diff .ao-moment summary").click()
    page.get_by_text("As JSON").click()

    assert len(_selectors()) > 80
    find_missing = "selectors => selectors.filter(one => !document.querySelector(one))"
    with suppress(WaitedInVain):  # whatever is drawn late has its time
        page.wait_for_function(f"selectors => !({find_missing})(selectors).length", arg=_selectors())
    missing = page.evaluate(find_missing, _selectors())
    assert missing == [], "\n".join(missing)


def test_code_joins_no_signs_wherever_it_stands(gallery: str, page: Page) -> None:
    _go(page, gallery)
    beside_the_app = "document.body.append(document.createElement('code'), document.createElement('span'))"
    page.evaluate(beside_the_app)
    page.wait_for_function(
        "() => [...document.querySelectorAll('code, pre, input, textarea, .ao-add, body > span')]"
        ".every(one => getComputedStyle(one).fontVariantLigatures === 'no-contextual')"
    )


def test_what_people_typed_is_shown_as_they_typed_it(gallery: str, page: Page) -> None:
    _go(page, f"{gallery}/escapes")

    for number, text in enumerate(MEANING):
        typed = line(text)
        for place, copies in (("body", 1), ("label", 1), ("title", 1), ("bold", 2)):
            box = page.locator(f".st-key-{place}-{number}")
            expect(box).not_to_have_text("")  # labels are drawn a moment after their fields
            read = " ".join((box.text_content() or "").replace("\u2060", "").split())
            assert read == " ".join([typed] * copies), f"{place} {text!r}"
            assert box.locator("a, img, em, del, code, pre, svg, ul, ol, blockquote, table, .katex").count() == 0, text


def test_whatever_signs_come_together_is_shown_as_it_was_typed(gallery: str, page: Page) -> None:
    """What a parser of ours can only guess at, Streamlit's own answers."""
    _go(page, f"{gallery}/mixed")
    expect(page.locator(f".st-key-mixed-{len(mixtures()) - 1}")).to_be_visible()

    read = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('[class*="st-key-mixed-"]')].map(box => [
            box.className.match(/st-key-mixed-([0-9]+)/)[1],
            [box.textContent.replaceAll("\u2060", ""),
             box.querySelectorAll("a, img, em, del, code, pre, svg, ul, ol, blockquote, table, h1, h2, .katex").length,
             box.querySelectorAll("strong").length, box.querySelectorAll("p span").length]]))"""
    )
    for number, text in enumerate(mixtures()):
        typed = line(text)
        shown, elements, *ours = read[str(number)]
        assert (" ".join(shown.split()), elements, ours) == (f"{typed} {typed}", 0, [1, 1]), f"{text!r}"


def test_answers_of_a_model_bring_no_element_of_their_own(gallery: str, page: Page) -> None:
    _go(page, gallery)

    answer = page.locator(".ao-answer", has_text="Demand is moving")
    expect(answer).to_contain_text("<script>alert(1)</script> ![t](https://evil.example/t.png)")
    assert answer.locator("a, img, script").count() == 0
    expect(answer.get_by_role("heading", name="Demand is moving", level=4)).to_be_visible()
    expect(answer.get_by_role("row", name="Norway 38 %")).to_be_visible()


def test_charts_and_code_are_drawn_under_the_policy(gallery: str, page: Page) -> None:
    _go(page, f"{gallery}/charts")

    expect(page.locator(".js-plotly-plot .scatterlayer path").first).to_be_visible()
    expect(page.get_by_test_id("stMetricChart").locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_test_id("stCode").first).to_contain_text("a = 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_looks_as_drawn(
    gallery: str, open_page: OpenPage, screenshot: Callable[[Page, str], None], scheme: str
) -> None:
    page = open_page(color_scheme=scheme)
    _go(page, gallery)

    for font in ("Inter", "JetBrains Mono"):
        page.wait_for_function(
            "name => [...document.fonts].some(one => one.status == 'loaded' && one.family.includes(name))", arg=font
        )
    logo = page.get_by_test_id("stSidebarLogo")
    expect(logo).to_have_attribute("src", f"{gallery}/app/static/logo-{scheme}.svg")
    assert logo.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    screenshot(page, f"gallery-{scheme}")


def test_nothing_is_wider_than_a_phone(
    gallery: str, open_page: OpenPage, screenshot: Callable[[Page, str], None]
) -> None:
    page = open_page(**PHONE)
    _go(page, gallery)

    assert page.locator("[data-testid=stMainBlockContainer]").evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390
    assert page.locator("input").first.evaluate("e => getComputedStyle(e).fontSize") == "16px"
    screenshot(page, "gallery-phone")


def test_what_is_open_stays_open_while_the_status_changes(gallery: str, page: Page) -> None:
    _go(page, gallery)
    page.get_by_text("2 Phase running").click()
    expect(page.get_by_text("text of 2")).to_be_visible()

    page.get_by_text("Second phase is done").click()

    expect(page.get_by_text("2 Phase completed")).to_be_visible()
    expect(page.get_by_text("text of 2")).to_be_visible()


def test_a_step_with_nothing_to_tell_does_not_open(gallery: str, page: Page) -> None:
    _go(page, gallery)

    expect(page.locator("summary", has_text="Phase completed")).to_have_count(1)
    expect(page.locator("summary", has_text="9 Phase pending")).to_have_count(0)


def test_a_row_opens_by_its_title_and_pages_turn_in_the_address(gallery: str, page: Page) -> None:
    _go(page, gallery)
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box

    page.mouse.click(box["x"] + 230, box["y"] + 19 + 38 * 2)
    expect(page.get_by_text("opened 1 selected [] cursor None")).to_be_visible()

    page.mouse.click(box["x"] + 16, box["y"] + 19 + 38 * 3)
    expect(page.get_by_text("opened None selected [2] cursor None")).to_be_visible()

    page.locator(".st-key-runs-older button").click()
    expect(page.get_by_text("cursor c2")).to_be_visible()
    assert page.url == f"{gallery}/?model=small&page=c2", "the page turns within what was filtered"

    page.reload()
    expect(page.get_by_text("opened None selected [] cursor c2")).to_be_visible()


def test_the_table_offers_no_export_of_its_own(gallery: str, page: Page) -> None:
    _go(page, gallery)
    page.get_by_test_id("stDataFrame").hover()

    download = page.get_by_test_id("stElementToolbar").locator("button[aria-label^='Download as CSV']")
    expect(download).to_be_attached()
    expect(download).to_be_hidden()
    # nor a search and an enlarged view of the one page that is shown
    for button in page.get_by_test_id("stElementToolbar").first.get_by_role("button", include_hidden=True).all():
        expect(button).to_be_hidden()


def test_a_success_is_said_after_the_page_was_drawn_anew(gallery: str, page: Page) -> None:
    _go(page, gallery)
    page.get_by_role("button", name="Say it").click()

    expect(page.get_by_test_id("stToast")).to_contain_text("Project *Alpha* created.")


def test_a_form_that_failed_says_why_and_keeps_what_was_typed(gallery: str, page: Page) -> None:
    _go(page, gallery)
    page.get_by_label("Name").fill("My project")

    for button, said in (
        ("Save what is wrong", "This is too long."),
        ("Save without a database", "The database does not answer right now."),
        ("Save into a fault", "This was our fault and not yours."),
    ):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_test_id("stForm")).to_contain_text(said)
        expect(page.get_by_label("Name")).to_have_value("My project")
    assert "a detail" not in page.content()


def test_a_broken_fragment_says_so_in_its_place_and_tells_nothing_of_why(gallery: str, page: Page) -> None:
    _go(page, gallery)
    page.get_by_role("button", name="Break the fragment").click()

    expect(page.get_by_text("This was our fault and not yours.")).to_be_visible()
    expect(page.get_by_text("Heat pump market, Nordics 2026").first).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
    assert "a detail" not in page.content()


def test_a_websocket_from_a_foreign_page_is_refused(gallery: str) -> None:
    address = gallery.removeprefix("http://")
    for origin in (None, "http://localhost:1", "https://evil.example"):
        with pytest.raises(InvalidStatus), connect(f"ws://{address}/_stcore/stream", origin=origin):
            pass


def _sign_in(page: Page, dashboard: Dashboard, actor: Actor) -> None:
    cookie = {"name": session_cookie_name(), "value": dashboard.cast.secret_of(actor), "url": dashboard.url}
    page.context.add_cookies([cookie])


def test_the_frame_shows_who_is_in_and_what_they_may_open(
    dashboard: Dashboard, page: Page, screenshot: Callable[[Page, str], None]
) -> None:
    _sign_in(page, dashboard, dashboard.cast.max)
    _go(page, dashboard.url)

    expect(page).to_have_title("Overview · AI Orchestrator")
    links = page.get_by_test_id("stSidebarNavLink")
    assert [link.split()[-1] for link in links.all_inner_texts()] == [
        "Overview",
        "Launch",
        "Runs",
        "Reviews",
        "Schedules",
        "Projects",
        "Templates",
    ]
    screenshot(page, "shell")

    page.locator(".st-key-who button").click()
    expect(page.get_by_test_id("stPopoverBody")).to_contain_text("Member, Acme Research")
    page.get_by_test_id("stPopoverBody").get_by_role("link", name="Account").click()
    expect(page).to_have_title("Account · AI Orchestrator")


def test_a_page_that_is_not_open_to_somebody_says_so_and_nothing_else(dashboard: Dashboard, page: Page) -> None:
    _sign_in(page, dashboard, dashboard.cast.vera)
    _go(page, f"{dashboard.url}/launch")

    expect(page.get_by_role("heading", name="This page is not open to you")).to_be_visible()
    expect(page.get_by_test_id("stMain")).to_contain_text("This needs “Runs: launch”")
    expect(page.get_by_test_id("stSidebarNavLink").filter(has_text="Runs")).to_have_count(1)
    expect(page.get_by_test_id("stSidebarNavLink").filter(has_text="Launch")).to_have_count(0)

    page.get_by_role("link", name="Go to the overview").click()
    expect(page).to_have_title("Overview · AI Orchestrator")


@pytest.mark.parametrize("path", ["/runs?status=failed", "/"])
def test_without_a_session_every_address_is_the_sign_in_form(dashboard: Dashboard, page: Page, path: str) -> None:
    _go(page, dashboard.url + path)

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page).to_have_title("Sign in · AI Orchestrator")
    assert page.get_by_test_id("stSidebar").count() == 0
    assert page.url == dashboard.url + path


@pytest.mark.parametrize("path", ["/nowhere", "/overview"])
def test_an_address_of_nothing_is_the_sign_in_form_too(dashboard: Dashboard, page: Page, path: str) -> None:
    _go(page, dashboard.url + path)

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_address_of_nothing_says_so_and_leads_on(dashboard: Dashboard, page: Page) -> None:
    _sign_in(page, dashboard, dashboard.cast.max)
    _go(page, f"{dashboard.url}/nowhere")

    expect(page.get_by_role("heading", name="Not found", level=1)).to_be_visible()
    expect(page.get_by_test_id("stMain")).to_contain_text("There is no such page")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Go to the overview").click()
    expect(page).to_have_title("Overview · AI Orchestrator")


def test_the_first_page_is_found_by_its_name(dashboard: Dashboard, page: Page) -> None:
    _sign_in(page, dashboard, dashboard.cast.max)
    _go(page, f"{dashboard.url}/overview")

    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Runs").click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()


def test_a_link_leads_where_it_led_before_the_sign_in(dashboard: Dashboard, page: Page) -> None:
    _go(page, f"{dashboard.url}/runs?status=failed")
    page.get_by_label("E-mail or user name").fill("mona")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()

    expect(page).to_have_title("Runs · AI Orchestrator")
    assert page.url == f"{dashboard.url}/runs?status=failed"


def test_signing_out_ends_the_session_and_not_only_the_cookie(dashboard: Dashboard, page: Page) -> None:
    _sign_in(page, dashboard, dashboard.cast.charlie)
    _go(page, dashboard.url)
    page.locator(".st-key-who button").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    _sign_in(page, dashboard, dashboard.cast.charlie)
    _go(page, dashboard.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_live_page_becomes_the_sign_in_form_when_its_session_ends(
    dashboard: Dashboard, page: Page, problems: Problems
) -> None:
    problems.provoked.append("401")  # the page asks for what is new, and is told that nobody is signed in
    database, alice = dashboard.database, dashboard.cast.alice
    run = make_run(database, alice, project_id=make_project(database, alice), title="Folding bicycle")
    _sign_in(page, dashboard, alice)
    _go(page, f"{dashboard.url}/run?run={run.id}")
    expect(page.get_by_role("heading", name="Folding bicycle")).to_be_visible()

    with psycopg.connect(database.url(Login.IDENTITY)) as connection:
        connection.execute("UPDATE user_sessions SET revoked_at = now() WHERE id = %s", [alice.session_id])

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Folding bicycle")).to_have_count(0)
    assert page.url == f"{dashboard.url}/run?run={run.id}"


def test_the_cookie_does_not_open_a_websocket_for_another_program(dashboard: Dashboard) -> None:
    address = f"{dashboard.url.replace('http', 'ws', 1)}/_stcore/stream"
    cookie = {"Cookie": f"{session_cookie_name()}={dashboard.cast.secret_of(dashboard.cast.mona)}"}
    with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=cookie):
        pass

    assert refused.value.response.status_code == 403


def test_the_process_says_that_it_is_ready(dashboard: Dashboard) -> None:
    answer = httpx2.get(f"{dashboard.url}/readyz")

    assert (answer.status_code, answer.text) == (200, "ok")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
