"""Somebody who has never seen YAML builds four phases with a branch, tries one, launches them and finds the run."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, quote_plus, urlsplit
from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from playwright.sync_api import Locator, Page, expect

from lib.connections.service import create_connection
from lib.identity.cookie import session_cookie_name
from lib.templates.editing.content import get_phase, phases_of
from lib.templates.editing.phases import dependencies_of
from lib.templates.service import TemplateDetails, create_template, get_template
from lib.ui import words
from tests.browser import acts
from tests.cast import Cast
from tests.conftest import Installation
from tests.drafts import find_draft
from tests.own_endpoint import entry_for, llm
from tests.records import row
from tests.workers import Workers, endpoint, until, workers

__all__ = ["endpoint", "llm", "workers"]


@pytest.fixture(autouse=True)
def models(llm: LLMockServer, cast: Cast) -> None:
    """The organization's own, at a price, before the server is started."""
    entry = entry_for(llm, pricing="entered", input_usd_per_million=2_000, output_usd_per_million=8_000)
    create_connection(cast.alice, entry)


pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_four_phases_with_a_branch_are_built_tried_saved_and_launched(
    *, installation: Installation, cast: Cast, models: None, server: str, workers: Workers, page: Page
) -> None:
    workers.start()
    page.context.add_cookies([{"name": session_cookie_name(), "value": cast.secret_of(cast.max), "url": server}])
    _make_project(page, server, name="Lisbon", topic="Lisbon in a day")
    template_id = _make_template(page, name="City guide")

    _write(page, "Sights", "Name three sights for {{ topic }}.")
    steps: list[tuple[str, list[str]]] = [("Food", ["Sights"]), ("Walks", ["Sights"]), ("Guide", ["Food", "Walks"])]
    for number, (name, after) in enumerate(steps, 2):
        page.get_by_role("button", name="Add a phase").click()
        expect(page).to_have_url(re.compile(f"phase=Phase.{number}$"))
        acts.settle(page)
        expect(_field(page, "Name of the phase")).to_have_value(f"Phase {number}")
        _write(page, name, f"{name} for {{{{ topic }}}}.")
        _wait_for(page, cast, template_id, after)
    _ask(page, "Who travels?")
    page.get_by_role("tab", name="Phases", exact=True).click()
    expect(_field(page, "Name of the phase")).to_have_value("Guide")
    page.get_by_role("button", name="Insert a variable").click()
    page.get_by_role("button", name="inputs.who_travels").click()
    expect(_prompt(page)).to_have_value("Guide for {{ topic }}. {{ inputs.who_travels }}")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Guide for A bicycle that folds into a backpack. ⟨Who travels?⟩")).to_be_visible()

    page.get_by_role("button", name="Try this phase").click()
    expect(page.get_by_role("button", name="Use it in the previews of later phases")).to_be_visible()
    tried = row(installation, "SELECT tokens_used AS tokens, cost_usd FROM api_usage WHERE run_id IS NULL")
    figures = re.escape(f"{words.tokens(tried['tokens'])} · {words.money(tried['cost_usd'])}")
    expect(page.get_by_text(re.compile(figures))).to_be_visible()
    used = row(installation, "SELECT api_quota_used FROM organizations WHERE id = %s", cast.organization_a)
    assert used == {"api_quota_used": 1}

    page.reload()
    acts.settle(page)
    expect(_prompt(page)).to_have_value("Guide for {{ topic }}. {{ inputs.who_travels }}")
    page.get_by_role("button", name="Save version").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Phase “Walks” is new")).to_be_visible()
    dialog.get_by_role("textbox", name="Note").fill("A guide in four steps")
    dialog.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Version 2, as it was saved.")).to_be_visible()
    saved = get_template(cast.max, template_id)
    assert saved.data.dependencies() == {
        "Phase 1": (),
        "Phase 2": ("Phase 1",),
        "Phase 3": ("Phase 1",),
        "Phase 4": ("Phase 2", "Phase 3"),
    }

    page.get_by_role("button", name="Launch", exact=True).click()
    page.get_by_label("Who travels?").fill("Two children")
    page.get_by_label("Who travels?").press("Tab")
    expect(page.get_by_text("Guide for Lisbon in a day. Two children").first).to_be_attached()
    page.get_by_role("button", name=re.compile("^Launch ")).click()
    expect(page.get_by_text("4 of 4 phases")).to_be_visible()
    run = row(installation, "SELECT template_version, cost_usd FROM orchestration_runs")
    assert run["template_version"] == 2
    expect(page.get_by_text(re.compile("City guide.*version 2|City guide v2")).first).to_be_visible()
    expect(page.get_by_text(words.money(run["cost_usd"])).first).to_be_visible()
    page.get_by_text("Guide").last.click()
    expect(page.get_by_text("LLMock says hello").last).to_be_visible()

    cost = words.money(run["cost_usd"])
    page.get_by_role("link", name="Templates").click()
    card = page.locator(f".st-key-template-{template_id}")
    expect(card.get_by_text(re.compile(rf"4 phases · {re.escape(cost)} · .* · 100 % ok · 1 run$"))).to_be_visible()
    page.get_by_role("link", name="Projects").click()
    way_in = page.get_by_role("combobox", name="Open one of: Projects")  # the table is a canvas
    way_in.focus()
    way_in.press_sequentially("Lisbon")
    way_in.press("Enter")
    expect(page.get_by_role("definition").filter(has_text=re.compile(f"^{re.escape(cost)}$"))).to_be_visible()
    page.get_by_role("combobox", name="Open one of: Runs").focus()
    page.keyboard.type("Lisbon")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Lisbon in a day", level=1)).to_be_visible()


def test_draft_is_the_same_in_two_tabs_and_is_written_by_keyboard(
    *, installation: Installation, cast: Cast, models: None, server: str, open_page: Callable[..., Page]
) -> None:
    template_id = create_template(cast.max, TemplateDetails(name="City guide"))
    page, other = open_page(), open_page()
    for tab in (page, other):
        tab.context.add_cookies([{"name": session_cookie_name(), "value": cast.secret_of(cast.max), "url": server}])
        tab.goto(f"{server}/template-edit?template={template_id}")
        acts.settle(tab)
    _write(page, "Sights", "Of the first tab")
    other.get_by_role("button", name="Add a phase").click()
    expect(_in_graph(other, "Sights")).to_be_visible()
    _in_graph(other, "Sights").focus()
    other.keyboard.press("Enter")
    expect(_prompt(other)).to_have_value("Of the first tab")
    expect(other).to_have_url(re.compile(r"phase=Phase\+1|phase=Phase%201"))


def test_what_is_typed_is_kept_and_rendered_without_leaving_the_field(
    *, cast: Cast, models: None, server: str, page: Page
) -> None:
    template_id = _open_new(page, server, cast)

    prompt = _prompt(page)
    prompt.fill("")
    prompt.press_sequentially("Name three sights for {{ topic }}", delay=20)
    until(lambda: _kept_prompt(cast, template_id) == "Name three sights for {{ topic }}", seconds=10)
    expect(page.get_by_text("Name three sights for A bicycle that folds into a backpack")).to_be_visible()
    # the field was never left: typing goes on where it was, and what is undone is what was typed
    expect(prompt).to_be_focused()
    page.keyboard.type(" today")
    expect(prompt).to_have_value("Name three sights for {{ topic }} today")
    until(lambda: (_kept_prompt(cast, template_id) or "").endswith(" today"), seconds=10)
    page.keyboard.press("Control+z")
    expect(prompt).not_to_have_value("Name three sights for {{ topic }} today")
    undone = prompt.input_value()
    until(lambda: _kept_prompt(cast, template_id) == undone, seconds=10)

    # who leaves before a pause is asked, and may stay
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    prompt.press("Control+a")
    page.keyboard.type("Typed, and not left")
    page.evaluate("location.reload()")
    until(lambda: _kept_prompt(cast, template_id) == "Typed, and not left", seconds=10)
    assert asked == ["beforeunload"]
    page.reload()  # a pause later nobody is asked, and what was typed is there
    acts.settle(page)
    expect(_prompt(page)).to_have_value("Typed, and not left")


def test_tab_stays_open_while_what_is_to_be_mended_comes_and_goes(
    *, cast: Cast, models: None, server: str, page: Page
) -> None:
    _open_new(page, server, cast)
    acts.turn(page, "Operations")
    page.get_by_role("button", name="Add an operation").click()
    page.get_by_text("Call an address", exact=True).last.click()
    to_mend = page.get_by_text("1 thing to mend")
    expect(to_mend).to_be_visible()
    acts.settle(page)
    _field(page, "Address").fill("https://hooks.example/x")
    _field(page, "Address").press("Tab")
    expect(to_mend).to_have_count(0)
    acts.settle(page)
    expect(page.get_by_role("tab", name="Operations")).to_have_attribute("aria-selected", "true")
    expect(_field(page, "Address")).to_be_visible()


def _open_new(page: Page, server: str, cast: Cast) -> UUID:
    """The editor of a template that was just made, as its maker; the template's id."""
    template_id = create_template(cast.max, TemplateDetails(name="City guide"))
    page.context.add_cookies([{"name": session_cookie_name(), "value": cast.secret_of(cast.max), "url": server}])
    page.goto(f"{server}/template-edit?template={template_id}")
    acts.settle(page)
    return template_id


def _kept_prompt(cast: Cast, template_id: UUID) -> str | None:
    draft = find_draft(cast.max, template_id)
    return str(phases_of(dict(draft.content))[0].get("prompt")) if draft else None


def _make_project(page: Page, server: str, *, name: str, topic: str) -> None:
    """From the list of projects, as a newcomer does."""
    page.goto(f"{server}/projects")
    acts.settle(page)
    page.get_by_role("button", name="New project").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("Topic", exact=True).fill(topic)
    dialog.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def _make_template(page: Page, *, name: str) -> UUID:
    """From the gallery to the editor; the new template's id."""
    page.get_by_role("link", name="Templates").click()
    page.get_by_role("button", name="New template").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_role("button", name="Create and edit").click()
    expect(page).to_have_url(re.compile(r"template-edit\?template="))
    acts.settle(page)
    return UUID(parse_qs(urlsplit(page.url).query)["template"][0])


def _field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def _in_graph(page: Page, name: str) -> Locator:
    return page.locator(f'.ao-graph button[title="{name}"]')


def _prompt(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Prompt", exact=True)


def _write(page: Page, name: str, prompt: str) -> None:
    _field(page, "Name of the phase").fill(name)
    _prompt(page).fill(prompt)
    _prompt(page).press("Control+Enter")
    expect(_in_graph(page, name)).to_be_visible()
    acts.settle(page)


def _wait_for(page: Page, cast: Cast, template_id: UUID, names: list[str]) -> None:
    """Choose what the opened phase comes after, in place of the one before."""

    def needed() -> list[str] | None:
        draft = find_draft(cast.max, template_id)
        assert draft
        content = dict(draft.content)
        (phase,) = (one for one in phases_of(content) if f"phase={quote_plus(one['code'])}" in page.url)
        return [get_phase(content, code)["name"] for code in dependencies_of(content)[phase["code"]]]

    box = page.get_by_role("combobox", name="After")
    box.focus()
    box.press("Backspace")
    until(lambda: needed() == [])
    for number, name in enumerate(names, 1):
        acts.settle(page)
        box.click()
        page.get_by_role("option", name=name).click()
        until(lambda number=number: needed() == names[:number])
    page.keyboard.press("Escape")
    acts.settle(page)


def _ask(page: Page, question: str) -> None:
    page.get_by_role("tab", name="Questions and settings").click()
    page.get_by_role("button", name="Add a question").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Question").fill(question)
    dialog.get_by_label("Question").press("Tab")
    expect(dialog.get_by_text("inputs.who_travels")).to_be_visible()
    dialog.get_by_role("button", name="Keep the question").click()
    expect(page.get_by_text("One line, required · inputs.who_travels")).to_be_visible()
