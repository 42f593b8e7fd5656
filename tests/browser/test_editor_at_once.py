"""Whoever types and goes on at once, to another phase or to a button, finds what they typed."""

import re
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from lib.identity.cookie import session_cookie_name
from lib.templates.editing.content import phases_of, set_phase_field
from lib.templates.editing.questions import inputs_of, put_input
from lib.templates.editing.service import edit_draft
from lib.templates.service import TemplateDetails, create_template, get_template
from tests import doors
from tests.browser import acts
from tests.cast import Cast
from tests.conftest import Installation
from tests.drafts import find_draft
from tests.workers import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHASES = [
    {"code": "Phase 1", "name": "Sights", "prompt": "Sights of {{ topic }}"},
    {"code": "Phase 2", "name": "Food", "prompt": "Food in {{ topic }}"},
]


def _open(cast: Cast, server: str, page: Page) -> UUID:
    template_id = create_template(cast.max, TemplateDetails(name="City guide"), {"phases": PHASES})
    page.context.add_cookies([{"name": session_cookie_name(), "value": cast.secret_of(cast.max), "url": server}])
    page.goto(f"{server}/template-edit?template={template_id}")
    acts.settle(page)
    return template_id


def _prompt(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Prompt", exact=True)


def _kept(cast: Cast, template_id: UUID) -> list[tuple[str, str]]:
    draft = find_draft(cast.max, template_id)
    return [(phase["name"], phase["prompt"]) for phase in phases_of(dict(draft.content))] if draft else []


def test_what_is_typed_is_kept_whatever_is_done_next(*, cast: Cast, server: str, page: Page) -> None:
    template_id = _open(cast, server, page)
    name = page.get_by_label("Name of the phase", exact=True)

    # another phase, opened before a pause: the new one shows its own text, and the old one has what was typed
    name.fill("Views")
    _prompt(page).fill("Views of {{ topic }}")
    page.locator('.ao-graph button[title="Food"]').click()
    expect(_prompt(page)).to_have_value("Food in {{ topic }}")
    until(lambda: _kept(cast, template_id)[:1] == [("Views", "Views of {{ topic }}")], seconds=20)

    # and back and forth, faster than the server draws: no field ever shows another one's text, or none
    for title in ("Views", "Food", "Views", "Food", "Views"):
        page.locator(f'.ao-graph button[title="{title}"]').click()
    expect(_prompt(page)).to_have_value("Views of {{ topic }}")
    acts.settle(page)
    assert _kept(cast, template_id) == [("Views", "Views of {{ topic }}"), ("Food", "Food in {{ topic }}")]

    # a button that reads the draft
    _prompt(page).fill("Saved views of {{ topic }}")
    page.get_by_role("button", name="Save version").click()
    page.get_by_role("dialog").get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Version 2, as it was saved.")).to_be_visible()
    assert get_template(cast.max, template_id).data.phases[0].prompt == "Saved views of {{ topic }}"


@pytest.mark.parametrize("slower", [1, 6], ids=["quick machine", "slow machine"])
def test_what_is_typed_while_a_variable_is_put_in_stays_where_it_was_typed(
    *, slower: int, installation: Installation, cast: Cast, server: str, page: Page
) -> None:
    template_id = _open(cast, server, page)
    devtools = page.context.new_cdp_session(page)
    page.get_by_role("button", name="Insert a variable").click()
    with doors.admin(installation.database) as connection:
        connection.execute("LOCK TABLE template_drafts IN ACCESS EXCLUSIVE MODE")
        page.locator(".st-key-insert-0 button").click()
        page.keyboard.press("Escape")
        _prompt(page).evaluate("field => { field.focus(); field.setSelectionRange(0, 0); }")
        page.keyboard.type("Quiet ", delay=20)
        # on a slow machine a new field stands there empty for a moment, before it has its text; not slow before, for
        # who waits for the table longer than four seconds is told to come back
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.keyboard.type("and less known ", delay=120)  # no pause: the field is another one by the end
    expect(_prompt(page)).to_have_value("Quiet and less known Sights of {{ topic }} {{ topic }}")
    until(lambda: _kept(cast, template_id)[:1] == [("Sights", _prompt(page).input_value())], seconds=20)
    expect(page.get_by_text("was changed meanwhile")).to_have_count(0)


def test_phase_gets_another_code_while_its_prompt_is_typed(*, cast: Cast, server: str, page: Page) -> None:
    template_id = _open(cast, server, page)
    page.locator('.ao-graph button[title="Food"]').click()
    expect(_prompt(page)).to_have_value("Food in {{ topic }}")
    page.get_by_role("tab", name="Model and limits").click()
    code = page.get_by_label("Code", exact=True)
    code.fill("Res")
    page.wait_for_timeout(1_000)  # a pause as people make: half a code is not sent
    code.press("End")
    page.keyboard.type("taurants")
    page.get_by_role("tab", name="Prompt").click()
    _prompt(page).press("End")
    page.keyboard.type(", however small the place and late the hour", delay=40)
    expect(page).to_have_url(re.compile("phase=Restaurants$"))
    wanted = "Food in {{ topic }}, however small the place and late the hour"
    until(lambda: _kept(cast, template_id)[1:] == [("Food", wanted)], seconds=20)
    expect(_prompt(page)).to_have_value(wanted)


def test_question_that_another_tab_changed_is_replaced_only_by_who_insists(
    *, cast: Cast, server: str, page: Page
) -> None:
    template_id = _open(cast, server, page)

    def ask(label: str, name: str | None = None) -> None:
        edit_draft(cast.max, template_id, lambda draft: put_input(draft, {"name": "who", "label": label}, name=name))

    ask("Who reads it?")
    page.reload()
    acts.settle(page)
    page.get_by_role("tab", name="Questions and settings").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Question", exact=True).fill("Who cooks it?")
    ask("Who buys it?", "who")
    dialog.get_by_role("button", name="Keep the question").click()
    expect(dialog.get_by_text("it asks “Who buys it?” (one line) now")).to_be_visible()
    assert _questions(cast, template_id) == ["Who buys it?"]
    dialog.get_by_role("button", name="Keep the question").click()
    expect(page.get_by_role("tabpanel").get_by_text("Who cooks it?")).to_be_visible()
    assert _questions(cast, template_id) == ["Who cooks it?"]


def _questions(cast: Cast, template_id: UUID) -> list[str]:
    draft = find_draft(cast.max, template_id)
    return [field["label"] for field in inputs_of(dict(draft.content))] if draft else []


@pytest.mark.parametrize("pause_ms", [0, 300, 550])
def test_who_types_and_goes_to_another_page_at_once_gets_there(
    *, pause_ms: int, cast: Cast, server: str, page: Page
) -> None:
    template_id = _open(cast, server, page)
    _prompt(page).press("End")
    page.keyboard.type(" and why", delay=20)
    page.wait_for_timeout(pause_ms)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Projects").click()
    expect(page.get_by_role("heading", name="Projects", level=1)).to_be_visible()
    acts.settle(page)
    expect(page.get_by_role("heading", name="Projects", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/projects$"))
    assert _kept(cast, template_id)[0] == ("Sights", "Sights of {{ topic }} and why")


def test_what_nobody_has_chosen_about_outlives_a_reload(*, cast: Cast, server: str, page: Page) -> None:
    template_id = _open(cast, server, page)
    edit_draft(cast.max, template_id, lambda content: set_phase_field(content, "Phase 1", ("prompt",), "Theirs"))
    _prompt(page).fill("Mine")
    undecided = page.get_by_text("was changed meanwhile, while you wrote here")
    expect(undecided).to_be_visible()

    other = page.context.new_page()
    other.goto(page.url)
    expect(_prompt(other)).to_have_value("Theirs")
    expect(other.get_by_text("was changed meanwhile")).to_have_count(0)  # it is the first tab's, which is there still
    other.close()

    page.reload()
    expect(undecided).to_be_visible()
    page.get_by_role("button", name="Keep mine").click()
    expect(undecided).to_have_count(0)
    until(lambda: _kept(cast, template_id)[:1] == [("Sights", "Mine")], seconds=20)
    page.reload()
    expect(_prompt(page)).to_have_value("Mine")
    expect(undecided).to_have_count(0)
